//! Which answers one can be sure of: a threshold on the highest score, above which a promised share
//! of the answers is right.

use thiserror::Error;

use super::interval::{clopper_pearson, fewest_to_show};
use crate::words::{counted, grouped, percent};

/// Chance that a promise is broken all the same: a 95% interval leaves it below its low end.
const CHANCE: f64 = 0.025;

/// The shares of the photos, those with the highest scores, with which the tries begin: a small one where
/// few can be answered, a large one because a single wrong photo ends a small one.
const STARTS: [f64; 2] = [0.1, 1.0 / 3.0];

/// Of each of these starts.
const TAIL: f64 = CHANCE / STARTS.len() as f64;

/// A threshold, and what shows that it keeps the promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Answered is where the highest score is at least this.
    pub score: f64,
    /// Photos with such a score.
    pub answered: usize,
    /// How many of these were predicted rightly.
    pub right: usize,
    /// The share of right ones that this shows; at least the promise.
    pub at_least: f64,
}

/// Why nothing can be promised.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum NoThreshold {
    /// Even if all were right they would not show it.
    #[error(
        "{} cannot promise {}: every one of them right would show {}; {} are needed",
        counted(*.photos, "photo"), percent(*.promise), percent(*.at_best), grouped(*.needed)
    )]
    #[allow(missing_docs, reason = "the fields are the words of the message")]
    TooFew { photos: usize, promise: f64, at_best: f64, needed: usize },
    /// Those with the highest scores do not show it.
    #[error(
        "{} cannot be promised: of the {} with the highest scores {} are right, which shows {}",
        percent(*.promise), counted(.tried.answered, "photo"), grouped(.tried.right),
        percent(.tried.at_least)
    )]
    #[allow(missing_docs, reason = "the fields are the words of the message")]
    TooManyWrong { promise: f64, tried: Threshold },
}

/// The lowest threshold that promises such a share, of photos with their highest score, and whether
/// it is that of the true category. `promise` lies between 0 and 1.
///
/// A tenth of the photos, those with the highest scores, then each time a tenth more of them, are held
/// to Clopper and Pearson's bound, and the first that fails ends it; the same from a third of them on.
/// Which sets are tried does not depend on what is right, and so the chance of a broken promise, 2.5%
/// for both starts together, does not grow with the number of tries, as it would if the best of all
/// thresholds were chosen (fixed sequences from several starts: Angelopoulos et al. 2021,
/// arXiv:2110.01052).
///
/// ```
/// use retrain::insight::{NoThreshold, threshold};
///
/// let photos: Vec<(f64, bool)> = (0..200).map(|i| (f64::from(i) / 200.0, i >= 100)).collect();
/// let found = threshold(&photos, 0.9).unwrap();
/// assert!(found.score >= 0.45 && found.right == 100);
/// assert!(matches!(threshold(&photos[164..], 0.95), Err(NoThreshold::TooFew { needed: 86, .. })));
/// ```
pub fn threshold(photos: &[(f64, bool)], promise: f64) -> Result<Threshold, NoThreshold> {
    let (all, needed) = (photos.len(), fewest_to_show(promise, TAIL));
    if all < needed {
        let at_best = clopper_pearson(all, all, TAIL);
        return Err(NoThreshold::TooFew { photos: all, promise, at_best, needed });
    }
    let mut sorted = photos.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let from = |share: f64| ((all as f64 * share) as usize).max(needed);
    let [few, many] = STARTS.map(|share| lowest_from(&sorted, from(share), promise));
    match (few, many) {
        (Ok(few), Ok(many)) if few.score < many.score => Ok(few),
        (_, Ok(many)) => Ok(many),
        (Ok(few), Err(_)) => Ok(few),
        (Err(tried), Err(_)) => Err(NoThreshold::TooManyWrong { promise, tried }),
    }
}

/// The last try from the first `count` photos on that shows the share, or the first where that does not.
fn lowest_from(
    sorted: &[(f64, bool)],
    mut count: usize,
    promise: f64,
) -> Result<Threshold, Threshold> {
    let mut found = None;
    loop {
        let score = sorted[count - 1].0;
        // Of equal scores all are answered.
        let answered = sorted.partition_point(|photo| photo.0 >= score);
        let right = sorted[..answered].iter().filter(|photo| photo.1).count();
        let at_least = clopper_pearson(right, answered, TAIL);
        let tried = Threshold { score, answered, right, at_least };
        if at_least < promise {
            return found.ok_or(tried);
        }
        if answered == sorted.len() {
            return Ok(tried);
        }
        found = Some(tried);
        count = (answered + (answered / 10).max(1)).min(sorted.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn equal_scores_are_answered_together() {
        let mut photos = vec![(0.9, true); 100];
        photos.extend([(0.5, false); 100]);
        let found = threshold(&photos, 0.9).unwrap();
        assert_eq!((found.score, found.answered, found.right), (0.9, 100, 100));
        photos[..30].fill((0.9, false));
        let said = threshold(&photos, 0.9).unwrap_err().to_string();
        assert!(said.contains("of the 100 photos with the highest scores 70 are right"), "{said}");
    }

    #[test]
    fn a_small_test_set_says_that_it_can_promise_nothing() {
        let said = threshold(&[(1.0, true); 36], 0.95).unwrap_err().to_string();
        assert!(said.contains("36 photos cannot promise 95.0%"), "{said}");
        assert!(said.contains("would show 88.5%; 86 are needed"), "{said}");
        assert!(threshold(&[], 0.5).is_err());
    }

    /// A photo with the score s is right by the chance 1 - (1 - s)^2; so are 1 - (1 - t)^2 / 3 of those
    /// with a score of at least t.
    #[test]
    fn the_promise_is_kept_in_19_of_20_draws() {
        const PROMISE: f64 = 0.9;
        let (mut rng, mut kept, mut promised) = (Rng::for_purpose(1, "sure"), 0, 0);
        for _ in 0..400 {
            let mut draw = || {
                let score = rng.uniform();
                (score, rng.chance(1.0 - (1.0 - score).powi(2)))
            };
            let photos: Vec<(f64, bool)> = (0..600).map(|_| draw()).collect();
            let Ok(found) = threshold(&photos, PROMISE) else { continue };
            promised += 1;
            kept += usize::from(1.0 - (1.0 - found.score).powi(2) / 3.0 >= PROMISE);
        }
        assert!(promised > 350 && kept * 100 >= promised * 97, "{kept} of {promised}");
    }
}
