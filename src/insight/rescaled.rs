//! Scores as they would be at another temperature, or with other shares of the categories.

use super::scored::value;

/// The scores of a head whose logits are divided by `temperature`: above 1 less sure of themselves,
/// below 1 more. The order of the categories stays.
///
/// Source: Guo et al. 2017 (arXiv:1706.04599). Works on softmax scores, whose logarithms are logits but
/// for a number that is the same for all.
///
/// ```
/// let [half, other] = retrain::insight::at_temperature(&[0.8f32, 0.2], 2.0)[..] else { panic!() };
/// assert!((half - 2.0 / 3.0).abs() < 1e-6 && (half + other - 1.0).abs() < 1e-6);
/// ```
pub fn at_temperature(scores: &[f32], temperature: f64) -> Vec<f32> {
    if temperature == 1.0 {
        return scores.to_vec();
    }
    let logits = scores.iter().map(|&score| log_score(score) / temperature);
    softmax(logits.collect())
}

/// The scores of a head that was trained with every category as frequent as the others, for photos
/// among which the categories have these shares: each score times its share, so that they add up to 1
/// again. The shares are not negative, and need not add up to 1.
///
/// Source: Bayes' rule; Saerens, Latinne and Decaestecker 2002.
///
/// ```
/// let scores = retrain::insight::with_shares(&[0.5f32, 0.25, 0.25], &[1.0, 2.0, 4.0]);
/// assert_eq!(scores, [0.25, 0.25, 0.5]);
/// ```
pub fn with_shares(scores: &[f32], shares: &[f64]) -> Vec<f32> {
    let weighed: Vec<f64> =
        scores.iter().zip(shares).map(|(&score, share)| value(score) * share).collect();
    let sum: f64 = weighed.iter().sum();
    if sum == 0.0 {
        return scores.to_vec();
    }
    weighed.iter().map(|number| (number / sum) as f32).collect()
}

/// The logarithm of a score; one that became 0 in f32 counts as the smallest number that did not.
pub(super) fn log_score(score: f32) -> f64 {
    value(score).max(f64::from(f32::from_bits(1))).ln()
}

fn softmax(logits: Vec<f64>) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| (power / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_stays_and_a_score_of_0_does_no_harm() {
        let scores = [1.0f32, 0.0, 1e-30];
        for temperature in [0.05, 0.5, 2.0, 20.0] {
            let found = at_temperature(&scores, temperature);
            assert!(found[0] > found[2] && found[2] >= found[1], "{found:?}");
            assert!((found.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert_eq!(at_temperature(&scores, 1.0), scores);
        assert_eq!(with_shares(&[0.0, 1.0], &[1.0, 0.0]), [0.0, 1.0]);
    }
}
