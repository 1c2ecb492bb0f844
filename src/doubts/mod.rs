//! Which photos are probably under a wrong label: heads that were not trained on a photo are asked what
//! it shows.
//!
//! Not here: the judgement itself (`insight::doubts`), and what a person decides (`store::Corrections`).

use std::path::PathBuf;

use crate::config::Config;
use crate::insight::{self, Scored};
use crate::past::{OutOfFold, PastRun, out_of_fold};
use crate::spec::Set;
use crate::store::RunFolder;

/// What heads say of the labels of a run's photos.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubts {
    /// In the order of the head.
    pub categories: Vec<String>,
    /// All photos of the run, the least trusted label first.
    pub photos: Vec<DoubtedPhoto>,
    /// In so many folds the photos were scored.
    pub folds: usize,
}

/// A photo, and what heads say that were not trained on it.
#[derive(Clone, Debug, PartialEq)]
pub struct DoubtedPhoto {
    /// Relative to the run's folder of images.
    pub file: PathBuf,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub hash: String,
    /// The set that it was in.
    pub set: Set,
    /// Its label, a place among the categories.
    pub label: usize,
    /// The category that it more probably belongs to; the label itself where that has the highest score.
    pub suggestion: usize,
    /// How well the label agrees with the scores, 0 to 1; see [`insight::Doubt`].
    pub quality: f64,
    /// Confident learning takes the label for wrong.
    pub is_wrong: bool,
    /// One a category.
    pub scores: Vec<f32>,
}

/// Ranks the photos of a run by how probably their label is wrong. Of a run without folds heads are
/// trained, with its settings, on the features in the cache; `progress` is told how many of how many.
///
/// The error is a sentence that says why it cannot be done.
pub fn doubts(
    config: &Config,
    run: &RunFolder,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Doubts, String> {
    let past = PastRun::read(run)?;
    let OutOfFold { folds, scores } = out_of_fold(config, run, &past, progress)?;
    let places = past.labels()?;
    let scored: Vec<Scored> =
        places.iter().zip(&scores).map(|(&truth, scores)| Scored { truth, scores }).collect();
    let photos = insight::doubts(&scored).into_iter().map(|doubt| {
        let photo = &past.photos[doubt.photo];
        DoubtedPhoto {
            file: photo.file.clone(),
            hash: photo.hash.clone(),
            set: photo.set,
            label: places[doubt.photo],
            suggestion: doubt.suggestion,
            quality: doubt.quality,
            is_wrong: doubt.is_wrong,
            scores: scores[doubt.photo].clone(),
        }
    });
    Ok(Doubts { photos: photos.collect(), categories: past.categories.clone(), folds })
}
