//! Scores of all photos of a run by heads that were not trained on them.

use std::collections::HashMap;
use std::path::PathBuf;

use super::{FOLDS, Folded, PastRun, on_all_cores};
use crate::config::Config;
use crate::store::{RunFolder, read_scores};

/// Scores of a run's photos, each by a head that was not trained on it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfFold {
    /// In so many folds the photos were scored.
    pub folds: usize,
    /// One score a category for each photo, in the order of [`PastRun::photos`].
    pub scores: Vec<Vec<f32>>,
}

/// Of a run with folds its own scores. Of another heads are trained, with its settings, on the features
/// in the cache; `progress` is told how many of how many. The error is a sentence.
pub fn out_of_fold(
    config: &Config,
    run: &RunFolder,
    past: &PastRun,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<OutOfFold, String> {
    Ok(match past.test.folds {
        0 => OutOfFold { folds: FOLDS, scores: by_new_heads(config, past, progress)? },
        folds => OutOfFold { folds, scores: of_its_folds(run, past)? },
    })
}

/// A run with folds has scored every photo by a head that never saw it.
fn of_its_folds(run: &RunFolder, past: &PastRun) -> Result<Vec<Vec<f32>>, String> {
    let (_, rows) = read_scores(&run.scores()).map_err(|err| err.to_string())?;
    let by_file: HashMap<_, _> = rows.into_iter().map(|row| (row.file, row.scores)).collect();
    let of = |file: &PathBuf| {
        by_file.get(file).cloned().ok_or_else(|| {
            format!("{}: there are no scores of {}", run.scores().display(), file.display())
        })
    };
    past.photos.iter().map(|photo| of(&photo.file)).collect()
}

/// Each photo is scored by a head trained on four fifths of the others, with the run's settings.
fn by_new_heads(
    config: &Config,
    past: &PastRun,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Vec<f32>>, String> {
    let folded = Folded::read(config, past)?;
    let seed = past.experiment.train.seed;
    let head = |fold: usize| folded.scores(fold, seed, |_| true);
    let trained = on_all_cores(config.threads, FOLDS, head, progress)?;
    let mut scores = vec![Vec::new(); past.photos.len()];
    for (place, of_photo) in trained.into_iter().flatten() {
        scores[place] = of_photo;
    }
    Ok(scores)
}
