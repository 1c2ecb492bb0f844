//! How well the scores of one category rank its images before the others, whatever the threshold.

use super::ratio;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranking {
    /// Step sum of precision over recall at the distinct thresholds, without interpolation.
    pub average_precision: f64,
    /// Chance that an image of the category scores higher than another one; equal scores count half.
    pub roc_auc: f64,
}

/// Ranks `(score, whether the image is of the category)`, and sorts it on the way. Both numbers are
/// 0 when there is nothing to rank: no image of the category or, for the area, none of another.
pub(super) fn ranking(images: &mut [(f64, bool)]) -> Ranking {
    images.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let positives = images.iter().filter(|image| image.1).count() as f64;
    let negatives = images.len() as f64 - positives;
    let (mut hits, mut misses) = (0.0, 0.0);
    let (mut precision_steps, mut pairs_won) = (0.0, 0.0);
    for equal in images.chunk_by(|a, b| a.0 == b.0) {
        let new_hits = equal.iter().filter(|image| image.1).count() as f64;
        let new_misses = equal.len() as f64 - new_hits;
        pairs_won += new_misses * (hits + new_hits / 2.0);
        hits += new_hits;
        misses += new_misses;
        precision_steps += new_hits * hits / (hits + misses);
    }
    Ranking {
        average_precision: ratio(precision_steps, positives),
        roc_auc: ratio(pairs_won, positives * negatives),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn roc_auc_by_pairs(images: &[(f64, bool)]) -> f64 {
        let (mut won, mut pairs) = (0.0, 0.0);
        for positive in images.iter().filter(|image| image.1) {
            for negative in images.iter().filter(|image| !image.1) {
                pairs += 1.0;
                won += match positive.0.total_cmp(&negative.0) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        ratio(won, pairs)
    }

    /// For each positive, the precision if its score were the threshold.
    fn average_precision_by_thresholds(images: &[(f64, bool)]) -> f64 {
        let positives: Vec<_> = images.iter().filter(|image| image.1).collect();
        let precision_at = |threshold: f64| {
            let above: Vec<_> = images.iter().filter(|image| image.0 >= threshold).collect();
            above.iter().filter(|image| image.1).count() as f64 / above.len() as f64
        };
        ratio(positives.iter().map(|image| precision_at(image.0)).sum(), positives.len() as f64)
    }

    proptest! {
        // Twenty levels for up to forty images: equal scores in almost every case.
        #[test]
        fn the_sorted_way_agrees_with_the_obvious_one(
            drawn in prop::collection::vec((0u8..20, any::<bool>()), 0..40)
        ) {
            let mut images: Vec<(f64, bool)> =
                drawn.iter().map(|&(level, hit)| (f64::from(level) / 20.0, hit)).collect();
            let found = ranking(&mut images);
            prop_assert!((found.roc_auc - roc_auc_by_pairs(&images)).abs() < 1e-12);
            let expected = average_precision_by_thresholds(&images);
            prop_assert!((found.average_precision - expected).abs() < 1e-12);
        }
    }
}
