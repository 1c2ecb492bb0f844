//! Everything that a table of scores says about a head.

use super::calibration::Calibration;
use super::confusion::ConfusionMatrix;
use super::interval::wilson;
use super::ranking::ranking;
use super::ratio;
use super::scored::{Scored, value};

/// Of one category, or the mean over all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CategoryMetrics {
    /// Images that are of the category; in a mean, all images.
    pub support: usize,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub average_precision: f64,
    pub roc_auc: f64,
}

/// How good the scores of a set of images are. Without images every number is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    pub images: usize,
    pub correct: usize,
    /// Cross-entropy in nats, the mean of [`Scored::loss`].
    pub log_loss: f64,
    /// Squared distance of the scores from the truth: summed over categories, mean over images.
    pub brier: f64,
    pub confusion: ConfusionMatrix,
    pub categories: Vec<CategoryMetrics>,
    pub calibration: Calibration,
    /// `[categories]`: how many images have their truth at this rank.
    truth_ranks: Vec<usize>,
}

impl Evaluation {
    /// Evaluates images of `categories` scores each; costs one sort a category.
    ///
    /// Panics when an image has another number of scores, or a truth that is no category.
    pub fn of<S: Copy + Into<f64>>(images: &[Scored<'_, S>], categories: usize) -> Evaluation {
        let mut confusion = ConfusionMatrix::new(categories);
        let mut calibration = Calibration::new();
        let mut truth_ranks = vec![0; categories];
        let (mut loss, mut brier) = (0.0, 0.0);
        for image in images {
            assert_eq!(image.scores.len(), categories, "scores of an image");
            let predicted = image.predicted();
            confusion.add(image.truth, predicted);
            calibration.add(value(image.scores[predicted]), predicted == image.truth);
            truth_ranks[image.truth_rank()] += 1;
            loss += image.loss();
            brier += squared_distance(image);
        }
        let n = images.len() as f64;
        Evaluation {
            images: images.len(),
            correct: confusion.correct(),
            log_loss: ratio(loss, n),
            brier: ratio(brier, n),
            categories: (0..categories).map(|c| category_metrics(images, &confusion, c)).collect(),
            confusion,
            calibration,
            truth_ranks,
        }
    }

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
            average_precision: mean(|c| c.average_precision),
            roc_auc: mean(|c| c.roc_auc),
        }
    }
}

fn squared_distance<S: Copy + Into<f64>>(image: &Scored<'_, S>) -> f64 {
    let target = |category| if category == image.truth { 1.0 } else { 0.0 };
    image.scores.iter().enumerate().map(|(c, &score)| (value(score) - target(c)).powi(2)).sum()
}

fn category_metrics<S: Copy + Into<f64>>(
    images: &[Scored<'_, S>],
    confusion: &ConfusionMatrix,
    category: usize,
) -> CategoryMetrics {
    let mut ranked: Vec<(f64, bool)> =
        images.iter().map(|i| (value(i.scores[category]), i.truth == category)).collect();
    let ranking = ranking(&mut ranked);
    CategoryMetrics {
        support: confusion.support(category),
        precision: confusion.precision(category),
        recall: confusion.recall(category),
        f1: confusion.f1(category),
        average_precision: ranking.average_precision,
        roc_auc: ranking.roc_auc,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_images_give_zeros() {
        let none = Evaluation::of::<f32>(&[], 3);
        assert_eq!((none.accuracy(), none.log_loss, none.brier), (0.0, 0.0, 0.0));
        assert_eq!(none.macro_mean(), CategoryMetrics::default());
        assert_eq!(none.weighted_mean(), CategoryMetrics::default());
        assert_eq!((none.calibration.ece(), none.calibration.mean_confidence()), (0.0, 0.0));
        assert_eq!((none.top_k_accuracy(2), none.accuracy_interval()), (0.0, None));
        assert_eq!((none.confusion.cohen_kappa(), none.confusion.mcc()), (0.0, 0.0));
    }

    #[test]
    fn not_even_no_categories_panic() {
        let none = Evaluation::of::<f32>(&[], 0);
        assert_eq!((none.accuracy(), none.macro_mean().f1), (0.0, 0.0));
        assert_eq!(none.confusion.balanced_accuracy(), 0.0);
    }

    #[test]
    fn one_category_is_always_right() {
        let images = [Scored { truth: 0, scores: &[1.0f32] }; 3];
        let evaluation = Evaluation::of(&images, 1);
        assert_eq!((evaluation.accuracy(), evaluation.top_k_accuracy(5)), (1.0, 1.0));
        assert_eq!((evaluation.categories[0].f1, evaluation.categories[0].roc_auc), (1.0, 0.0));
    }

    #[test]
    fn scores_that_are_not_numbers_count_as_0_everywhere() {
        let [broken, clean] = [f32::NAN, 0.0].map(|odd| {
            let rows = [[odd, 0.5, 0.5], [odd, odd, odd], [0.25, odd, 0.75]];
            let images: Vec<_> =
                rows.iter().enumerate().map(|(truth, row)| Scored { truth, scores: row }).collect();
            Evaluation::of(&images, 3)
        });
        assert_eq!(broken, clean);
        assert!(broken.log_loss.is_finite());
    }
}
