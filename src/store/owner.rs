//! Who is alive: one rule for queue, lease, keeper, trash and cache.
//!
//! Processes of many machines, containers and boots meet in one project folder, and each leaves
//! notes there that say who it is. Whether it lives is judged like this, in this order:
//!
//! 1. *Seen from here.* A process is named by the boot of its machine, the namespace of its number
//!    (a container has one of its own), the number and its start time. Where boot and namespace are
//!    those of the reader, `/proc` tells: it lives when there is a process of that number and start
//!    time that is no zombie. One that is stopped or frozen lives. The host's name does not matter:
//!    it may change while a process runs, and two machines may share it.
//! 2. *Hidden.* Another user's process may be hidden (`hidepid`): then `/proc` shows nothing, but a
//!    signal is refused for lack of rights, not for lack of a process. It may be ours or another
//!    that got its number, so that its heartbeat decides, as from elsewhere.
//! 3. *Gone with its boot.* A process of a host of the reader's name, of another boot, whose last
//!    heartbeat is older than the present boot, was ended by the restart.
//! 4. *From elsewhere*, another boot, container or host, only a heartbeat can be seen: the process
//!    touches a file every few seconds. It lives when the file's age is less than a minute. Its age
//!    is taken by the clock of the file's own file system, since the clocks of two machines differ.
//!    No file, no life.
//!
//! A wrong answer is possible only in the last case: a worker that was frozen for a minute is
//! counted as gone although it comes back. That is what the lease's number is for; see `lease.rs`.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{CWD, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, openat};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use super::machine::{boot, host_name};

/// A process that cannot be seen from here counts as gone after this time without a heartbeat.
const SILENCE: Duration = Duration::from_secs(60);

/// A process, named beyond doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The host's name, for people.
    pub host: String,
    /// The boot and the namespace that `pid` counts in; empty in files of before.
    #[serde(default)]
    pub place: String,
    /// Its number.
    pub pid: u32,
    /// Start time of the process in clock ticks since boot (`/proc/PID/stat`, field 22): a process
    /// number that was used again has another one.
    pub process_start: u64,
}

/// As in `process 7 on box`.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

impl Owner {
    /// The present process.
    pub fn this_process() -> Owner {
        Owner::of_process(std::process::id())
    }

    /// Somebody of whom nothing is known: only a heartbeat tells whether it lives.
    pub(super) fn unknown() -> Owner {
        Owner { host: String::new(), place: "unknown".to_owned(), pid: 0, process_start: 0 }
    }

    /// A process that can be seen from here.
    pub fn of_process(pid: u32) -> Owner {
        let process_start = match look(pid) {
            Seen::Alive { start } => start,
            Seen::Gone | Seen::Hidden => 0,
        };
        Owner { host: host_name(), place: place(), pid, process_start }
    }

    /// Whether it is the present process.
    pub fn is_this_process(&self) -> bool {
        self.is_here()
            && self.pid == std::process::id()
            && look(self.pid) == Seen::Alive { start: self.process_start }
    }

    /// Whether its process, if it lives, can be seen from here: the same boot of the same machine,
    /// and the same container.
    pub fn is_here(&self) -> bool {
        if self.place.is_empty() { self.host == host_name() } else { self.place == place() }
    }

    /// Whether its process, which could be seen from here, is there.
    pub fn is_alive_here(&self) -> bool {
        look(self.pid) == Seen::Alive { start: self.process_start }
    }

    /// Whether it was started on this machine, by its name or its boot.
    pub fn is_of_this_machine(&self) -> bool {
        let boot = boot();
        self.host == host_name() || (!boot.is_empty() && self.place.starts_with(&boot))
    }

    /// The rule of this module. `heartbeats` are the files of which it touches one every few
    /// seconds.
    pub(super) fn is_alive(&self, heartbeats: &[&Path]) -> bool {
        if self.is_here() {
            match look(self.pid) {
                Seen::Alive { start } => return start == self.process_start,
                Seen::Gone => return false,
                Seen::Hidden => {}
            }
        }
        let Some((file, last)) = last_heartbeat(heartbeats) else { return false };
        if self.host == host_name() && !self.is_here() && self.is_before_this_boot(last) {
            return false;
        }
        silence(file, last) < SILENCE
    }

