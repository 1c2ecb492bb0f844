//! Workers on this machine: as many at once as there are slots, each with a keeper.

use std::io;
use std::path::{Path, PathBuf};

use super::launch::{reap, start_keeper};
use super::launcher::{Launcher, Status};
use super::slots::slots;
use crate::config::Config;
use crate::store::{Owner, RunFolder, Started, Target, Task, check_room};

/// Starts workers as processes of this machine.
#[derive(Clone)]
pub struct Local {
    program: PathBuf,
    slots: usize,
    cache: PathBuf,
}

impl Local {
    /// Workers are started with `program`, this program's own file.
    pub fn new(program: &Path, config: &Config) -> Local {
        Local { program: program.to_owned(), slots: slots(config), cache: config.cache.clone() }
    }
}

impl Launcher for Local {
    fn target(&self, _run: &RunFolder) -> Target {
        Target::this_machine()
    }

    fn serves(&self, target: &Target) -> bool {
        target.is_this_machine()
    }

    fn has_place(&self, _target: &Target, started: &[Started]) -> bool {
        free_slot(started) < self.slots
    }

    fn start(
        &self,
        run: &RunFolder,
        iterations: Option<usize>,
        started: &[Started],
    ) -> io::Result<Task> {
        let slot = free_slot(started);
        let child = start_keeper(&self.program, run, iterations, slot)?;
        let keeper = Owner::of_process(child.id());
        reap(child);
        Ok(Task::Process { keeper, slot })
    }

    fn check_room(&self, run: &RunFolder) -> io::Result<()> {
        check_room(run.path()).and_then(|()| check_room(&self.cache))
    }

    fn status(&self, run: &RunFolder, task: &Task) -> Option<Status> {
        match task {
            Task::Process { keeper, .. } if run.is_kept_by(keeper) => Some(Status::AtWork),
            Task::Process { .. } => Some(Status::Ended),
            Task::Job(_) => None,
        }
    }
}

/// The lowest slot that no run has on this machine.
pub(super) fn free_slot(started: &[Started]) -> usize {
    let has = |started: &Started, slot| match &started.task {
        Task::Process { keeper, slot: taken } => *taken == slot && keeper.is_of_this_machine(),
        Task::Job(_) => false,
    };
    let is_free = |slot: &usize| !started.iter().any(|started| has(started, *slot));
    (0..).find(is_free).expect("numbers go on")
}
