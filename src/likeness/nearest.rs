//! The photos that a photo is most like.

use std::ops::Range;

use rayon::prelude::*;

/// A photo, by its row, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Which of the features.
    pub row: usize,
    /// One minus the cosine of the angle between the features: 0 for the same direction, 1 at right
    /// angles.
    pub distance: f32,
}

/// Sums that are added at a time, so that the processor adds them side by side.
const LANES: usize = 16;

/// Rows that are read and compared at a time.
const ROWS: usize = 256;

/// The `count` of so many rows of a table, `[n, d]`, that are nearest to `feature`, `[d]`, the nearest first,
/// and of equally near ones the first. A feature of zeros is at right angles to all. `read` gives some of
/// the rows, one after the other.
pub fn nearest<E: Send>(
    rows: usize,
    read: impl Fn(Range<usize>) -> Result<Vec<f32>, E> + Sync,
    feature: &[f32],
    count: usize,
) -> Result<Vec<Neighbour>, E> {
    let [_, _, own] = products(feature, feature);
    let distance = |row: &[f32]| {
        let [product, of_row, _] = products(row, feature);
        let lengths = (of_row * own).sqrt();
        if lengths > 0.0 { (1.0 - product / lengths).max(0.0) } else { 1.0 }
    };
    let parts: Vec<Range<usize>> =
        (0..rows).step_by(ROWS).map(|start| start..rows.min(start + ROWS)).collect();
    let compare = |part: Range<usize>| -> Result<Vec<Neighbour>, E> {
        let table = read(part.clone())?;
        let rows = part.zip(table.chunks_exact(feature.len().max(1)));
        Ok(rows.map(|(row, of)| Neighbour { row, distance: distance(of) }).collect())
    };
    let parts: Result<Vec<Vec<Neighbour>>, E> = parts.into_par_iter().map(compare).collect();
    let mut neighbours = parts?.concat();
    let order =
        |a: &Neighbour, b: &Neighbour| a.distance.total_cmp(&b.distance).then(a.row.cmp(&b.row));
    if count < neighbours.len() {
        neighbours.select_nth_unstable_by(count, order);
        neighbours.truncate(count);
    }
    neighbours.sort_by(order);
    Ok(neighbours)
}

/// `a b`, `a a` and `b b`, in one pass over the memory.
fn products(a: &[f32], b: &[f32]) -> [f32; 3] {
    let mut sums = [[0f32; LANES]; 3];
    let (a_parts, a_rest) = a.as_chunks::<LANES>();
    let (b_parts, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_parts.iter().zip(b_parts) {
        for lane in 0..LANES {
            sums[0][lane] += a[lane] * b[lane];
            sums[1][lane] += a[lane] * a[lane];
            sums[2][lane] += b[lane] * b[lane];
        }
    }
    for (lane, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        sums[0][lane] += a * b;
        sums[1][lane] += a * a;
        sums[2][lane] += b * b;
    }
    sums.map(|lanes| lanes.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    /// Of a table in memory.
    fn nearest(features: &[f32], feature: &[f32], count: usize) -> Vec<Neighbour> {
        let d = feature.len();
        let read = |rows: Range<usize>| {
            Ok::<_, std::convert::Infallible>(features[rows.start * d..rows.end * d].to_vec())
        };
        let Ok(found) = super::nearest(features.len() / d, read, feature, count);
        found
    }

    #[test]
    fn the_nearest_are_those_of_the_smallest_angle_whatever_their_length() {
        let features = [3.0f32, 0.0, 1.0, 1.0, 0.0, 0.1, -1.0, 0.0, 5.0, 5.0, 0.0, 0.0];
        let found = nearest(&features, &[2.0, 1.9], 4);
        let rows: Vec<usize> = found.iter().map(|near| near.row).collect();
        assert_eq!(rows, [1, 4, 0, 2]);
        assert!((found[2].distance - (1.0 - 2.0 / 2f32.hypot(1.9))).abs() < 1e-6);
        let all = nearest(&features, &[2.0, 1.9], 100);
        assert_eq!((all.len(), all[4].row, all[4].distance, all[5].row), (6, 5, 1.0, 3));
    }

    #[test]
    fn many_rows_have_the_distances_of_the_plain_formula() {
        let (n, d) = (700, 37);
        let mut rng = Rng::new(1);
        let features: Vec<f32> = (0..n * d).map(|_| rng.normal() as f32).collect();
        let feature = &features[5 * d..6 * d];
        let found = nearest(&features, feature, 3);
        assert_eq!((found.len(), found[0].row), (3, 5));
        assert!(found[0].distance < 1e-6);
        let plain = |row: usize| {
            let row = &features[row * d..][..d];
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            1.0 - dot(row, feature) / (dot(row, row) * dot(feature, feature)).sqrt()
        };
        let mut all: Vec<(usize, f64)> = (0..n).map(|row| (row, plain(row))).collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        for (found, (row, distance)) in found.iter().zip(all) {
            assert_eq!(found.row, row);
            assert!((f64::from(found.distance) - distance).abs() < 1e-6);
        }
    }
}
