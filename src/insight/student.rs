//! Student's t distribution: how far a mean of few numbers may lie from the true one.

use super::beta::incomplete_beta;

/// The chance that a number of Student's t distribution with `freedom` degrees of freedom is at least
/// this far from 0, on either side. 1 for NaN.
pub fn t_p_value(t: f64, freedom: f64) -> f64 {
    if t.is_nan() {
        return 1.0;
    }
    incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// How many standard errors a 95% interval reaches on either side, with `freedom` degrees of freedom:
/// the 97.5% quantile of Student's t distribution.
///
/// ```
/// use retrain::insight::t_reach;
///
/// assert!((t_reach(4.0) - 2.776445105).abs() < 1e-8);
/// ```
pub fn t_reach(freedom: f64) -> f64 {
    // With one degree of freedom, the widest, it is 12.7.
    let (mut low, mut high) = (0.0, 13.0);
    // As many halvings as f64 has digits.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if t_p_value(middle, freedom) > 0.05 { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}
