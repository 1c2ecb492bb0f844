//! Photos that arrive in a folder while somebody looks at it again and again.
//!
//! Network file systems give no events, so names are listed at each look. Of files that are known size
//! and time are looked at, at most [`KNOWN_A_LOOK`] of them at a time.

mod folder;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use folder::{WatchNews, WatchedFolder};

/// Looks for which a file that is no photo yet must have stayed the same to be taken for finished.
const SETTLED: u8 = 2;
/// Known files that are looked at again at each look, in turn: so many take a millisecond or so.
const KNOWN_A_LOOK: usize = 1000;
/// Looks after which a name that is gone is forgotten: a network folder may be back by then.
const FORGOTTEN: u32 = 600;
/// Endings under which programs write a file before they give it its name.
const UNFINISHED: [&str; 8] =
    ["part", "partial", "filepart", "crdownload", "download", "tmp", "temp", "swp"];

/// What a look sees of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The file's length.
    pub bytes: u64,
    /// When its content was changed last.
    pub modified: SystemTime,
}

/// A file that may be a new photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// As the folder was given, and what is below it.
    pub path: PathBuf,
    /// It has stayed the same for a while: where it is no photo now, nothing is to be waited for.
    pub is_settled: bool,
}

struct Known {
    seen: Seen,
    /// Looks without a change of a file that is no photo yet; `None`: nothing is waited for.
    waiting: Option<u8>,
    /// Of what it held when it was scored.
    hash: Option<blake3::Hash>,
    /// The look that found it last.
    look: u32,
}

/// What is known of the files in a folder.
#[derive(Default)]
pub struct Arrivals {
    known: HashMap<PathBuf, Known>,
    look: u32,
    /// Where in a listing the known files begin that are looked at next.
    next_known: usize,
}

impl Arrivals {
    /// Takes the files of a first look for known.
    pub fn know(&mut self, listed: Vec<PathBuf>, see: impl Fn(&Path) -> Option<Seen>) {
        for path in listed {
            if let Some(seen) = see(&path) {
                let known = Known { seen, waiting: None, hash: None, look: self.look };
                self.known.insert(path, known);
            }
        }
    }

    /// Files that are known.
    pub fn count(&self) -> usize {
        self.known.len()
    }

    /// The files of a look that may be new photos, the oldest first. `is_whole`: what is not listed is gone.
    pub fn look(
        &mut self,
        listed: Vec<PathBuf>,
        is_whole: bool,
        see: impl Fn(&Path) -> Option<Seen>,
    ) -> Vec<Arrival> {
        self.look += 1;
        let count = listed.len();
        let mut arrived = Vec::new();
        for (place, path) in listed.into_iter().enumerate() {
            let is_looked_at = (place + count - self.next_known % count) % count < KNOWN_A_LOOK;
            let Some(known) = self.known.get_mut(&path) else {
                if !is_unfinished(&path)
                    && let Some(seen) = see(&path)
                {
                    arrived.push((seen, Arrival { path: path.clone(), is_settled: false }));
                    let known = Known { seen, waiting: Some(0), hash: None, look: self.look };
                    self.known.insert(path, known);
                }
                continue;
            };
            let was_gone = known.look + 1 < self.look;
            known.look = self.look;
            if known.waiting.is_none() && !is_looked_at && !was_gone {
                continue;
            }
            let Some(seen) = see(&path) else { continue };
            let is_changed = seen != known.seen;
            known.seen = seen;
            known.waiting = match known.waiting {
                None if !is_changed => None,
                _ if is_changed => Some(0),
                waiting => waiting.map(|looks| looks.saturating_add(1)),
            };
            if is_changed && was_gone {
                // Another file of this name.
                known.hash = None;
            }
            let is_tried = match known.waiting {
                Some(0) => was_gone,
                Some(looks) => looks <= SETTLED,
                None => false,
            };
            if is_tried {
                let is_settled = known.waiting == Some(SETTLED);
                arrived.push((seen, Arrival { path, is_settled }));
            }
        }
        self.next_known = (self.next_known + KNOWN_A_LOOK) % count.max(1);
        if is_whole {
            let look = self.look;
            self.known.retain(|_, known| look - known.look < FORGOTTEN);
        }
        arrived.sort_by(|(a, one), (b, other)| {
            a.modified.cmp(&b.modified).then_with(|| one.path.cmp(&other.path))
        });
        arrived.into_iter().map(|(_, arrival)| arrival).collect()
    }

    /// Whether a file that arrived holds something else than when it was scored last.
    pub fn is_new(&mut self, path: &Path, hash: &blake3::Hash) -> bool {
        let Some(known) = self.known.get_mut(path) else { return true };
        let is_new = known.hash.as_ref() != Some(hash);
        if !is_new {
            known.waiting = None;
        }
        is_new
    }

    /// A file that arrived is answered, with the hash of what was scored: it is looked at again when it
    /// changes.
    pub fn answered(&mut self, path: &Path, hash: Option<blake3::Hash>) {
        if let Some(known) = self.known.get_mut(path) {
            (known.waiting, known.hash) = (None, hash);
        }
    }

    /// A file that arrived was gone before it could be read.
    pub fn gone(&mut self, path: &Path) {
        self.known.remove(path);
    }

    /// A file changed while it was read: it is waited for anew.
    pub fn changed(&mut self, path: &Path) {
        if let Some(known) = self.known.get_mut(path) {
            known.waiting = Some(0);
        }
    }
}

fn is_unfinished(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    UNFINISHED.iter().any(|unfinished| ending.eq_ignore_ascii_case(unfinished))
}
