use std::convert::Infallible;

use super::{Checkpoint, Progress};

/// What the one for whom a head is trained wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    GoOn,
    /// End after the step in hand, with its evaluation and a head to use.
    Stop,
    /// End after the step in hand, with nothing but a checkpoint.
    Leave,
}

/// Whom a fit is made for: hears of it, may end it, keeps its checkpoints.
///
/// An error ends the fit and is passed on.
pub trait Observer {
    type Error;

    fn hear(&mut self, progress: Progress) -> Result<(), Self::Error>;

    /// Asked after each step, which is told along.
    fn wish(&mut self, _step: usize) -> Wish {
        Wish::GoOn
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
