//! Processes as other processes see them: named beyond doubt, and alive or not.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW};
use serde::{Deserialize, Serialize};

use crate::config::read_small;

/// A worker that cannot be seen from here counts as gone when it has not been heard of for so long.
const SILENCE: Duration = Duration::from_secs(60);

/// A process, and when it was heard of last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub host: String,
    /// The boot and the set of processes (a container has its own) that `pid` counts in; empty in
    /// files of before.
    #[serde(default)]
    pub place: String,
    pub pid: u32,
    /// Start time of the process in clock ticks since boot (`/proc/PID/stat`, field 22): a process
    /// number that was used again has another one.
    pub process_start: u64,
    /// How long it has been silent, where it cannot be seen from here; see [`Owner::is_here`].
    #[serde(skip)]
    pub silence: Duration,
}

/// As in `process 7 on box`.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

impl Owner {
    pub fn this_process() -> Owner {
        Owner::of_process(std::process::id())
    }

    /// A process of this machine.
    pub fn of_process(pid: u32) -> Owner {
        Owner {
            host: host_name(),
            place: place(),
            pid,
            process_start: process_start(pid).unwrap_or(0),
            silence: Duration::ZERO,
        }
    }

    /// What `file` says, whose modification time is the heartbeat; `None` when it cannot be read.
    pub(super) fn read(file: &Path) -> Option<Owner> {
        let json = read_small(file).ok()?;
        let mut owner: Owner = serde_json::from_slice(&json).ok()?;
        if !owner.is_here() {
            owner.silence = silence(file).ok()?;
        }
        Some(owner)
    }

    pub fn is_this_process(&self) -> bool {
        self.is_here()
            && self.pid == std::process::id()
            && Some(self.process_start) == process_start(self.pid)
    }

    /// Whether its process, if it lives, can be seen from here: the same machine, not started anew
    /// since, and the same container.
    pub fn is_here(&self) -> bool {
        self.host == host_name() && (self.place.is_empty() || self.place == place())
    }

    /// Here: the process is there, is the same one and is no zombie. Elsewhere: it was heard of
    /// lately.
    pub fn is_alive(&self) -> bool {
        if self.is_here() {
            process_start(self.pid) == Some(self.process_start)
        } else {
            self.silence < SILENCE
        }
    }
}

/// Makes the modification time of `file` that of its file system's clock, which need not be ours.
pub(super) fn touch(file: &File) -> io::Result<()> {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    Ok(rustix::fs::futimens(file, &Timestamps { last_access: now, last_modification: now })?)
}

/// How long ago `file` was modified.
///
/// Where this machine's clock finds that long ago, or not yet, the clock of the file's own file
/// system is asked, by a new file: a wrong clock must not make a worker look dead.
fn silence(file: &Path) -> io::Result<Duration> {
    let modified = fs::metadata(file)?.modified()?;
    match modified.elapsed() {
        Ok(silence) if silence < SILENCE / 2 => Ok(silence),
        by_our_clock => {
            let folder = file.parent().unwrap_or(Path::new("."));
            match file_system_time(folder) {
                Ok(now) => Ok(now.duration_since(modified).unwrap_or_default()),
                // It cannot be written to: our clock has to do, whichever way it is wrong.
                Err(_) => Ok(by_our_clock.unwrap_or_else(|early| early.duration())),
            }
        }
    }
}

fn file_system_time(folder: &Path) -> io::Result<SystemTime> {
    let path = folder.join(format!(".{}-{}.clock.tmp", host_name(), std::process::id()));
    let modified = File::create(&path).and_then(|file| file.metadata()?.modified());
    let _ = fs::remove_file(&path);
    modified
}

/// This machine's name.
pub fn host_name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let processes = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), processes.display())
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

    fn elsewhere() -> Owner {
        Owner { host: "elsewhere".into(), ..Owner::this_process() }
    }

    /// `owner` as it is read from a file that was modified so long ago; negative: not yet.
    fn heard_of(owner: &Owner, seconds_ago: i64) -> Owner {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        fs::write(&path, serde_json::to_vec(owner).unwrap()).unwrap();
        let distance = Duration::from_secs(seconds_ago.unsigned_abs());
        let now = SystemTime::now();
        let time = if seconds_ago < 0 { now + distance } else { now - distance };
        File::open(&path).unwrap().set_modified(time).unwrap();
        let read = Owner::read(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        read
    }

    #[test]
    fn a_process_number_used_again_is_another_process() {
        let mut owner = Owner::this_process();
        assert!(owner.is_alive() && owner.is_this_process());
        owner.process_start += 1;
        assert!(!owner.is_alive() && !owner.is_this_process());
    }

    #[test]
    fn a_worker_elsewhere_lives_as_long_as_it_is_heard_of() {
        assert!(heard_of(&elsewhere(), 0).is_alive());
        assert!(heard_of(&elsewhere(), 50).is_alive());
        assert!(!heard_of(&elsewhere(), 70).is_alive());
        assert!(heard_of(&elsewhere(), -3600).is_alive(), "a heartbeat of the future is one");
    }

    #[test]
    fn a_worker_here_needs_no_heartbeat() {
        assert!(heard_of(&Owner::this_process(), 90_000).is_alive());
    }

    #[test]
    fn the_same_number_after_a_restart_or_in_another_container_is_not_looked_up_here() {
        let place = "another-boot pid:[1]".to_owned();
        let owner = Owner { place, ..Owner::this_process() };
        assert!(!owner.is_here() && !owner.is_this_process());
        assert!(heard_of(&owner, 0).is_alive());
        assert!(!heard_of(&owner, 90).is_alive());
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
