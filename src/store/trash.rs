//! Runs and experiment files go to the trash and come back; only [`InTrash::delete`] deletes, and
//! only what this program put there.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use super::atomic::{rename_new, sync_folder};
use super::event::Timestamp;
use super::folder::RunFolder;
use super::lease::{Hold, Lease, LeaseError};
use super::names::shown;
use super::owner::Owner;
use super::remove::{Removed, bytes_of, remove};
use crate::config::Config;

/// The trash beside a thing whose file system is not that of `config.trash`.
const BESIDE: &str = ".trash";
/// Ends the name of a thing that is being deleted.
const DELETING: &str = ".deleting";

/// Why something is not moved, brought back or deleted.
#[derive(Debug, thiserror::Error)]
pub enum TrashError {
    /// A worker has the run that was to be moved.
    #[error("{run} is running: stop it first, as with 'retrain pause {run}' ({owner} works on it)")]
    Running {
        /// The run's id.
        run: String,
        /// The worker's process.
        owner: Owner,
    },
    /// A worker still has the run that was to be deleted from the trash.
    #[error(
        "{run} is left in the trash: {owner} still works on it; bring it back with 'retrain trash \
         --restore {run}', or end the process"
    )]
    StillAtWork {
        /// The run's name in the trash.
        run: String,
        /// The worker's process.
        owner: Owner,
    },
    /// The run could not be kept from workers while it was to be moved or deleted.
    #[error(transparent)]
    Lock(LeaseError),
    /// The system refused the move, or to remove the original after a copy.
    #[error("cannot move {} to the trash: {source}", shown(path))]
    Move {
        /// The thing that was to be moved.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something else has its old place by now.
    #[error("{} exists again: it stays in the trash", shown(path))]
    Exists {
        /// The old place.
        path: PathBuf,
    },
    /// The system refused to bring it back, so that it is still in the trash.
    #[error("cannot bring back {}: {source}", shown(path))]
    Restore {
        /// The place to which it was to come back.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its old place cannot be told from where it lies in the trash.
    #[error("nothing says where {} was; move it by hand", shown(path))]
    NoOrigin {
        /// The thing, where it lies in the trash.
        path: PathBuf,
    },
    /// A trash folder that exists could not be listed.
    #[error("cannot read the trash {}: {source}", shown(folder))]
    Read {
        /// The trash folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A name was given that fits nothing in the trash.
    #[error("nothing in the trash begins with '{name}'; 'retrain trash' lists what is there")]
    None {
        /// What the person typed.
        name: String,
    },
    /// A name was given that fits more than one thing.
    #[error("{count} names in the trash begin with '{name}'; give more of it")]
    Several {
        /// What the person typed.
        name: String,
        /// Things whose names begin so.
        count: usize,
    },
    /// What lies there is no longer what was listed, or was never put there by this program.
    #[error("{} is another thing than was asked about; it stays", shown(path))]
    Changed {
        /// The thing, where it lies in the trash.
        path: PathBuf,
    },
    /// The thing could not be examined or renamed before its deletion.
    #[error("cannot delete {}: {source}", shown(path))]
    Delete {
        /// The thing, where it lies in the trash.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// By the configuration, emptying this trash could delete the project's own folders.
    #[error(
        "the trash {} holds {}: it is not emptied; give it a folder of its own in config.toml",
        shown(trash),
        shown(folder)
    )]
    Holds {
        /// The trash folder.
        trash: PathBuf,
        /// The project folder that lies in it or is the same.
        folder: PathBuf,
    },
}

/// A folder or a file that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trashed {
    /// Where it was.
    pub from: PathBuf,
    /// Where it is now.
    pub to: PathBuf,
}

/// Moves a run to the folder `bin`, unless a worker has it; none can take it meanwhile.
pub fn move_run(run: &RunFolder, bin: &Path) -> Result<Trashed, TrashError> {
    let running = |owner| TrashError::Running { run: run.id(), owner };
    let mut hold = hold(run, running)?;
    let trashed = move_file(run.path(), bin)?;
    // Where there are no locks a worker may have taken it after the look.
    let moved = RunFolder::at(&trashed.to);
    if let Some(owner) = moved.worker() {
        restore(&trashed)?;
        return Err(running(owner));
    }
    hold.moved_to(&moved.lock());
    Ok(trashed)
}

fn hold(run: &RunFolder, taken: impl FnOnce(Owner) -> TrashError) -> Result<Hold, TrashError> {
    Lease::hold(&run.lock()).map_err(|err| match err {
        LeaseError::Taken(owner) => taken(owner),
        other => TrashError::Lock(other),
    })
}

