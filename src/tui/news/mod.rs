//! What happened outside: threads watch the run folders and send it; nothing here knows screens.

mod curves;
mod glance;
mod host;
mod live;
mod metrics;
mod queue;
mod runs;
mod worker_log;

use std::sync::Arc;

pub use curves::Curves;
pub use glance::{Glance, GlanceNews, start as start_glances};
pub use metrics::HostMetrics;
pub use runs::RunsWatcher;

use super::additions::AdditionNews;
use super::compared::{ComparedNews, ComparedRepeats};
use super::experiments::ExperimentNews;
use super::explained::ExplainedNews;
use super::growth::GrowthNews;
use super::kinds::KindsNews;
use super::known_run::KnownRun;
use super::labels::{DoubtsNews, KeptNews};
use super::look::LookNews;
use super::preview::{Graphics, Picture};
use super::scores::{CalibratedNews, ScoresNews};
pub use super::toast::Toast;
use crate::runner::KnownJobs;
pub use crate::store::trash::Trashed;
use crate::store::{History, Queue, Run, RunFolder};

#[derive(Clone, Debug)]
pub enum News {
    /// Run folders that appeared, changed or went.
    Runs(RunsNews),
    /// A run that is followed said more.
    Followed(FollowedNews),
    /// What the followed run's worker costs.
    Host(HostNews),
    /// The followed run's worker wrote to its log.
    WorkerLog(WorkerLogNews),
    /// A run was made and its worker started.
    Launched(RunFolder),
    /// A run is asked to go on.
    Starting(RunFolder),
    /// Why it does not.
    NotStarted {
        run: RunFolder,
        problem: String,
    },
    /// A run has a new worker.
    Resumed(RunFolder),
    /// A run waits for its turn, behind so many others.
    Queued {
        run: RunFolder,
        before: usize,
    },
    /// The queue is another.
    Queue(Queue),
    /// What a cluster has said of its jobs.
    Jobs(KnownJobs),
    /// Runs wait, and whoever would start them may be gone.
    QueueWaits,
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
    /// A photo was looked at with the network of a run.
    Looked(Arc<LookNews>),
    /// Images with their scores, or why there are none.
    Scores(ScoresNews),
    /// A temperature was fitted to the scores of a run, or why not.
    Calibrated(CalibratedNews),
    /// Two runs were compared photo by photo.
    Compared(ComparedNews),
    /// The change between two runs was taken apart.
    Explained(ExplainedNews),
    /// The repeats of two runs were compared.
    ComparedRepeats(ComparedRepeats),
    /// Heads said which labels are probably wrong.
    Doubts(DoubtsNews),
    /// The kinds of a run's photos were found, or why not.
    Kinds(KindsNews),
    /// What more photos of a run would bring is being found out, or was.
    Growth(GrowthNews),
    /// Decisions about photos were kept, or not.
    Kept(KeptNews),
    /// Photos are to be added to an experiment's, or were.
    Addition(AdditionNews),
    /// The run with new labels has ended.
    LessonOver(LessonNews),
    /// The run under the cursor was looked at.
    Glanced(GlanceNews),
    /// This run is the baseline from now on, or none.
    Baseline(Option<String>),
    /// All that was typed at prompts so far.
    History(History),
    Experiment(ExperimentNews),
    /// Something to tell the person.
    Said(Toast),
}

/// A run was made again with the labels as they were decided.
#[derive(Clone, Debug)]
pub struct LessonNews {
    pub before: RunFolder,
    pub after: RunFolder,
    /// Why it has no result.
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct RunsNews {
    pub changed: Vec<KnownRun>,
    /// Names of the runs whose folder is not there any more.
    pub gone: Vec<String>,
    /// Every run has been read once.
    pub complete: bool,
}

/// What the log of a followed run said since the last time.
#[derive(Clone, Debug)]
pub struct FollowedNews {
    pub run: RunFolder,
    /// Why it cannot be read, or not any further.
    pub said: Result<Said, String>,
}

#[derive(Clone, Debug)]
pub struct Said {
    /// The fold of the log so far.
    pub run: Arc<Run>,
    /// The points that are new.
    pub curves: Arc<Curves>,
    /// `curves` begin with the first point of the log.
    pub from_start: bool,
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
