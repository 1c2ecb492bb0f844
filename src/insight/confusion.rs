//! The confusion matrix and what follows from its counts alone.

use super::ratio;

/// How many images of each true category (row) were predicted as each category (column).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    categories: usize,
    /// `[categories, categories]`, row by row.
    counts: Vec<usize>,
}

impl ConfusionMatrix {
    /// All zero.
    pub fn new(categories: usize) -> ConfusionMatrix {
        ConfusionMatrix { categories, counts: vec![0; categories * categories] }
    }

    /// Counts one image. Panics when either is not below the number of categories.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        assert!(truth < self.categories && predicted < self.categories, "no such category");
        self.counts[truth * self.categories + predicted] += 1;
    }

    pub fn categories(&self) -> usize {
        self.categories
    }

    pub fn count(&self, truth: usize, predicted: usize) -> usize {
        self.counts[truth * self.categories + predicted]
    }

    /// Images that are of this category.
    pub fn support(&self, category: usize) -> usize {
        (0..self.categories).map(|predicted| self.count(category, predicted)).sum()
    }

    /// Images that were predicted to be of this category.
    pub fn predictions(&self, category: usize) -> usize {
        (0..self.categories).map(|truth| self.count(truth, category)).sum()
    }

    pub fn images(&self) -> usize {
        self.counts.iter().sum()
    }

    pub fn correct(&self) -> usize {
        (0..self.categories).map(|category| self.count(category, category)).sum()
    }

    /// Share of the images predicted as this category that are of it.
    pub fn precision(&self, category: usize) -> f64 {
        ratio(self.count(category, category) as f64, self.predictions(category) as f64)
    }

    /// Share of the images of this category that were predicted as it.
    pub fn recall(&self, category: usize) -> f64 {
        ratio(self.count(category, category) as f64, self.support(category) as f64)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self, category: usize) -> f64 {
        let (precision, recall) = (self.precision(category), self.recall(category));
        ratio(2.0 * precision * recall, precision + recall)
    }

    /// Mean recall of the categories that have images (one without any has no recall to speak of).
    pub fn balanced_accuracy(&self) -> f64 {
        let present: Vec<usize> =
            (0..self.categories).filter(|&category| self.support(category) > 0).collect();
        let recalls: f64 = present.iter().map(|&category| self.recall(category)).sum();
        ratio(recalls, present.len() as f64)
    }

    /// Agreement of truth and prediction beyond chance, at most 1 (Cohen 1960).
    pub fn cohen_kappa(&self) -> f64 {
        let images = self.images() as f64;
        let by_chance = self.sum_of(|c| self.support(c) as f64 * self.predictions(c) as f64);
        ratio(self.correct() as f64 * images - by_chance, images * images - by_chance)
    }

    /// Matthews correlation coefficient, -1 to 1, for any number of categories (Gorodkin 2004).
    pub fn mcc(&self) -> f64 {
        let images = self.images() as f64;
        let by_chance = self.sum_of(|c| self.support(c) as f64 * self.predictions(c) as f64);
        let truth = images * images - self.sum_of(|c| (self.support(c) as f64).powi(2));
        let predicted = images * images - self.sum_of(|c| (self.predictions(c) as f64).powi(2));
        ratio(self.correct() as f64 * images - by_chance, (truth * predicted).sqrt())
    }

    fn sum_of(&self, term: impl Fn(usize) -> f64) -> f64 {
        (0..self.categories).map(term).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_without_images_does_not_pull_down_balanced_accuracy() {
        let mut matrix = ConfusionMatrix::new(3);
        matrix.add(0, 0);
        matrix.add(1, 0);
        assert_eq!(matrix.balanced_accuracy(), 0.5);
        assert_eq!(matrix.recall(2), 0.0);
    }

    #[test]
    fn one_category_has_no_agreement_beyond_chance() {
        let mut matrix = ConfusionMatrix::new(1);
        matrix.add(0, 0);
        assert_eq!((matrix.cohen_kappa(), matrix.mcc()), (0.0, 0.0));
        assert_eq!((matrix.precision(0), matrix.recall(0), matrix.f1(0)), (1.0, 1.0, 1.0));
    }
}
