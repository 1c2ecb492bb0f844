//! One process at a time.
//!
//! The operating system's lock on a file is freed with the process that holds it, whatever ends it.
//! Some file systems have none (`flock` fails, as with ENOSYS or ENOLCK, which says nothing about
//! who holds it): there a file beside it decides, which only one process can make. It names its
//! maker, so that what a killed process has left is recognised by the rule of `owner.rs`, and
//! succeeded: see `Link`.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::atomic::create_whole;
use super::owner::Owner;
use crate::config::{read_small, write_plain};

/// How often a chain is looked at that others change meanwhile, before another is said to hold it.
const LOOKS: usize = 3;

/// A file that one process at a time can lock. The lock ends with this value.
#[derive(Debug)]
pub(super) struct LockFile {
    file: File,
    path: PathBuf,
    has_locks: bool,
    /// The chain whose last file is of this process, where a file beside it is what locks it.
    chain: Vec<Link>,
}

/// One file of the chain that stands for a lock where there are none.
///
/// The first is made by whoever finds none. One that finds the last of the chain to be of a process
/// that is gone makes its successor, whose name says whom it succeeds, and has the lock if the
/// chain still begins as it did. The chain is removed from its first file on, by the maker of its
/// last alone, who makes that one's successor before, so that nobody else can. As no two links are
/// alike ever, a chain that begins as it did has not been removed meanwhile: at no time do two
/// processes have the lock, however the steps of several are interleaved.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    name: OsString,
    /// Of no other link ever.
    mark: String,
}

impl LockFile {
    /// Opens the file, or makes it, without locking it.
    pub fn open(path: &Path) -> io::Result<LockFile> {
        let file = write_plain(path)?;
        Ok(LockFile { file, path: path.to_owned(), has_locks: true, chain: Vec::new() })
    }

    /// As on a file system without locks.
    #[cfg(test)]
    pub fn open_without_locks(path: &Path) -> io::Result<LockFile> {
        let mut lock = LockFile::open(path)?;
        lock.has_locks = false;
        Ok(lock)
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// Whether it could be locked; `false` while another holds it.
    pub fn try_lock(&mut self) -> io::Result<bool> {
        if self.has_locks {
            match self.file.try_lock() {
                Ok(()) => return Ok(true),
                Err(TryLockError::WouldBlock) => return Ok(false),
                Err(TryLockError::Error(_)) => self.has_locks = false,
            }
        }
        self.make_link()
    }

    /// The file was moved to `path`, and with it what was made beside it.
    pub fn moved_to(&mut self, path: &Path) {
        path.clone_into(&mut self.path);
    }

    /// Lets others lock it, where a file beside it is what locks it; another lock lasts.
    pub fn remove_beside(&mut self) {
        let chain = std::mem::take(&mut self.chain);
        let Some(last) = chain.last() else { return };
        let last_of_all = self.beside(&self.successor(&chain));
        // This process may have been taken for dead. A link needs no room on the disk.
        match fs::hard_link(self.beside(&last.name), &last_of_all) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => return,
            Ok(()) => {}
            Err(_) if last_of_all.exists() => return,
            // No file system with links: only here another may come between.
            Err(_) => {}
        }
        for link in &chain {
            let _ = fs::remove_file(self.beside(&link.name));
        }
        let _ = fs::remove_file(last_of_all);
    }

    fn make_link(&mut self) -> io::Result<bool> {
        for _ in 0..LOOKS {
            let mut chain = self.read_chain()?;
            if let Some(last) = chain.last()
                && self.is_held(last)
            {
                return Ok(false);
            }
            let name = self.successor(&chain);
            let (content, mark) = content();
            match create_whole(&self.beside(&name), &content) {
                Err(err) if err.kind() == io::ErrorKind::AlreadyExists => continue,
                created => created?,
            }
            chain.push(Link { name, mark });
            let now = self.read_chain();
            if now.as_ref().is_ok_and(|now| *now == chain) {
                self.chain = chain;
                return Ok(true);
            }
            // The chain was removed meanwhile; nobody comes to what succeeds it.
            if let Some(mine) = chain.last() {
                let _ = fs::remove_file(self.beside(&mine.name));
            }
            now?;
        }
        Ok(false)
    }

    fn read_chain(&self) -> io::Result<Vec<Link>> {
        let mut chain = Vec::new();
        loop {
            let name = self.successor(&chain);
            match mark(&self.beside(&name)) {
                Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(chain),
                mark => chain.push(Link { mark: mark?, name }),
            }
        }
    }

    /// The name of the file that follows the last of `chain`.
    fn successor(&self, chain: &[Link]) -> OsString {
        let mut name = OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name.push(".held");
        if let Some(last) = chain.last() {
            name.push(format!(".{}-{}", chain.len(), last.mark));
        }
        name
    }

    fn is_held(&self, link: &Link) -> bool {
        let path = self.beside(&link.name);
        let content = read_small(&path).unwrap_or_default();
        let line = content.split(|&byte| byte == b'\n').next().unwrap_or_default();
        // One without a name is just being written, or its maker was killed then.
        serde_json::from_slice(line).unwrap_or_else(|_| Owner::unknown()).is_alive(&[&path])
    }

