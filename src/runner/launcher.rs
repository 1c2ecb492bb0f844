//! What starts workers: this machine, or the queue of a cluster.

use std::io;
use std::path::Path;

use crate::config::Launch;
use crate::store::{Job, RunFolder, Started, Target, Task, Waiting};

/// A way to have workers started, and to see what has become of them.
///
/// Nothing but the run folder passes between a launcher and a worker. A worker that is at work
/// holds the run's lease, wherever it is; a launcher is asked about the time before and after.
pub trait Launcher {
    /// Where a run is to be done: what it waits for when it is queued.
    fn target(&self, run: &RunFolder) -> Target;

    /// Whether a run that waits for `target` is for this launcher to start.
    fn serves(&self, target: &Target) -> bool;

    /// Whether one more run may be started now for `target`, beside those that have been `started`
    /// anywhere and have not ended.
    fn has_place(&self, target: &Target, started: &[Started]) -> bool;

    /// Has a worker started on this machine that takes the run, up to `iterations` where they are given
    /// instead of the run's own, beside those that have been `started`.
    fn start(
        &self,
        run: &RunFolder,
        iterations: Option<usize>,
        started: &[Started],
    ) -> io::Result<Task>;

    /// Whether it gives runs to a cluster at once, which may take a while: else somebody else does.
    fn submits(&self) -> bool {
        true
    }

    /// The jobs that these runs, which wait for a cluster, are to be given to. Nothing is submitted yet.
    fn submissions(&self, _runs: &Path, _waiting: &[Waiting]) -> Vec<Submission> {
        Vec::new()
    }

    /// Gives the cluster a job, or an array of them. Gives its number.
    fn submit(&self, _runs: &Path, _submission: &Submission) -> Result<String, NotSubmitted> {
        Err(NotSubmitted::Refused("there is no cluster".to_owned()))
    }

    /// What became of a submission whose number was never written: who submitted it was killed.
    fn find(&self, _job: &Job) -> Found {
        Found::Unknown
    }

    /// Errors where a run that begins now would soon fail for lack of room on its disks. Looked at
    /// before a run that waits is started by itself.
    fn check_room(&self, run: &RunFolder) -> io::Result<()>;

    /// What has become of the task that was started for `run`; `None` where another launcher
    /// started it, which alone can tell.
    fn status(&self, run: &RunFolder, task: &Task) -> Option<Status>;

    /// Says in the run how its task ended, where its worker could not.
    fn say_end(&self, _run: &RunFolder, _task: &Task) {}

    /// Has the cluster end this job, of which no run is left that waits for it.
    fn cancel(&self, _job: &Job) -> io::Result<()> {
        Ok(())
    }
}

/// What has become of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A cluster's queue has it, and has not begun it.
    Pending,
    /// It was begun and has not ended.
    AtWork,
    /// It is gone, whether or not the run came to its end.
    Ended,
}

/// A job, or an array of jobs, for a cluster.
#[derive(Clone, Debug)]
pub struct Submission {
    /// By which it is found again.
    pub name: String,
    /// The runs, each with the task of the array that does it, from 1; 0: there is no array.
    pub members: Vec<(Waiting, usize)>,
    /// What the cluster is asked for.
    pub launch: Launch,
    /// None of the runs has begun: their features may be missing.
    pub is_new: bool,
}

impl Submission {
    /// How many jobs the array has; 0: it is no array.
    pub fn tasks(&self) -> usize {
        self.members.iter().map(|(_, task)| *task).max().unwrap_or(0)
    }
}

/// Why a cluster has no job.
#[derive(Clone, Debug)]
pub enum NotSubmitted {
    /// It does not take it, and would not later.
    Refused(String),
    /// It was not asked, or did surely not hear it.
    Later(String),
    /// It may have it: it did not answer in time.
    Unclear(String),
}

/// What is known of a submission by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The cluster has it, under this number.
    Number(String),
    /// The cluster does not have it.
    Nowhere,
    /// Nobody has asked the cluster since.
    Unknown,
}
