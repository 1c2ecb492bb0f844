//! Whole files or none: written beside, synced, renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// How the name of a file ends that is being written.
pub(super) const UNFINISHED: &str = ".tmp";
/// What the error of [`write_atomically`] holds, so that the system's own is not lost.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
struct NotWritten {
    path: PathBuf,
    source: io::Error,
}

/// Replaces `path` by `bytes`. At any moment, also after a power cut, the file is the old one or
/// the new one, whole. An error names the file.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::begin(path)?;
    file.write_all(bytes)?;
    file.finish()
}

/// A file that is written piece by piece and replaces another at its end, as by [`write_atomically`].
/// Without an end there is nothing of it.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    /// Gone at the end.
    file: Option<BufWriter<File>>,
    beside: PathBuf,
}

impl AtomicFile {
    /// Begins the file that `path` becomes.
    pub fn begin(path: &Path) -> io::Result<AtomicFile> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (file, beside) = begin_beside(folder, &name).map_err(|err| not_written(path, err))?;
        Ok(AtomicFile { path: path.to_owned(), file: Some(BufWriter::new(file)), beside })
    }

    /// Puts it in the place of the old one.
    pub fn finish(mut self) -> io::Result<()> {
        let written = match self.file.take() {
            Some(file) => file.into_inner().map_err(|err| err.into_error()),
            None => return Ok(()),
        };
        let written = written.and_then(|file| file.sync_all());
        if let Err(err) = written.and_then(|()| fs::rename(&self.beside, &self.path)) {
            // The disk may be full: what was begun is in the way.
            let _ = fs::remove_file(&self.beside);
            return Err(not_written(&self.path, err));
        }
        sync_folder(self.path.parent().unwrap_or(Path::new(".")));
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().expect("it is open until its end");
        file.write(bytes).map_err(|err| not_written(&self.path, err))
    }

    fn flush(&mut self) -> io::Result<()> {
        let file = self.file.as_mut().expect("it is open until its end");
        file.flush().map_err(|err| not_written(&self.path, err))
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // Without writing what is left in the buffer.
            let _ = file.into_parts();
            let _ = fs::remove_file(&self.beside);
        }
    }
}

fn not_written(path: &Path, source: io::Error) -> io::Error {
    io::Error::new(source.kind(), NotWritten { path: path.to_owned(), source })
}

/// Makes `path` with these bytes unless something is there, for which the error is `AlreadyExists`.
/// An error names the file.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let made = begin_beside(folder, &name).and_then(|(mut file, beside)| {
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let made = written.and_then(|()| match rename_new(&beside, path) {
            Err(err) if !has_links(&err) => create_directly(path, bytes),
            renamed => renamed,
        });
        // It is gone where it was renamed.
        let _ = fs::remove_file(&beside);
        made
    });
    made.map_err(|err| not_written(path, err))?;
    sync_folder(folder);
    Ok(())
}

/// Makes `path` with these bytes unless it exists, for which the error is `AlreadyExists`. Nobody
/// finds it with less in it, where the file system has links.
pub(super) fn create_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (mut file, beside) = begin_beside(folder, &name)?;
    let made = file.write_all(bytes).and_then(|()| match fs::hard_link(&beside, path) {
        Err(err) if !has_links(&err) => create_directly(path, bytes),
        linked => linked,
    });
    let _ = fs::remove_file(&beside);
    made
}

/// Where the file system cannot do better.
fn create_directly(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    // Left empty it would hide that the disk is full.
    file.write_all(bytes).inspect_err(|_| drop(fs::remove_file(path)))
}

fn has_links(err: &io::Error) -> bool {
    let code = err.raw_os_error().map(Errno::from_raw_os_error);
    !matches!(code, Some(Errno::PERM | Errno::NOSYS | Errno::NOTSUP | Errno::MLINK))
}

/// A new file beside `name`. Two threads of one process and two processes of one host each have
/// one of their own; what a killed process of the same number has left is passed over.
fn begin_beside(folder: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    loop {
        let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
        let beside = folder.join(format!(".{name}.{}-{unique}{UNFINISHED}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return Ok((opened?, beside)),
        }
    }
}

/// Removes what killed processes had begun beside the files `names`; one that ends in a hyphen begins
/// the names of several. Only for whom nobody else writes these files now.
pub(super) fn remove_unfinished(folder: &Path, names: &[&str]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let file = entry.file_name();
        let file = file.to_string_lossy();
        let is_of = |name: &&str| match name.ends_with('-') {
            true => file.starts_with(&format!(".{name}")),
            false => file.starts_with(&format!(".{name}.")),
        };
        if file.ends_with(UNFINISHED) && names.iter().any(is_of) {
            // What stays is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes hidden files whose names end so, which no process needs for longer than a moment.
pub(super) fn remove_left_over(folder: &Path, ending: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(ending) {
            // What stays is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes a rename in `folder` last through a power cut. Some network file systems refuse to sync a
/// folder; the rename itself has happened, so that is not an error.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Renames, never onto something that exists.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system or a kernel that cannot: a second name is refused where there is one, and
        // a folder cannot be renamed onto one that holds anything.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            if fs::symlink_metadata(to).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            if fs::symlink_metadata(from)?.is_dir() {
                return fs::rename(from, to);
            }
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        renamed => Ok(renamed?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        write_atomically(&path, b"old").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_of_the_same_number_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        for unique in 0..1000 {
            let left = format!(".summary.json.{}-{unique}.tmp", std::process::id());
            fs::write(folder.path().join(left), b"torn").unwrap();
        }
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::write(folder.path().join(".note.toml.1-0.tmp"), b"another's").unwrap();
        fs::write(folder.path().join(".fold-3.csv.1-0.tmp"), b"torn").unwrap();
        fs::write(folder.path().join(".box-7.clock.tmp"), "").unwrap();
        remove_unfinished(folder.path(), &["summary.json", "fold-"]);
        remove_left_over(folder.path(), ".clock.tmp");
        let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, [".note.toml.1-0.tmp", "summary.json"]);
    }

    #[test]
    fn a_new_file_is_whole_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        write_new(&path, b"mine").unwrap();
        assert_eq!(write_new(&path, b"x").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing stays beside it");
    }

    #[test]
    fn a_write_that_fails_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/summary.json");
        let err = write_atomically(&path, b"x").unwrap_err();
        assert!(err.to_string().contains("missing/summary.json"), "{err}");
    }
}
