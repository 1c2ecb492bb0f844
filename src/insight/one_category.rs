//! One category against all others, as the threshold of its score moves.

use super::{CategoryMetrics, ratio};

/// The images by their score for a category, so that every threshold is answered at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OneCategory {
    /// Highest first.
    scores: Vec<f32>,
    /// How many of so many with the highest scores are of the category.
    right: Vec<usize>,
}

/// What is taken for the category.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Taken {
    /// Images taken for it.
    pub images: usize,
    /// How many of them are of it.
    pub right: usize,
    /// Precision and recall; the support is all images of the category.
    pub metrics: CategoryMetrics,
}

impl Taken {
    /// Of so many images taken for a category, `right` of them rightly, and `support` of it.
    pub fn of(images: usize, right: usize, support: usize) -> Taken {
        let [images_, right_, support_] = [images, right, support].map(|count| count as f64);
        let (precision, recall) = (ratio(right_, images_), ratio(right_, support_));
        let f1 = ratio(2.0 * right_, images_ + support_);
        Taken { images, right, metrics: CategoryMetrics { support, precision, recall, f1 } }
    }
}

impl OneCategory {
    /// Of images with their score for the category, and whether they are of it. A score that is not a
    /// number counts as 0.
    pub fn new(images: impl IntoIterator<Item = (f32, bool)>) -> OneCategory {
        let mut images: Vec<(f32, bool)> = images
            .into_iter()
            .map(|(score, is_of)| (if score.is_nan() { 0.0 } else { score }, is_of))
            .collect();
        images.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut so_far = 0;
        let right = images.iter().map(|(_, is_of)| {
            so_far += usize::from(*is_of);
            so_far
        });
        OneCategory { right: right.collect(), scores: images.iter().map(|image| image.0).collect() }
    }

    /// The images of the category.
    pub fn support(&self) -> usize {
        self.right.last().copied().unwrap_or(0)
    }

    /// Where all images with at least this score are taken for the category.
    ///
    /// ```
    /// use retrain::insight::OneCategory;
    ///
    /// let roses = OneCategory::new([(0.9, true), (0.6, false), (0.4, true)]);
    /// let taken = roses.at(0.5);
    /// assert_eq!((taken.images, taken.right), (2, 1));
    /// assert_eq!((taken.metrics.precision, taken.metrics.recall), (0.5, 0.5));
    /// assert_eq!(roses.at(0.4).metrics.recall, 1.0);
    /// ```
    pub fn at(&self, threshold: f32) -> Taken {
        let images = self.scores.partition_point(|score| *score >= threshold);
        let right = images.checked_sub(1).map_or(0, |last| self.right[last]);
        Taken::of(images, right, self.support())
    }
}
