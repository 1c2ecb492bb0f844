//! The training stage: features from the cache, a head from the fit.

use std::ops::ControlFlow;

use anyhow::{Result, bail};
use candle_core::{Device, Tensor};

use super::observer::RunObserver;
use super::work::{Prepared, Work};
use crate::spec::Set;
use crate::store::{Ending, Event, Stage, Stop};
use crate::train::{Ended, FitError, Fitted, Head, Problem, Samples, fit};

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
    /// Breaks where it was paused or cancelled.
    pub(super) fn train(&mut self, prepared: &Prepared) -> Result<ControlFlow<Stop, Trained>> {
        self.reporter.turn(Event::Stage { stage: Stage::Training })?;
        let training = self.samples(prepared, Set::Training)?;
        let validation = self.samples(prepared, Set::Validation)?;
        let experiment = self.experiment.clone();
        let problem = Problem {
            training: &training,
            validation: &validation,
            categories: prepared.dataset.categories.len(),
            train: &experiment.train,
            iterations: experiment.iterations,
            horizons: &[],
            learning_rate: experiment.learning_rate,
        };
        let photos = self.settle_photos(prepared)?;
        let name = self.training_name(prepared, &photos);
        let start = self.start(&problem, &name)?;
        self.settle_iterations()?;
        let horizons = self.reporter.run().horizons.clone();
        let problem = Problem { horizons: &horizons, ..problem };
        let (requests, path) = (self.requests, self.folder.checkpoint());
        let mut observer = RunObserver::new(self.reporter, requests, path, name);
        let fitted = fit(&problem, start, &mut observer).map_err(|err| match err {
            FitError::Observer(err) => err,
            FitError::Train(err) => err.into(),
        })?;
        if let Ended::Stopped(stop) = fitted.ended {
            // Somebody may have asked for more since the fit ended.
            let stop = requests.strongest().map_or(stop, |newer| newer.max(stop));
            if stop != Stop::Keep {
                return Ok(ControlFlow::Break(stop));
            }
        }
        Ok(ControlFlow::Continue(trained(fitted, experiment.train.early_stop > 0)?))
    }

    fn samples(&self, prepared: &Prepared, set: Set) -> Result<Samples> {
        let (rows, labels) = prepared.rows(set, &self.experiment);
        let features = prepared.cache.read(&rows)?;
        let shape = (rows.len(), features.len() / rows.len());
        Ok(Samples { features: Tensor::from_vec(features, shape, &Device::Cpu)?, labels })
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
