//! Everything that a table of scores says about a head.

use super::calibration::Calibration;
use super::confusion::ConfusionMatrix;
use super::interval::wilson;
use super::ratio;
use super::scored::{Scored, value};

/// How well one category is recognised, or the mean over all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CategoryMetrics {
    /// Images that are of the category; in a mean, all images.
    pub support: usize,
    /// Share of the images predicted as this category that are of it.
    pub precision: f64,
    /// Share of the images of this category that were predicted as it.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
}

/// How good the scores of a set of images are. Without images every number is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// How many images.
    pub images: usize,
    /// How many of them were predicted rightly.
    pub correct: usize,
    /// Cross-entropy in nats, the mean of [`Scored::loss`].
    pub log_loss: f64,
    /// True category against predicted category.
    pub confusion: ConfusionMatrix,
    /// One for each category.
    pub categories: Vec<CategoryMetrics>,
    /// Highest score against accuracy.
    pub calibration: Calibration,
    /// `[categories]`: how many images have their truth at this rank.
    truth_ranks: Vec<usize>,
}

impl Evaluation {
    /// Evaluates images of `categories` scores each.
    ///
    /// ```
    /// use retrain::insight::{Evaluation, Scored};
    ///
    /// let images = [
    ///     Scored { truth: 0, scores: &[0.9f32, 0.1] },
    ///     Scored { truth: 1, scores: &[0.7, 0.3] },
    /// ];
    /// let evaluation = Evaluation::of(images, 2);
    /// assert_eq!((evaluation.correct, evaluation.accuracy()), (1, 0.5));
    /// assert_eq!(evaluation.confusion.count(1, 0), 1);
    /// ```
    ///
    /// # Panics
    /// When an image has another number of scores, or a truth that is no category.
    pub fn of<'a, S: Copy + Into<f64> + 'a>(
        images: impl IntoIterator<Item = Scored<'a, S>>,
        categories: usize,
    ) -> Evaluation {
        let mut confusion = ConfusionMatrix::new(categories);
        let mut calibration = Calibration::new();
        let mut truth_ranks = vec![0; categories];
        let mut loss = 0.0;
        for image in images {
            assert_eq!(image.scores.len(), categories, "scores of an image");
            let predicted = image.predicted();
            confusion.add(image.truth, predicted);
            calibration.add(value(image.scores[predicted]), predicted == image.truth);
            truth_ranks[image.truth_rank()] += 1;
            loss += image.loss();
        }
        let images = confusion.images();
        Evaluation {
            images,
            correct: confusion.correct(),
            log_loss: ratio(loss, images as f64),
            categories: (0..categories).map(|c| category_metrics(&confusion, c)).collect(),
            confusion,
            calibration,
            truth_ranks,
        }
    }

    /// Share of the images that were predicted rightly.
    pub fn accuracy(&self) -> f64 {
        ratio(self.correct as f64, self.images as f64)
    }

    /// 95 % interval of the accuracy; `None` without images.
    pub fn accuracy_interval(&self) -> Option<(f64, f64)> {
        wilson(self.correct, self.images)
    }

    /// Share of the images whose true category is among the `k` highest scores.
    pub fn top_k_accuracy(&self, k: usize) -> f64 {
        let inside: usize = self.truth_ranks.iter().take(k).sum();
        ratio(inside as f64, self.images as f64)
    }

    /// Mean over the categories, each counting the same.
    pub fn macro_mean(&self) -> CategoryMetrics {
        self.mean(|_| 1.0)
    }

    /// Mean over the categories, each counting as many times as it has images.
    pub fn weighted_mean(&self) -> CategoryMetrics {
        self.mean(|category| category.support as f64)
    }

    fn mean(&self, weight: impl Fn(&CategoryMetrics) -> f64) -> CategoryMetrics {
        let total: f64 = self.categories.iter().map(&weight).sum();
        let mean = |metric: fn(&CategoryMetrics) -> f64| {
            ratio(self.categories.iter().map(|c| weight(c) * metric(c)).sum(), total)
        };
        CategoryMetrics {
            support: self.images,
            precision: mean(|c| c.precision),
            recall: mean(|c| c.recall),
            f1: mean(|c| c.f1),
        }
    }
}

fn category_metrics(confusion: &ConfusionMatrix, category: usize) -> CategoryMetrics {
    CategoryMetrics {
        support: confusion.support(category),
        precision: confusion.precision(category),
        recall: confusion.recall(category),
        f1: confusion.f1(category),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_images_give_zeros() {
        let none = Evaluation::of::<f32>([], 3);
        assert_eq!((none.accuracy(), none.log_loss), (0.0, 0.0));
        assert_eq!(none.macro_mean(), CategoryMetrics::default());
        assert_eq!(none.weighted_mean(), CategoryMetrics::default());
        assert_eq!((none.calibration.ece(), none.calibration.mean_confidence()), (0.0, 0.0));
        assert_eq!((none.top_k_accuracy(2), none.accuracy_interval()), (0.0, None));
    }

    #[test]
    fn not_even_no_categories_panic() {
        let none = Evaluation::of::<f32>([], 0);
        assert_eq!((none.accuracy(), none.macro_mean().f1), (0.0, 0.0));
        assert_eq!(none.confusion.balanced_accuracy(), 0.0);
    }

    #[test]
    fn one_category_is_always_right() {
        let images = [Scored { truth: 0, scores: &[1.0f32] }; 3];
        let evaluation = Evaluation::of(images, 1);
        assert_eq!((evaluation.accuracy(), evaluation.top_k_accuracy(5)), (1.0, 1.0));
        assert_eq!(evaluation.categories[0].f1, 1.0);
    }

    #[test]
    fn scores_that_are_not_numbers_count_as_0_everywhere() {
        let [broken, clean] = [f32::NAN, 0.0].map(|odd| {
            let rows = [[odd, 0.5, 0.5], [odd, odd, odd], [0.25, odd, 0.75]];
            Evaluation::of(
                rows.iter().enumerate().map(|(truth, row)| Scored { truth, scores: row }),
                3,
            )
        });
        assert_eq!(broken, clean);
        assert!(broken.log_loss.is_finite());
    }
}
