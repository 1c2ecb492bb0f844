//! Curves of repeats taken together.

use super::resampled::mean_and_deviation;

/// Several curves at one iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanPoint {
    /// Iteration.
    pub x: f64,
    /// Mean of the curves' values there.
    pub mean: f64,
    /// Standard deviation of the sample: how much one curve differs from another.
    pub deviation: f64,
    /// Curves that have a finite value there.
    pub n: usize,
}

/// Mean and deviation wherever two or more of `curves` have a finite value, each curve being points
/// `(iteration, value)` in order of their iterations.
///
/// Nothing is said where only one curve has got to: what is a mean elsewhere would be a run there.
pub fn mean_curve(curves: &[Vec<(f64, f64)>]) -> Vec<MeanPoint> {
    let mut next = vec![0; curves.len()];
    let mut found = Vec::new();
    let mut values = Vec::with_capacity(curves.len());
    loop {
        let ahead = curves.iter().zip(&next).filter_map(|(curve, &at)| Some(curve.get(at)?.0));
        let Some(x) = ahead.reduce(f64::min) else { return found };
        values.clear();
        for (curve, at) in curves.iter().zip(&mut next) {
            if let Some(&(_, value)) = curve.get(*at).filter(|point| point.0 == x) {
                *at += 1;
                values.extend(value.is_finite().then_some(value));
            }
        }
        if let Some((mean, deviation)) = mean_and_deviation(&values) {
            found.push(MeanPoint { x, mean, deviation, n: values.len() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_have_a_mean_and_a_deviation_where_two_or_more_have_got_to() {
        let curves = [
            vec![(10.0, 1.0), (20.0, 3.0), (30.0, 9.0)],
            vec![(10.0, 3.0), (20.0, 5.0)],
            vec![(10.0, 2.0), (20.0, f64::NAN), (25.0, 1.0)],
        ];
        // By hand: 1, 2, 3 have the mean 2 and the deviation 1; 3 and 5 the mean 4 and the root of 2.
        let found = mean_curve(&curves);
        assert_eq!(found[0], MeanPoint { x: 10.0, mean: 2.0, deviation: 1.0, n: 3 });
        assert_eq!((found[1].x, found[1].mean, found[1].n), (20.0, 4.0, 2));
        assert!((found[1].deviation - 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(found.len(), 2, "one alone is no mean: {found:?}");
        assert!(mean_curve(&[]).is_empty() && mean_curve(&curves[..1]).is_empty());
    }

    #[test]
    fn a_curve_that_never_moves_has_no_deviation() {
        let found = mean_curve(&vec![vec![(1.0, 0.5), (2.0, 0.5)]; 200]);
        assert!(
            found.iter().all(|point| (point.mean, point.deviation, point.n) == (0.5, 0.0, 200))
        );
    }
}
