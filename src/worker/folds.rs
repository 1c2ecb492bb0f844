//! Every photo tested once: each fold by a head that was trained on the other folds.
//!
//! The scores of a fold lie in the run folder as soon as it was tested, and the log says so: a worker
//! that goes on with the run tests only the folds that are left.

use std::ops::ControlFlow;

use anyhow::{Result, bail};

use super::score::score;
use super::train::Trained;
use super::work::{Prepared, Work};
use crate::dataset::{Folds, Photo};
use crate::store::{Event, FoldResult, ImageScore, ScoresFile, Stop, explain};

impl Work<'_> {
    /// Trains a head for each fold and tests it. Breaks where it was paused or cancelled.
    pub(super) fn test_folds(
        &mut self,
        prepared: &Prepared,
        folds: Folds,
    ) -> Result<ControlFlow<Stop>> {
        for fold in 0..folds.count {
            if self.is_tested(prepared, fold)? {
                continue;
            }
            match self.train_head(prepared, Some(fold))? {
                ControlFlow::Break(stop) => return Ok(ControlFlow::Break(stop)),
                ControlFlow::Continue(trained) => self.test_fold(prepared, fold, &trained)?,
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether an earlier worker has tested the fold, and left its scores.
    fn is_tested(&mut self, prepared: &Prepared, fold: usize) -> Result<bool> {
        let run = self.reporter.run();
        if !run.folds.as_ref().is_some_and(|folds| folds.is_tested(fold + 1)) {
            return Ok(false);
        }
        let Err(err) = self.read_fold(prepared, fold) else { return Ok(true) };
        let why = explain(err.as_ref(), "it is written again");
        self.reporter.warn(format!("fold {} is tested again: {why}", fold + 1))?;
        Ok(false)
    }

    /// Scores the photos of the fold with its head. What it says in the log is on the disk by then.
    fn test_fold(&mut self, prepared: &Prepared, fold: usize, trained: &Trained) -> Result<()> {
        let photos = of_fold(prepared, fold);
        let scored = score(prepared, &trained.head, photos);
        let path = self.folder.fold_scores(fold + 1);
        let evaluation = self.keep_scores(&path, &prepared.dataset.categories, scored)?;
        self.reporter.turn(Event::FoldTested(FoldResult {
            fold: fold + 1,
            correct: evaluation.correct,
            n: evaluation.images,
            step: trained.step,
            kept_step: trained.kept_step,
        }))
    }

    /// The tables of all folds, which were checked.
    pub(super) fn tables_of_folds(
        &self,
        prepared: &Prepared,
        folds: Folds,
    ) -> Result<Vec<ScoresFile>> {
        (0..folds.count).map(|fold| self.read_fold(prepared, fold)).collect()
    }

    /// The scores of a fold. Errors when they are not those of its photos.
    fn read_fold(&self, prepared: &Prepared, fold: usize) -> Result<ScoresFile> {
        let path = self.folder.fold_scores(fold + 1);
        let table = ScoresFile::open(&path)?;
        let mut photos = of_fold(prepared, fold);
        let mut is_whole = table.categories == prepared.dataset.categories;
        for row in table.rows() {
            let row = row?;
            let is_of = |photo: &Photo| photo.path == row.file && photo.category == row.category;
            is_whole &= photos.next().is_some_and(is_of);
        }
        match is_whole && photos.next().is_none() {
            true => Ok(table),
            false => bail!("{} is not of the photos of the fold", path.display()),
        }
    }
}

/// Every photo with the scores of the head that never saw it, in the order of the photos.
pub(super) fn scores_of_folds<'a>(
    prepared: &'a Prepared,
    tables: &'a [ScoresFile],
) -> impl Iterator<Item = Result<ImageScore>> {
    let mut rows: Vec<_> = tables.iter().map(ScoresFile::rows).collect();
    prepared.dataset.photos.iter().map(move |photo| {
        let fold = photo.fold.expect("every photo has a fold").number;
        Ok(rows[fold].next().expect("the scores of a fold are those of its photos")?)
    })
}

fn of_fold(prepared: &Prepared, fold: usize) -> impl Iterator<Item = &Photo> {
    let is_in = move |photo: &&Photo| photo.fold.is_some_and(|of| of.number == fold);
    prepared.dataset.photos.iter().filter(is_in)
}
