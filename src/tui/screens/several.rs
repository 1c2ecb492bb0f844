//! Several runs in one row or column: what is said of them together.

use std::collections::BTreeMap;

use super::format;
use crate::compare::{SEEDS, accuracies_of, seeds};
use crate::store::Summary;
use crate::tui::theme::Role;
use crate::words;

/// Repeats of each other, or runs of one sweep.
#[derive(Debug)]
pub struct Several {
    /// What they are, as [`format::states`] says it.
    pub state: (String, Role),
    /// Final test accuracies, each pair of seeds once.
    pub accuracies: Vec<f64>,
    /// The same of test losses.
    pub losses: Vec<f64>,
    /// Validation accuracies of the heads that are kept.
    pub validations: Vec<f64>,
    /// Iterations that are done, and that are wanted, of all together.
    pub steps: (usize, usize),
    /// Time that workers have spent on all of them.
    pub seconds: f64,
}

impl Several {
    /// Of runs, the oldest first: of the same seeds the newest counts.
    pub fn of(runs: &[&Summary]) -> Several {
        let losses: BTreeMap<[String; 2], f64> =
            runs.iter().filter_map(|run| Some((seeds(run), run.test.as_ref()?.log_loss))).collect();
        let sum = |of: fn(&Summary) -> usize| runs.iter().map(|run| of(run)).sum();
        Several {
            state: format::states(runs.iter().map(|run| run.state)),
            accuracies: accuracies_of(runs.iter().copied()),
            losses: losses.into_values().collect(),
            validations: runs.iter().filter_map(|run| Some(run.kept?.accuracy)).collect(),
            steps: (sum(|run| run.step), sum(|run| run.iterations)),
            seconds: runs.iter().map(|run| run.seconds).sum(),
        }
    }

    /// Mean test accuracy with deviation and number.
    pub fn accuracy(&self) -> Option<String> {
        format::mean_share(&self.accuracies)
    }

    /// Mean test loss with deviation.
    pub fn loss(&self) -> Option<String> {
        format::mean_loss(&self.losses)
    }

    /// Mean validation accuracy with deviation.
    pub fn validation(&self) -> Option<String> {
        let brief = format::mean_share(&self.validations)?;
        Some(brief.split(',').next().unwrap_or_default().to_owned())
    }

    /// Iterations done of those that are wanted.
    pub fn iterations(&self) -> String {
        words::progress(self.steps.0, self.steps.1)
    }
}

/// The settings that repeats share, with their seeds as `5 seeds`.
pub fn shared_settings(runs: &[&Summary]) -> BTreeMap<String, String> {
    let mut settings = runs.first().map(|run| run.settings.clone()).unwrap_or_default();
    for key in SEEDS {
        let mut values: Vec<&String> =
            runs.iter().filter_map(|run| run.settings.get(key)).collect();
        values.sort_unstable();
        values.dedup();
        if values.len() > 1 {
            settings.insert(key.to_owned(), format!("{} seeds", values.len()));
        }
    }
    settings
}
