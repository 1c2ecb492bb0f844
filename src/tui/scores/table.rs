//! The images of a run with their scores, 50,000 of them in some ten megabytes, a million in 150.

use std::path::{Path, PathBuf};

use crate::insight::{Scored, predict};
use crate::spec::Set;

#[derive(Debug, Default)]
pub struct ScoreTable {
    pub categories: Vec<String>,
    /// The folder in which the files are.
    pub folder: PathBuf,
    images: Vec<Image>,
    /// `[images, categories]`, row by row.
    scores: Vec<f32>,
    has_truths: bool,
}

/// One image, but for its scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Relative to the table's folder.
    pub file: PathBuf,
    /// `None`: the network never saw it in a run.
    pub set: Option<Set>,
    /// `None`: nobody said.
    pub truth: Option<u32>,
    /// `None`: it has no scores.
    pub predicted: Option<u32>,
    /// Cross-entropy in nats; not a number without truth or scores.
    pub loss: f32,
    /// As [`Scored::margin`]; without truth, of the predicted category.
    pub margin: f32,
    /// It is less like the training photos than nearly all of one's own: perhaps none of the categories.
    pub is_none_of_these: bool,
    /// The share of one's own photos that are more like the training photos, where it was found out.
    pub less_like_than: Option<f32>,
    /// Why it has no scores.
    pub problem: Option<Box<str>>,
}

impl Image {
    pub fn is_wrong(&self) -> bool {
        self.truth.is_some() && self.predicted.is_some() && self.truth != self.predicted
    }
}

impl ScoreTable {
    pub fn new(categories: Vec<String>, folder: PathBuf) -> ScoreTable {
        ScoreTable { categories, folder, ..ScoreTable::default() }
    }

    /// Adds an image with one score a category.
    pub fn add(&mut self, file: PathBuf, set: Option<Set>, truth: Option<usize>, scores: &[f32]) {
        assert_eq!(scores.len(), self.categories.len(), "scores of an image");
        self.has_truths |= truth.is_some();
        let predicted = predict(scores);
        let scored = Scored { truth: truth.unwrap_or(predicted), scores };
        let loss = if truth.is_some() { scored.loss() as f32 } else { f32::NAN };
        let has_scores = !scores.is_empty();
        self.images.push(Image {
            file,
            set,
            truth: truth.map(|truth| truth as u32),
            predicted: has_scores.then_some(predicted as u32),
            loss,
            margin: if has_scores { scored.margin() as f32 } else { f32::NAN },
            is_none_of_these: false,
            less_like_than: None,
            problem: None,
        });
        self.scores.extend_from_slice(scores);
    }

    /// Adds the images of another table of the same categories.
    pub fn append(&mut self, mut other: ScoreTable) {
        // Exactly, as half of what grows by doubling would stay empty.
        self.images.reserve_exact(other.images.len());
        self.scores.reserve_exact(other.scores.len());
        self.images.append(&mut other.images);
        self.scores.append(&mut other.scores);
        self.has_truths |= other.has_truths;
    }

    /// Says of the image added last how like the training photos it is.
    pub fn judge(&mut self, less_like_than: Option<f32>, is_none_of_these: bool) {
        if let Some(image) = self.images.last_mut() {
            image.less_like_than = less_like_than;
            image.is_none_of_these = is_none_of_these;
        }
    }

    /// Adds a file that could not be scored.
    pub fn add_problem(&mut self, file: PathBuf, problem: &str) {
        let (loss, margin) = (f32::NAN, f32::NAN);
        let problem = Some(problem.into());
        let (set, truth, predicted, is_none_of_these) = (None, None, None, false);
        self.images.push(Image {
            file,
            set,
            truth,
            predicted,
            loss,
            margin,
            is_none_of_these,
            less_like_than: None,
            problem,
        });
        self.scores.resize(self.images.len() * self.categories.len(), f32::NAN);
    }

    pub fn len(&self) -> usize {
        self.images.len()
    }

    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// One a category, in their order.
    pub fn scores(&self, image: usize) -> &[f32] {
        let categories = self.categories.len();
        &self.scores[image * categories..][..categories]
    }

    /// The score of the predicted category; not a number where there are none.
    pub fn score(&self, image: usize) -> f32 {
        match self.images[image].predicted {
            Some(predicted) => self.scores(image)[predicted as usize],
            None => f32::NAN,
        }
    }

    pub fn path(&self, image: usize) -> PathBuf {
        self.folder.join(&self.images[image].file)
    }

    /// Whether anybody said what the images are.
    pub fn has_truths(&self) -> bool {
        self.has_truths
    }

    /// Whether any image is of this set.
    pub fn has(&self, set: Set) -> bool {
        self.images.iter().any(|image| image.set == Some(set))
    }

    pub fn category(&self, index: Option<u32>) -> &str {
        index.map_or("-", |index| &self.categories[index as usize])
    }

    /// As the person sees it: no path above the table's folder.
    pub fn name(&self, image: usize) -> String {
        crate::store::shown(Path::new(&self.images[image].file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_has_its_own_scores_and_statistics() {
        let mut table = ScoreTable::new(vec!["a".into(), "b".into()], "photos".into());
        table.add("a/1.jpg".into(), Some(Set::Test), Some(0), &[0.25, 0.75]);
        table.add_problem("broken.jpg".into(), "truncated");
        table.add("new.jpg".into(), None, None, &[0.9, 0.1]);
        let [wrong, broken, unseen] = table.images() else { panic!() };
        assert!(wrong.is_wrong() && !broken.is_wrong() && !unseen.is_wrong());
        assert_eq!((wrong.predicted, wrong.margin), (Some(1), -0.5));
        assert!((wrong.loss - 4f32.ln()).abs() < 1e-6 && unseen.loss.is_nan());
        assert!(unseen.predicted == Some(0) && (unseen.margin - 0.8).abs() < 1e-6);
        assert_eq!((table.score(0), table.score(2)), (0.75, 0.9));
        assert!(table.score(1).is_nan() && broken.predicted.is_none());
        assert_eq!(table.path(0), Path::new("photos/a/1.jpg"));
    }
}
