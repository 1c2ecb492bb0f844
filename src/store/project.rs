//! Which project a run belongs to, also after the project was moved, renamed or copied.

use std::path::{Component, Path, PathBuf};

use super::{Run, RunFolder};
use crate::config::Config;

impl RunFolder {
    /// The project folder of this run. A run that lies in its project has it recorded relative to its
    /// own folder, and so finds it wherever both are. Older runs recorded where it was: where they
    /// do not lie in that project's folder of runs any more, it is the project that they lie in now.
    pub fn project(&self, run: &Run) -> PathBuf {
        if run.root.is_relative() {
            return plain(&self.path().join(&run.root));
        }
        let holds_this = |config: &Config| same(Some(&config.runs), self.path().parent());
        let here = self.path().parent().and_then(|runs| {
            let found = Config::load(runs).ok().filter(holds_this);
            // Without a `config.toml` the folder of runs is below the project under its usual name.
            found.or_else(|| Some(Config::at(runs.parent()?)).filter(holds_this))
        });
        let is_there = Config::load(&run.root).is_ok_and(|config| holds_this(&config));
        match here {
            Some(config) if !is_there => config.root,
            _ => run.root.clone(),
        }
    }

    /// Where a file or folder is now that the run recorded: relative to the project, or in older runs
    /// as a whole path, which may be in the project as it lay then.
    pub fn place(&self, run: &Run, recorded: &Path) -> PathBuf {
        // Only older runs recorded whole paths, and the project as one of them.
        let below = recorded.strip_prefix(&run.root).ok().filter(|_| run.root.is_absolute());
        self.project(run).join(below.unwrap_or(recorded))
    }
}

/// A project folder as a run records it: relative to the run's folder `runs/NAME` where that lies in
/// it, so that both can be moved, else as it is.
pub fn recorded_root(root: &Path, runs: &Path) -> PathBuf {
    match runs.strip_prefix(root) {
        // One that leaves the project again by `..` does not lie in it.
        Ok(below) if below.components().all(|part| matches!(part, Component::Normal(_))) => {
            below.components().map(|_| "..").chain([".."]).collect()
        }
        _ => root.to_owned(),
    }
}

/// Whether two paths lead to the same folder.
fn same(one: Option<&Path>, other: Option<&Path>) -> bool {
    let real = |path: Option<&Path>| path.and_then(|path| path.canonicalize().ok());
    real(one).is_some_and(|one| real(other) == Some(one))
}

/// Without `.` and `..`, which are taken by the names alone: a link to a folder of runs elsewhere
/// leads back to the project that has the link.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_run_in_its_project_records_the_way_there_and_another_one_the_place() {
        let recorded = |runs: &str| recorded_root(Path::new("/p"), Path::new(runs));
        assert_eq!(recorded("/p/runs"), Path::new("../.."));
        assert_eq!(recorded("/p/out/runs"), Path::new("../../.."));
        assert_eq!(recorded("/p"), Path::new(".."));
        assert_eq!(recorded("/big/runs"), Path::new("/p"));
        assert_eq!(recorded("/p/../big/runs"), Path::new("/p"));
        let folder = RunFolder::at("/moved/runs/1");
        let new = Run { root: recorded("/p/runs"), ..Run::default() };
        assert_eq!(folder.project(&new), Path::new("/moved"));
        assert_eq!(folder.place(&new, Path::new("data/fire")), Path::new("/moved/data/fire"));
        assert_eq!(folder.place(&new, Path::new("/photos")), Path::new("/photos"));
        // Two levels above the project, as the way from the run to the project begins too.
        let above = Path::new("../../photos");
        assert_eq!(folder.place(&new, above), Path::new("/moved/../../photos"));
    }

    #[test]
    fn an_older_run_belongs_to_the_project_that_it_lies_in_when_that_was_moved_or_copied() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().canonicalize().unwrap().join(name);
        for project in ["here", "there"] {
            fs::create_dir_all(at(project).join("runs/1")).unwrap();
        }
        let old = Run { root: at("here"), ..Run::default() };
        let images = |run: &str| RunFolder::at(at(run)).place(&old, &at("here/data"));
        assert_eq!(images("here/runs/1"), at("here/data"));
        // The copy of a project works on its own photos, though the original is still there.
        assert_eq!(images("there/runs/1"), at("there/data"));
        fs::remove_dir_all(at("here")).unwrap();
        assert_eq!(images("there/runs/1"), at("there/data"));
        // Its runs may lie on another disk.
        fs::create_dir_all(at("here")).unwrap();
        fs::create_dir_all(at("disk/1")).unwrap();
        let config = format!("runs = {:?}\n", at("disk").to_str().unwrap());
        fs::write(at("here/config.toml"), config).unwrap();
        assert_eq!(images("disk/1"), at("here/data"));
    }
}
