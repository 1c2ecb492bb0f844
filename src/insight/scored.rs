//! One image with its true category and its scores.

/// A score, `f32` or `f64`, as `f64`; one that is not a number counts as 0.
pub(super) fn value<S: Copy + Into<f64>>(score: S) -> f64 {
    let score: f64 = score.into();
    if score.is_nan() { 0.0 } else { score }
}

/// One image: the index of its true category, and one score (softmax probability) for each category.
#[derive(Debug, PartialEq)]
pub struct Scored<'a, S = f32> {
    /// Index of the true category.
    pub truth: usize,
    /// `[categories]`
    pub scores: &'a [S],
}

// Derived, these two would ask for `S: Copy`, which a borrowed slice does not need.
impl<S> Copy for Scored<'_, S> {}
impl<S> Clone for Scored<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

/// The index of the largest score, the first of equal ones; 0 when there are none.
///
/// ```
/// assert_eq!(retrain::insight::predict(&[0.1f32, 0.8, 0.1]), 1);
/// ```
pub fn predict<S: Copy + Into<f64>>(scores: &[S]) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (category, &score) in scores.iter().enumerate() {
        if value(score) > best.1 {
            best = (category, value(score));
        }
    }
    best.0
}

/// All but [`predicted`](Self::predicted) panic when the truth is no index of the scores.
impl<S: Copy + Into<f64>> Scored<'_, S> {
    /// The category with the highest score; see [`predict`].
    pub fn predicted(&self) -> usize {
        predict(self.scores)
    }

    /// Whether that category is the true one.
    pub fn is_correct(&self) -> bool {
        self.predicted() == self.truth
    }

    /// The score of the true category.
    pub fn true_score(&self) -> f64 {
        value(self.scores[self.truth])
    }

    /// Cross-entropy in nats: -ln of the true score, which is clipped to `[2^-52, 1 - 2^-52]`, as
    /// scikit-learn does; so it is never infinite, and at most 36.04.
    pub fn loss(&self) -> f64 {
        -self.true_score().clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
    }

    /// The true score minus the best other one: negative when the image is predicted wrongly. With
    /// one category, the true score itself.
    pub fn margin(&self) -> f64 {
        let others = self.scores.iter().enumerate().filter(|&(category, _)| category != self.truth);
        let best_other = others.map(|(_, &score)| value(score)).reduce(f64::max);
        self.true_score() - best_other.unwrap_or(0.0)
    }

    /// How many categories come before the true one; 0 is a correct prediction. Of equal scores the
    /// lower index comes first.
    pub fn truth_rank(&self) -> usize {
        let own = self.true_score();
        let before = |&(category, &score): &(usize, &S)| {
            value(score) > own || (value(score) == own && category < self.truth)
        };
        self.scores.iter().enumerate().filter(before).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_margin_and_rank_of_one_image() {
        let image = Scored { truth: 2, scores: &[0.5f64, 0.125, 0.25, 0.125] };
        assert_eq!((image.predicted(), image.truth_rank()), (0, 1));
        assert_eq!(image.margin(), -0.25);
        assert!((image.loss() - 4f64.ln()).abs() < 1e-15);
        assert_eq!(Scored { truth: 0, scores: image.scores }.margin(), 0.25);
    }

    #[test]
    fn rank_0_is_a_correct_prediction_also_among_equals() {
        for truth in 0..3 {
            let image = Scored { truth, scores: &[0.4f32, 0.4, 0.2] };
            assert_eq!(image.is_correct(), image.truth_rank() == 0);
            assert_eq!(image.truth_rank(), truth);
        }
    }

    #[test]
    fn a_score_that_is_not_a_number_counts_as_0() {
        assert_eq!(predict(&[f32::NAN, 0.1]), 1);
        assert_eq!(predict(&[f32::NAN, f32::NAN]), 0);
        let image = Scored { truth: 0, scores: &[f32::NAN, 1.0] };
        assert_eq!((image.truth_rank(), image.margin()), (1, -1.0));
        assert!((image.loss() - 36.04365338911715).abs() < 1e-9);
    }

    #[test]
    fn with_one_category_nothing_can_be_wrong() {
        let image = Scored { truth: 0, scores: &[1.0f32] };
        assert_eq!((image.predicted(), image.truth_rank(), image.margin()), (0, 0, 1.0));
    }
}
