//! Runs and experiment files go to the trash and come back; nothing is deleted.

use std::fs;
use std::io;
use std::path::Path;

use super::news::{News, Toast, Trashed};
use crate::store::RunFolder;

/// Moves a run to the folder `bin`. Where that is on another file system, to `.trash` beside the
/// run: only a rename keeps the folder whole whatever happens meanwhile. Never a run with a worker.
pub fn trash(run: &RunFolder, bin: &Path) -> News {
    match move_to_trash(run, bin) {
        Ok(trashed) => News::Trashed(trashed),
        Err(error) => News::Said(Toast::error(error)),
    }
}

fn move_to_trash(run: &RunFolder, bin: &Path) -> Result<Trashed, String> {
    if run.has_worker() {
        return Err(format!("{} is running: stop it first", run.id()));
    }
    move_to_bin(run.path(), bin)
}

/// Moves a file or folder to `bin`, or where that is on another file system to `.trash` beside it.
pub fn move_to_bin(from: &Path, bin: &Path) -> Result<Trashed, String> {
    let beside = from.parent().unwrap_or(Path::new(".")).join(".trash");
    let moved = match move_into(from, bin) {
        Err(err) if err.kind() == io::ErrorKind::CrossesDevices => move_into(from, &beside),
        moved => moved,
    };
    moved.map_err(|err| format!("cannot move {} to the trash: {err}", from.display()))
}

fn move_into(from: &Path, bin: &Path) -> io::Result<Trashed> {
    fs::create_dir_all(bin)?;
    let name = from.file_name().unwrap_or_default();
    let numbered = (2..).map(|number| {
        let mut name = name.to_owned();
        name.push(format!("-{number}"));
        name
    });
    let names = std::iter::once(name.to_owned()).chain(numbered);
    let to = names.map(|name| bin.join(name)).find(|to| !to.exists()).expect("numbers go on");
    fs::rename(from, &to)?;
    Ok(Trashed { from: from.to_owned(), to })
}

pub fn restore(trashed: Trashed) -> News {
    let from = trashed.from.display();
    if trashed.from.exists() {
        return News::Said(Toast::error(format!("{from} exists again: it stays in the trash")));
    }
    match fs::rename(&trashed.to, &trashed.from) {
        Ok(()) => News::Restored(trashed),
        Err(err) => News::Said(Toast::error(format!("cannot bring back {from}: {err}"))),
    }
}

/// Where a folder went, and why it is not where the configuration wants it.
pub fn words(trashed: &Trashed, bin: &Path) -> Toast {
    let name = trashed.from.file_name().unwrap_or_default().to_string_lossy();
    Toast::good(match trashed.to.parent() {
        Some(parent) if parent != bin => format!(
            "{name} is in {}, since {} is on another file system; z brings it back",
            parent.display(),
            bin.display()
        ),
        _ => format!("{name} is in the trash; z brings it back"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Lease;

    #[test]
    fn a_trashed_run_comes_back_whole_and_never_over_another() {
        let project = tempfile::tempdir().unwrap();
        let (runs, bin) = (project.path().join("runs"), project.path().join("trash"));
        let run = RunFolder::at(runs.join("a"));
        let make = |text: &str| {
            fs::create_dir_all(run.path()).unwrap();
            fs::write(run.path().join("x"), text).unwrap();
        };
        make("first");
        let News::Trashed(first) = trash(&run, &bin) else { panic!() };
        make("second");
        let News::Trashed(second) = trash(&run, &bin) else { panic!() };
        assert_ne!(first.to, second.to);
        assert!(crate::store::list(&runs).unwrap().is_empty());
        let News::Restored(_) = restore(first.clone()) else { panic!() };
        assert_eq!(fs::read_to_string(run.path().join("x")).unwrap(), "first");
        let News::Said(toast) = restore(second.clone()) else { panic!() };
        assert!(toast.is_error && toast.text.contains("exists again"), "{toast:?}");
    }

    #[test]
    fn a_trash_on_another_file_system_is_replaced_by_one_beside_the_runs() {
        let project = tempfile::tempdir().unwrap();
        let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else {
            return eprintln!("skipped: there is no /dev/shm");
        };
        let run = RunFolder::at(project.path().join("runs").join("a"));
        fs::create_dir_all(run.path()).unwrap();
        let News::Trashed(trashed) = trash(&run, elsewhere.path()) else { panic!() };
        let text = words(&trashed, elsewhere.path()).text;
        if trashed.to.starts_with(elsewhere.path()) {
            return eprintln!("skipped: /dev/shm is the file system of the temporary files");
        }
        assert_eq!(trashed.to, project.path().join("runs/.trash/a"));
        assert!(text.contains("another file system"), "{text}");
    }

    #[test]
    fn a_run_with_a_worker_is_never_trashed() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::at(runs.path().join("a"));
        fs::create_dir(run.path()).unwrap();
        let _lease = Lease::take(&run.lock()).unwrap();
        let News::Said(toast) = trash(&run, &runs.path().join("trash")) else { panic!() };
        assert!(toast.text.contains("stop it first"), "{toast:?}");
        assert!(run.path().exists());
    }
}
