//! What the screen says of runs and experiment files that go to the trash and come back.

use std::path::Path;

use super::keys::names::UNDO;
use super::news::{News, Toast};
use crate::store::RunFolder;
use crate::store::trash::{self, Trashed};

/// Moves a run to the trash.
pub fn trash(run: &RunFolder, bin: &Path) -> News {
    told(trash::move_run(run, bin).map(News::Trashed))
}

/// Brings back what was moved to the trash, to where it was.
pub fn restore(trashed: Trashed) -> News {
    told(trash::restore(&trashed).map(|()| News::Restored(trashed)))
}

fn told(done: Result<News, trash::TrashError>) -> News {
    done.unwrap_or_else(|error| News::Said(Toast::error(error.to_string())))
}

/// Where a folder went, and why it is not where the configuration wants it.
pub fn words(trashed: &Trashed, bin: &Path) -> Toast {
    let name = trashed.from.file_name().unwrap_or_default().to_string_lossy();
    Toast::good(match trashed.to.parent() {
        Some(parent) if parent != bin => format!(
            "{name} is in {}, since {} is on another file system; {UNDO} brings it back",
            parent.display(),
            bin.display()
        ),
        _ => format!("{name} is in the trash; {UNDO} brings it back"),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Past the test harness, which hides what a passing test prints.
    fn skipped(why: &str) {
        let line = format!("skipped: a trash on another file system: {why}\n");
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    }

    #[test]
    fn a_trash_on_another_file_system_is_replaced_by_one_beside_the_runs() {
        let project = tempfile::tempdir().unwrap();
        let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else {
            return skipped("there is no /dev/shm");
        };
        let run = RunFolder::at(project.path().join("runs").join("a"));
        fs::create_dir_all(run.path()).unwrap();
        let News::Trashed(trashed) = trash(&run, elsewhere.path()) else { panic!() };
        let text = words(&trashed, elsewhere.path()).text;
        if trashed.to.starts_with(elsewhere.path()) {
            return skipped("/dev/shm is the file system of the temporary files");
        }
        assert_eq!(trashed.to, project.path().join("runs/.trash/a"));
        assert!(text.contains("another file system"), "{text}");
    }
}