/// Moves a file or folder to `bin`. Where that is on another file system, to `.trash` beside it:
/// only a rename keeps it whole whatever happens meanwhile. What cannot be renamed at all, as a
/// folder in the lower layer of an overlay, is copied there, and then removed.
pub fn move_file(from: &Path, bin: &Path) -> Result<Trashed, TrashError> {
    let beside = from.parent().unwrap_or(Path::new(".")).join(BESIDE);
    let name = from.file_name().unwrap_or_default();
    let crosses = |moved: &io::Result<PathBuf>| {
        moved.as_ref().is_err_and(|err| err.kind() == io::ErrorKind::CrossesDevices)
    };
    let mut moved = move_into(from, name, bin);
    if crosses(&moved) {
        moved = move_into(from, name, &beside);
    }
    if crosses(&moved) {
        moved = copy_into(from, name, &beside);
    }
    match moved {
        Ok(to) => Ok(Trashed { from: from.to_owned(), to }),
        Err(source) => Err(TrashError::Move { path: from.to_owned(), source }),
    }
}

/// Copies `from` to `bin`, on disk for good, and removes it.
fn copy_into(from: &Path, name: &OsStr, bin: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(bin)?;
    // What is left of a copy that is interrupted can be deleted.
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}{DELETING}", std::process::id()));
    let copy = bin.join(hidden);
    if let Err(err) = copy_whole(from, &copy) {
        remove(&copy);
        return Err(err);
    }
    let to = move_into(&copy, name, bin)?;
    sync_folder(bin);
    match remove(from).failed.into_iter().next() {
        None => Ok(to),
        Some((path, err)) => Err(io::Error::new(
            err.kind(),
            format!("it is in {}, but {} cannot be removed: {err}", shown(&to), shown(&path)),
        )),
    }
}

/// Copies a file, a link or a folder with all in it, with rights and times.
fn copy_whole(from: &Path, to: &Path) -> io::Result<()> {
    let data = fs::symlink_metadata(from)?;
    if data.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if data.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy_whole(&from.join(&name), &to.join(&name))?;
        }
        fs::set_permissions(to, data.permissions())?;
        sync_folder(to);
        return Ok(());
    }
    if !data.is_file() {
        let problem = format!("{} is neither a file nor a folder", shown(from));
        return Err(io::Error::other(problem));
    }
    fs::copy(from, to)?;
    let copy = File::open(to)?;
    copy.set_modified(data.modified()?)?;
    copy.sync_all()
}

/// Renames to `name` in `bin`, with a number behind it where there is one; gives its new place.
fn move_into(from: &Path, name: &OsStr, bin: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(bin)?;
    for number in 1.. {
        let mut name = name.to_owned();
        // One that looks numbered by itself is numbered always, so that it comes back whole.
        if number > 1 || name_before(name.as_bytes()) != name.as_bytes() {
            name.push(format!(".~{number}~"));
        }
        let to = bin.join(name);
        match rename_new(from, &to) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => continue,
            moved => return moved.map(|()| to),
        }
    }
    unreachable!("numbers go on")
}

/// The name that a thing had before it was numbered in the trash.
fn name_before(name: &[u8]) -> &[u8] {
    let before = || {
        let rest = name.strip_suffix(b"~")?;
        let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        rest[..rest.len() - digits].strip_suffix(b".~").filter(|_| digits > 0)
    };
    before().unwrap_or(name)
}

/// Brings back what was moved, never over something that exists.
pub fn restore(trashed: &Trashed) -> Result<(), TrashError> {
    let path = trashed.from.clone();
    let parent = path.parent().unwrap_or(Path::new("."));
    let renamed = fs::create_dir_all(parent).and_then(|()| rename_new(&trashed.to, &path));
    renamed.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => TrashError::Exists { path },
        _ => TrashError::Restore { path, source },
    })
}

/// What a thing in the trash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run's folder with its log or its experiment.
    Run,
    /// An experiment file (`.toml`).
    Experiment,
    /// What is left of a deletion that was interrupted.
    Remains,
    /// Nothing that this program puts into a trash: it is left alone.
    Other,
}

impl Kind {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Run => "run",
            Kind::Experiment => "experiment",
            Kind::Remains => "half deleted",
            Kind::Other => "something else",
        }
    }
}

/// A thing in a trash folder.
#[derive(Clone, Debug)]
pub struct InTrash {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// When it was last renamed, which changes a thing's status on every usual file system.
    pub moved: Timestamp,
    /// What deleting it would free.
    pub bytes: u64,
    /// Where it goes back to.
    pub origin: Option<PathBuf>,
    /// Device and inode: what was asked about is what is deleted.
    id: (u64, u64),
}

/// Everything in the project's trash folders, what was moved last comes last.
pub fn list(config: &Config) -> Result<Vec<InTrash>, TrashError> {
    let mut found = Vec::new();
    for folder in folders(config) {
        let fail = |source| TrashError::Read { folder: folder.clone(), source };
        let entries = match fs::read_dir(&folder) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(fail)?,
        };
        for entry in entries {
            let path = entry.map_err(fail)?.path();
            // One that went meanwhile is not there.
            found.extend(InTrash::look(path, &folder, config));
        }
    }
    found.sort_by(|a, b| (a.moved, &a.path).cmp(&(b.moved, &b.path)));
    Ok(found)
}

