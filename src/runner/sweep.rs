//! The runs of a sweep ended and resumed as one, for the commands and the screens.

use std::io;
use std::path::Path;

use super::launcher::Launcher;
use super::queue::{Place, enqueue_all, place, take_off};
use super::resume::{ResumeError, check_resumable};
use crate::store::{LogError, QueueError, RunFolder, Stop};

/// Why runs are not ended or not resumed, or not all of them.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The queue cannot be read or changed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A worker cannot be asked to end.
    #[error("{run} cannot be asked to end: {source}")]
    Stop {
        /// Name of the run's folder.
        run: String,
        /// Why not.
        source: io::Error,
    },
    /// How far a run came cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A run cannot be queued or started.
    #[error(transparent)]
    Resume(#[from] ResumeError),
}

/// What became of runs that were to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// So many waited and were taken off the queue.
    pub waited: usize,
    /// So many were at work and asked to end.
    pub worked: usize,
}

/// Takes those of these runs that wait off the queue, and asks the workers of the others to end.
pub fn end_all(
    launcher: &dyn Launcher,
    runs: &Path,
    folders: &[RunFolder],
    how: Stop,
) -> Result<Ended, SweepError> {
    let waited = take_off(launcher, runs, folders)?;
    let mut worked = 0;
    for run in folders.iter().filter(|run| run.has_worker()) {
        run.request_stop(how).map_err(|source| SweepError::Stop { run: run.id(), source })?;
        worked += 1;
    }
    Ok(Ended { waited, worked })
}

/// Queues those of these runs that are not done and do not wait already, and starts what may start.
/// Gives how many were queued.
pub fn resume_all(
    launcher: &dyn Launcher,
    runs: &Path,
    folders: &[RunFolder],
) -> Result<usize, SweepError> {
    let mut wanted = Vec::new();
    for run in folders {
        let is_idle = place(launcher, runs, run)? == Place::Nowhere;
        if is_idle && run.summary()?.state.is_unfinished() {
            check_resumable(launcher, runs, run, None)?;
            wanted.push(run.clone());
        }
    }
    // Together, as a cluster is given one array for all.
    enqueue_all(launcher, runs, &wanted, None).map_err(ResumeError::from)?;
    Ok(wanted.len())
}
