//! The training stage: features from the cache, a head from the fit.

use std::fs;
use std::io;
use std::ops::ControlFlow;

use anyhow::{Context, Result, bail};

use super::observer::RunObserver;
use super::rows::rows;
use super::work::{Prepared, Work};
use crate::spec::Set;
use crate::store::{Ending, Event, Stage, Stop};
use crate::train::{Ended, Features, FitError, Fitted, Head, Problem, Samples, fit};

/// A head for raw features, and how it came about.
pub(super) struct Trained {
    pub head: Head,
    pub ending: Ending,
    /// Iterations done.
    pub step: usize,
    /// The iteration whose weights these are.
    pub kept_step: usize,
}

impl Work<'_> {
    /// The head that is kept; with folds that is the last of several. Breaks where it was paused or
    /// cancelled.
    pub(super) fn train(&mut self, prepared: &Prepared) -> Result<ControlFlow<Stop, Trained>> {
        self.reporter.turn(Event::Stage { stage: Stage::Training })?;
        self.settle_photos(prepared)?;
        self.settle_iterations()?;
        if let Some(folds) = prepared.dataset.folds
            && let ControlFlow::Break(stop) = self.test_folds(prepared, folds)?
        {
            return Ok(ControlFlow::Break(stop));
        }
        self.train_head(prepared, None)
    }

    /// One head: without folds the only one, else the one that is tested on the fold `tested`, or the
    /// one that is kept.
    pub(super) fn train_head(
        &mut self,
        prepared: &Prepared,
        tested: Option<usize>,
    ) -> Result<ControlFlow<Stop, Trained>> {
        let training = self.samples(prepared, Set::Training, tested);
        let validation = self.samples(prepared, Set::Validation, tested);
        self.begin_head(prepared, tested)?;
        let experiment = self.experiment.clone();
        let horizons = self.reporter.run().horizons.clone();
        let problem = Problem {
            training: &training,
            validation: &validation,
            categories: prepared.dataset.categories.len(),
            train: &experiment.train,
            iterations: experiment.iterations,
            horizons: &horizons,
            learning_rate: experiment.learning_rate,
        };
        let name = self.training_name(prepared, tested)?;
        let start = self.start(&problem, &name)?;
        // Those of folds are tested and forgotten.
        let kept_heads = match tested {
            None => self.kept_heads(prepared)?,
            Some(_) => None,
        };
        let (requests, path) = (self.requests, self.folder.checkpoint());
        let only_pauses = prepared.dataset.folds.is_some();
        let mut observer =
            RunObserver::new(self.reporter, requests, path, name, only_pauses).keeping(kept_heads);
        let fitted = fit(&problem, start, &mut observer).map_err(|err| match err {
            FitError::Observer(err) => err,
            FitError::Train(err) => err.into(),
        })?;
        if let Ended::Stopped(stop) = fitted.ended {
            // Somebody may have asked for more since the fit ended.
            let stop = match requests.strongest().map_or(stop, |newer| newer.max(stop)) {
                Stop::Keep if only_pauses => Stop::Pause,
                stop => stop,
            };
            if stop != Stop::Keep {
                return Ok(ControlFlow::Break(stop));
            }
        }
        Ok(ControlFlow::Continue(trained(fitted, experiment.train.early_stop > 0)?))
    }

    /// With folds, says which head is trained from here on, unless it was said before.
    fn begin_head(&mut self, prepared: &Prepared, tested: Option<usize>) -> Result<()> {
        let Some(folds) = prepared.dataset.folds else { return Ok(()) };
        let fold = tested.map(|fold| fold + 1);
        if self.reporter.run().folds.as_ref().is_some_and(|before| before.training == fold) {
            return Ok(());
        }
        // That of the head before is of no use any more.
        let path = self.folder.checkpoint();
        match fs::remove_file(&path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                return Err(err).with_context(|| format!("cannot remove {}", path.display()));
            }
            _ => {}
        }
        self.reporter.turn(Event::Head { fold, folds: folds.count })
    }

    fn samples(&self, prepared: &Prepared, set: Set, tested: Option<usize>) -> Samples {
        let mut labels = Vec::new();
        let rows = rows(&prepared.dataset, set, tested, &self.experiment.distort);
        let keys = rows.map(|(row, label)| {
            labels.push(label);
            row
        });
        let features = Features::Kept(prepared.cache.kept(keys));
        Samples { features, labels }
    }
}

fn trained(fitted: Fitted, best_is_kept: bool) -> Result<Trained> {
    let Fitted { head, steps, best, ended } = fitted;
    let kept_step = best.filter(|_| best_is_kept).map_or(steps, |best| best.step);
    let ending = match ended {
        Ended::Completed => Ending::Completed,
        Ended::Stopped(_) => Ending::Stopped,
        Ended::EarlyStopped => Ending::EarlyStop,
        Ended::Diverged(divergence) => bail!("{divergence}"),
    };
    Ok(Trained { head, ending, step: steps, kept_step })
}
