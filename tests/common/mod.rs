//! What the tests of the real binary share: a project to work in, and patience.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod compare;
pub mod ssh;
pub mod terminal;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use retrain::demo;
use retrain::store::{self, Run, RunFolder};
use rustix::process::{Pid, Signal, kill_process};

pub const BINARY: &str = env!("CARGO_BIN_EXE_retrain");

pub const PER_CATEGORY: usize = 8;

/// Longer than anything takes on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// A project folder with a few small photos of the demo's categories. Its end is the end of all
/// workers in it.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// With the experiment `photos`.
    pub fn new() -> Project {
        let project = Project::without_experiments();
        project.experiment("photos", "");
        project
    }

    /// As a new user begins.
    pub fn without_experiments() -> Project {
        let project = Project { folder: tempfile::tempdir().unwrap() };
        for (category, name) in demo::CATEGORIES.into_iter().enumerate() {
            let folder = project.path().join("photos").join(name);
            fs::create_dir_all(&folder).unwrap();
            for index in 0..PER_CATEGORY {
                demo::draw(category, index).save(folder.join(format!("{index}.png"))).unwrap();
            }
        }
        // One cache for all these projects and all runs of the tests: the photos are the same.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("features");
        let config = format!("cache = {:?}\n", cache.to_str().unwrap());
        fs::write(project.path().join("config.toml"), config).unwrap();
        project
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn experiment(&self, name: &str, more: &str) {
        let text = format!(
            "images = \"photos\"\niterations = 40\n{more}\n[split]\nby = \"seed\"\n\
             validation_percent = 25\ntest_percent = 25\n"
        );
        self.write(&format!("experiments/{name}.toml"), &text);
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command
    }

    pub fn retrain(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs to success and gives stdout.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.retrain(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts a run of `photos` that nobody follows.
    pub fn start(&self, iterations: usize) -> RunFolder {
        let iterations = format!("iterations={iterations}");
        let id = self.ok(&["run", "experiments/photos.toml", "--detach", "--set", &iterations]);
        self.find(id.trim())
    }

    pub fn find(&self, run: &str) -> RunFolder {
        store::find(&self.path().join("runs"), run).unwrap()
    }

    pub fn last(&self) -> (RunFolder, Run) {
        let folder = self.find("last");
        let run = folder.replay().unwrap();
        (folder, run)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let Ok(runs) = fs::read_dir(self.path().join("runs")) else { return };
        for run in runs.flatten().map(|entry| RunFolder::at(entry.path())) {
            if run.has_worker()
                && let Some(owner) = run.owner()
                && let Some(worker) = Pid::from_raw(owner.pid as i32)
            {
                // It may have ended just now.
                let _ = kill_process(worker, Signal::KILL);
            }
        }
    }
}

pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
