//! Runs that wait for their turn: one small file in the folder of runs.
//!
//! The queue belongs to no process. Whoever changes it holds a lock for that moment; whoever reads
//! it sees one whole version. Not here: starting anything (`runner` does).

use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::atomic::{remove_unfinished, write_atomically};
use super::event::Timestamp;
use super::folder::RunFolder;
use super::lock::LockFile;
use super::machine::Machine;
use super::owner::Owner;
use super::summary::{State, Summary};
use crate::config::read_small;

/// Version of `queue.json`. Version 1 is the same without jobs and clusters.
const VERSION: u32 = 2;
/// A change takes milliseconds; whoever holds the lock longer is stuck.
const PATIENCE: Duration = Duration::from_secs(20);
const RETRY: Duration = Duration::from_millis(5);

/// Why the queue cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The file is there but cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The `queue.json` that was to be read.
        path: PathBuf,
        /// Why the system refused to read it.
        source: io::Error,
    },
    /// The file is not a queue, or a run in it is not the plain name of a folder.
    #[error(
        "{}: {message}; mend it, or move it away: no run is lost by that, those that wait are \
         queued again with 'retrain resume RUN'",
        path.display()
    )]
    Damaged {
        /// The damaged `queue.json`.
        path: PathBuf,
        /// What is wrong in it.
        message: String,
    },
    /// A newer program has written the file.
    #[error(
        "{} is of version {found}, this program reads up to {VERSION}; use a newer retrain",
        path.display()
    )]
    Version {
        /// The `queue.json` that is too new.
        path: PathBuf,
        /// The version that it states.
        found: u32,
    },
    /// The folder of runs cannot be made, or the lock file in it cannot be opened or locked.
    #[error("cannot lock {}: {source}", path.display())]
    Lock {
        /// The lock file beside the queue, `queue.lock`.
        path: PathBuf,
        /// Why the system refused it.
        source: io::Error,
    },
    /// Another process kept the lock for as long as this one was ready to wait.
    #[error(
        "another process holds {} for more than {} s; is one stopped (ctrl-z)?",
        path.display(), PATIENCE.as_secs()
    )]
    Busy {
        /// The lock file that is held, `queue.lock`.
        path: PathBuf,
    },
    /// The changed queue cannot be written to `queue.json`.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Runs at work and waiting, first to last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    v: u32,
    /// Nothing is started until it is released.
    #[serde(default)]
    pub held: bool,
    /// Runs that are still to be started, the next one first.
    #[serde(default)]
    pub waiting: Vec<Waiting>,
    /// Runs that were started and may still be at work.
    #[serde(default)]
    pub started: Vec<Started>,
}

/// A run and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Name of the run's folder.
    pub run: String,
    /// The machine or the cluster that is to do the run; no other starts it.
    #[serde(flatten)]
    pub target: Target,
    /// Another number of iterations than the run's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<usize>,
    /// When it was queued.
    pub since: Timestamp,
    /// Length of the run's event log by then: a worker that takes the run makes it longer.
    log_bytes: u64,
}

/// Where a run is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Target {
    /// On the machine that it was queued on.
    Machine(Machine),
    /// By the queue of the cluster of this name.
    Cluster {
        /// The cluster's name.
        cluster: String,
    },
}

/// A run and what was started for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Name of the run's folder.
    pub run: String,
    /// The process or the job by which it is seen whether the run is still at work.
    #[serde(flatten)]
    pub task: Task,
}

/// What was started for a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Task {
    /// A process of one machine.
    Process {
        /// The process that keeps the worker.
        keeper: Owner,
        /// Which of the machine's slots the run has, from 0.
        slot: usize,
    },
    /// A job of a cluster, which may be pending there.
    Job(Job),
}

/// A job of a cluster that a run is given to, alone or with others that it does one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Name of the cluster that has the job.
    pub cluster: String,
    /// What the cluster calls the job, `123`, of an array all of it; empty as long as that is not known.
    pub job: String,
    /// The name by which who submitted it finds it again, and the job its runs.
    #[serde(default)]
    pub submission: String,
    /// Which of the jobs of an array, from 1; 0: it is no array.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub task: usize,
    /// Who submits it, as long as its number is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitter: Option<Owner>,
    /// When it was submitted.
    #[serde(default)]
    pub since: Timestamp,
    /// Another number of iterations than the run's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<usize>,
    /// Length of the run's event log by then.
    #[serde(default)]
    pub log_bytes: u64,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Job {
    /// What the cluster calls it: `123`, or `123_4` in an array.
    pub fn name(&self) -> String {
        match self.task {
            0 => self.job.clone(),
            task => format!("{}_{task}", self.job),
        }
    }

    /// Whether it is the same job: of two runs that it does one after the other.
    pub fn is_that_of(&self, other: &Job) -> bool {
        self.submission == other.submission && self.task == other.task
    }
}

