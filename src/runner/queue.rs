//! Runs take turns: who may start now is started, the others wait in the queue.

use std::io;
use std::path::Path;

use super::launch::{reap, start_keeper};
use super::slots::slots;
use crate::config::Config;
use crate::store::{Owner, Queue, QueueError, RunFolder, Started, Waiting};

#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("{run} stays in the queue, as its worker cannot be started: {source}")]
    Launch { run: String, source: io::Error },
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So many runs are before it in the queue.
    Waiting(usize),
    /// It has a worker, or a process that starts one.
    AtWork,
    Nowhere,
}

/// Puts a run that has no worker at the end of the queue, unless it has a place there, and starts
/// whatever may start.
pub fn enqueue(
    program: &Path,
    config: &Config,
    folder: &RunFolder,
    iterations: Option<usize>,
) -> Result<(), EnqueueError> {
    Queue::change(&config.runs, |queue| {
        forget_what_moved_on(&config.runs, queue);
        match queue.place(&folder.id()) {
            Some(place) => {
                let waiting = &mut queue.waiting[place];
                waiting.iterations = iterations.or(waiting.iterations);
            }
            None => queue.waiting.push(Waiting::new(folder, iterations)),
        }
        Ok::<_, QueueError>(())
    })?;
    advance(program, config)
}

/// Starts the first that wait, as long as slots are free. Anybody may call it at any time.
pub fn advance(program: &Path, config: &Config) -> Result<(), EnqueueError> {
    advance_behind(program, config, None)
}

