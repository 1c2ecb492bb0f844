//! Which photos are probably under a wrong label: heads that were not trained on a photo are asked what
//! it shows.
//!
//! Not here: the judgement itself (`insight::doubts`), and what a person decides (`store::Corrections`).

use std::path::PathBuf;

use crate::config::Config;
use crate::insight::{self, Scored};
use crate::past::{FOLDS, Folded, PastRun, on_all_cores};
use crate::spec::Set;
use crate::store::{RunFolder, read_scores};

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
    let (folds, scores) = match past.test.folds {
        0 => (FOLDS, out_of_fold(config, &past, progress)?),
        folds => (folds, scores_of_its_folds(run, &past)?),
    };
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

/// One score a category for each photo, by a head that was not trained on it.
fn out_of_fold(
    config: &Config,
    past: &PastRun,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Vec<f32>>, String> {
    let folded = Folded::read(config, past)?;
    let seed = past.experiment.train.seed;
    let head = |fold: usize| folded.scores(fold, seed, |_| true);
    let mut scores = vec![Vec::new(); past.photos.len()];
    for (place, of_photo) in
        on_all_cores(config.threads, FOLDS, head, progress)?.into_iter().flatten()
    {
        scores[place] = of_photo;
    }
    Ok(scores)
}

/// A run with folds has scored every photo by a head that never saw it.
fn scores_of_its_folds(run: &RunFolder, past: &PastRun) -> Result<Vec<Vec<f32>>, String> {
    let (_, rows) = read_scores(&run.scores()).map_err(|err| err.to_string())?;
    let by_file: std::collections::HashMap<_, _> =
        rows.into_iter().map(|row| (row.file, row.scores)).collect();
    let of = |file: &PathBuf| {
        by_file.get(file).cloned().ok_or_else(|| {
            format!("{}: there are no scores of {}", run.scores().display(), file.display())
        })
    };
    past.photos.iter().map(|photo| of(&photo.file)).collect()
}
