//! Deletes a file or a folder for good, and nothing but it: no link is followed, no other file
//! system is entered, and what cannot be deleted stops nothing else.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, openat, statat, unlinkat};

/// What a deletion came to.
#[derive(Debug, Default)]
pub struct Removed {
    /// Lengths of the files whose last name went.
    pub bytes: u64,
    /// What could not be deleted, and why.
    pub failed: Vec<(PathBuf, io::Error)>,
}

/// Bytes that deleting `path` would free: the lengths of the files there that have no other name.
/// What cannot be read counts nothing.
pub fn bytes_of(path: &Path) -> u64 {
    let Ok(data) = fs::symlink_metadata(path) else { return 0 };
    if data.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        return entries.map(|entry| bytes_of(&entry.path())).sum();
    }
    if data.is_file() && data.nlink() == 1 { data.len() } else { 0 }
}

/// Deletes `path` and all below it. Every folder is held open while it is emptied, so that one that
/// is exchanged for a link meanwhile leads nowhere.
pub fn remove(path: &Path) -> Removed {
    let mut removing = Removing { device: 0, removed: Removed::default() };
    if let Err(err) = removing.top(path) {
        removing.removed.failed.push((path.to_owned(), err));
    }
    removing.removed
}

struct Removing {
    /// The file system that is not left.
    device: u64,
    removed: Removed,
}

impl Removing {
    fn top(&mut self, path: &Path) -> io::Result<()> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent = openat(CWD, parent, flags, Mode::empty())?;
        self.device = fstat(&parent)?.st_dev;
        self.entry(parent.as_fd(), name, path)
    }

    fn entry(&mut self, parent: BorrowedFd, name: &OsStr, path: &Path) -> io::Result<()> {
        let found = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory => self.folder(parent, name, path),
            kind => {
                unlinkat(parent, name, AtFlags::empty())?;
                if kind == FileType::RegularFile && found.st_nlink == 1 {
                    self.removed.bytes += u64::try_from(found.st_size).unwrap_or(0);
                }
                Ok(())
            }
        }
    }

    fn folder(&mut self, parent: BorrowedFd, name: &OsStr, path: &Path) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = openat(parent, name, flags, Mode::empty())?;
        if fstat(&folder)?.st_dev != self.device {
            return Err(io::Error::other("another file system is mounted there"));
        }
        let failed_before = self.removed.failed.len();
        for name in names_in(folder.as_fd())? {
            let path = path.join(&name);
            if let Err(err) = self.entry(folder.as_fd(), &name, &path) {
                self.removed.failed.push((path, err));
            }
        }
        match unlinkat(parent, name, AtFlags::REMOVEDIR) {
            // That it is not empty has been said, file by file.
            Err(_) if self.removed.failed.len() > failed_before => Ok(()),
            removed => Ok(removed?),
        }
    }
}

fn names_in(folder: BorrowedFd) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_are_unlinked_and_what_they_lead_to_stays() {
        let place = tempfile::tempdir().unwrap();
        let (run, outside) = (place.path().join("run"), place.path().join("outside"));
        fs::create_dir_all(run.join("deep/er")).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("photo"), [7; 1000]).unwrap();
        fs::write(run.join("deep/er/file"), [7; 300]).unwrap();
        symlink(&outside, run.join("folder")).unwrap();
        symlink(outside.join("photo"), run.join("deep/photo")).unwrap();
        symlink("nowhere", run.join("deep/dangling")).unwrap();
        fs::hard_link(outside.join("photo"), run.join("other name")).unwrap();
        let wanted = bytes_of(&run);
        let removed = remove(&run);
        assert_eq!((removed.bytes, wanted), (300, 300));
        assert!(removed.failed.is_empty() && !run.exists(), "{removed:?}");
        assert_eq!(fs::read(outside.join("photo")).unwrap().len(), 1000);

        symlink(&outside, &run).unwrap();
        assert_eq!(remove(&run).bytes, 0);
        assert!(fs::symlink_metadata(&run).is_err() && outside.join("photo").exists());
    }

    #[test]
    fn what_cannot_be_deleted_is_named_and_stops_nothing() {
        // On a thread that is nobody, as root may delete anything.
        let nobody = std::thread::spawn(|| {
            let _ = rustix::thread::set_thread_uid(rustix::fs::Uid::from_raw(65_534));
            let place = tempfile::tempdir().unwrap();
            let run = place.path().join("run");
            for folder in ["a", "closed", "z"] {
                fs::create_dir_all(run.join(folder)).unwrap();
                fs::write(run.join(folder).join("file"), "12345").unwrap();
            }
            let closed = run.join("closed");
            fs::set_permissions(&closed, PermissionsExt::from_mode(0o555)).unwrap();
            let removed = remove(&run);
            assert_eq!(removed.bytes, 10);
            let failed: Vec<_> = removed.failed.iter().map(|(path, _)| path.clone()).collect();
            assert_eq!(failed, [closed.join("file")]);
            assert_eq!(removed.failed[0].1.kind(), io::ErrorKind::PermissionDenied);
            assert!(!run.join("a").exists() && !run.join("z").exists());
            fs::set_permissions(&closed, PermissionsExt::from_mode(0o755)).unwrap();
        });
        nobody.join().unwrap();
    }
}
