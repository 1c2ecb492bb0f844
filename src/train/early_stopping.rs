//! When training no longer helps: the best evaluation so far, and how long ago it was.

use super::{Head, Measured};

/// The evaluation with the lowest validation loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// The step after which it was made, from 1.
    pub step: usize,
    /// Cross-entropy in nats.
    pub validation_loss: f64,
    /// Share of the validation photos that were predicted rightly.
    pub validation_accuracy: f64,
}

/// Remembers the evaluation with the lowest validation loss and, for early stopping, its head.
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    /// This many evaluations in a row without a better loss end the fit; 0: it is never ended.
    patience: usize,
    /// Evaluations since the best.
    pub waited: usize,
    /// The evaluation with the lowest validation loss.
    pub best: Option<Best>,
    /// The head of that evaluation, for raw features; kept only where it may be needed.
    pub best_head: Option<Head>,
}

impl EarlyStopping {
    /// Before the first evaluation.
    pub fn new(patience: usize) -> EarlyStopping {
        EarlyStopping { patience, waited: 0, best: None, best_head: None }
    }

    /// Takes in the evaluation after `step`, and says whether it is the best so far.
    pub fn observe(&mut self, step: usize, seen: Measured, folded: &Head) -> bool {
        if self.best.is_some_and(|best| best.validation_loss <= seen.loss) {
            self.waited += 1;
            return false;
        }
        self.waited = 0;
        self.best =
            Some(Best { step, validation_loss: seen.loss, validation_accuracy: seen.accuracy });
        if self.keeps_the_best_head() {
            self.best_head = Some(folded.clone());
        }
        true
    }

    /// Whether the head of the best evaluation is kept.
    pub fn keeps_the_best_head(&self) -> bool {
        self.patience > 0
    }

    /// Whether there was no better loss for too long.
    pub fn patience_is_over(&self) -> bool {
        self.patience > 0 && self.waited >= self.patience
    }
}
