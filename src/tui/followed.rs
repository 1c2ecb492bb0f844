//! A run whose points are on the screen, as far as it is known.

use std::sync::Arc;

use super::news::Curves;
use crate::store::Run;

/// The fold of a run's log, made once by the thread that reads it, and its curves.
#[derive(Clone, Debug)]
pub struct Followed {
    pub run: Arc<Run>,
    pub curves: Arc<Curves>,
}

impl Followed {
    /// First and last of the iterations that there are.
    pub fn iterations(&self) -> (f64, f64) {
        (1.0, self.newest().max(2.0))
    }

    /// The newest iteration; 1 before there is any.
    pub fn newest(&self) -> f64 {
        self.curves.train_loss.x_extent().map_or(1.0, |extent| extent.1)
    }
}
