//! The temperature that makes scores mean what they say.

use super::Scored;
use super::rescaled::log_score;

/// The range that is searched: so far away no scores of real photos lie.
const LOWEST: f64 = 0.05;
const HIGHEST: f64 = 20.0;

/// The temperature at which the true categories have the highest likelihood: the least cross-entropy,
/// on the mean; 1 without images. Within 0.05 to 20: where every image is predicted rightly, the colder
/// the better, without end.
///
/// Source: Guo et al. 2017 (arXiv:1706.04599). In 1/T the cross-entropy is convex, so that it has one
/// least value, where the mean logit of the true category is the one that is expected.
///
/// # Panics
/// When a truth is no index of its scores.
pub fn fit_temperature(images: &[Scored<'_>]) -> f64 {
    if images.is_empty() {
        return 1.0;
    }
    let logits: Vec<(usize, Vec<f64>)> = images
        .iter()
        .map(|image| (image.truth, image.scores.iter().map(|&score| log_score(score)).collect()))
        .collect();
    let (mut low, mut high) = (1.0 / HIGHEST, 1.0 / LOWEST);
    // As many halvings as f64 has digits.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        let slope: f64 = logits.iter().map(|(truth, row)| slope(*truth, row, middle)).sum();
        if slope < 0.0 { low = middle } else { high = middle }
    }
    2.0 / (low + high)
}

/// How the cross-entropy of an image changes with the factor 1/T: the expected logit less that of the
/// true category.
fn slope(truth: usize, logits: &[f64], factor: f64) -> f64 {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weight = |logit: f64| (factor * (logit - highest)).exp();
    let (sum, expected) = logits.iter().fold((0.0, 0.0), |(sum, mean), &logit| {
        (sum + weight(logit), mean + weight(logit) * logit)
    });
    expected / sum - logits[truth]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_images_or_without_errors_it_stays_in_its_range() {
        assert_eq!(fit_temperature(&[]), 1.0);
        let right = Scored { truth: 0, scores: &[0.6f32, 0.4] };
        assert!((fit_temperature(&[right]) - LOWEST).abs() < 1e-9);
        let wrong = Scored { truth: 1, scores: &[0.6f32, 0.4] };
        assert!((fit_temperature(&[wrong]) - HIGHEST).abs() < 1e-6);
    }

    #[test]
    fn scores_that_say_what_is_so_stay_as_they_are() {
        let scores = [0.75f32, 0.25];
        let image = |truth| Scored { truth, scores: &scores };
        let found = fit_temperature(&[image(0), image(0), image(0), image(1)]);
        assert!((found - 1.0).abs() < 1e-9, "{found}");
    }
}