impl Default for Queue {
    fn default() -> Queue {
        Queue { v: VERSION, held: false, waiting: Vec::new(), started: Vec::new() }
    }
}

impl Target {
    /// The machine on which this process runs.
    pub fn this_machine() -> Target {
        Target::Machine(Machine::this())
    }

    /// Whether it is the machine on which this process runs.
    pub fn is_this_machine(&self) -> bool {
        matches!(self, Target::Machine(machine) if machine.is_this())
    }

    /// The name of the machine or the cluster.
    pub fn name(&self) -> &str {
        match self {
            Target::Machine(machine) => &machine.host,
            Target::Cluster { cluster } => cluster,
        }
    }
}

/// As in `process 7 on box` or `job 12 of hpc`.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Task::Process { keeper, .. } => keeper.fmt(f),
            Task::Job(job) if job.job.is_empty() => {
                write!(f, "a job of {} that is being submitted", job.cluster)
            }
            Task::Job(job) => write!(f, "job {} of {}", job.name(), job.cluster),
        }
    }
}

impl Started {
    /// The job, where it is one.
    pub fn job(&self) -> Option<&Job> {
        match &self.task {
            Task::Job(job) => Some(job),
            Task::Process { .. } => None,
        }
    }
}

impl Task {
    /// Whether it is kept by the present process.
    pub fn is_this_process(&self) -> bool {
        matches!(self, Task::Process { keeper, .. } if keeper.is_this_process())
    }
}

impl Waiting {
    /// The job that it is given to, which has no number yet.
    pub fn submitted(&self, cluster: &str, submission: &str, task: usize) -> Job {
        Job {
            cluster: cluster.to_owned(),
            job: String::new(),
            submission: submission.to_owned(),
            task,
            submitter: Some(Owner::this_process()),
            since: Timestamp::now(),
            iterations: self.iterations,
            log_bytes: self.log_bytes,
        }
    }

    /// The run of a job that waits again.
    pub fn again(run: &str, job: &Job) -> Waiting {
        Waiting {
            run: run.to_owned(),
            target: Target::Cluster { cluster: job.cluster.clone() },
            iterations: job.iterations,
            since: job.since,
            log_bytes: job.log_bytes,
        }
    }

    /// A run that waits from now on.
    pub fn new(folder: &RunFolder, target: Target, iterations: Option<usize>) -> Waiting {
        Waiting {
            run: folder.id(),
            target,
            iterations,
            since: Timestamp::now(),
            log_bytes: folder.log_bytes(),
        }
    }

    /// Whether no worker has had the run since; `false` also when the run is not there any more.
    pub fn is_due(&self, folder: &RunFolder) -> bool {
        folder.events().exists() && folder.log_bytes() == self.log_bytes
    }
}

impl Queue {
    /// The queue's file in the folder of runs.
    pub fn path(runs: &Path) -> PathBuf {
        runs.join("queue.json")
    }