    /// Whether it is of another boot than the present one, which began after its `last` heartbeat.
    fn is_before_this_boot(&self, last: SystemTime) -> bool {
        let boot = boot();
        let is_another = !boot.is_empty() && !self.place.starts_with(&boot);
        is_another && boot_time().is_some_and(|booted| last < booted)
    }
}

/// Makes the modification time of `file` that of its file system's clock, which need not be ours.
pub(super) fn touch(file: &File) -> io::Result<()> {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    Ok(rustix::fs::futimens(file, &Timestamps { last_access: now, last_modification: now })?)
}

/// Says with the time of `file` that nobody touches it any more.
pub(super) fn fall_silent(file: &File) -> io::Result<()> {
    file.set_modified(UNIX_EPOCH)
}

/// The file that was modified last, and when.
pub(super) fn last_heartbeat<'a>(files: &[&'a Path]) -> Option<(&'a Path, SystemTime)> {
    let modified = |file: &&'a Path| Some((*file, fs::metadata(file).ok()?.modified().ok()?));
    files.iter().filter_map(modified).max_by_key(|(_, modified)| *modified)
}

/// How long ago `file` was `modified`.
///
/// Where this machine's clock finds that long ago, or not yet, the clock of the file's own file
/// system is asked, by a new file: a wrong clock must not make a worker look dead.
fn silence(file: &Path, modified: SystemTime) -> Duration {
    match modified.elapsed() {
        Ok(silence) if silence < SILENCE / 2 => silence,
        by_our_clock => {
            let folder = file.parent().unwrap_or(Path::new("."));
            match file_system_time(folder) {
                Ok(now) => now.duration_since(modified).unwrap_or_default(),
                // It cannot be written to: our clock has to do, whichever way it is wrong.
                Err(_) => by_our_clock.unwrap_or_else(|early| early.duration()),
            }
        }
    }
}

/// Ends the name of the file by which a file system is asked for its time.
pub(super) const CLOCK: &str = ".clock.tmp";

fn file_system_time(folder: &Path) -> io::Result<SystemTime> {
    // Without a name it leaves the folder as it is, and cannot be left behind.
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    if let Ok(unnamed) = openat(CWD, folder, flags, Mode::RUSR | Mode::WUSR) {
        return File::from(unnamed).metadata()?.modified();
    }
    // Not every file system has such files, as NFS.
    let path = folder.join(format!(".{}-{}{CLOCK}", host_name(), std::process::id()));
    let modified = File::create(&path).and_then(|file| file.metadata()?.modified());
    let _ = fs::remove_file(&path);
    modified
}

/// The boot and the process namespace of this process.
fn place() -> String {
    let boot = Some(boot()).filter(|boot| !boot.is_empty()).unwrap_or_else(host_name);
    let processes = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{boot} {}", processes.display())
}

/// When this machine was started, by its own clock.
fn boot_time() -> Option<SystemTime> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())?;
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// What can be seen of a process number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// A process with that start time, in clock ticks since boot.
    Alive { start: u64 },
    /// No process, or only its zombie.
    Gone,
    /// There is a process, of which this one may see nothing.
    Hidden,
}

fn look(pid: u32) -> Seen {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    seen(
        fs::read_to_string(format!("/proc/{pid}/stat")).ok().as_deref(),
        number.map_or(Err(Errno::SRCH), test_kill_process),
    )
}

