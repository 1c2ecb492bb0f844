//! A folder that is looked at, which may be gone for a while and come back.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Arrival, Arrivals, Seen};
use crate::dataset::Unreadable;
use crate::dataset::scan::is_likely_photo;
use crate::dataset::walk::is_leftover;

/// A folder, with what is known of the files in and below it.
pub struct WatchedFolder {
    folder: PathBuf,
    id: (u64, u64),
    /// The files in it.
    pub arrivals: Arrivals,
    is_gone: bool,
}

/// What is to be said of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchNews {
    /// It cannot be read any more, with the reason; or it is empty and another one, as where a drive was
    /// mounted.
    Gone(Option<Unreadable>),
    /// It can be read again.
    Back,
}

impl WatchedFolder {
    /// Errors when it cannot be read. `knows`: the files that are there do not arrive any more.
    pub fn new(folder: PathBuf, knows: bool) -> io::Result<WatchedFolder> {
        let listing = Listing::of(&folder)?;
        let mut arrivals = Arrivals::default();
        if knows {
            arrivals.know(listing.files, see);
        }
        Ok(WatchedFolder { folder, id: listing.id, arrivals, is_gone: false })
    }

    /// Its name as it was given.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Files that may be new photos, the oldest first, and what is to be said of the folder.
    pub fn look(&mut self) -> (Vec<Arrival>, Option<WatchNews>) {
        let listing = match Listing::of(&self.folder) {
            Ok(listing) => listing,
            Err(err) => return (Vec::new(), self.gone(Some(err.into()))),
        };
        if listing.files.is_empty() && listing.id != self.id && self.arrivals.count() > 0 {
            return (Vec::new(), self.gone(None));
        }
        self.id = listing.id;
        let news = std::mem::take(&mut self.is_gone).then_some(WatchNews::Back);
        let mut arrived = self.arrivals.look(listing.files, listing.is_whole, see);
        arrived.retain(|arrival| {
            let is_likely = is_likely_photo(&arrival.path);
            if !is_likely && arrival.is_settled {
                self.arrivals.answered(&arrival.path, None);
            }
            is_likely
        });
        (arrived, news)
    }

    /// Said once.
    fn gone(&mut self, reason: Option<Unreadable>) -> Option<WatchNews> {
        (!std::mem::replace(&mut self.is_gone, true)).then_some(WatchNews::Gone(reason))
    }
}

/// Of a regular file, also by a link.
fn see(path: &Path) -> Option<Seen> {
    let metadata = fs::metadata(path).ok().filter(|metadata| metadata.is_file())?;
    Some(Seen { bytes: metadata.len(), modified: metadata.modified().ok()? })
}

/// The files in a folder and below it, in no order. Only links are looked at.
struct Listing {
    files: Vec<PathBuf>,
    /// The folder's own.
    id: (u64, u64),
    /// All folders below could be read.
    is_whole: bool,
}

impl Listing {
    fn of(folder: &Path) -> io::Result<Listing> {
        let id = id(folder)?;
        let mut listing = Listing { files: Vec::new(), id, is_whole: true };
        let mut seen = HashSet::from([id]);
        listing.add(folder, &mut seen)?;
        Ok(listing)
    }

    /// Each folder once, so that links cannot lead in circles.
    fn add(&mut self, folder: &Path, seen: &mut HashSet<(u64, u64)>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_bytes().starts_with(b".") || is_leftover(&name) {
                continue;
            }
            let path = entry.path();
            // Some file systems look at the file for it, which may be gone.
            let Ok(kind) = entry.file_type() else { continue };
            if !(kind.is_dir() || kind.is_symlink() && path.is_dir()) {
                self.files.push(path);
            } else if id(&path).is_ok_and(|id| seen.insert(id)) {
                self.is_whole &= self.add(&path, seen).is_ok();
            }
        }
        Ok(())
    }
}

fn id(folder: &Path) -> io::Result<(u64, u64)> {
    let found = fs::metadata(folder)?;
    Ok((found.dev(), found.ino()))
}
