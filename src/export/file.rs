//! Files of an export, in folders that are made where they are missing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::{ReplaceError, replace_own};

/// Why a file of an export is not there.
#[derive(Debug, thiserror::Error)]
pub enum ExportFileError {
    /// Its folder cannot be made.
    #[error("cannot make {}: {source}", path.display())]
    Folder {
        /// That was to be made.
        path: PathBuf,
        /// Why it was not.
        source: io::Error,
    },
    /// It cannot be written, or is somebody else's.
    #[error(transparent)]
    Write(#[from] ReplaceError),
}

/// Writes `folder/name`, whole or not at all, over the file of an earlier export only, which `is_own`
/// tells by its first bytes; gives its path.
pub(super) fn write_file(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    is_own: impl FnOnce(&[u8]) -> bool,
) -> Result<PathBuf, ExportFileError> {
    fs::create_dir_all(folder)
        .map_err(|source| ExportFileError::Folder { path: folder.to_owned(), source })?;
    let path = folder.join(name);
    replace_own(&path, bytes, is_own, "no export of retrain's")?;
    Ok(path)
}
