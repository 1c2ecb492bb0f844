//! What happened outside: threads watch the run folders and send it; nothing here knows screens.

mod curves;
mod follow;
mod host;
mod queue;
mod runs;

use std::sync::Arc;

pub use curves::{Curves, read_curves};
pub use follow::Follower;
pub use runs::RunsWatcher;

use super::experiments::ExperimentNews;
use super::known::KnownRun;
use super::live::HostMetrics;
use super::preview::{Graphics, Picture};
use super::scores::ScoresNews;
pub use crate::store::trash::Trashed;
use crate::store::{Queue, Record, RunFolder};

#[derive(Clone, Debug)]
pub enum News {
    /// Run folders that appeared, changed or went.
    Runs(RunsNews),
    /// The run that is followed said more.
    Followed(FollowedNews),
    /// What the followed run's worker costs.
    Host(HostNews),
    /// The followed run's worker wrote to its log.
    WorkerLog(WorkerLogNews),
    /// A run was read whole.
    Curves(CurvesNews),
    /// A run was made and its worker started.
    Launched(RunFolder),
    /// A run has a new worker.
    Resumed(RunFolder),
    /// A run waits for its turn, behind so many others.
    Queued {
        run: RunFolder,
        before: usize,
    },
    /// The queue is another.
    Queue(Queue),
    /// A run folder went to the trash, and can come back.
    Trashed(Trashed),
    /// A folder or a file came back.
    Restored(Trashed),
    /// Pictures are drawn so from now on.
    Graphics(Graphics),
    /// The terminal was taken away and given back: it has no pictures any more.
    PicturesForgotten,
    /// A picture that was wanted.
    Picture(Arc<Picture>),
    /// Images with their scores, or why there are none.
    Scores(ScoresNews),
    Experiment(ExperimentNews),
    /// Something to tell the person.
    Said(Toast),
}

#[derive(Clone, Debug, Default)]
pub struct RunsNews {
    pub changed: Vec<KnownRun>,
    /// Names of the runs whose folder is not there any more.
    pub gone: Vec<String>,
    /// Every run has been read once.
    pub complete: bool,
}

#[derive(Clone, Debug)]
pub struct FollowedNews {
    pub run: RunFolder,
    /// `records` begin with the first of the log.
    pub from_start: bool,
    /// What was written since the last time.
    pub records: Arc<Vec<Record>>,
}

#[derive(Clone, Debug)]
pub struct HostNews {
    pub run: RunFolder,
    /// `None`: its worker does not live here any more.
    pub metrics: Option<HostMetrics>,
}

#[derive(Clone, Debug)]
pub struct WorkerLogNews {
    pub run: RunFolder,
    /// The last lines, oldest first.
    pub lines: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct CurvesNews {
    pub run: RunFolder,
    pub curves: Result<Arc<Curves>, String>,
}

/// A line shown until the next key, and kept in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub is_error: bool,
    pub text: String,
}

impl Toast {
    pub fn good(text: impl Into<String>) -> Toast {
        Toast { is_error: false, text: text.into() }
    }

    pub fn error(text: impl Into<String>) -> Toast {
        Toast { is_error: true, text: text.into() }
    }
}