    /// The queue as it is now; an empty one when there is none.
    pub fn read(runs: &Path) -> Result<Queue, QueueError> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let path = Queue::path(runs);
        let bytes = match read_small(&path) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Queue::default()),
            Err(source) => return Err(QueueError::Read { path, source }),
            Ok(bytes) => bytes,
        };
        match serde_json::from_slice::<Version>(&bytes) {
            Ok(Version { v }) if v > VERSION => Err(QueueError::Version { path, found: v }),
            _ => serde_json::from_slice(&bytes)
                .map_err(|err| err.to_string())
                .and_then(checked)
                .map_err(|message| QueueError::Damaged { path, message }),
        }
    }

    /// Changes the queue, one process at a time, and writes it when it is another afterwards.
    pub fn change<T, E: From<QueueError>>(
        runs: &Path,
        change: impl FnOnce(&mut Queue) -> Result<T, E>,
    ) -> Result<T, E> {
        let _lock = lock(runs)?;
        let before = Queue::read(runs)?;
        let mut queue = before.clone();
        let result = change(&mut queue);
        if queue != before {
            // What a killed process had begun; nobody else writes it now.
            remove_unfinished(runs, &["queue.json"]);
            let mut json = serde_json::to_vec_pretty(&queue).expect("a queue is plain data");
            json.push(b'\n');
            write_atomically(&Queue::path(runs), &json).map_err(QueueError::from)?;
        }
        result
    }

    /// Whether a run waits, or something was started for it.
    pub fn has(&self, run: &str) -> bool {
        self.place(run).is_some() || self.started.iter().any(|started| started.run == run)
    }

    /// Place of a run among those that wait, from 0.
    pub fn place(&self, run: &str) -> Option<usize> {
        self.waiting.iter().position(|waiting| waiting.run == run)
    }

    /// The job that a run is given to.
    pub fn job(&self, run: &str) -> Option<&Job> {
        self.started.iter().find(|started| started.run == run).and_then(Started::job)
    }

    /// The runs that are given to jobs, in their order.
    pub fn jobs(&self) -> impl Iterator<Item = (&str, &Job)> {
        self.started.iter().filter_map(|started| Some((&*started.run, started.job()?)))
    }

    /// Makes `summary` that of a run which waits, where `folder` does: for its turn, or for its job, to
    /// begin or to go on.
    pub fn mark(&self, folder: &RunFolder, summary: &mut Summary) {
        let is_empty = self.waiting.is_empty() && self.started.is_empty();
        if is_empty || summary.state == State::Running {
            return;
        }
        let id = folder.id();
        let waits = |waiting: &Waiting| waiting.run == id && waiting.is_due(folder);
        let is_pending = |job: &Job| {
            // Its worker is gone without a last word, and the job will do it again.
            summary.state == State::Lost
                || (folder.log_bytes() == job.log_bytes && folder.events().exists())
        };
        if self.waiting.iter().any(waits) || self.job(&id).is_some_and(is_pending) {
            summary.state = State::Queued;
        }
    }

    /// Moves a waiting run to `place` (from 0) or, where that is beyond the last, to the end.
    pub fn shift(&mut self, run: &str, place: usize) -> bool {
        let Some(from) = self.place(run) else { return false };
        let waiting = self.waiting.remove(from);
        self.waiting.insert(place.min(self.waiting.len()), waiting);
        true
    }

    /// Moves those of these runs that wait, in the order in which they wait, before another one, or to
    /// the end. Where the other does not wait any more, as it was started, they are the first.
    pub fn move_before(&mut self, runs: &[String], other: Option<&str>) -> bool {
        let (moved, mut rest): (Vec<Waiting>, Vec<Waiting>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting| runs.contains(&waiting.run));
        let place = match other {
            Some(other) => rest.iter().position(|waiting| waiting.run == other).unwrap_or(0),
            None => rest.len(),
        };
        let has_moved = !moved.is_empty();
        rest.splice(place..place, moved);
        self.waiting = rest;
        has_moved
    }

    /// Takes a run from among those that wait; `false` where it does not.
    pub fn remove(&mut self, run: &str) -> bool {
        let place = self.place(run);
        if let Some(place) = place {
            self.waiting.remove(place);
        }
        place.is_some()
    }
}

/// The queue, when every run in it is the name of a folder: a path would lead out of the project.
fn checked(queue: Queue) -> Result<Queue, String> {
    let waiting = queue.waiting.iter().map(|waiting| &waiting.run);
    let started = queue.started.iter().map(|started| &started.run);
    let is_name = |run: &String| {
        let mut parts = Path::new(run).components();
        let is_plain = matches!(parts.next(), Some(Component::Normal(name)) if name == &**run);
        is_plain && parts.next().is_none()
    };
    match waiting.chain(started).find(|run| !is_name(run)) {
        Some(run) => Err(format!("run is {run:?}, expected the name of a run's folder")),
        None => Ok(Queue { v: VERSION, ..queue }),
    }
}

/// Held as long as the value is there.
fn lock(runs: &Path) -> Result<LockFile, QueueError> {
    let path = runs.join("queue.lock");
    let fail = |source| QueueError::Lock { path: path.clone(), source };
    let start = Instant::now();
    let mut lock = fs::create_dir_all(runs).and_then(|()| LockFile::open(&path)).map_err(fail)?;
    while !lock.try_lock().map_err(fail)? {
        if start.elapsed() >= PATIENCE {
            return Err(QueueError::Busy { path });
        }
        thread::sleep(RETRY);
    }
    Ok(lock)
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
