//! Runs take turns: who may start now is started, the others wait in the queue.

use std::io;
use std::path::Path;

use super::launcher::{Launcher, Status};
use super::local::free_slot;
use crate::store::{Queue, QueueError, RunFolder, Started, Task, Waiting};
use crate::words::grouped;

/// Why a run is not queued or not started.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    /// The queue cannot be read or changed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// It was the turn of a run, but nothing could be started for it.
    #[error("{run} stays in the queue, as its worker cannot be started: {source}")]
    Launch {
        /// Name of the folder of the run that could not be started.
        run: String,
        /// Why not, which may be too little room on its disks.
        source: io::Error,
    },
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the queue of this project, behind this many others.
    Waiting(usize),
    /// In the queue of a cluster, which has not begun it.
    Pending,
    /// It has a worker, or a process that starts one.
    AtWork,
    /// It does not wait, and no worker is known for it: it is new or has ended, for example.
    Nowhere,
}

/// Puts a run that has no worker at the end of the queue, unless it has a place there, and starts
/// whatever may start.
pub fn enqueue(
    launcher: &dyn Launcher,
    runs: &Path,
    folder: &RunFolder,
    iterations: Option<usize>,
) -> Result<(), EnqueueError> {
    Queue::change(runs, |queue| {
        forget_what_moved_on(runs, queue);
        match queue.place(&folder.id()) {
            Some(place) => {
                let waiting = &mut queue.waiting[place];
                waiting.iterations = iterations.or(waiting.iterations);
                // Whoever asks again does so where it is to run.
                waiting.target = launcher.target();
            }
            None => queue.waiting.push(Waiting::new(folder, launcher.target(), iterations)),
        }
        Ok::<_, QueueError>(())
    })?;
    advance_behind(launcher, runs, None, Wanted::ByAPerson)
}

/// Starts the first that wait for the launcher, as long as it takes more. Anybody may call it at
/// any time.
pub fn advance(launcher: &dyn Launcher, runs: &Path) -> Result<(), EnqueueError> {
    advance_behind(launcher, runs, None, Wanted::ByTheQueue)
}

/// The run whose keeper or worker the present process is, which ends.
pub(super) struct Ended<'a> {
    pub run: &'a str,
    /// It was not taken over by another, who may have it wait in the queue again.
    pub is_ours: bool,
}

/// Who wants runs to be started now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Who is told when it fails.
    ByAPerson,
    /// Without anybody: where the disk is full, one would fail after the other.
    ByTheQueue,
}

/// As [`advance`], where the present process is the worker or the keeper of `ended`: it needs the slot
/// no more, unless the other of the two still lives.
pub(super) fn advance_behind(
    launcher: &dyn Launcher,
    runs: &Path,
    ended: Option<Ended>,
    wanted: Wanted,
) -> Result<(), EnqueueError> {
    let queue = Queue::read(runs)?;
    let ended_run = ended.as_ref().map(|ended| ended.run);
    let is_of_ended = |started: &Started| Some(&*started.run) == ended_run;
    if queue.waiting.is_empty() && !queue.started.iter().any(is_of_ended) {
        return Ok(());
    }
    let mut has_started = false;
    let advanced = Queue::change(runs, |queue| {
        queue.started.retain(|started| {
            let folder = RunFolder::at(runs.join(&started.run));
            let has_ended = launcher.status(&folder, &started.task) == Some(Status::Ended);
            match Some(&*started.run) == ended_run {
                true => !has_ended && !started.task.is_this_process(),
                false => !has_ended || folder.has_worker(),
            }
        });
        forget_what_moved_on(runs, queue);
        if let Some(ended) = ended.filter(|ended| ended.is_ours) {
            // It may never have got out of the queue: whoever started it could not write that.
            queue.remove(ended.run);
        }
        let is_ours = |waiting: &Waiting| launcher.serves(&waiting.target);
        while !queue.held
            && launcher.has_place(&queue.started)
            && let Some(next) = queue.waiting.iter().position(is_ours)
        {
            let Waiting { run, iterations, .. } = queue.waiting[next].clone();
            let folder = RunFolder::at(runs.join(&run));
            // Killed here, the run has its worker and is still in the queue: the next look finds
            // that it moved on. The other way round it would be in no place.
            let room = match wanted {
                Wanted::ByAPerson => Ok(()),
                Wanted::ByTheQueue => launcher.check_room(&folder),
            };
            match room.and_then(|()| launcher.start(&folder, iterations, &queue.started)) {
                Ok(task) => {
                    has_started = true;
                    queue.waiting.remove(next);
                    queue.started.push(Started { run, task });
                }
                Err(source) => return Err(EnqueueError::Launch { run, source }),
            }
        }
        Ok(())
    });
    match advanced {
        // It works, and the next look finds that.
        Err(EnqueueError::Queue(QueueError::Write(_))) if has_started => Ok(()),
        advanced => advanced,
    }
}

