//! How far a run is that tests every photo once: each fold by a head that was trained on the others,
//! then the head that is kept.

use serde::{Deserialize, Serialize};

use super::event::FoldResult;

/// The heads of a run with folds, as far as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedFolds {
    /// How many folds there are.
    pub count: usize,
    /// The fold, from 1, whose head is trained now, or was last; `None`: the head that is kept.
    pub training: Option<usize>,
    /// The folds that were tested so far, in their order.
    pub tested: Vec<FoldResult>,
}

impl TestedFolds {
    /// Begins with the head of a fold, or with `None` with the one that is kept.
    pub(super) fn begin(before: Option<TestedFolds>, fold: Option<usize>, count: usize) -> Self {
        let tested = before.map_or_else(Vec::new, |before| before.tested);
        TestedFolds { count, training: fold, tested }
    }

    pub(super) fn add(&mut self, result: FoldResult) {
        self.tested.retain(|other| other.fold != result.fold);
        self.tested.push(result);
        self.tested.sort_by_key(|result| result.fold);
    }

    /// Whether this fold, counted from 1, was tested.
    pub fn is_tested(&self, fold: usize) -> bool {
        self.tested.iter().any(|result| result.fold == fold)
    }

    /// Of the photos tested so far those whose highest score is the true category's, and all of
    /// them; `None` before the first fold was tested.
    pub fn right_so_far(&self) -> Option<(usize, usize)> {
        let sum = |of: fn(&FoldResult) -> usize| self.tested.iter().map(of).sum();
        let tested = (sum(|result| result.correct), sum(|result| result.n));
        (!self.tested.is_empty()).then_some(tested)
    }

    /// Heads that are trained yet after the present one.
    pub fn heads_left(&self) -> usize {
        self.training.map_or(0, |fold| 1 + self.count.saturating_sub(fold))
    }

    /// The head that is trained: `fold 3 of 5`, or the one that is kept.
    pub fn name(&self) -> String {
        match self.training {
            Some(fold) => format!("fold {fold} of {}", self.count),
            None => format!("all {} folds tested, training the head that is kept", self.count),
        }
    }
}
