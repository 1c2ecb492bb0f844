//! Who works on a run: one worker at a time.
//!
//! To take a run a worker writes its name and a number into the run's `lock`, one more than the
//! last: alone, by the lock of `lock.rs`, and only when the one before it does not live, by the
//! rule of `owner.rs`. It holds the operating system's lock for as long as it lives, and touches
//! the file every few seconds.
//!
//! That rule can be wrong about a worker that was frozen for longer than a minute, with its whole
//! machine or container: another takes the run, and then the first goes on. So a worker looks
//! whether the run is still its own before it writes what matters, and ends when it is not; each
//! event carries the number of its worker, and readers pass over those of a worker whose run was
//! taken before they were written.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::lock::LockFile;
use super::owner::{Owner, fall_silent, touch};
use crate::config::read_small;

/// A killed process is gone with all its threads within this, also on a busy machine.
const LAST_THREADS: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(20);

/// Why a process does not have a run, or does not have it any more.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// A worker that still lives has the run; this is who.
    #[error(
        "{0} already works on this run; follow it with 'retrain show', or end it with \
         'retrain stop'"
    )]
    Taken(Owner),
    /// The lock file could not be opened, locked or written.
    #[error("cannot lock {}: {source}", path.display())]
    Lock {
        /// The run's lock file.
        path: PathBuf,
        /// What the system said, or that a process unknown by name holds the lock.
        source: io::Error,
    },
    /// The run's folder is not where it was, or another folder has its place.
    #[error("{} was moved or deleted meanwhile; 'retrain trash' lists what can come back", path.display())]
    Gone {
        /// The lock file as it was to be found.
        path: PathBuf,
    },
    /// Another worker took the run while this one was taken for dead.
    #[error(
        "{by} has taken this run over, as nothing was heard of this worker for a minute or more; \
         this one ends here and leaves it alone"
    )]
    Lost {
        /// The worker that has the run now.
        by: Owner,
    },
}

impl LeaseError {
    /// Exit code of a worker that does not have its run, which was moved, deleted or taken over:
    /// there is nothing to say about it, least of all in another run that has its name by now.
    pub const EXIT_GONE: u8 = 3;
}

/// Held by the worker for as long as it lives.
#[derive(Debug)]
pub struct Lease {
    lock: LockFile,
    path: PathBuf,
    owner: Owner,
    number: AtomicU64,
}

/// A run that no worker can take; see [`Lease::hold`].
#[derive(Debug)]
pub struct Hold {
    lock: LockFile,
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
struct Taken {
    #[serde(flatten)]
    owner: Owner,
    /// Of this and all earlier workers each has a larger number; 0 in files of before.
    #[serde(default)]
    number: u64,
}

impl Taken {
    fn read(path: &Path) -> Option<Taken> {
        serde_json::from_slice(&read_small(path).ok()?).ok()
    }
}

impl Hold {
    /// The file that is held was moved to `path`.
    pub(super) fn moved_to(&mut self, path: &Path) {
        self.lock.moved_to(path);
    }
}

impl Lease {
    /// Takes the run, unless a worker that lives has it.
    pub fn take(path: &Path) -> Result<Lease, LeaseError> {
        Lease::take_with(path, LockFile::open)
    }

    fn take_with(
        path: &Path,
        open: impl FnOnce(&Path) -> io::Result<LockFile>,
    ) -> Result<Lease, LeaseError> {
        let Hold { lock } = Lease::hold_with(path, open)?;
        let before = Taken::read(path).map_or(0, |taken| taken.number);
        let number = AtomicU64::new(before.saturating_add(1));
        let mut lease = Lease { lock, path: path.to_owned(), owner: Owner::this_process(), number };
        lease.write()?;
        // From here on its name keeps others away.
        lease.lock.remove_beside();
        // Where there are no locks, whoever moves the run looks at the owner after moving it.
        if lease.is_at(path) { Ok(lease) } else { Err(LeaseError::Gone { path: path.to_owned() }) }
    }

    /// Writes the owner and its number.
    fn write(&self) -> Result<(), LeaseError> {
        let fail = |source| LeaseError::Lock { path: self.path.clone(), source };
        let taken = Taken { owner: self.owner.clone(), number: self.number() };
        let mut json = serde_json::to_vec(&taken).expect("an owner is plain data");
        let file = self.lock.file();
        // In one write over the old owner, so that nobody finds the file empty in between.
        let length = file.metadata().map_err(fail)?.len() as usize;
        json.resize(json.len().max(length), b' ');
        file.write_all_at(&json, 0).and_then(|()| file.sync_data()).map_err(fail)
    }