/// Where `folder`'s run is now.
pub fn place(
    launcher: &dyn Launcher,
    runs: &Path,
    folder: &RunFolder,
) -> Result<Place, QueueError> {
    let queue = Queue::read(runs)?;
    let id = folder.id();
    if let Some(place) = queue.place(&id)
        && queue.waiting[place].is_due(folder)
    {
        return Ok(Place::Waiting(place));
    }
    let started = queue.started.iter().find(|started| started.run == id);
    Ok(match started.and_then(|started| launcher.status(folder, &started.task)) {
        Some(Status::AtWork) => Place::AtWork,
        // Its job may have begun just now.
        _ if folder.has_worker() => Place::AtWork,
        Some(Status::Pending) => Place::Pending,
        Some(Status::Ended) | None => Place::Nowhere,
    })
}

/// The run that keeps others waiting for this machine although its process cannot be seen from here:
/// it is of another boot or container of this machine. If that is gone, the run has its slot until
/// it has been silent for long enough to count as gone.
pub fn unseen_at_work(
    launcher: &dyn Launcher,
    runs: &Path,
) -> Result<Option<RunFolder>, QueueError> {
    let queue = Queue::read(runs)?;
    let waits = queue.waiting.iter().any(|waiting| launcher.serves(&waiting.target));
    if queue.held || !waits || launcher.has_place(&queue.started) {
        return Ok(None);
    }
    let is_unseen = |started: &&Started| match &started.task {
        Task::Process { keeper, .. } => keeper.is_of_this_machine() && !keeper.is_here(),
        Task::Job { .. } => false,
    };
    let unseen = queue.started.iter().find(is_unseen);
    Ok(unseen.map(|started| RunFolder::at(runs.join(&started.run))))
}

/// A run with so many before it, in words that go behind `is queued`.
pub fn behind(before: usize) -> String {
    match before {
        0 => ", the next to start".into(),
        1 => " behind one other".into(),
        before => format!(" behind {} others", grouped(before)),
    }
}

