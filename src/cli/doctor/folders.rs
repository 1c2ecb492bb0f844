//! The folders of the project, and what they lie on.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::Config;
use crate::store::{self, Disk};

/// A folder and its file system.
#[derive(Debug, Serialize)]
pub struct Folder {
    pub name: &'static str,
    /// With `~` for the home folder.
    pub path: String,
    /// Whether it is there, and a folder.
    pub exists: bool,
    /// Or can be made.
    pub can_be_written: bool,
    /// Such as `ext4`.
    pub file_system: Option<String>,
    pub is_on_network: bool,
    /// Whether files in it can be locked; only tried on a network's file system.
    pub has_locks: Option<bool>,
    /// Bytes.
    pub free: Option<u64>,
}

/// All that the program writes to, and the folder of weights.
pub fn folders(config: &Config) -> Vec<Folder> {
    let weights = config.root.join(super::super::weights::FOLDER);
    [
        ("experiments", &config.experiments),
        ("runs", &config.runs),
        ("cache", &config.cache),
        ("trash", &config.trash),
        ("weights", &weights),
    ]
    .map(|(name, path)| folder(name, path))
    .into()
}

fn folder(name: &'static str, path: &Path) -> Folder {
    let disk = Disk::of(path);
    let is_on_network = disk.as_ref().is_some_and(Disk::is_shared);
    let can_be_written = store::can_write(path);
    let is_tried = is_on_network && can_be_written && path.is_dir();
    Folder {
        name,
        path: shortened(path),
        exists: path.is_dir(),
        can_be_written,
        is_on_network,
        has_locks: is_tried.then(|| has_locks(path)),
        free: disk.as_ref().map(|disk| disk.free),
        file_system: disk.and_then(|disk| disk.kind),
    }
}

/// Locks a file that is removed again.
fn has_locks(folder: &Path) -> bool {
    let path = folder.join(format!(".{}.lock.tmp", std::process::id()));
    let has = match File::create_new(&path) {
        Ok(file) => !matches!(file.try_lock(), Err(TryLockError::Error(_))),
        Err(_) => false,
    };
    let _ = fs::remove_file(&path);
    has
}

/// The files in the folder of experiments, by name.
pub fn experiments(config: &Config) -> Vec<PathBuf> {
    let entries = fs::read_dir(&config.experiments).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files
}

/// A path as it can be shown to others: `~` for the home folder, which names the person.
pub fn shortened(path: &Path) -> String {
    let home = std::env::home_dir().filter(|home| home.parent().is_some());
    let homes = home.iter().filter_map(|home| home.canonicalize().ok()).chain(home.clone());
    let below = homes.into_iter().find_map(|home| path.strip_prefix(home).ok());
    match below {
        Some(rest) => store::shown(&Path::new("~").join(rest)),
        None => store::shown(path),
    }
}