/// From the text of `/proc/PID/stat` and from what a signal that does nothing comes to.
fn seen(stat: Option<&str>, signal: Result<(), Errno>) -> Seen {
    let start = |stat: &str| -> Option<u64> {
        // The name in parentheses may hold anything; the fields after it are plain.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace();
        let state = fields.next()?;
        (!matches!(state, "Z" | "X")).then(|| fields.nth(18)?.parse().ok())?
    };
    match (stat, signal) {
        (Some(stat), _) => start(stat).map_or(Seen::Gone, |start| Seen::Alive { start }),
        (None, Err(Errno::SRCH)) => Seen::Gone,
        (None, _) => Seen::Hidden,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere() -> Owner {
        let place = "another-boot pid:[1]".to_owned();
        Owner { host: "elsewhere".into(), place, ..Owner::this_process() }
    }

    /// Whether `owner` lives whose heartbeat was heard so long ago; negative: it is yet to come.
    fn lives(owner: &Owner, seconds_ago: i64) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let distance = Duration::from_secs(seconds_ago.unsigned_abs());
        let now = SystemTime::now();
        let time = if seconds_ago < 0 { now + distance } else { now - distance };
        File::create(&path).unwrap().set_modified(time).unwrap();
        let lives = owner.is_alive(&[&path]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        lives
    }

    #[test]
    fn a_process_number_used_again_is_another_process() {
        let mut owner = Owner::this_process();
        assert!(lives(&owner, 0) && owner.is_this_process());
        owner.process_start += 1;
        assert!(!lives(&owner, 0) && !owner.is_this_process());
    }

    #[test]
    fn a_process_elsewhere_lives_as_long_as_it_is_heard_of() {
        assert!(lives(&elsewhere(), 0));
        assert!(lives(&elsewhere(), 50));
        assert!(!lives(&elsewhere(), 70));
        assert!(lives(&elsewhere(), -3600), "a heartbeat of the future is one");
        assert!(!elsewhere().is_alive(&[]), "nobody has ever heard of it");
    }

    #[test]
    fn the_newest_of_several_heartbeats_counts() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
        File::create(&old).unwrap().set_modified(UNIX_EPOCH).unwrap();
        assert!(!elsewhere().is_alive(&[&old, &new]));
        let file = File::create(&new).unwrap();
        assert!(elsewhere().is_alive(&[&old, &new]));
        fall_silent(&file).unwrap();
        assert!(!elsewhere().is_alive(&[&old, &new]));
    }

    #[test]
    fn a_process_here_needs_no_heartbeat_whatever_the_host_is_called_now() {
        let renamed = Owner { host: "its-name-of-before".into(), ..Owner::this_process() };
        for owner in [Owner::this_process(), renamed] {
            assert!(lives(&owner, 90_000) && owner.is_this_process());
            assert!(owner.is_of_this_machine());
        }
    }

    #[test]
    fn the_same_number_after_a_restart_or_in_another_container_is_not_looked_up_here() {
        let place = "another-boot pid:[1]".to_owned();
        let owner = Owner { place, ..Owner::this_process() };
        assert!(!owner.is_here() && !owner.is_this_process());
        assert!(lives(&owner, 0), "another machine of the same name");
        assert!(!lives(&owner, 90));
        let since_boot = boot_time().unwrap().elapsed().unwrap().as_secs() as i64;
        assert!(!lives(&owner, since_boot + 5), "this machine was started since");
    }

    #[test]
    fn a_zombie_does_not_work() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        let mut tries = 0;
        while look(pid) != Seen::Gone && tries < 500 {
            std::thread::sleep(Duration::from_millis(10));
            tries += 1;
        }
        assert_eq!(look(pid), Seen::Gone, "an ended child that nobody has waited for");
        child.wait().unwrap();
        assert_eq!(look(pid), Seen::Gone);
    }

    #[test]
    fn a_process_that_is_hidden_is_not_one_that_is_gone() {
        let stat = format!("7 (a) b) S {}12345 0", "0 ".repeat(18));
        assert_eq!(seen(Some(&stat), Ok(())), Seen::Alive { start: 12345 });
        assert_eq!(seen(Some(&stat), Err(Errno::PERM)), Seen::Alive { start: 12345 });
        assert_eq!(seen(Some("7 (a) Z 0"), Ok(())), Seen::Gone);
        assert_eq!(seen(None, Err(Errno::SRCH)), Seen::Gone);
        assert_eq!(seen(None, Err(Errno::PERM)), Seen::Hidden);
    }
}
