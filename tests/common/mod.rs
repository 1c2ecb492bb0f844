//! What the tests of the real binary share: a project to work in, and patience.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod compare;
pub mod machine;
pub mod skip;
pub mod ssh;
pub mod terminal;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use retrain::demo;
use retrain::store::{self, Queue, QueueError, Run, RunFolder};
use rustix::process::{Pid, Signal, getpgid, kill_process_group};

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
        let runs = self.path().join("runs");
        if runs.exists() {
            // The end of one worker must not be the start of another.
            let emptied = Queue::change(&runs, |queue| {
                queue.waiting.clear();
                Ok::<_, QueueError>(())
            });
            drop(emptied);
        }
        let Ok(runs) = fs::read_dir(runs) else { return };
        for run in runs.flatten().map(|entry| RunFolder::at(entry.path())) {
            if run.has_worker()
                && let Some(owner) = run.owner()
                // The number of a process on a pretended machine is another's here.
                && owner.is_here()
                && let Some(worker) = Pid::from_raw(owner.pid as i32)
            {
                // With its keeper; they may have ended just now.
                let _ =
                    getpgid(Some(worker)).and_then(|both| kill_process_group(both, Signal::KILL));
            }
        }
    }
}

/// Starts a worker for a run, whatever the queue says, and gives the process that keeps it.
pub fn start_worker(run: &RunFolder, iterations: Option<usize>) -> Child {
    let iterations = iterations.map(|iterations| format!("--iterations={iterations}"));
    let mut command = Command::new(BINARY);
    command.arg("worker").arg(run.path()).args(iterations).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills the worker of a run and the process that keeps it: nobody is left to say a word.
pub fn kill(run: &RunFolder) {
    let both = getpgid(Some(worker(run))).unwrap();
    kill_process_group(both, Signal::KILL).unwrap();
}

/// The process that works on a run.
pub fn worker(run: &RunFolder) -> Pid {
    Pid::from_raw(run.owner().unwrap().pid as i32).unwrap()
}

pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
