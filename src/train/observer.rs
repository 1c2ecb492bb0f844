//! Whom a fit is made for.

use std::convert::Infallible;

use super::{Checkpoint, Head};
use crate::store::{EvaluationPoint, StepPoint, Stop};

/// What a fit tells. All numbers are finite: a loss that is not ends the fit instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// Loss and accuracy of a batch, before its step was taken.
    Step(StepPoint),
    /// The whole validation set, and the last batch again after its step, as retrain.py printed it.
    Evaluation {
        /// Loss and accuracy of both.
        point: EvaluationPoint,
        /// Whether it has the lowest validation loss so far.
        best: bool,
    },
}

/// Follows a fit: is told its progress, may end it, keeps its checkpoints.
///
/// An error ends the fit and is passed on.
pub trait Observer {
    /// Why it cannot follow any longer.
    type Error;

    /// Told after each step, and after each evaluation.
    fn on_progress(&mut self, progress: Progress) -> Result<(), Self::Error>;

    /// Asked after each `step` but the last whether the fit is to end there: with
    /// [`Stop::Keep`] after an evaluation, else with nothing but a checkpoint.
    fn stop(&mut self, _step: usize) -> Option<Stop> {
        None
    }

    /// Given the head for raw features, as it is after a step that [`Train::is_kept`] names.
    ///
    /// [`Train::is_kept`]: crate::spec::Train::is_kept
    fn on_head(&mut self, _step: usize, _head: &Head) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Whether it wants the checkpoint after this step. At its end a fit gives one unasked.
    fn wants_checkpoint(&mut self) -> bool {
        false
    }

    /// Given the state after a step, to be kept.
    fn on_checkpoint(&mut self, _checkpoint: &Checkpoint) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Nobody watches.
impl Observer for () {
    type Error = Infallible;

    fn on_progress(&mut self, _progress: Progress) -> Result<(), Infallible> {
        Ok(())
    }
}
