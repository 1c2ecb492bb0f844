//! The confusion matrix and what follows from its counts alone.

use super::ratio;

/// How many images of each true category (row) were predicted as each category (column).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    categories: usize,
    /// `[categories, categories]`, row by row.
    counts: Vec<usize>,
}

/// Images of one category that were taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// Index of the true category.
    pub truth: usize,
    /// Index of the predicted category.
    pub predicted: usize,
    /// How many images.
    pub images: usize,
}

impl ConfusionMatrix {
    /// All zero.
    pub fn new(categories: usize) -> ConfusionMatrix {
        ConfusionMatrix { categories, counts: vec![0; categories * categories] }
    }

    /// Counts one image.
    ///
    /// # Panics
    /// When either is not below the number of categories.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        assert!(truth < self.categories && predicted < self.categories, "no such category");
        self.counts[truth * self.categories + predicted] += 1;
    }

    /// How many categories.
    pub fn categories(&self) -> usize {
        self.categories
    }

    /// Images of one true category that were predicted as one category.
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

    /// Images in all cells.
    pub fn images(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Images on the diagonal.
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

    /// The cells off the diagonal that hold images, the largest first; of equal ones the first in
    /// the matrix.
    pub fn confusions(&self) -> Vec<Confusion> {
        let n = self.categories;
        let cells = (0..n).flat_map(|truth| (0..n).map(move |predicted| (truth, predicted)));
        let mut found: Vec<Confusion> = cells
            .filter(|(truth, predicted)| truth != predicted)
            .map(|(truth, predicted)| Confusion {
                truth,
                predicted,
                images: self.count(truth, predicted),
            })
            .filter(|confusion| confusion.images > 0)
            .collect();
        found.sort_by_key(|confusion| std::cmp::Reverse(confusion.images));
        found
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
    fn with_one_category_precision_and_recall_are_full() {
        let mut matrix = ConfusionMatrix::new(1);
        matrix.add(0, 0);
        assert_eq!((matrix.precision(0), matrix.recall(0), matrix.f1(0)), (1.0, 1.0, 1.0));
    }

    #[test]
    fn confusions_are_the_cells_off_the_diagonal_the_largest_first() {
        let mut matrix = ConfusionMatrix::new(3);
        for (truth, predicted) in [(0, 0), (1, 2), (2, 0), (2, 0), (0, 1)] {
            matrix.add(truth, predicted);
        }
        let found: Vec<_> =
            matrix.confusions().iter().map(|c| (c.truth, c.predicted, c.images)).collect();
        assert_eq!(found, [(2, 0, 2), (0, 1, 1), (1, 2, 1)]);
    }
}
