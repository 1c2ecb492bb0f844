//! Files that are written for a person, wherever that person wants them: over an earlier one of the
//! program's own, never over anything else.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::atomic::{write_atomically, write_new};
use crate::config::open_plain;

/// What tells a file as the program's own is in so many first bytes.
const HEAD: u64 = 512;

/// Why such a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// There is something of that name which the program has not written.
    #[error("{} is there and is {what}; give another name, or remove it", path.display())]
    Taken {
        /// What is there.
        path: PathBuf,
        /// What it is not, such as `no report of retrain's`.
        what: &'static str,
    },
    /// The system refused.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes a file, whole or not at all, where nothing is or one whose first bytes are `is_own`. `what`
/// says in the error what another one is.
pub fn replace_own(
    path: &Path,
    bytes: &[u8],
    is_own: impl FnOnce(&[u8]) -> bool,
    what: &'static str,
) -> Result<(), ReplaceError> {
    let taken = || ReplaceError::Taken { path: path.to_owned(), what };
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() && is_own(&head(path)) => Ok(write_atomically(path, bytes)?),
        Ok(_) => Err(taken()),
        Err(_) => write_new(path, bytes).map_err(|err| match err.kind() {
            // Somebody made it just now.
            io::ErrorKind::AlreadyExists => taken(),
            _ => ReplaceError::Write(err),
        }),
    }
}

/// The first bytes of a file; none where it cannot be read.
fn head(path: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    let read = open_plain(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.map_or_else(|_| Vec::new(), |_| head)
}
