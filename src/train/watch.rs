use super::{Best, Head, Measured};

/// Remembers the evaluation with the lowest validation loss and, for early stopping, its head.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Evaluations without a better loss that end the fit; 0: none do.
    patience: usize,
    pub waited: usize,
    pub best: Option<Best>,
    /// For raw features.
    pub best_head: Option<Head>,
}

impl Watch {
    pub fn new(patience: usize) -> Watch {
        Watch { patience, waited: 0, best: None, best_head: None }
    }

    /// Takes in the evaluation behind `step`; whether it is the best so far.
    pub fn is_best(&mut self, step: usize, seen: Measured, folded: &Head) -> bool {
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

    pub fn keeps_the_best_head(&self) -> bool {
        self.patience > 0
    }

    pub fn patience_is_over(&self) -> bool {
        self.patience > 0 && self.waited >= self.patience
    }
}
