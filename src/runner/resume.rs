//! A new worker for a run that has no worker and is not done.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::launcher::{Launcher, Status};
use super::queue::{EnqueueError, enqueue};
use crate::spec::{self, SpecError};
use crate::store::{End, Ending, LogError, Queue, QueueError, Run, RunFolder, Started, Task};

/// A worker is gone within this after its last word, also on a busy machine.
pub const TO_GO: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

/// Why a run does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// A worker has the run, or something was started that will be its worker.
    #[error("{run} is running: {by} works on it")]
    Running {
        /// Name of the run's folder.
        run: String,
        /// Who has it, as in `process 7 on box` or `job 12 of hpc`.
        by: String,
    },
    /// It is in the queue of a cluster.
    #[error("{run} waits already: {by} is to do it; 'retrain queue remove {run}' takes it off")]
    Pending {
        /// Name of the run's folder.
        run: String,
        /// What is to do it, as in `job 12 of slurm`.
        by: String,
    },
    /// It has a result and all its iterations, and no other number of them was asked for.
    #[error("{run} is done, with all its {iterations} iterations; '--iterations' trains it longer")]
    Done {
        /// Name of the run's folder.
        run: String,
        /// Iterations done.
        iterations: usize,
    },
    /// Early stopping ended the run; it does not go on, whatever number of iterations is wanted.
    #[error(
        "{run} ended early at iteration {step}, as validation no longer improved; for more \
         patience begin a new run with a larger train.early_stop"
    )]
    EndedEarly {
        /// Name of the run's folder.
        run: String,
        /// The iteration at which it ended.
        step: usize,
    },
    /// The number of iterations asked for leaves nothing to train.
    #[error("{run} has done {done} iterations already, expected more than that, found {wanted}")]
    Fewer {
        /// Name of the run's folder.
        run: String,
        /// Iterations done.
        done: usize,
        /// Iterations asked for, counted from the beginning of the run.
        wanted: usize,
    },
    /// The run's experiment file cannot be read, or does not allow that number of iterations.
    #[error(transparent)]
    Iterations(#[from] SpecError),
    /// The run's event log cannot be read, so that how far it came is unknown.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The run cannot be queued or started.
    #[error(transparent)]
    Queue(#[from] EnqueueError),
}

/// Queues `folder`'s run to go on where it was, up to `iterations` where they are given instead of
/// its own.
///
/// Whether photos, network and settings are still the same is the worker's to find out.
pub fn resume(
    launcher: &dyn Launcher,
    runs: &Path,
    folder: &RunFolder,
    iterations: Option<usize>,
) -> Result<(), ResumeError> {
    check_resumable(launcher, runs, folder, iterations)?;
    Ok(enqueue(launcher, runs, folder, iterations)?)
}

/// Errors where [`resume`] would, and queues nothing.
pub(super) fn check_resumable(
    launcher: &dyn Launcher,
    runs: &Path,
    folder: &RunFolder,
    iterations: Option<usize>,
) -> Result<(), ResumeError> {
    let state = settled(launcher, runs, folder)?;
    check(&state, &folder.id(), iterations)?;
    if let Some(iterations) = iterations {
        let path = folder.experiment();
        spec::resolve(&spec::read(&path)?, &[format!("iterations={iterations}")], &path)?;
    }
    Ok(())
}

/// The run, when no worker has it. One that has said its last word is given time to go, and so is
/// the keeper of one that was killed: it has something to say.
fn settled(launcher: &dyn Launcher, runs: &Path, folder: &RunFolder) -> Result<Run, ResumeError> {
    let start = Instant::now();
    loop {
        // Looked at before the log, so that the log's last word is not missed.
        let worker = folder.worker();
        let task = task(launcher, runs, folder).map_err(EnqueueError::from)?;
        if let (None, Some(Task::Job(_))) = (&worker, &task) {
            let (run, by) = (folder.id(), task.map(|task| task.to_string()).unwrap_or_default());
            return Err(ResumeError::Pending { run, by });
        }
        let is_ending = worker.is_none() || folder.replay()?.end.is_some();
        match worker.map(|owner| owner.to_string()).or(task.map(|task| task.to_string())) {
            None => return Ok(folder.replay_whole()?.0),
            Some(_) if is_ending && start.elapsed() < TO_GO => thread::sleep(LOOK),
            Some(by) => return Err(ResumeError::Running { run: folder.id(), by }),
        }
    }
}

/// What was started for the run and has not ended.
fn task(
    launcher: &dyn Launcher,
    runs: &Path,
    folder: &RunFolder,
) -> Result<Option<Task>, QueueError> {
    let id = folder.id();
    let is_there = |started: &Started| {
        let status = launcher.status(folder, &started.task);
        started.run == id && matches!(status, Some(Status::Pending | Status::AtWork))
    };
    Ok(Queue::read(runs)?.started.into_iter().find(is_there).map(|started| started.task))
}

/// Errors when there is nothing to go on with.
fn check(state: &Run, run: &str, iterations: Option<usize>) -> Result<(), ResumeError> {
    let (run, step) = (run.to_owned(), state.step());
    if let Some(End::Finished { ending: Ending::EarlyStop, .. }) = state.end {
        return Err(ResumeError::EndedEarly { run, step });
    }
    let is_finished = matches!(state.end, Some(End::Finished { .. }));
    match iterations {
        Some(wanted) if wanted < step || (wanted == step && is_finished) => {
            Err(ResumeError::Fewer { run, done: step, wanted })
        }
        None if is_finished && step >= state.iterations => {
            Err(ResumeError::Done { run, iterations: step })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::runner::Local;
    use crate::store::{Lease, StepPoint, TestResult};

    fn run(steps: usize, end: Option<End>) -> Run {
        let point = |step| StepPoint { step, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 };
        Run { iterations: 40, latest: (steps > 0).then(|| point(steps)), end, ..Run::default() }
    }

    fn finished(ending: Ending, step: usize) -> Option<End> {
        let test = TestResult::half();
        Some(End::Finished { ending, step, kept_step: step, test })
    }

    fn complaint(run: &Run, iterations: Option<usize>) -> String {
        check(run, "fire", iterations).err().map(|err| err.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_has_nothing_left_to_do_is_refused_with_the_next_step() {
        let done = run(40, finished(Ending::Completed, 40));
        assert!(complaint(&done, None).contains("'--iterations' trains it longer"));
        for wanted in [39, 40] {
            assert!(complaint(&done, Some(wanted)).contains("has done 40 iterations"));
        }
        assert_eq!(complaint(&done, Some(41)), "");
        let early = run(20, finished(Ending::EarlyStop, 20));
        assert!(complaint(&early, Some(90)).contains("train.early_stop"));
    }

    #[test]
    fn what_ended_before_its_time_goes_on() {
        let ends = [None, Some(End::Failed("x".into())), Some(End::Cancelled), Some(End::Paused)];
        for end in ends {
            assert_eq!(complaint(&run(20, end.clone()), None), "");
            // All iterations, but no result yet.
            assert_eq!(complaint(&run(40, end.clone()), None), "");
            assert_eq!(complaint(&run(20, end.clone()), Some(20)), "");
            assert!(complaint(&run(20, end), Some(19)).contains("has done 20"));
        }
        let stopped = run(20, finished(Ending::Stopped, 20));
        assert_eq!(complaint(&stopped, None), "");
        assert!(complaint(&stopped, Some(20)).contains("more than that, found 20"));
    }

    #[test]
    fn a_run_at_work_is_left_to_its_worker() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let _lease = Lease::take(&run.lock()).unwrap();
        let config = Config::at(folder.path());
        let local = Local::new(Path::new("/bin/true"), &config);
        let err = resume(&local, &config.runs, &run, None).unwrap_err();
        assert!(matches!(err, ResumeError::Running { .. }), "{err}");
    }
}
