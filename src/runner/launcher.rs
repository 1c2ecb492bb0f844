//! What starts workers: this machine, or the queue of a cluster.

use std::io;

use crate::store::{RunFolder, Started, Target, Task};

/// A way to have workers started, and to see what has become of them.
///
/// Nothing but the run folder passes between a launcher and a worker. A worker that is at work
/// holds the run's lease, wherever it is; a launcher is asked about the time before and after.
pub trait Launcher {
    /// Where it starts workers: what a run that is queued with this launcher waits for.
    fn target(&self) -> Target;

    /// Whether a run that waits for `target` is for this launcher to start.
    fn serves(&self, target: &Target) -> bool;

    /// Whether one more run may be started now, beside those that have been `started` anywhere and
    /// have not ended.
    fn has_place(&self, started: &[Started]) -> bool;

    /// Has a worker started that takes the run, up to `iterations` where they are given instead of
    /// the run's own, beside those that have been `started`.
    fn start(
        &self,
        run: &RunFolder,
        iterations: Option<usize>,
        started: &[Started],
    ) -> io::Result<Task>;

    /// Errors where a run that begins now would soon fail for lack of room on its disks. Looked at
    /// before a run that waits is started by itself.
    fn check_room(&self, run: &RunFolder) -> io::Result<()>;

    /// What has become of the task that was started for `run`; `None` where another launcher
    /// started it, which alone can tell.
    fn status(&self, run: &RunFolder, task: &Task) -> Option<Status>;
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
