//! Smoothing of a noisy curve.

/// Exponential moving average without the start's bias towards zero, one value at a time.
///
/// Source: the bias correction of Kingma and Ba 2015 (arXiv:1412.6980), section 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Smoother {
    factor: f64,
    sum: f64,
    weight: f64,
}

impl Smoother {
    /// Changes nothing.
    pub const NONE: Smoother = Smoother { factor: 0.0, sum: 0.0, weight: 0.0 };

    /// `factor` is the share that the past keeps at each value: 0 smooths nothing, 0.999 is the
    /// most.
    pub fn new(factor: f64) -> Smoother {
        let factor = if factor.is_finite() { factor.clamp(0.0, 0.999) } else { 0.0 };
        Smoother { factor, sum: 0.0, weight: 0.0 }
    }

    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// The average up to and including `value`. A value that is not finite gives NaN and leaves
    /// the average as it was.
    pub fn push(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            return f64::NAN;
        }
        if self.factor == 0.0 {
            return value;
        }
        self.sum = self.factor * self.sum + (1.0 - self.factor) * value;
        self.weight = self.factor * self.weight + (1.0 - self.factor);
        self.sum / self.weight
    }
}

/// The smoothed values, as many as there are `values`.
#[cfg(test)]
pub fn ema(values: &[f64], factor: f64) -> Vec<f64> {
    let mut smoother = Smoother::new(factor);
    values.iter().map(|value| smoother.push(*value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_starts_at_the_first_value_and_not_near_zero() {
        let smoothed = ema(&[4.0, 4.0, 4.0], 0.9);
        assert!(smoothed.iter().all(|value| (value - 4.0).abs() < 1e-12), "{smoothed:?}");
    }

    #[test]
    fn smoothing_is_the_weighted_mean_of_the_past() {
        // weights 0.25, 0.5, 1 before normalisation
        let expected = (0.25 * 1.0 + 0.5 * 2.0 + 4.0) / 1.75;
        assert!((ema(&[1.0, 2.0, 4.0], 0.5)[2] - expected).abs() < 1e-12);
    }

    #[test]
    fn factor_zero_changes_nothing() {
        assert_eq!(ema(&[3.0, -1.0], 0.0), [3.0, -1.0]);
    }

    #[test]
    fn a_value_that_is_no_number_does_not_spoil_what_follows() {
        let smoothed = ema(&[2.0, f64::NAN, f64::INFINITY, 2.0], 0.9);
        assert!(smoothed[1].is_nan() && smoothed[2].is_nan());
        assert!((smoothed[3] - 2.0).abs() < 1e-12);
    }
}
