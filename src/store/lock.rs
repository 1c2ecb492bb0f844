//! One process at a time.
//!
//! The operating system's lock on a file is freed with the process that holds it, whatever ends it.
//! Some file systems have none (`flock` fails, as with ENOSYS or ENOLCK, which says nothing about
//! who holds it): there a file beside it decides, which only one process can make. It names its
//! maker, so that what a killed process has left is recognised by the rule of `owner.rs`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::atomic::rename_new;
use super::owner::Owner;
use crate::config::{read_small, write_plain};

/// A file that one process at a time can lock. The lock ends with this value.
#[derive(Debug)]
pub(super) struct LockFile {
    file: File,
    path: PathBuf,
    has_locks: bool,
    /// What was made beside it, and its content.
    beside: Option<(PathBuf, Vec<u8>)>,
}

impl LockFile {
    /// Opens the file, or makes it, without locking it.
    pub fn open(path: &Path) -> io::Result<LockFile> {
        let file = write_plain(path)?;
        Ok(LockFile { file, path: path.to_owned(), has_locks: true, beside: None })
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
        self.make_beside()
    }

    /// The file was moved to `path`, and with it what was made beside it.
    pub fn moved_to(&mut self, path: &Path) {
        if let Some((beside, _)) = &mut self.beside {
            *beside = path.with_file_name(beside.file_name().unwrap_or_default());
        }
    }

    /// Lets others lock it, where a file beside it is what locks it; another lock lasts.
    pub fn remove_beside(&mut self) {
        let Some((path, content)) = self.beside.take() else { return };
        // It may have been taken for that of a process that is gone.
        if read_small(&path).is_ok_and(|now| now == content) {
            let _ = fs::remove_file(path);
        }
    }

    fn make_beside(&mut self) -> io::Result<bool> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let path = self.path.with_file_name(format!(".{name}.held"));
        for _ in 0..2 {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    let content = content();
                    if let Err(err) = file.write_all(&content) {
                        // Left empty it would keep others away, and hide that the disk is full.
                        let _ = fs::remove_file(&path);
                        return Err(err);
                    }
                    self.beside = Some((path, content));
                    return Ok(true);
                }
                Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
                Err(err) => return Err(err),
            }
            if !has_removed_left_over(&path)? {
                return Ok(false);
            }
        }
        Ok(false)
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        self.remove_beside();
    }
}

/// Names this process, and no two moments of it alike.
fn content() -> Vec<u8> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut json = serde_json::to_vec(&Owner::this_process()).expect("an owner is plain data");
    json.extend(format!("\n{count}\n").bytes());
    json
}

/// Removes a file that a process has left which is gone; `false` where its maker lives. Of two that
/// do so at once one may meet the file of a third, made meanwhile: that one is put back.
fn has_removed_left_over(path: &Path) -> io::Result<bool> {
    let found = match read_small(path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(true),
        found => found?,
    };
    let line = found.split(|&byte| byte == b'\n').next().unwrap_or_default();
    // An empty one is just being written, or its maker was killed then.
    let maker = serde_json::from_slice(line).unwrap_or_else(|_| Owner::unknown());
    if maker.is_alive(&[path]) {
        return Ok(false);
    }
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{}.tmp", std::process::id()));
    let aside = PathBuf::from(aside);
    match fs::rename(path, &aside) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(true),
        renamed => renamed?,
    }
    if read_small(&aside).is_ok_and(|moved| moved != found) && rename_new(&aside, path).is_ok() {
        return Ok(false);
    }
    let _ = fs::remove_file(&aside);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;
    use std::time::{Duration, UNIX_EPOCH};

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

    #[test]
    fn of_many_at_once_one_holds_it_with_locks_or_without() {
        for open in [LockFile::open, LockFile::open_without_locks] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("lock");
            let (inside, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        for _ in 0..20 {
                            let mut lock = open(&path).unwrap();
                            while !lock.try_lock().unwrap() {
                                thread::yield_now();
                            }
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            thread::yield_now();
                            inside.fetch_sub(1, Ordering::SeqCst);
                            done.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                }
            });
            assert_eq!(done.into_inner(), 160);
        }
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
