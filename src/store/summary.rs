//! The few facts of a run that a table of ten thousand runs shows: one small file a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Ending, Stage, TestResult, Timestamp};
use super::run::{End, Run};

/// `summary.json`: derived from the event log, replaced atomically, never the only copy of a fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Version of the event log it was made from.
    pub v: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// The sweep that it is one of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What the run is.
    pub state: State,
    /// What its worker does, or did last.
    pub stage: Option<Stage>,
    /// When the run was made.
    pub created: Option<Timestamp>,
    /// When its present or last worker began.
    pub started: Option<Timestamp>,
    /// When the newest event was written.
    pub updated: Option<Timestamp>,
    /// Time that workers have spent on it.
    pub seconds: f64,
    /// Names of the categories.
    pub categories: Vec<String>,
    /// Photos in all sets.
    pub images: usize,
    /// Iterations that are wanted.
    pub iterations: usize,
    /// Iterations done.
    pub step: usize,
    /// The highest so far, 0 to 1. Not that of the head that is kept; see [`Summary::kept`].
    pub validation_accuracy: Option<f64>,
    /// The iteration of that highest validation accuracy.
    pub best_step: Option<usize>,
    /// How the head that is kept, or would be kept now, does on the validation set. Missing in what
    /// older versions wrote.
    #[serde(default)]
    pub kept: Option<KeptValidation>,
    /// The result, where it has one.
    pub test: Option<TestResult>,
    /// Why it failed, or why it could not go on.
    pub error: Option<String>,
    /// How many there are.
    pub warnings: usize,
    /// Every field of the experiment and its value, as written in TOML, under today's keys.
    #[serde(deserialize_with = "super::event::present_settings")]
    pub settings: BTreeMap<String, String>,
}

impl Summary {
    /// Validation accuracy of the head that is kept, 0 to 1; of runs of older versions the highest that
    /// any head had.
    pub fn validation(&self) -> Option<f64> {
        self.kept.map(|kept| kept.accuracy).or(self.validation_accuracy)
    }
}

/// One evaluation of the validation set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptValidation {
    /// The iteration after which it was made.
    pub step: usize,
    /// Share of the validation photos that were predicted rightly.
    pub accuracy: f64,
    /// Mean cross-entropy in nats.
    pub loss: f64,
}

/// What a run is, in a word. `Lost`, `Queued` and `Starting` are never written: they are what a
/// reader finds when a run that has not ended has no worker any more, when it is in the queue, and
/// when a worker was started that has not said anything yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It never had a worker, and waits for none.
    Created,
    /// It waits for its turn, to begin or to go on.
    Queued,
    /// It goes on, as soon as its new worker says so.
    Starting,
    /// A worker has it now.
    Running,
    /// Ended with a result: all iterations done, or stopped early by itself.
    Done,
    /// Stopped by a person, with a result.
    Stopped,
    /// Paused by a person, to go on later.
    Paused,
    /// Ended by an error, without a result.
    Failed,
    /// Ended by a person, without a result.
    Cancelled,
    /// Its worker is gone and did not say why: killed, or its machine was switched off.
    Lost,
}

impl State {
    /// All states, in the order in which a run may have them.
    pub const ALL: [State; 10] = [
        State::Created,
        State::Queued,
        State::Starting,
        State::Running,
        State::Done,
        State::Stopped,
        State::Paused,
        State::Failed,
        State::Cancelled,
        State::Lost,
    ];

    /// As it is written in tables.
    pub fn name(self) -> &'static str {
        match self {
            State::Created => "created",
            State::Queued => "queued",
            State::Starting => "starting",
            State::Running => "running",
            State::Done => "done",
            State::Stopped => "stopped",
            State::Paused => "paused",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
            State::Lost => "lost",
        }
    }

    /// Whether the run may still change by itself.
    pub fn is_live(self) -> bool {
        matches!(self, State::Created | State::Queued | State::Starting | State::Running)
    }

    /// Whether the run never began or ended before its time, so that a worker can go on with it.
    pub fn is_unfinished(self) -> bool {
        use State::{Cancelled, Created, Failed, Lost, Paused, Stopped};
        matches!(self, Created | Stopped | Paused | Failed | Cancelled | Lost)
    }
}

impl Run {
    /// What the run is by its own log; see [`RunFolder::summary`](super::RunFolder::summary).
    pub fn state(&self) -> State {
        match &self.end {
            Some(End::Finished { ending: Ending::Stopped, .. }) => State::Stopped,
            Some(End::Finished { .. }) => State::Done,
            Some(End::Failed(_)) => State::Failed,
            Some(End::Cancelled) => State::Cancelled,
            Some(End::Paused) => State::Paused,
            None if self.started.is_some() => State::Running,
            None => State::Created,
        }
    }

    /// The run in short.
    pub fn summary(&self) -> Summary {
        Summary {
            v: super::SCHEMA_VERSION,
            experiment: self.experiment.clone(),
            group: self.group.clone(),
            state: self.state(),
            stage: self.stage,
            created: self.created,
            started: self.started,
            updated: self.updated,
            seconds: self.seconds(),
            categories: self.categories().map(str::to_owned).collect(),
            images: self.counts.iter().map(super::Counts::total).sum(),
            iterations: self.iterations,
            step: self.step(),
            validation_accuracy: self.best.map(|best| best.validation_accuracy),
            best_step: self.best.map(|best| best.step),
            kept: self.kept().map(|point| KeptValidation {
                step: point.step,
                accuracy: point.validation_accuracy,
                loss: point.validation_loss,
            }),
            test: self.test().cloned(),
            error: match &self.end {
                Some(End::Failed(message)) => Some(message.clone()),
                _ => self.refusal.clone(),
            },
            warnings: self.warnings.len(),
            settings: self.settings.clone(),
        }
    }
}