    fn beside(&self, name: &OsString) -> PathBuf {
        self.path.with_file_name(name)
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        self.remove_beside();
    }
}

/// What a link holds: a line that names this process, and one with its mark.
fn content() -> (Vec<u8>, String) {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let mark = format!("{}-{now}-{count}", std::process::id());
    let mut content = serde_json::to_vec(&Owner::this_process()).expect("an owner is plain data");
    content.extend(format!("\n{mark}\n").bytes());
    (content, mark)
}

/// The mark of a link; of one that is not written yet when it was made.
fn mark(path: &Path) -> io::Result<String> {
    let content = read_small(path)?;
    let content = String::from_utf8_lossy(&content);
    let is_mark = |line: &&str| {
        !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    if let Some(mark) = content.lines().nth(1).filter(is_mark)
        && content.ends_with('\n')
    {
        return Ok(mark.to_owned());
    }
    let modified = fs::metadata(path)?.modified()?;
    Ok(format!("{}", modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::atomic::write_atomically;
    use super::*;

    fn held(folder: &Path) -> PathBuf {
        folder.join(".lock.held")
    }

    #[test]
    fn without_locks_a_file_that_only_one_can_make_decides() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let open = || LockFile::open_without_locks(&path).unwrap();
        let (mut one, mut other) = (open(), open());
        assert!(one.try_lock().unwrap());
        assert!(held(folder.path()).exists() && !other.try_lock().unwrap());
        drop(one);
        assert!(other.try_lock().unwrap());
        drop(other);
        assert!(!held(folder.path()).exists());
    }

    #[test]
    fn without_locks_what_keeps_others_away_goes_with_the_lock_also_when_both_were_moved() {
        let folder = tempfile::tempdir().unwrap();
        let (here, there) = (folder.path().join("here"), folder.path().join("there"));
        fs::create_dir(&here).unwrap();
        let mut lock = LockFile::open_without_locks(&here.join("lock")).unwrap();
        assert!(lock.try_lock().unwrap());
        fs::rename(&here, &there).unwrap();
        lock.moved_to(&there.join("lock"));
        drop(lock);
        assert!(there.join("lock").exists() && !held(&there).exists());
    }

    /// Leaves what is beside the lock as when this process was killed.
    fn be_killed(lock: &mut LockFile) {
        let chain = std::mem::take(&mut lock.chain);
        let Some(last) = chain.last() else { return };
        let dead = Owner { process_start: 0, ..Owner::this_process() };
        let content = format!("{}\n{}\n", serde_json::to_string(&dead).unwrap(), last.mark);
        write_atomically(&lock.beside(&last.name), content.as_bytes()).unwrap();
    }

    #[test]
    fn of_many_at_once_one_holds_it_with_locks_or_without_also_when_some_are_killed() {
        for open in [LockFile::open, LockFile::open_without_locks] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("lock");
            let (inside, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
            thread::scope(|scope| {
                for number in 0..8 {
                    let (path, inside, done) = (&path, &inside, &done);
                    scope.spawn(move || {
                        for round in 0..40 {
                            let mut lock = open(path).unwrap();
                            while !lock.try_lock().unwrap() {
                                thread::yield_now();
                            }
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            thread::yield_now();
                            inside.fetch_sub(1, Ordering::SeqCst);
                            done.fetch_add(1, Ordering::SeqCst);
                            if (number + round) % 3 == 0 {
                                be_killed(&mut lock);
                            }
                        }
                    });
                }
            });
            assert_eq!(done.into_inner(), 320);
            let mut last = open(&path).unwrap();
            assert!(last.try_lock().unwrap());
            drop(last);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left");
        }
    }

    #[test]
    fn who_was_taken_for_dead_and_comes_back_does_not_free_the_lock_of_its_successor() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let open = || LockFile::open_without_locks(&path).unwrap();
        let (mut former, mut present) = (open(), open());
        assert!(former.try_lock().unwrap());
        let chain = former.chain.clone();
        be_killed(&mut former);
        assert!(present.try_lock().unwrap());
        former.chain = chain;
        drop(former);
        assert!(!open().try_lock().unwrap());
        drop(present);
        assert!(open().try_lock().unwrap());
    }

    #[test]
    fn what_a_killed_process_has_left_is_taken_over_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let open = || LockFile::open_without_locks(&path).unwrap();
        let dead = Owner { process_start: 0, ..Owner::this_process() };
        fs::write(held(folder.path()), serde_json::to_vec(&dead).unwrap()).unwrap();
        assert!(open().try_lock().unwrap());
        fs::write(held(folder.path()), "").unwrap();
        assert!(!open().try_lock().unwrap());
        File::open(held(folder.path())).unwrap().set_modified(UNIX_EPOCH).unwrap();
        assert!(open().try_lock().unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        // Of another machine: as long as it is heard of.
        let elsewhere = Owner { host: "x".into(), place: "y".into(), ..dead };
        fs::write(held(folder.path()), serde_json::to_vec(&elsewhere).unwrap()).unwrap();
        assert!(!open().try_lock().unwrap());
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        File::open(held(folder.path())).unwrap().set_modified(long_ago).unwrap();
        assert!(open().try_lock().unwrap());
    }
}