    /// The number of this worker among those that have had the run, from 1.
    pub fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    /// Takes a number larger than that: the events of the run know more workers than its file.
    pub fn number_above(&self, known: u64) -> Result<(), LeaseError> {
        if self.number() > known {
            return Ok(());
        }
        self.check()?;
        self.number.store(known.saturating_add(1), Ordering::Relaxed);
        self.write()
    }

    /// Errors when another worker has taken the run since. A lock file that cannot be read counts
    /// as still ours.
    pub fn check(&self) -> Result<(), LeaseError> {
        match Taken::read(&self.path) {
            Some(taken) if taken.owner != self.owner || taken.number > self.number() => {
                Err(LeaseError::Lost { by: taken.owner })
            }
            _ => Ok(()),
        }
    }

    /// Keeps workers away for as long as it is held, as while the run is moved: nobody's name is
    /// written.
    pub fn hold(path: &Path) -> Result<Hold, LeaseError> {
        Lease::hold_with(path, LockFile::open)
    }

    fn hold_with(
        path: &Path,
        open: impl FnOnce(&Path) -> io::Result<LockFile>,
    ) -> Result<Hold, LeaseError> {
        let fail = |source| LeaseError::Lock { path: path.to_owned(), source };
        let mut lock = open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => LeaseError::Gone { path: path.to_owned() },
            _ => fail(source),
        })?;
        let start = Instant::now();
        let holder = loop {
            let is_locked = lock.try_lock().map_err(fail)?;
            let holder = Lease::holder(path);
            if is_locked {
                break holder;
            }
            // The last threads of a killed worker may hold the lock for a moment longer than the
            // worker is seen; and one that takes the run holds it before its name stands there.
            if holder.is_none() && start.elapsed() < LAST_THREADS {
                thread::sleep(RETRY);
                continue;
            }
            return Err(holder.or_else(|| Lease::read(path)).map_or_else(
                || fail(io::Error::other("another process holds it")),
                LeaseError::Taken,
            ));
        };
        if let Some(owner) = holder.filter(|owner| !owner.is_this_process()) {
            return Err(LeaseError::Taken(owner));
        }
        // Who held it may have moved the run.
        if !is_same_file(lock.file(), path) {
            return Err(LeaseError::Gone { path: path.to_owned() });
        }
        Ok(Hold { lock })
    }

    /// Whether `path` still leads to this lease.
    pub fn is_at(&self, path: &Path) -> bool {
        is_same_file(self.lock.file(), path)
    }

    /// Says that the worker lives; called every few seconds. Errors when the run is another's.
    pub fn beat(&self) -> Result<(), LeaseError> {
        self.check()?;
        touch(self.lock.file())
            .map_err(|source| LeaseError::Lock { path: self.path.clone(), source })
    }

    /// Who took the run last; `None` when nobody has or the file cannot be read.
    pub fn read(path: &Path) -> Option<Owner> {
        Taken::read(path).map(|taken| taken.owner)
    }

    /// Who has the run and lives.
    pub fn holder(path: &Path) -> Option<Owner> {
        Lease::read(path).filter(|owner| owner.is_alive(&[path]))
    }
}

impl Drop for Lease {
    /// So that other machines need not wait for the silence of one that has ended.
    fn drop(&mut self) {
        if self.check().is_ok() {
            let _ = fall_silent(self.lock.file());
        }
    }
}

