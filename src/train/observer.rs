use std::convert::Infallible;

use super::{Checkpoint, Progress};
use crate::store::Stop;

/// Whom a fit is made for: hears of it, may end it, keeps its checkpoints.
///
/// An error ends the fit and is passed on.
pub trait Observer {
    type Error;

    fn hear(&mut self, progress: Progress) -> Result<(), Self::Error>;

    /// Asked after each `step` but the last whether the fit is to end there: with
    /// [`Stop::Keep`] after an evaluation, else with nothing but a checkpoint.
    fn stop(&mut self, _step: usize) -> Option<Stop> {
        None
    }

    /// Whether it is time to keep a checkpoint. At its end a fit gives one unasked.
    fn wants_checkpoint(&mut self) -> bool {
        false
    }

    fn keep(&mut self, _checkpoint: &Checkpoint) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Nobody watches.
impl Observer for () {
    type Error = Infallible;

    fn hear(&mut self, _progress: Progress) -> Result<(), Infallible> {
        Ok(())
    }
}
