//! The training stage: features from the cache, a head from the fit.

use anyhow::{Result, bail};
use candle_core::{Device, Tensor};

use super::work::{Prepared, Work};
use crate::spec::Set;
use crate::store::{Ending, Event, Stage};
use crate::train::{Ended, Fitted, Head, Problem, Progress, Samples, fit};

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
    /// `None`: it was cancelled.
    pub(super) fn train(&mut self, prepared: &Prepared) -> Result<Option<Trained>> {
        self.reporter.turn(Event::Stage { stage: Stage::Training })?;
        let training = self.samples(prepared, Set::Training)?;
        let validation = self.samples(prepared, Set::Validation)?;
        let problem = Problem {
            training: &training,
            validation: &validation,
            categories: prepared.dataset.categories.len(),
            train: &self.experiment.train,
            iterations: self.experiment.iterations,
            learning_rate: self.experiment.learning_rate,
        };
        let (reporter, requests) = (&mut *self.reporter, self.requests);
        let fitted =
            fit(&problem, &|| requests.any(), &mut |progress| reporter.report(event(progress)))?;
        if requests.cancel() {
            return Ok(None);
        }
        Ok(Some(trained(fitted, self.experiment.train.early_stop > 0)?))
    }

    fn samples(&self, prepared: &Prepared, set: Set) -> Result<Samples> {
        let (rows, labels) = prepared.rows(set, &self.experiment);
        let features = prepared.cache.read(&rows)?;
        let shape = (rows.len(), features.len() / rows.len());
        Ok(Samples { features: Tensor::from_vec(features, shape, &Device::Cpu)?, labels })
    }
}

fn event(progress: Progress) -> Event {
    match progress {
        Progress::Step { step, loss, accuracy, learning_rate } => {
            Event::Step { step, loss, accuracy, learning_rate }
        }
        Progress::Evaluation {
            step,
            train_loss,
            train_accuracy,
            validation_loss,
            validation_accuracy,
            best: _,
        } => Event::Evaluation {
            step,
            train_loss,
            train_accuracy,
            validation_loss,
            validation_accuracy,
        },
    }
}

fn trained(fitted: Fitted, best_is_kept: bool) -> Result<Trained> {
    let Fitted { head, steps, best, ended } = fitted;
    let kept_step = best.filter(|_| best_is_kept).map_or(steps, |best| best.step);
    let ending = match ended {
        Ended::Completed => Ending::Completed,
        Ended::Stopped => Ending::Stopped,
        Ended::EarlyStopped => Ending::EarlyStop,
        Ended::Diverged(divergence) => bail!("{divergence}"),
    };
    Ok(Trained { head, ending, step: steps, kept_step })
}
