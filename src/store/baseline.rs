//! Which run the others are measured against: `baseline.json` beside the run folders.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::atomic::write_atomically;
use crate::config::read_plain;

#[derive(Default, Serialize, Deserialize)]
struct Baseline {
    /// The run's name; `None`: no run is pinned.
    run: Option<String>,
}

fn path(runs: &Path) -> PathBuf {
    runs.join("baseline.json")
}

/// The name of the run that was pinned last; a file that cannot be read pins none.
pub fn read_baseline(runs: &Path) -> Option<String> {
    let text = read_plain(&path(runs)).ok()?;
    serde_json::from_slice::<Baseline>(&text).ok()?.run
}

/// Pins a run, or none.
pub fn write_baseline(runs: &Path, run: Option<&str>) -> io::Result<()> {
    let baseline = Baseline { run: run.map(str::to_owned) };
    write_atomically(&path(runs), serde_json::to_string(&baseline)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_kept_until_another_or_none_is_pinned() {
        let runs = tempfile::tempdir().unwrap();
        assert_eq!(read_baseline(runs.path()), None);
        write_baseline(runs.path(), Some("20260102-030000-fire")).unwrap();
        assert_eq!(read_baseline(runs.path()).unwrap(), "20260102-030000-fire");
        write_baseline(runs.path(), None).unwrap();
        assert_eq!(read_baseline(runs.path()), None);
        std::fs::write(runs.path().join("baseline.json"), "{").unwrap();
        assert_eq!(read_baseline(runs.path()), None);
    }
}
