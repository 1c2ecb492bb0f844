//! Who works on a run: one worker at a time, known by host, process and its start time.
//!
//! A lock that the operating system frees with the process keeps two workers of one host apart. On
//! network file systems such locks are unreliable across hosts, so the file also says who holds it
//! and its modification time is a heartbeat.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

/// A worker on another host counts as gone when it has not been heard of for so long.
const SILENCE: Duration = Duration::from_secs(60);

/// A killed process is gone with all its threads within this, also on a busy machine.
const LAST_THREADS: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(20);

/// The process that took a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub host: String,
    pub pid: u32,
    /// Start time of the process in clock ticks since boot (`/proc/PID/stat`, field 22): a process
    /// number that was used again has another one.
    pub process_start: u64,
    #[serde(skip, default = "SystemTime::now")]
    pub heard_of: SystemTime,
}

#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error(
        "process {pid} on {host} already works on this run; \
         follow it with 'retrain show' or stop it first", pid = .0.pid, host = .0.host
    )]
    Taken(Owner),
    #[error("cannot lock {}: {source}", path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error("{} was moved or deleted meanwhile; 'retrain trash' lists what can come back", path.display())]
    Gone { path: PathBuf },
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
        let json = serde_json::to_vec(&Owner::this_process()).expect("an owner is plain data");
        file.set_len(0)
            .and_then(|()| file.rewind())
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
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(fail)?;
        let start = Instant::now();
        let holder = loop {
            let locked = file.try_lock();
            let holder = Lease::read(path);
            let is_alive = holder.as_ref().is_some_and(Owner::is_alive);
            match locked {
                // The last threads of a killed worker may hold the lock for a moment longer than
                // the worker is seen.
                Err(TryLockError::WouldBlock) if !is_alive && start.elapsed() < LAST_THREADS => {
                    thread::sleep(RETRY);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(holder.map_or_else(
                        || fail(io::Error::other("another process holds it")),
                        LeaseError::Taken,
                    ));
                }
                // No locks on this file system: what the file says has to do.
                Ok(()) | Err(TryLockError::Error(_)) => break holder,
            }
        };
        if let Some(owner) = holder.filter(|owner| !owner.is_this_process() && owner.is_alive()) {
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
        self.file.set_modified(SystemTime::now())
    }

    /// Who took the run last; `None` when nobody has or the file cannot be read.
    pub fn read(path: &Path) -> Option<Owner> {
        let mut file = File::open(path).ok()?;
        let heard_of = file.metadata().and_then(|data| data.modified()).ok()?;
        let mut json = String::new();
        file.read_to_string(&mut json).ok()?;
        let owner: Owner = serde_json::from_str(&json).ok()?;
        Some(Owner { heard_of, ..owner })
    }
}

impl Owner {
    fn this_process() -> Owner {
        let pid = std::process::id();
        Owner {
            host: host_name(),
            pid,
            process_start: process_start(pid).unwrap_or(0),
            heard_of: SystemTime::now(),
        }
    }

    fn is_this_process(&self) -> bool {
        let this = Owner::this_process();
        (&self.host, self.pid, self.process_start) == (&this.host, this.pid, this.process_start)
    }

    pub fn is_here(&self) -> bool {
        self.host == host_name()
    }

    /// On this host: the process is there, is the same one and is no zombie. On another host: it
    /// was heard of lately.
    pub fn is_alive(&self) -> bool {
        if self.is_here() {
            process_start(self.pid) == Some(self.process_start)
        } else {
            // A clock ahead of ours puts it into the future: that is no silence.
            self.heard_of.elapsed().unwrap_or_default() < SILENCE
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

/// This machine's name.
pub fn host_name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

/// Start time of a living process; `None` when there is none, or only its zombie.
fn process_start(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields after it are plain.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18)?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_worker_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lease = Lease::take(&path).unwrap();
        assert!(Lease::read(&path).unwrap().is_alive());
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
    fn a_process_number_used_again_is_another_process() {
        let mut owner = Owner::this_process();
        assert!(owner.is_alive());
        owner.process_start += 1;
        assert!(!owner.is_alive());
    }

    #[test]
    fn a_worker_elsewhere_lives_as_long_as_it_is_heard_of() {
        let mut owner = Owner { host: "elsewhere".into(), ..Owner::this_process() };
        assert!(owner.is_alive());
        owner.heard_of = SystemTime::now() - SILENCE - Duration::from_secs(1);
        assert!(!owner.is_alive());
        owner.heard_of = SystemTime::now() + SILENCE;
        assert!(owner.is_alive(), "its clock is ahead");
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
        assert_eq!(Lease::read(&bin.join("lock")), None);
    }

    #[test]
    fn a_zombie_does_not_work() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        let mut tries = 0;
        while process_start(pid).is_some() && tries < 500 {
            std::thread::sleep(Duration::from_millis(10));
            tries += 1;
        }
        assert_eq!(process_start(pid), None, "an ended child that nobody has waited for");
        child.wait().unwrap();
    }
}