fn is_same_file(file: &File, path: &Path) -> bool {
    let id = |data: fs::Metadata| (data.dev(), data.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => id(open) == id(there),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_worker_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lease = Lease::take(&path).unwrap();
        assert!(Lease::holder(&path).unwrap().is_this_process());
        assert!(matches!(Lease::take(&path), Err(LeaseError::Taken(_))));
        drop(lease);
        Lease::take(&path).unwrap();
    }

    #[test]
    fn a_worker_that_lost_its_run_takes_no_larger_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        // Of threads of one process the later one has it.
        let take = || Lease::take_with(&path, LockFile::open_without_locks).unwrap();
        let (former, present) = (take(), take());
        assert!(matches!(former.number_above(7), Err(LeaseError::Lost { .. })));
        present.number_above(7).unwrap();
        assert_eq!(present.number(), 8);
        present.check().unwrap();
    }

    #[test]
    fn a_lock_that_outlives_its_worker_for_a_moment_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let dead = Owner { process_start: 0, ..Owner::this_process() };
        fs::write(&path, serde_json::to_vec(&dead).unwrap()).unwrap();
        let lock = File::open(&path).unwrap();
        lock.lock().unwrap();
        let release = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            drop(lock);
        });
        Lease::take(&path).unwrap();
        release.join().unwrap();
    }

    #[test]
    fn a_held_run_cannot_be_taken_and_nobody_owns_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let hold = Lease::hold(&path).unwrap();
        let release = thread::spawn({
            let path = path.clone();
            move || {
                thread::sleep(Duration::from_millis(100));
                let owner = Lease::read(&path);
                drop(hold);
                owner
            }
        });
        Lease::take(&path).unwrap();
        assert_eq!(release.join().unwrap(), None, "it was taken while it was held");
    }

    #[test]
    fn who_waits_for_a_run_that_is_moved_away_does_not_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let (run, bin) = (folder.path().join("run"), folder.path().join("bin"));
        fs::create_dir(&run).unwrap();
        let hold = Lease::hold(&run.join("lock")).unwrap();
        let wait = thread::spawn({
            let path = run.join("lock");
            move || Lease::take(&path).err()
        });
        thread::sleep(Duration::from_millis(100));
        fs::rename(&run, &bin).unwrap();
        drop(hold);
        assert!(matches!(wait.join().unwrap(), Some(LeaseError::Gone { .. })));
        assert!(matches!(Lease::hold(&run.join("lock")), Err(LeaseError::Gone { .. })));
        assert_eq!(Lease::read(&bin.join("lock")), None);
    }

    #[test]
    fn without_locks_of_many_that_take_a_run_at_once_each_has_it_alone() {
        for _ in 0..30 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("lock");
            // Threads of one process may take each other's lease, one after the other.
            let take = || loop {
                match Lease::take_with(&path, LockFile::open_without_locks) {
                    Ok(lease) => return lease.number(),
                    Err(LeaseError::Taken(_)) => thread::yield_now(),
                    Err(err) => panic!("{err}"),
                }
            };
            let numbers: std::collections::BTreeSet<u64> = thread::scope(|scope| {
                let takers: Vec<_> = (0..6).map(|_| scope.spawn(take)).collect();
                takers.into_iter().map(|taker| taker.join().unwrap()).collect()
            });
            assert_eq!(numbers.len(), 6, "no two have one number: {numbers:?}");
        }
    }

    #[test]
    fn a_worker_whose_run_was_taken_by_another_finds_that_and_beats_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lease = Lease::take(&path).unwrap();
        assert_eq!(lease.number(), 1);
        lease.check().unwrap();
        let owner =
            Owner { host: "other".into(), place: "elsewhere".into(), ..lease.owner.clone() };
        fs::write(&path, serde_json::to_vec(&Taken { owner, number: 2 }).unwrap()).unwrap();
        let silent = std::time::SystemTime::now() - Duration::from_secs(50);
        File::open(&path).unwrap().set_modified(silent).unwrap();
        let err = lease.beat().unwrap_err().to_string();
        assert!(err.contains("on other has taken this run over"), "{err}");
        drop(lease);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), silent, "it is not touched");
        assert!(matches!(Lease::take(&path), Err(LeaseError::Taken(_))));
    }

    #[test]
    fn every_worker_has_a_larger_number_also_where_the_events_know_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        fs::write(&path, r#"{"host":"box","pid":1,"process_start":0}"#).unwrap();
        File::open(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        for number in 1..4 {
            assert_eq!(Lease::take(&path).unwrap().number(), number);
        }
        let lease = Lease::take(&path).unwrap();
        lease.number_above(2).unwrap();
        assert_eq!(lease.number(), 4);
        lease.number_above(9).unwrap();
        assert_eq!((lease.number(), Taken::read(&path).unwrap().number), (10, 10));
    }

    #[test]
    fn a_worker_that_has_ended_is_silent_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        drop(Lease::take(&path).unwrap());
        let mut owner = Lease::read(&path).unwrap();
        assert!(owner.is_alive(&[&path]), "this process lives");
        owner.place = "another-boot pid:[1]".into();
        owner.host = "elsewhere".into();
        assert!(!owner.is_alive(&[&path]));
    }
}
