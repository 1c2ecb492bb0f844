//! All runs of a project, and finding one by name.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::event::{LONGEST_LINE, Record, Timestamp};
use super::folder::RunFolder;
use crate::config::open_plain;

/// Why no run is found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The folder of runs is there but cannot be listed.
    #[error("cannot read {}: {source}", runs.display())]
    Read {
        /// The folder that could not be listed.
        runs: PathBuf,
        /// Why the system refused to list it.
        source: io::Error,
    },
    /// The folder of runs has no run, or is not there.
    #[error("there is no run in {} yet; start one with 'retrain run EXPERIMENT'", runs.display())]
    Empty {
        /// The folder that was searched.
        runs: PathBuf,
    },
    /// There are runs, but the name is the beginning of none.
    #[error("no run begins with '{name}' in {}; 'retrain list' shows them all", runs.display())]
    None {
        /// What was asked for.
        name: String,
        /// The folder that was searched.
        runs: PathBuf,
    },
    /// The name is the beginning of more than one run, and the whole name of none.
    #[error("'{name}' is the beginning of {count} runs: {examples}; give more of the name")]
    Several {
        /// What was asked for.
        name: String,
        /// How many runs begin with it.
        count: usize,
        /// Names of up to three of them, with commas between.
        examples: String,
    },
}

/// The run folders in `runs` in the order in which they were made, oldest first; none when the folder
/// is not there. Those made under a clock that was ahead, whose time is yet to come, are first.
pub fn list(runs: &Path) -> Result<Vec<RunFolder>, FindError> {
    let fail = |source| FindError::Read { runs: runs.to_owned(), source };
    let entries = match fs::read_dir(runs) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(fail)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(fail)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.push(RunFolder::at(entry.path()));
        }
    }
    Ok(in_order_of_time(found))
}

/// A clock that is ahead by less is no wrong clock.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// By the time in the names, `20260102-030405-NAME-2`. Within a second by what their logs say, as
/// another name or the number behind it says nothing of the order.
fn in_order_of_time(mut runs: Vec<RunFolder>) -> Vec<RunFolder> {
    let limit = (Timestamp::now() + AHEAD).strftime("%Y%m%d-%H%M%S").to_string();
    let second = |run: &RunFolder| {
        let id = run.id();
        let time = id.get(..limit.len()).unwrap_or(&id).to_owned();
        (time <= limit, time)
    };
    runs.sort_by_cached_key(|run| (second(run), run.clone()));
    for same in runs.chunk_by_mut(|a, b| second(a) == second(b)) {
        if same.len() > 1 {
            same.sort_by_cached_key(|run| (made(run), run.clone()));
        }
    }
    runs
}

/// When the run was made, as its log begins.
fn made(run: &RunFolder) -> Option<Timestamp> {
    let mut line = String::new();
    let file = open_plain(&run.events()).ok()?;
    BufReader::new(file.take(LONGEST_LINE)).read_line(&mut line).ok()?;
    Some(serde_json::from_str::<Record>(&line).ok()?.at)
}

/// The name that means the newest run.
pub const LAST: &str = "last";

/// The run that `name` means: `last`, or any unique beginning of a run's name.
pub fn find(runs: &Path, name: &str) -> Result<RunFolder, FindError> {
    let mut all = list(runs)?;
    if all.is_empty() {
        return Err(FindError::Empty { runs: runs.to_owned() });
    }
    if name == LAST {
        return Ok(all.pop().expect("it is not empty"));
    }
    if let Some(exact) = all.iter().find(|run| run.id() == name) {
        return Ok(exact.clone());
    }
    let mut matching: Vec<RunFolder> =
        all.into_iter().filter(|run| run.id().starts_with(name)).collect();
    match matching.len() {
        0 => Err(FindError::None { name: name.to_owned(), runs: runs.to_owned() }),
        1 => Ok(matching.remove(0)),
        count => Err(FindError::Several {
            name: name.to_owned(),
            count,
            examples: matching.iter().take(3).map(RunFolder::id).collect::<Vec<_>>().join(", "),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_any_unique_beginning_or_last() {
        let runs = tempfile::tempdir().unwrap();
        for id in ["20260101-000000-fire", "20260101-000000-fire-2", "20260102-000000-fog"] {
            fs::create_dir(runs.path().join(id)).unwrap();
        }
        fs::create_dir(runs.path().join(".new")).unwrap();
        fs::write(runs.path().join("20270101-a-file"), "").unwrap();
        let id = |name: &str| find(runs.path(), name).map(|run| run.id());
        assert_eq!(id("last").unwrap(), "20260102-000000-fog");
        assert_eq!(id("20260102").unwrap(), "20260102-000000-fog");
        assert_eq!(id("20260101-000000-fire").unwrap(), "20260101-000000-fire");
        assert!(id("20260101").unwrap_err().to_string().contains("2 runs"));
        assert!(id("x").unwrap_err().to_string().contains("retrain list"));
    }

    #[test]
    fn the_last_run_is_the_one_made_last_whatever_its_name() {
        let runs = tempfile::tempdir().unwrap();
        let mut ids = Vec::new();
        for name in ["b", "b", "b", "b", "b", "b", "b", "b", "b", "b", "b", "a"] {
            let created = crate::store::Event::Created {
                experiment: name.into(),
                source: "x.toml".into(),
                root: "/".into(),
                program: "0".into(),
                iterations: 4,
                settings: Default::default(),
                group: None,
            };
            let run = RunFolder::create(runs.path(), &[], "", created).unwrap();
            ids.push(run.id());
        }
        // A clock was wrong once.
        fs::create_dir(runs.path().join("29990101-000000-b")).unwrap();
        ids.insert(0, "29990101-000000-b".to_owned());
        let listed: Vec<_> = list(runs.path()).unwrap().iter().map(RunFolder::id).collect();
        assert_eq!(listed, ids);
        assert_eq!(find(runs.path(), "last").unwrap().id(), ids[12]);
    }

    #[test]
    fn a_project_without_runs_says_how_to_start_one() {
        let folder = tempfile::tempdir().unwrap();
        let err = find(&folder.path().join("runs"), "last").unwrap_err();
        assert!(err.to_string().contains("retrain run"), "{err}");
    }
}