/// Takes runs that a worker has or has had meanwhile, and those that were removed, from among those
/// that wait.
fn forget_what_moved_on(runs: &Path, queue: &mut Queue) {
    let Queue { waiting, started, .. } = queue;
    waiting.retain(|waiting| {
        let folder = RunFolder::at(runs.join(&waiting.run));
        let Some(keeper) = folder.worker().filter(|owner| !owner.is_this_process()) else {
            return waiting.is_due(&folder);
        };
        if started.iter().all(|started| started.run != waiting.run) {
            let task = Task::Process { keeper, slot: free_slot(started) };
            started.push(Started { run: waiting.run.clone(), task });
        }
        false
    });
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Config;
    use crate::runner::Local;
    use crate::store::{Event, EventLog, Lease, Machine, Owner, Target};

    /// A project whose keepers end at once and do nothing.
    fn project(folder: &Path) -> Config {
        Config { slots: 1, ..Config::at(folder) }
    }

    fn run(config: &Config, name: &str) -> RunFolder {
        let created = Event::Created {
            experiment: name.into(),
            source: "x.toml".into(),
            root: config.root.clone(),
            program: "0".into(),
            iterations: 4,
            settings: BTreeMap::new(),
            group: None,
        };
        RunFolder::create(&config.runs, &[], "", created).unwrap()
    }

    fn waiting(config: &Config) -> usize {
        Queue::read(&config.runs).unwrap().waiting.len()
    }

    const NOTHING: &str = "/bin/true";
    const MISSING: &str = "/bin/cat-that-is-not-there";

    fn local(program: &str, config: &Config) -> Local {
        Local::new(Path::new(program), config)
    }

    #[test]
    fn one_run_is_started_and_the_others_wait_for_its_slot() {
        let folder = tempfile::tempdir().unwrap();
        let config = project(folder.path());
        let (a, b) = (run(&config, "a"), run(&config, "b"));
        let lease = Lease::take(&a.lock()).unwrap();
        Queue::change(&config.runs, |queue| {
            let task = Task::Process { keeper: Owner::this_process(), slot: 0 };
            queue.started.push(Started { run: a.id(), task });
            Ok::<_, QueueError>(())
        })
        .unwrap();
        let local = local(NOTHING, &config);
        let place = |run| place(&local, &config.runs, run).unwrap();
        enqueue(&local, &config.runs, &b, None).unwrap();
        assert_eq!((place(&a), place(&b)), (Place::AtWork, Place::Waiting(0)));
        enqueue(&local, &config.runs, &b, Some(90)).unwrap();
        let queue = Queue::read(&config.runs).unwrap();
        assert_eq!((queue.waiting.len(), queue.waiting[0].iterations), (1, Some(90)));
        drop(lease);
        let ended = Ended { run: &a.id(), is_ours: true };
        advance_behind(&local, &config.runs, Some(ended), Wanted::ByTheQueue).unwrap();
        assert_eq!(waiting(&config), 0);
    }

    #[test]
    fn a_held_queue_starts_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let config = project(folder.path());
        let hold = |held| {
            Queue::change(&config.runs, |queue| {
                queue.held = held;
                Ok::<_, QueueError>(())
            })
        };
        hold(true).unwrap();
        let local = local(NOTHING, &config);
        enqueue(&local, &config.runs, &run(&config, "a"), None).unwrap();
        assert_eq!(waiting(&config), 1);
        hold(false).unwrap();
        advance(&local, &config.runs).unwrap();
        assert_eq!(waiting(&config), 0);
    }

    #[test]
    fn what_cannot_be_started_stays_and_what_moved_on_or_was_removed_goes() {
        let folder = tempfile::tempdir().unwrap();
        let config = project(folder.path());
        let [a, b, c] = ["a", "b", "c"].map(|name| run(&config, name));
        let local = local(MISSING, &config);
        for run in [&a, &b, &c] {
            let err = enqueue(&local, &config.runs, run, None).unwrap_err();
            assert!(matches!(err, EnqueueError::Launch { .. }), "{err}");
        }
        assert_eq!(waiting(&config), 3);
        // Somebody had `a` meanwhile, and `b` was removed.
        EventLog::open(&a.events()).unwrap().append(Event::Paused).unwrap();
        std::fs::remove_dir_all(b.path()).unwrap();
        assert!(advance(&local, &config.runs).unwrap_err().to_string().contains(&c.id()));
        assert_eq!(waiting(&config), 1);
        assert_eq!(place(&local, &config.runs, &a).unwrap(), Place::Nowhere);
    }

    #[test]
    fn a_run_queued_on_another_machine_is_left_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = project(folder.path());
        let run = run(&config, "a");
        Queue::change(&config.runs, |queue| {
            queue.waiting.push(Waiting::new(
                &run,
                Target::Machine(Machine::named("elsewhere")),
                None,
            ));
            Ok::<_, QueueError>(())
        })
        .unwrap();
        advance(&local(NOTHING, &config), &config.runs).unwrap();
        assert_eq!(waiting(&config), 1);
    }

    /// A cluster that takes every job and does with them what a test says.
    #[derive(Default)]
    struct Cluster {
        jobs: RefCell<Vec<Status>>,
    }

    impl Launcher for Cluster {
        fn target(&self) -> Target {
            Target::Cluster { cluster: "hpc".into() }
        }

        fn serves(&self, target: &Target) -> bool {
            *target == self.target()
        }

        fn has_place(&self, _started: &[Started]) -> bool {
            true
        }

        fn start(
            &self,
            _run: &RunFolder,
            _iterations: Option<usize>,
            _started: &[Started],
        ) -> io::Result<Task> {
            let mut jobs = self.jobs.borrow_mut();
            jobs.push(Status::Pending);
            Ok(Task::Job { cluster: "hpc".into(), job: (jobs.len() - 1).to_string() })
        }

        fn check_room(&self, _run: &RunFolder) -> io::Result<()> {
            Ok(())
        }

        fn status(&self, _run: &RunFolder, task: &Task) -> Option<Status> {
            let Task::Job { job, .. } = task else { return None };
            Some(self.jobs.borrow()[job.parse::<usize>().unwrap()])
        }
    }

    #[test]
    fn a_job_is_pending_in_its_cluster_then_at_work_then_over_and_takes_no_slot_here() {
        let folder = tempfile::tempdir().unwrap();
        let config = project(folder.path());
        let (cluster, local) = (Cluster::default(), local(NOTHING, &config));
        let [a, b, c] = ["a", "b", "c"].map(|name| run(&config, name));
        enqueue(&cluster, &config.runs, &a, None).unwrap();
        enqueue(&cluster, &config.runs, &b, None).unwrap();
        let place = |run| place(&cluster, &config.runs, run).unwrap();
        assert_eq!([&a, &b].map(place), [Place::Pending; 2], "the cluster has them all at once");
        enqueue(&local, &config.runs, &c, None).unwrap();
        let started = || Queue::read(&config.runs).unwrap().started;
        assert_eq!(
            (waiting(&config), started().len()),
            (0, 3),
            "the slot of this machine was free"
        );

        *cluster.jobs.borrow_mut() = vec![Status::AtWork, Status::Ended];
        assert_eq!([&a, &b].map(place), [Place::AtWork, Place::Nowhere]);
        // Only their own launcher knows what has become of jobs.
        advance(&local, &config.runs).unwrap();
        let jobs = |started: &Started| matches!(started.task, Task::Job { .. });
        assert_eq!(started().into_iter().filter(jobs).count(), 2);
        enqueue(&cluster, &config.runs, &b, None).unwrap();
        assert_eq!([&a, &b].map(place), [Place::AtWork, Place::Pending], "it was submitted again");
    }
}
