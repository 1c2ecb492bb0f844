//! Photos as places in the space of the directions in which they differ most, and one category's
//! photos in the directions in which it differs more than the others do.

use candle_core::{Device, Result, Tensor};

use super::measure::{Photos, Principal, numbers, roots, scale, spread, unit_rows};
use crate::matrix::Square;

/// Photos that the directions are found in, evenly taken of the categories.
pub const MOST_IN_SPACE: usize = 2000;
/// Added to the variance of each direction within the other categories, as a share of its mean.
const SHRINKAGE: f64 = 1.0;

/// The directions in which photos differ most: the principal components of their features, prepared as a
/// likeness prepares them (roots, scaled, length 1).
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// `[d]`: divides a feature's numbers.
    scale: Vec<f32>,
    /// `[d]`: of the prepared features.
    mean: Vec<f32>,
    /// `[q, d]`, the direction of most variance first; the largest number of each is positive.
    basis: Vec<f32>,
    /// The share of the whole variance that each direction has.
    explained: Vec<f64>,
}

impl Space {
    /// Of at most [`MOST_IN_SPACE`] photos; the same numbers for the same photos. `None` with fewer than
    /// four photos, or where they do not differ.
    pub fn fit(photos: &Photos) -> Result<Option<Space>> {
        let rows = spread(photos.labels, MOST_IN_SPACE);
        if rows.len() < 4 {
            return Ok(None);
        }
        let chosen = photos.choose(&rows);
        let roots = roots(&chosen.features, photos.feature_len)?;
        let scale = scale(&roots)?;
        let scaled = unit_rows(&roots.broadcast_div(&scale)?)?; // [n, d]
        let mean = scaled.mean(0)?;
        let principal = Principal::of(&scaled.broadcast_sub(&mean)?)?;
        if principal.total.is_nan() || principal.total <= 1e-9 {
            return Ok(None);
        }
        let mut basis = numbers(&principal.basis)?;
        for direction in basis.chunks_exact_mut(photos.feature_len) {
            let largest = direction
                .iter()
                .copied()
                .fold(0f32, |largest, x| if x.abs() > largest.abs() { x } else { largest });
            if largest < 0.0 {
                direction.iter_mut().for_each(|x| *x = -*x);
            }
        }
        Ok(Some(Space {
            scale: numbers(&scale)?,
            mean: numbers(&mean)?,
            basis,
            explained: principal.values.iter().map(|value| value / principal.total).collect(),
        }))
    }

    /// The share of the whole variance of each direction, the largest first.
    pub fn explained(&self) -> &[f64] {
        &self.explained
    }

    /// `[n, q]` of features `[n, d]`, row by row.
    pub fn places(&self, features: &[f32]) -> Result<Vec<Vec<f64>>> {
        let d = self.mean.len();
        let scale = Tensor::from_slice(&self.scale, d, &Device::Cpu)?;
        let mean = Tensor::from_slice(&self.mean, d, &Device::Cpu)?;
        let basis = Tensor::from_slice(&self.basis, (self.basis.len() / d, d), &Device::Cpu)?;
        let scaled = unit_rows(&roots(features, d)?.broadcast_div(&scale)?)?;
        let places = scaled.broadcast_sub(&mean)?.matmul(&basis.t()?)?.to_vec2::<f32>()?;
        Ok(places.into_iter().map(|row| row.into_iter().map(f64::from).collect()).collect())
    }
}

/// The photos of one category, in the order of `places`, where directions in which photos of the other
/// categories vary are made short, so that what this one alone varies in stands out (contrastive principal
/// components: Abid et al. 2018, arXiv:1709.06716, with a whitening for the difference). Rows of length 1
/// before they are centred, in the directions of their own variance, the largest first.
///
/// `places` are `[n, q]`. Without another category that has two photos nothing is made short.
pub fn contrast(places: &[Vec<f64>], labels: &[u32], category: u32) -> Vec<Vec<f64>> {
    let rows = |label: u32| -> Vec<&Vec<f64>> {
        places.iter().zip(labels).filter(|(_, own)| **own == label).map(|(row, _)| row).collect()
    };
    let q = places.first().map_or(0, Vec::len);
    let mut others: Vec<u32> = labels.iter().copied().filter(|label| *label != category).collect();
    others.sort_unstable();
    others.dedup();
    let own = centred(&rows(category));
    let mut covariance = Square::zeros(q);
    let mut freedom = 0;
    for other in others {
        let rows = centred(&rows(other));
        freedom += rows.len() - 1;
        add_products(&mut covariance, &rows);
    }
    let trace: f64 = (0..q).map(|i| covariance.at(i, i)).sum();
    let mut contrasted = match freedom > 0 && trace > 0.0 {
        true => {
            let added = SHRINKAGE * trace / q as f64;
            (0..q).for_each(|i| covariance.set(i, i, covariance.at(i, i) + added));
            let whitening = covariance.inverse_of_cholesky();
            own.iter().map(|row| product(&whitening, row)).collect()
        }
        false => own,
    };
    for row in &mut contrasted {
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        row.iter_mut().for_each(|x| *x /= length);
    }
    let contrasted = centred(&contrasted.iter().collect::<Vec<_>>());
    turned(&contrasted)
}

/// Less the mean of all.
fn centred(rows: &[&Vec<f64>]) -> Vec<Vec<f64>> {
    let mut mean = vec![0.0; rows.first().map_or(0, |row| row.len())];
    for row in rows {
        mean.iter_mut().zip(*row).for_each(|(mean, x)| *mean += x / rows.len() as f64);
    }
    rows.iter().map(|row| row.iter().zip(&mean).map(|(x, mean)| x - mean).collect()).collect()
}

/// Adds the products of each two columns.
fn add_products(sums: &mut Square, rows: &[Vec<f64>]) {
    let q = sums.n;
    for row in rows {
        for (sums, &x) in sums.numbers.chunks_exact_mut(q).zip(row) {
            sums.iter_mut().zip(row).for_each(|(sum, y)| *sum += x * y);
        }
    }
}

fn product(matrix: &Square, row: &[f64]) -> Vec<f64> {
    let of = |line: &[f64]| line.iter().zip(row).map(|(a, b)| a * b).sum();
    matrix.numbers.chunks_exact(matrix.n).map(of).collect()
}

/// In the directions of their own variance, the largest first, each with its largest number positive.
fn turned(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let q = rows.first().map_or(0, Vec::len);
    let mut products = Square::zeros(q);
    add_products(&mut products, rows);
    if q == 0 {
        return rows.to_vec();
    }
    let (_, vectors) = products.eigen();
    let directions: Vec<Vec<f64>> = (0..q)
        .map(|to| {
            let direction: Vec<f64> = (0..q).map(|from| vectors.at(from, to)).collect();
            let larger = |a: f64, b: &f64| if b.abs() > a.abs() { *b } else { a };
            let sign = direction.iter().fold(0.0, larger).signum();
            direction.into_iter().map(|x| x * sign).collect()
        })
        .collect();
    let turn = |row: &Vec<f64>| {
        let along = |direction: &Vec<f64>| direction.iter().zip(row).map(|(a, b)| a * b).sum();
        directions.iter().map(along).collect()
    };
    rows.iter().map(turn).collect()
}