/// `config.trash` and those beside runs and experiments, each once.
pub fn folders(config: &Config) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let all = [config.trash.clone(), config.runs.join(BESIDE), config.experiments.join(BESIDE)];
    let mut folders = Vec::from(all);
    folders.retain(|folder| seen.insert(fs::canonicalize(folder).unwrap_or(folder.clone())));
    folders
}

/// Errors when a trash folder is one in which the project keeps what it needs.
pub fn check_apart(config: &Config) -> Result<(), TrashError> {
    let true_path = |path: &Path| fs::canonicalize(path).unwrap_or(path.to_owned());
    for trash in folders(config) {
        for folder in [&config.root, &config.runs, &config.experiments, &config.cache] {
            if true_path(folder).starts_with(true_path(&trash)) {
                return Err(TrashError::Holds { trash, folder: folder.clone() });
            }
        }
    }
    Ok(())
}

/// The thing that `name` means: `last`, or any unique beginning of a name.
pub fn find<'a>(all: &'a [InTrash], name: &str) -> Result<&'a InTrash, TrashError> {
    let matching: Vec<&InTrash> = match all.iter().find(|thing| thing.name() == name) {
        Some(exact) => vec![exact],
        None if name == "last" => all.last().into_iter().collect(),
        None => all.iter().filter(|thing| thing.name().starts_with(name)).collect(),
    };
    match matching[..] {
        [one] => Ok(one),
        [] => Err(TrashError::None { name: name.to_owned() }),
        _ => Err(TrashError::Several { name: name.to_owned(), count: matching.len() }),
    }
}

impl InTrash {
    fn look(path: PathBuf, folder: &Path, config: &Config) -> Option<InTrash> {
        let data = fs::symlink_metadata(&path).ok()?;
        let name = path.file_name()?.as_bytes();
        let before = name_before(name);
        let kind = if name.starts_with(b".") && name.ends_with(DELETING.as_bytes()) {
            Kind::Remains
        } else if data.is_file() && before.ends_with(b".toml") {
            Kind::Experiment
        } else if data.is_dir() && is_run(&path) {
            Kind::Run
        } else {
            Kind::Other
        };
        let home = match kind {
            _ if folder.file_name()? == BESIDE && folder != config.trash => folder.parent(),
            Kind::Run => Some(&*config.runs),
            Kind::Experiment => Some(&*config.experiments),
            Kind::Remains | Kind::Other => None,
        };
        let name = OsString::from_vec(before.to_owned());
        let origin = home.filter(|_| kind != Kind::Remains).map(|home| home.join(name));
        let moved = Timestamp::new(data.ctime(), data.ctime_nsec() as i32).ok()?;
        let (bytes, id) = (bytes_of(&path), (data.dev(), data.ino()));
        Some(InTrash { path, kind, moved, bytes, origin, id })
    }

    /// Its name in the trash, in the escaped form of [`shown`].
    pub fn name(&self) -> String {
        shown(Path::new(self.path.file_name().unwrap_or_default()))
    }

    /// Brings it back to where it was, never over something that exists. Gives the place.
    pub fn restore(&self) -> Result<&Path, TrashError> {
        let Some(origin) = &self.origin else {
            return Err(TrashError::NoOrigin { path: self.path.clone() });
        };
        restore(&Trashed { from: origin.clone(), to: self.path.clone() })?;
        Ok(origin)
    }

    /// Deletes it for good, but not a run on which a worker still works, nor another thing that has
    /// its name by now.
    pub fn delete(&self) -> Result<Removed, TrashError> {
        let fail = |source| TrashError::Delete { path: self.path.clone(), source };
        let run = RunFolder::at(&self.path);
        let is_file = |data: fs::Metadata| data.is_file();
        let has_lock =
            self.kind == Kind::Run && fs::symlink_metadata(run.lock()).is_ok_and(is_file);
        let at_work = |owner| TrashError::StillAtWork { run: self.name(), owner };
        let _hold = has_lock.then(|| hold(&run, at_work)).transpose()?;
        let data = fs::symlink_metadata(&self.path).map_err(fail)?;
        if self.id != (data.dev(), data.ino()) || self.kind == Kind::Other {
            return Err(TrashError::Changed { path: self.path.clone() });
        }
        // Under its own name nobody finds half a run.
        let doomed = if self.kind == Kind::Remains {
            self.path.clone()
        } else {
            let mut name = OsString::from(".");
            name.push(self.path.file_name().unwrap_or_default());
            name.push(format!(".{}{DELETING}", self.id.1));
            let doomed = self.path.with_file_name(name);
            rename_new(&self.path, &doomed).map_err(fail)?;
            doomed
        };
        Ok(remove(&doomed))
    }
}

fn is_run(folder: &Path) -> bool {
    let run = RunFolder::at(folder);
    let is_there = |path: PathBuf| fs::symlink_metadata(path).is_ok_and(|data| data.is_file());
    is_there(run.events()) || is_there(run.experiment())
}

#[cfg(test)]
#[path = "trash_tests.rs"]
mod tests;
