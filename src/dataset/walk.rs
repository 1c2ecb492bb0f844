//! The files below a folder, in the same order on every machine.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{DatasetError, Unreadable};
use crate::store::shown;

/// A folder's identity, whatever the links that lead to it.
type FolderId = (u64, u64);

/// Walks the folders of a data set; a folder is read once, so links cannot lead in circles.
pub(crate) struct Walk<'a> {
    images: &'a Path,
    seen: HashSet<FolderId>,
    /// What is not a folder, relative to the images.
    pub files: Vec<PathBuf>,
    /// Folders that could not be read.
    pub unreadable: Vec<(PathBuf, Unreadable)>,
    pub warnings: Vec<String>,
}

impl<'a> Walk<'a> {
    /// `reserved` are walked by themselves, so links from other folders to them are not followed.
    pub fn new<'p>(images: &'a Path, reserved: impl IntoIterator<Item = &'p Path>) -> Walk<'a> {
        let reserved = reserved.into_iter().map(|path| images.join(path));
        let seen = reserved.chain([images.to_owned()]).filter_map(|path| id(&path)).collect();
        Walk { images, seen, files: vec![], unreadable: vec![], warnings: vec![] }
    }

    /// Adds what is in `folder` and below; what is hidden or a leftover of programs is left out.
    pub fn folder(&mut self, folder: &Path) {
        let names = match names(&self.images.join(folder)) {
            Ok(names) => names,
            Err(err) => return self.unreadable.push((folder.to_owned(), err.into())),
        };
        for name in names {
            let path = folder.join(name);
            let full = self.images.join(&path);
            if !full.is_dir() {
                self.files.push(path);
            } else if id(&full).is_some_and(|id| self.seen.insert(id)) {
                self.folder(&path);
            } else {
                self.warnings.push(format!(
                    "{}: leads to a folder that is read elsewhere, its photos count there",
                    shown(&path)
                ));
            }
        }
    }
}

/// Names of the folders in a folder, hidden ones left out, sorted by their bytes.
pub(crate) fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let missing = |reason| DatasetError::NoFolder { folder: folder.to_owned(), reason };
    if fs::metadata(folder).is_ok_and(|found| !found.is_dir()) {
        return Err(missing(Unreadable::Io("not a folder".to_owned())));
    }
    let names = names(folder).map_err(|err| match err.into() {
        Unreadable::Fault(source) => DatasetError::Fault { path: folder.to_owned(), source },
        reason => missing(reason),
    })?;
    Ok(names.into_iter().map(PathBuf::from).filter(|name| folder.join(name).is_dir()).collect())
}

/// Folders that systems and programs leave among photos; neither categories nor photos. Hidden ones
/// (`.ipynb_checkpoints`) are left out by their point.
const LEFTOVERS: [&str; 6] = [
    "__MACOSX",                  // archives made on a Mac
    "$RECYCLE.BIN",              // Windows
    "System Volume Information", // Windows
    "lost+found",                // ext4
    "@eaDir",                    // Synology
    "#recycle",                  // Synology
];

/// Whether a name is that of a folder which no person made for photos.
pub(crate) fn is_leftover(name: &OsStr) -> bool {
    LEFTOVERS.iter().any(|leftover| name == OsStr::new(leftover))
}

fn id(folder: &Path) -> Option<FolderId> {
    fs::metadata(folder).ok().map(|found| (found.dev(), found.ino()))
}

/// Names in a folder, hidden ones and what programs leave there left out, sorted by their bytes.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.as_bytes().starts_with(b".") && !is_leftover(&name) {
            names.push(name);
        }
    }
    names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    Ok(names)
}
