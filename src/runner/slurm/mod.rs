//! Workers as jobs of a cluster's Slurm: submitted, seen and cancelled by its own programs.
//!
//! The truth about a run is its folder, that about a job what `squeue` says; where they meet is the queue:
//! it names the job of each run by a submission, whose name stands in the job's comment. It is written
//! before the job is submitted, so that a crash in between loses nothing: the job finds its runs by it,
//! and whoever looks finds the job.

mod call;
mod end;
mod job;
mod jobs;
mod seen;
mod submit;
mod watch;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use super::launcher::{Found, Launcher, NotSubmitted, Status, Submission};
use super::local::Local;
use crate::config::launch::Place;
use crate::config::{Config, Launch};
use crate::spec;
use crate::store::{Job, RunFolder, Started, Target, Task, Waiting};

pub use call::{SlurmError, call};
pub use job::do_job;
pub use jobs::{Jobs, KnownJobs};
pub use seen::{Seen, SeenJob};
pub use submit::{features, resources};
pub use watch::{JobsWatcher, look};

/// What a project's queue calls the cluster: it has one.
const CLUSTER: &str = "slurm";

/// Starts workers where their runs want them: on this machine, or by Slurm.
#[derive(Clone)]
pub struct Launchers {
    local: Local,
    program: PathBuf,
    config: Config,
    /// Whether it waits for the cluster, which may take seconds.
    is_patient: bool,
    /// What is known of the jobs.
    pub jobs: Jobs,
}

impl Launchers {
    /// Workers are started with `program`, this program's own file.
    pub fn new(program: &Path, config: &Config, jobs: Jobs) -> Launchers {
        let (program, local) = (program.to_owned(), Local::new(program, config));
        Launchers { local, program, config: config.clone(), is_patient: true, jobs }
    }

    /// The same for somebody who waits for nothing: what is for the cluster a [`JobsWatcher`] does.
    pub fn impatient(self) -> Launchers {
        Launchers { is_patient: false, ..self }
    }

    /// What the run wants, by its own copy of the experiment: that may be changed between two workers.
    fn launch(&self, run: &RunFolder) -> Launch {
        let own = spec::load(&run.experiment()).map(|checked| checked.experiment.launch);
        own.unwrap_or_default().over(&self.config.launch)
    }

    fn member(&self, runs: &Path, waiting: &Waiting) -> submit::Member {
        let run = RunFolder::at(runs.join(&waiting.run));
        let summary = run.summary().ok();
        submit::Member {
            waiting: waiting.clone(),
            group: summary.as_ref().and_then(|summary| summary.group.clone()),
            is_new: summary.as_ref().is_some_and(|summary| summary.started.is_none()),
            experiment: summary.map(|summary| summary.experiment).unwrap_or_default(),
            launch: self.launch(&run),
        }
    }
}

fn is_cluster(target: &Target) -> bool {
    matches!(target, Target::Cluster { cluster } if cluster == CLUSTER)
}

impl Launcher for Launchers {
    fn target(&self, run: &RunFolder) -> Target {
        match self.launch(run).place {
            Place::Slurm => Target::Cluster { cluster: CLUSTER.to_owned() },
            Place::Config | Place::Here => self.local.target(run),
        }
    }

    fn serves(&self, target: &Target) -> bool {
        is_cluster(target) || self.local.serves(target)
    }

    fn has_place(&self, target: &Target, started: &[Started]) -> bool {
        match is_cluster(target) {
            true => !self.jobs.is_paused(),
            false => self.local.has_place(target, started),
        }
    }

    fn start(
        &self,
        run: &RunFolder,
        iterations: Option<usize>,
        started: &[Started],
    ) -> io::Result<Task> {
        self.local.start(run, iterations, started)
    }

    fn submits(&self) -> bool {
        self.is_patient
    }

    fn submissions(&self, runs: &Path, waiting: &[Waiting]) -> Vec<Submission> {
        let members: Vec<_> = waiting.iter().map(|waiting| self.member(runs, waiting)).collect();
        submit::put_together(runs, &members)
    }

    fn submit(&self, runs: &Path, submission: &Submission) -> Result<String, NotSubmitted> {
        let runs = std::path::absolute(runs).unwrap_or_else(|_| runs.to_owned());
        let submitted = submit::submit(&self.program, &self.config.root, &runs, submission);
        let is_silent = matches!(submitted, Err(NotSubmitted::Later(_) | NotSubmitted::Unclear(_)));
        self.jobs.set_silent(is_silent);
        submitted
    }

    fn find(&self, job: &Job) -> Found {
        match self.jobs.number(job) {
            None => Found::Unknown,
            Some(None) => Found::Nowhere,
            Some(Some(number)) => Found::Number(number),
        }
    }

    fn check_room(&self, run: &RunFolder) -> io::Result<()> {
        self.local.check_room(run)
    }

    fn status(&self, run: &RunFolder, task: &Task) -> Option<Status> {
        match task {
            Task::Job(job) if job.cluster != CLUSTER => None,
            Task::Job(_) if run.has_worker() => Some(Status::AtWork),
            Task::Job(job) => Some(self.jobs.status(job)),
            Task::Process { .. } => self.local.status(run, task),
        }
    }

    fn say_end(&self, run: &RunFolder, task: &Task) {
        let Task::Job(job) = task else { return };
        end::say(run, job, self.jobs.job(job).as_ref());
    }

    fn cancel(&self, job: &Job) -> io::Result<()> {
        if !self.is_patient {
            let (patient, job) = (Launchers { is_patient: true, ..self.clone() }, job.clone());
            let cancel = move || drop(patient.cancel(&job));
            return thread::Builder::new().name("scancel".into()).spawn(cancel).map(drop);
        }
        // Where there are any; nobody needs them any more.
        let features = format!("--name={}", submit::features_name(&job.submission));
        call("scancel", &[features], "", call::LIMIT).map_err(io::Error::other)?;
        if job.job.is_empty() {
            // It finds no run that waits for it, and ends by itself.
            return Ok(());
        }
        let cancelled = call("scancel", &[job.name()], "", call::LIMIT);
        cancelled.map(drop).map_err(io::Error::other)
    }
}
