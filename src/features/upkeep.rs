//! What the cache holds, and the deletion of parts of it that nobody uses.
//!
//! Only files whose names this area gives are ever touched, in folders whose names it gives.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::cache_error::CacheError;
use super::claim::{CLAIM, GATE};
use super::shard::Shard;
use crate::store::{Lease, LeaseError, Owner, Removed};

const SHARD_ENDING: &str = ".safetensors";
const SHARD_DIGITS: usize = 24;
const KEY_DIGITS: usize = 16;

/// A file, and its length in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where the file lies, with the folder of its feature key.
    pub path: PathBuf,
    /// Its length when the folder was listed.
    pub bytes: u64,
}

/// One folder of the cache: the features of one network and one resize rule.
#[derive(Debug)]
pub struct FeatureKey {
    /// The folder's name in the cache, which ends in a hash of all that the features depend on.
    pub name: String,
    /// Different photos and variants.
    pub features: usize,
    /// Whole shards.
    pub shards: Vec<Kept>,
    /// Shards that cannot be opened; their features are computed again when they are wanted.
    pub damaged: Vec<Kept>,
    /// What killed processes left; none is told while somebody uses the folder.
    pub leftovers: Vec<Kept>,
    /// Who uses it now.
    pub users: Vec<Owner>,
    /// When a run or a command last opened, wrote or left it: each does so under a file of its own,
    /// which changes the folder. Times of reading are not kept by most file systems.
    pub last_used: SystemTime,
    folder: PathBuf,
}

/// Why nothing of a feature key was deleted.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// A run or a command has the folder open.
    #[error(
        "{key} is in use by process {pid} on {host}: it is left", pid = owner.pid, host = owner.host
    )]
    InUse {
        /// The folder's name in the cache.
        key: String,
        /// Who uses it.
        owner: Owner,
    },
    /// A lock in the folder could be neither taken nor seen to be held.
    #[error("whether {key} is in use cannot be told, so it is left: {source}")]
    Unknown {
        /// The folder's name in the cache.
        key: String,
        /// Why the lock could not be taken.
        source: LeaseError,
    },
    /// The folder could not be listed.
    #[error("{key} is left: {source}")]
    Read {
        /// The folder's name in the cache.
        key: String,
        /// What the system said.
        source: io::Error,
    },
}

/// How much of a feature key is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// Every shard as well, and then the folder.
    All,
    /// Damaged shards and leftovers.
    Waste,
}

/// What a file in the folder of a feature key is, by its name.
#[derive(PartialEq)]
enum Role {
    Shard,
    Unfinished,
    Claim,
}

fn role(name: &str) -> Option<Role> {
    let is_shard = |name: &str| name.strip_suffix(SHARD_ENDING).is_some_and(is_shard_stem);
    let unfinished = || {
        let (stem, _) = name.strip_prefix('.')?.strip_suffix(".tmp")?.split_once(SHARD_ENDING)?;
        is_shard_stem(stem).then_some(Role::Unfinished)
    };
    match name {
        _ if is_shard(name) => Some(Role::Shard),
        _ if name.starts_with(CLAIM) => Some(Role::Claim),
        _ => unfinished(),
    }
}

fn is_shard_stem(stem: &str) -> bool {
    stem.len() == SHARD_DIGITS && is_hex(stem)
}

fn is_key(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, hash)| hash.len() == KEY_DIGITS && is_hex(hash))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// All feature keys in `cache`, by name; none when the folder is not there.
pub fn survey(cache: &Path) -> Result<Vec<FeatureKey>, CacheError> {
    let fail = |source| CacheError::Folder { path: cache.to_owned(), source };
    let entries = match fs::read_dir(cache) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(fail)?,
    };
    let mut keys = Vec::new();
    for entry in entries {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_key(&name) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            match FeatureKey::survey(entry.path(), name) {
                // Deleted just now.
                Err(err) if err.kind() == io::ErrorKind::NotFound => {}
                key => keys.push(key.map_err(fail)?),
            }
        }
    }
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(keys)
}

