//! Whole files or none: written beside, synced, renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

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
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Two threads of one process and two processes of one host each have a file of their own.
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let beside = folder.join(format!(".{name}.{}-{unique}.tmp", std::process::id()));
    let written = write_synced(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if let Err(err) = written {
        // The disk may be full: what was begun is in the way.
        let _ = fs::remove_file(&beside);
        let kind = err.kind();
        return Err(io::Error::new(kind, NotWritten { path: path.to_owned(), source: err }));
    }
    sync_folder(folder);
    Ok(())
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename in `folder` last through a power cut. Some network file systems refuse to sync a
/// folder; the rename itself has happened, so that is not an error.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
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
    fn a_write_that_fails_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/summary.json");
        let err = write_atomically(&path, b"x").unwrap_err();
        assert!(err.to_string().contains("missing/summary.json"), "{err}");
    }
}
