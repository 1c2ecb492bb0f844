//! The images of a run with their scores: some 90 bytes an image, and no allocation of its own for any.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::insight::{Scored, predict};
use crate::spec::Set;

#[derive(Debug, Default)]
pub struct ScoreTable {
    pub categories: Vec<String>,
    /// The folder in which the files are.
    pub folder: PathBuf,
    images: Vec<Image>,
    /// The paths of all files, relative to the folder, one behind the other, and where each ends.
    files: Vec<u8>,
    ends: Vec<usize>,
    /// `[images, categories]`, row by row.
    scores: Vec<f32>,
    has_truths: bool,
    /// Of images that no run saw, by their places; see [`ScoreTable::less_like_than`].
    less_like_than: BTreeMap<usize, f32>,
    problems: BTreeMap<usize, Box<str>>,
}

/// One image, but for its file and its scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// `None`: the network never saw it in a run.
    pub set: Option<Set>,
    /// It is less like the training photos than nearly all of one's own: perhaps none of the categories.
    pub is_none_of_these: bool,
    /// `None`: nobody said.
    pub truth: Option<u32>,
    /// `None`: it has no scores.
    pub predicted: Option<u32>,
    /// Cross-entropy in nats; not a number without truth or scores.
    pub loss: f32,
    /// As [`Scored::margin`]; without truth, of the predicted category.
    pub margin: f32,
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
    pub fn add(
        &mut self,
        file: impl AsRef<Path>,
        set: Option<Set>,
        truth: Option<usize>,
        scores: &[f32],
    ) {
        assert_eq!(scores.len(), self.categories.len(), "scores of an image");
        self.has_truths |= truth.is_some();
        let predicted = predict(scores);
        let scored = Scored { truth: truth.unwrap_or(predicted), scores };
        let loss = if truth.is_some() { scored.loss() as f32 } else { f32::NAN };
        let has_scores = !scores.is_empty();
        self.push(file.as_ref());
        self.images.push(Image {
            set,
            truth: truth.map(|truth| truth as u32),
            predicted: has_scores.then_some(predicted as u32),
            loss,
            margin: if has_scores { scored.margin() as f32 } else { f32::NAN },
            is_none_of_these: false,
        });
        self.scores.extend_from_slice(scores);
    }

    fn push(&mut self, file: &Path) {
        self.files.extend_from_slice(file.as_os_str().as_bytes());
        self.ends.push(self.files.len());
    }

    /// All images of these tables of the same categories, one table after the other.
    pub fn joined(categories: Vec<String>, folder: PathBuf, parts: Vec<ScoreTable>) -> ScoreTable {
        let sum = |length: fn(&ScoreTable) -> usize| parts.iter().map(length).sum::<usize>();
        let (images, files) = (sum(ScoreTable::len), sum(|part| part.files.len()));
        let scores = sum(|part| part.scores.len());
        let mut parts = parts.into_iter();
        // The first part stays where it is, as a copy of it takes as long as reading some of it.
        let mut all = ScoreTable { categories, folder, ..parts.next().unwrap_or_default() };
        // Exactly, as half of what grows by doubling would stay empty.
        all.images.reserve_exact(images - all.images.len());
        all.files.reserve_exact(files - all.files.len());
        all.ends.reserve_exact(images - all.ends.len());
        all.scores.reserve_exact(scores - all.scores.len());
        parts.for_each(|part| all.append(part));
        all.images.shrink_to_fit();
        all.files.shrink_to_fit();
        all.ends.shrink_to_fit();
        all.scores.shrink_to_fit();
        all
    }

    fn append(&mut self, other: ScoreTable) {
        let (images, bytes) = (self.images.len(), self.files.len());
        self.images.extend(other.images);
        self.files.extend(other.files);
        self.ends.extend(other.ends.iter().map(|end| bytes + end));
        self.scores.extend(other.scores);
        self.has_truths |= other.has_truths;
        let moved = |(place, one)| (images + place, one);
        self.less_like_than.extend(other.less_like_than.into_iter().map(moved));
        self.problems.extend(other.problems.into_iter().map(|(place, one)| (images + place, one)));
    }

    /// Says of the image added last how like the training photos it is.
    pub fn judge(&mut self, less_like_than: Option<f32>, is_none_of_these: bool) {
        let Some(image) = self.images.last_mut() else { return };
        image.is_none_of_these = is_none_of_these;
        if let Some(share) = less_like_than {
            self.less_like_than.insert(self.images.len() - 1, share);
        }
    }

    /// Adds a file that could not be scored.
    pub fn add_problem(&mut self, file: impl AsRef<Path>, problem: &str) {
        self.push(file.as_ref());
        self.problems.insert(self.images.len(), problem.into());
        self.images.push(Image {
            set: None,
            is_none_of_these: false,
            truth: None,
            predicted: None,
            loss: f32::NAN,
            margin: f32::NAN,
        });
        self.scores.resize(self.images.len() * self.categories.len(), f32::NAN);
    }

    pub fn len(&self) -> usize {
        self.images.len()
    }

    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// Relative to the table's folder.
    pub fn file(&self, image: usize) -> &Path {
        let start = image.checked_sub(1).map_or(0, |before| self.ends[before]);
        Path::new(OsStr::from_bytes(&self.files[start..self.ends[image]]))
    }

    /// Why the image has no scores.
    pub fn problem(&self, image: usize) -> Option<&str> {
        self.problems.get(&image).map(|problem| &**problem)
    }

    /// Why images have no scores, one after the other.
    pub fn problems(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.problems.values().map(|problem| &**problem)
    }

    /// The share of one's own photos that are more like the training photos, where it was found out.
    pub fn less_like_than(&self, image: usize) -> Option<f32> {
        self.less_like_than.get(&image).copied()
    }

    /// Bytes of memory that the images take.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.images.capacity() * size_of::<Image>()
            + self.files.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.scores.capacity() * size_of::<f32>()
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
        self.folder.join(self.file(image))
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
        crate::store::shown(self.file(image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_has_its_own_scores_and_statistics() {
        let mut table = ScoreTable::new(vec!["a".into(), "b".into()], "photos".into());
        table.add("a/1.jpg", Some(Set::Test), Some(0), &[0.25, 0.75]);
        table.add_problem("broken.jpg", "truncated");
        table.add("new.jpg", None, None, &[0.9, 0.1]);
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
