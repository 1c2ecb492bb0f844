//! Who works on a run: one worker at a time, known by host, process and its start time.
//!
//! A lock that the operating system frees with the process keeps two workers of one host apart. On
//! network file systems such locks are unreliable across hosts, so the file also says who holds it
//! and its modification time is a heartbeat.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::owner::{Owner, fall_silent, touch};
use crate::config::{read_small, write_plain};

/// A killed process is gone with all its threads within this, also on a busy machine.
const LAST_THREADS: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(20);

#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error(
        "{0} already works on this run; follow it with 'retrain show', or end it with \
         'retrain stop'"
    )]
    Taken(Owner),
    #[error("cannot lock {}: {source}", path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error("{} was moved or deleted meanwhile; 'retrain trash' lists what can come back", path.display())]
    Gone { path: PathBuf },
}

impl LeaseError {
    /// Exit code of a worker that never had its run, which was moved or deleted before: there is
    /// nothing to say about it, least of all in another run that has its name by now.
    pub const EXIT_GONE: u8 = 3;
}

/// Held by the worker for as long as it lives.
pub struct Lease {
    file: File,
}

/// A run that no worker can take; see [`Lease::hold`].
#[derive(Debug)]
pub struct Hold {
    file: File,
}

impl Lease {
    /// Takes the run, unless a worker that lives has it.
    pub fn take(path: &Path) -> Result<Lease, LeaseError> {
        let fail = |source| LeaseError::Lock { path: path.to_owned(), source };
        let Hold { mut file } = Lease::hold(path)?;
        let mut json = serde_json::to_vec(&Owner::this_process()).expect("an owner is plain data");
        // In one write over the old owner, so that nobody finds the file empty in between.
        let length = file.metadata().map_err(fail)?.len() as usize;
        json.resize(json.len().max(length), b' ');
        file.rewind()
            .and_then(|()| file.write_all(&json))
            .and_then(|()| file.sync_data())
            .map_err(fail)?;
        // Where there are no locks, whoever moves the run looks at the owner after moving it.
        let lease = Lease { file };
        if lease.is_at(path) { Ok(lease) } else { Err(LeaseError::Gone { path: path.to_owned() }) }
    }

    /// Keeps workers away for as long as it is held, as while the run is moved: nobody's name is
    /// written. Where there are no locks it is no more than a look.
    pub fn hold(path: &Path) -> Result<Hold, LeaseError> {
        let fail = |source| LeaseError::Lock { path: path.to_owned(), source };
        let file = write_plain(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => LeaseError::Gone { path: path.to_owned() },
            _ => fail(source),
        })?;
        let start = Instant::now();
        let holder = loop {
            let locked = file.try_lock();
            let owner = Lease::read(path);
            let holder = Lease::holder(path);
            match locked {
                // The last threads of a killed worker may hold the lock for a moment longer than
                // the worker is seen.
                Err(TryLockError::WouldBlock)
                    if holder.is_none() && start.elapsed() < LAST_THREADS =>
                {
                    thread::sleep(RETRY);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(holder.or(owner).map_or_else(
                        || fail(io::Error::other("another process holds it")),
                        LeaseError::Taken,
                    ));
                }
                // No locks on this file system: what the file says has to do.
                Ok(()) | Err(TryLockError::Error(_)) => break holder,
            }
        };
        if let Some(owner) = holder.filter(|owner| !owner.is_this_process()) {
            return Err(LeaseError::Taken(owner));
        }
        // Who held it may have moved the run.
        if !is_same_file(&file, path) {
            return Err(LeaseError::Gone { path: path.to_owned() });
        }
        Ok(Hold { file })
    }

    /// Whether `path` still leads to this lease.
    pub fn is_at(&self, path: &Path) -> bool {
        is_same_file(&self.file, path)
    }

    /// Says that the worker lives; called every few seconds.
    pub fn beat(&self) -> io::Result<()> {
        touch(&self.file)
    }

    /// Who took the run last; `None` when nobody has or the file cannot be read.
    pub fn read(path: &Path) -> Option<Owner> {
        serde_json::from_slice(&read_small(path).ok()?).ok()
    }

    /// Who has the run and lives.
    pub fn holder(path: &Path) -> Option<Owner> {
        Lease::read(path).filter(|owner| owner.is_alive(&[path]))
    }
}

impl Drop for Lease {
    /// So that other machines need not wait for the silence of one that has ended.
    fn drop(&mut self) {
        let _ = fall_silent(&self.file);
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
}
