//! How far an accuracy measured on few images may be from the one on many.

use super::beta::incomplete_beta;

/// Two-sided 95 % of the standard normal.
const Z: f64 = 1.959963984540054;

/// 95 % score interval of a share (Wilson 1927), both ends in `[0, 1]`; `None` without images.
pub fn wilson(correct: usize, images: usize) -> Option<(f64, f64)> {
    if images == 0 {
        return None;
    }
    let n = images as f64;
    let share = correct as f64 / n;
    let shrink = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / shrink;
    let half = Z / shrink * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

/// The share that so many right ones show: a lower share would have given as many by a chance of
/// less than `tail`, whatever it is; 0 without images. Clopper and Pearson 1934: the low end of their
/// interval for `1 - 2 tail`.
///
/// ```
/// assert!((retrain::insight::clopper_pearson(36, 36, 0.025) - 0.9026).abs() < 1e-4);
/// ```
pub fn clopper_pearson(correct: usize, images: usize, tail: f64) -> f64 {
    match correct {
        0 => 0.0,
        correct => beta_quantile(tail, correct as f64, (images - correct) as f64 + 1.0),
    }
}

/// The fewest images that can show such a share, all of them right. `share` and `tail` lie between 0
/// and 1.
pub fn fewest_to_show(share: f64, tail: f64) -> usize {
    (tail.ln() / share.ln()).ceil() as usize
}

fn beta_quantile(probability: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // As many halvings as f64 has digits.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if incomplete_beta(a, b, middle) < probability { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}