impl FeatureKey {
    fn survey(folder: PathBuf, name: String) -> io::Result<FeatureKey> {
        let last_used = fs::metadata(&folder)?.modified()?;
        let mut key = FeatureKey {
            name,
            features: 0,
            shards: Vec::new(),
            damaged: Vec::new(),
            leftovers: Vec::new(),
            users: Vec::new(),
            last_used,
            folder,
        };
        let mut rows = HashSet::new();
        for (role, kept) in files(&key.folder)? {
            match role {
                Role::Shard => match Shard::open_any(&kept.path).and_then(|shard| shard.keys()) {
                    Ok(keys) => {
                        rows.extend(keys);
                        key.shards.push(kept);
                    }
                    Err(err) if err.kind() == io::ErrorKind::NotFound => {}
                    Err(_) => key.damaged.push(kept),
                },
                Role::Unfinished => key.leftovers.push(kept),
                Role::Claim => match Lease::holder(&kept.path) {
                    Some(owner) => key.users.push(owner),
                    None => key.leftovers.push(kept),
                },
            }
        }
        if !key.users.is_empty() {
            key.leftovers.clear();
        }
        key.features = rows.len();
        Ok(key)
    }

    /// Bytes of all files on disk: whole shards, damaged ones and leftovers.
    pub fn bytes(&self) -> u64 {
        self.waste() + self.shards.iter().map(|kept| kept.bytes).sum::<u64>()
    }

    /// Bytes of damaged shards and leftovers.
    pub fn waste(&self) -> u64 {
        self.damaged.iter().chain(&self.leftovers).map(|kept| kept.bytes).sum()
    }

    /// Deletes what was found when the cache was surveyed, unless somebody, on any host, uses it.
    /// Who opens it meanwhile waits.
    pub fn prune(&self, portion: Portion) -> Result<Removed, PruneError> {
        let path = self.folder.join(GATE);
        let gate = Lease::take(&path).map_err(|err| self.refusal(err))?;
        let removed = self.prune_behind_the_gate(portion);
        // While it is held: who waits for it then looks whether its folder is still there.
        let _ = fs::remove_file(&path);
        drop(gate);
        if portion == Portion::All {
            // It stays where somebody came or other files are.
            let _ = fs::remove_dir(&self.folder);
        } else if let Ok(folder) = File::open(&self.folder) {
            // Nobody has used the features.
            let _ = folder.set_modified(self.last_used);
        }
        removed
    }

    fn prune_behind_the_gate(&self, portion: Portion) -> Result<Removed, PruneError> {
        let fail = |source| PruneError::Read { key: self.name.clone(), source };
        let mut doomed = self.damaged.clone();
        if portion == Portion::All {
            doomed.extend(self.shards.iter().cloned());
        }
        for (role, kept) in files(&self.folder).map_err(fail)? {
            if role == Role::Claim {
                match Lease::hold(&kept.path) {
                    Ok(_) => {}
                    Err(LeaseError::Gone { .. }) => continue,
                    Err(err) => return Err(self.refusal(err)),
                }
            }
            if role != Role::Shard {
                doomed.push(kept);
            }
        }
        let mut removed = Removed::default();
        for Kept { path, bytes } in doomed {
            match fs::remove_file(&path) {
                Ok(()) => removed.bytes += bytes,
                Err(err) if err.kind() == io::ErrorKind::NotFound => {}
                Err(err) => removed.failed.push((path, err)),
            }
        }
        Ok(removed)
    }

    fn refusal(&self, err: LeaseError) -> PruneError {
        let key = self.name.clone();
        match err {
            LeaseError::Taken(owner) => PruneError::InUse { key, owner },
            source => PruneError::Unknown { key, source },
        }
    }
}

/// The files in `folder` that this area made, in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<(Role, Kept)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(role) = entry.file_name().to_str().and_then(role) else { continue };
        // One that went meanwhile is not there.
        if let Ok(data) = entry.metadata()
            && data.is_file()
        {
            files.push((role, Kept { path: entry.path(), bytes: data.len() }));
        }
    }
    files.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
    Ok(files)
}

#[cfg(test)]
#[path = "upkeep_tests.rs"]
mod tests;
