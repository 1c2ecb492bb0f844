//! Labels that are probably wrong, from scores that heads gave to photos that they were not trained
//! on: confident learning (Northcutt, Jiang and Chuang 2021, arXiv:1911.00068).

use super::scored::value;
use super::{Scored, predict};

/// What an out-of-fold score says of a photo's label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// Place of the photo.
    pub photo: usize,
    /// How well the label agrees with the scores, 0 to 1: half of one more than the score of the label
    /// less the highest score of another category. The lower, the more probably it is wrong.
    pub quality: f64,
    /// The category that the photo more probably belongs to: that with the highest score.
    pub suggestion: usize,
    /// Confident learning takes the label for wrong.
    pub is_wrong: bool,
}

/// A doubt for each photo, the least trusted label first; of equal ones the first photo.
///
/// A category is *confidently* seen in a photo where its score reaches the mean score that the photos
/// of that label have for it. A label is taken for wrong where another category is confidently seen
/// (of several the one with the highest score), and the highest score is not that of the label.
///
/// ```
/// use retrain::insight::{Scored, doubts};
///
/// let photos = [
///     Scored { truth: 0, scores: &[0.9, 0.1] },
///     Scored { truth: 0, scores: &[0.8, 0.2] },
///     Scored { truth: 1, scores: &[0.3, 0.7] },
///     Scored { truth: 1, scores: &[0.95, 0.05] },
/// ];
/// let doubts = doubts(&photos);
/// assert_eq!((doubts[0].photo, doubts[0].suggestion, doubts[0].is_wrong), (3, 0, true));
/// assert!(doubts[1..].iter().all(|doubt| !doubt.is_wrong));
/// ```
pub fn doubts<S: Copy + Into<f64>>(photos: &[Scored<S>]) -> Vec<Doubt> {
    let thresholds = thresholds(photos);
    let mut doubts: Vec<Doubt> = photos
        .iter()
        .enumerate()
        .map(|(photo, scored)| {
            let scores: Vec<f64> = scored.scores.iter().map(|&score| value(score)).collect();
            let highest = predict(&scores);
            let others = scores.iter().enumerate().filter(|(place, _)| *place != scored.truth);
            let other = others.map(|(_, score)| *score).fold(0.0, f64::max);
            let seen = confidently_seen(&scores, &thresholds);
            Doubt {
                photo,
                quality: (scores[scored.truth] - other + 1.0) / 2.0,
                suggestion: highest,
                is_wrong: highest != scored.truth && seen.is_some_and(|seen| seen != scored.truth),
            }
        })
        .collect();
    doubts.sort_by(|a, b| a.quality.total_cmp(&b.quality));
    doubts
}

/// For each category the mean score that photos of that label have for it; one without photos is never
/// confidently seen.
fn thresholds<S: Copy + Into<f64>>(photos: &[Scored<S>]) -> Vec<f64> {
    let categories = photos.first().map_or(0, |photo| photo.scores.len());
    let mean = |category: usize| {
        let own = photos.iter().filter(|photo| photo.truth == category);
        let (sum, n) =
            own.fold((0.0, 0), |(sum, n), photo| (sum + value(photo.scores[category]), n + 1));
        if n == 0 { f64::INFINITY } else { sum / f64::from(n) }
    };
    (0..categories).map(mean).collect()
}

/// The category whose score reaches its threshold; of several that with the highest score.
fn confidently_seen(scores: &[f64], thresholds: &[f64]) -> Option<usize> {
    /// Scores that differ by less are the same number, rounded in another way.
    const SLACK: f64 = 1e-6;
    let mut seen = (0..scores.len()).filter(|&place| scores[place] >= thresholds[place] - SLACK);
    let first = seen.next()?;
    Some(if seen.next().is_some() { predict(scores) } else { first })
}