/// The same, where the present process is the worker or the keeper of `ended`: it needs the slot
/// no more, unless the other one lives.
pub(super) fn advance_behind(
    program: &Path,
    config: &Config,
    ended: Option<&str>,
) -> Result<(), EnqueueError> {
    let runs = &config.runs;
    if Queue::read(runs)?.waiting.is_empty() {
        return Ok(());
    }
    let mut has_started = false;
    let advanced = Queue::change(runs, |queue| {
        let is_at_work = |started: &Started| match Some(&*started.run) == ended {
            true => started.keeper.is_alive() && !started.keeper.is_this_process(),
            false => {
                started.keeper.is_alive() || RunFolder::at(runs.join(&started.run)).has_worker()
            }
        };
        queue.started.retain(is_at_work);
        forget_what_moved_on(runs, queue);
        if let Some(ended) = ended {
            // It may never have got out of the queue: whoever started it could not write that.
            queue.remove(ended);
        }
        while !queue.held
            && let Some(slot) = free_slot(queue, slots(config))
            && let Some(next) = queue.waiting.iter().position(Waiting::is_here)
        {
            let Waiting { run, iterations, .. } = queue.waiting[next].clone();
            let folder = RunFolder::at(runs.join(&run));
            // Killed here, the run has its worker and is still in the queue: the next look finds
            // that it moved on. The other way round it would be in no place.
            match start_keeper(program, &folder, iterations, slot) {
                Ok(child) => {
                    has_started = true;
                    let keeper = Owner::of_process(child.id());
                    reap(child);
                    queue.waiting.remove(next);
                    queue.started.push(Started { run, keeper, slot });
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
pub fn place(runs: &Path, folder: &RunFolder) -> Result<Place, QueueError> {
    let queue = Queue::read(runs)?;
    let id = folder.id();
    if let Some(place) = queue.place(&id)
        && queue.waiting[place].is_due(folder)
    {
        return Ok(Place::Waiting(place));
    }
    let is_kept = |started: &Started| started.run == id && started.keeper.is_alive();
    let is_at_work = queue.started.iter().any(is_kept) || folder.has_worker();
    Ok(if is_at_work { Place::AtWork } else { Place::Nowhere })
}

/// A run with so many before it, in words that go behind `is queued`.
pub fn behind(before: usize) -> String {
    match before {
        0 => ", the next to start".into(),
        1 => " behind one other".into(),
        before => format!(" behind {before} others"),
    }
}

/// Takes runs that a worker has or has had meanwhile, and those that were removed, from among those
/// that wait.
fn forget_what_moved_on(runs: &Path, queue: &mut Queue) {
    let Queue { waiting, started, .. } = queue;
    waiting.retain(|waiting| {
        let folder = RunFolder::at(runs.join(&waiting.run));
        let is_at_work = |owner: &Owner| owner.is_alive() && !owner.is_this_process();
        let Some(keeper) = folder.owner().filter(is_at_work) else {
            return waiting.is_due(&folder);
        };
        if started.iter().all(|started| started.run != waiting.run) {
            let is_free = |slot: &usize| started.iter().all(|started| started.slot != *slot);
            let slot = (0..).find(is_free).expect("numbers go on");
            started.push(Started { run: waiting.run.clone(), keeper, slot });
        }
        false
    });
}

/// The lowest slot that no run has.
fn free_slot(queue: &Queue, slots: usize) -> Option<usize> {
    (0..slots).find(|slot| queue.started.iter().all(|started| started.slot != *slot))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::store::{Event, EventLog, Lease};

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
        };
        RunFolder::create(&config.runs, &[], "", created).unwrap()
    }

    fn waiting(config: &Config) -> usize {
        Queue::read(&config.runs).unwrap().waiting.len()
    }

    const NOTHING: &str = "/bin/true";
    const MISSING: &str = "/bin/cat-that-is-not-there";

    #[test]
    fn one_run_is_started_and_the_others_wait_for_its_slot() {
        let folder = tempfile::tempdir().unwrap();
        let config = project(folder.path());
        let (a, b) = (run(&config, "a"), run(&config, "b"));
        let lease = Lease::take(&a.lock()).unwrap();
        Queue::change(&config.runs, |queue| {
            let keeper = Owner::this_process();
            queue.started.push(Started { run: a.id(), keeper, slot: 0 });
            Ok::<_, QueueError>(())
        })
        .unwrap();
        enqueue(Path::new(NOTHING), &config, &b, None).unwrap();
        assert_eq!(place(&config.runs, &b).unwrap(), Place::Waiting(0));
        assert_eq!(place(&config.runs, &a).unwrap(), Place::AtWork);
        enqueue(Path::new(NOTHING), &config, &b, Some(90)).unwrap();
        let queue = Queue::read(&config.runs).unwrap();
        assert_eq!((queue.waiting.len(), queue.waiting[0].iterations), (1, Some(90)));
        drop(lease);
        advance_behind(Path::new(NOTHING), &config, Some(&a.id())).unwrap();
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
        enqueue(Path::new(NOTHING), &config, &run(&config, "a"), None).unwrap();
        assert_eq!(waiting(&config), 1);
        hold(false).unwrap();
        advance(Path::new(NOTHING), &config).unwrap();
        assert_eq!(waiting(&config), 0);
    }

    #[test]
    fn what_cannot_be_started_stays_and_what_moved_on_or_was_removed_goes() {
        let folder = tempfile::tempdir().unwrap();
        let config = project(folder.path());
        let [a, b, c] = ["a", "b", "c"].map(|name| run(&config, name));
        for run in [&a, &b, &c] {
            let err = enqueue(Path::new(MISSING), &config, run, None).unwrap_err();
            assert!(matches!(err, EnqueueError::Launch { .. }), "{err}");
        }
        assert_eq!(waiting(&config), 3);
        // Somebody had `a` meanwhile, and `b` was removed.
        EventLog::open(&a.events()).unwrap().append(Event::Paused).unwrap();
        std::fs::remove_dir_all(b.path()).unwrap();
        assert!(advance(Path::new(MISSING), &config).unwrap_err().to_string().contains(&c.id()));
        assert_eq!(waiting(&config), 1);
        assert_eq!(place(&config.runs, &a).unwrap(), Place::Nowhere);
    }

    #[test]
    fn a_run_queued_on_another_machine_is_left_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = project(folder.path());
        let run = run(&config, "a");
        Queue::change(&config.runs, |queue| {
            queue.waiting.push(Waiting::new(&run, None));
            queue.waiting[0].host = "elsewhere".into();
            Ok::<_, QueueError>(())
        })
        .unwrap();
        advance(Path::new(NOTHING), &config).unwrap();
        assert_eq!(waiting(&config), 1);
    }
}
