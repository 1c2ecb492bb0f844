//! A project that is cheap enough to be made for every fault, and what must hold after each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use retrain::store::{self, End, Points, RunFolder, State};
use rustix::io::Errno;
use safetensors::SafeTensors;
use tempfile::TempDir;

use crate::common::{BINARY, Project, wait_until};

/// Photos, a cache that lacks the feature of one of them, and the run that nothing disturbed.
pub struct Prepared {
    project: Project,
    cache: PathBuf,
    pub undisturbed: Outcome,
}

pub static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    let project = Project::new();
    let config = fs::read_to_string(project.path().join("config.toml")).unwrap();
    project.ok(&["run", "experiments/photos.toml"]);
    let undisturbed = Outcome::of(&project.find("last"));
    // Kept from one run of the tests to the next, as that of all photos is.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("features-but-one");
    project.write("config.toml", &format!("cache = {cache:?}\n"));
    let (photo, away) = (project.path().join("photos/misc/7.png"), project.path().join("7.png"));
    fs::rename(&photo, &away).unwrap();
    project.ok(&["run", "experiments/photos.toml"]);
    fs::rename(&away, &photo).unwrap();
    project.write("config.toml", &config);
    Prepared { project, cache, undisturbed }
});

/// What a run comes to, as far as it is the same for every run of the same question.
#[derive(PartialEq)]
pub struct Outcome {
    points: Points,
    end: Option<End>,
    files: Vec<Vec<u8>>,
    head: Vec<Vec<u8>>,
}

impl Outcome {
    pub fn of(folder: &RunFolder) -> Outcome {
        let end = folder.replay().unwrap().end;
        assert!(matches!(end, Some(End::Finished { .. })), "{end:?}");
        let bytes = fs::read(folder.head()).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensor = |name| file.tensor(name).unwrap().data().to_vec();
        Outcome {
            points: folder.points().unwrap(),
            end,
            files: [folder.scores(), folder.labels(), folder.photos(), folder.skipped()]
                .map(|path| fs::read(path).unwrap())
                .to_vec(),
            head: ["weights", "bias"].map(tensor).to_vec(),
        }
    }
}

/// The features that are there when a trial begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Features {
    /// In the cache of all tests: nothing is computed, which is quick.
    All,
    /// In the trial's own folder `cache`.
    AllButOne,
}

/// A project of its own with the photos of [`PREPARED`].
pub struct Trial {
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

/// What makes calls fail: the library, and the environment that tells it how.
#[derive(Clone, Copy, Debug)]
pub struct Fault<'a> {
    pub shim: &'a Path,
    pub role: &'a str,
    /// Below the project.
    pub folder: &'a str,
    pub mode: &'a str,
    pub nth: usize,
    pub errno: Errno,
}

impl Trial {
    pub fn new(features: Features) -> Trial {
        let temporary = tempfile::tempdir().unwrap();
        let trial = Trial::at(&temporary.path().join("project"), features);
        Trial { _temporary: Some(temporary), ..trial }
    }

    pub fn at(folder: &Path, features: Features) -> Trial {
        let from = PREPARED.project.path();
        fs::create_dir_all(folder.join("experiments")).unwrap();
        let written = fs::read_to_string(from.join("experiments/photos.toml")).unwrap();
        let photos = format!("images = {:?}", from.join("photos"));
        let written = written.replace("images = \"photos\"", &photos);
        fs::write(folder.join("experiments/photos.toml"), written).unwrap();
        fs::copy(from.join("config.toml"), folder.join("config.toml")).unwrap();
        if features == Features::AllButOne {
            fs::write(folder.join("config.toml"), "cache = \"cache\"\n").unwrap();
            copy_cache(&folder.join("cache"));
        }
        Trial { folder: folder.to_owned(), _temporary: None }
    }

    pub fn path(&self) -> &Path {
        &self.folder
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(&self.folder);
        command
    }

    pub fn run(&self) -> Output {
        self.command(&["run", "experiments/photos.toml"]).output().unwrap()
    }

    fn report(&self) -> PathBuf {
        self.folder.with_extension("report")
    }

    /// Runs with a fault. Gives what came of it, and the calls that were counted or failed.
    pub fn run_with(&self, fault: &Fault) -> (Output, Vec<String>) {
        let output = self
            .command(&["run", "experiments/photos.toml"])
            .env("LD_PRELOAD", fault.shim)
            .env("FAULT_ROLE", fault.role)
            .env("FAULT_MODE", fault.mode)
            .env("FAULT_NTH", fault.nth.to_string())
            .env("FAULT_ERRNO", fault.errno.raw_os_error().to_string())
            .env("FAULT_FOLDER", self.folder.join(fault.folder))
            .env("FAULT_REPORT", self.report())
            .output()
            .unwrap();
        let calls = fs::read_to_string(self.report()).unwrap_or_default();
        (output, calls.lines().map(str::to_owned).collect())
    }

    /// The run, when one was made.
    pub fn last(&self) -> Option<RunFolder> {
        store::find(&self.path().join("runs"), "last").ok()
    }

    /// The cause is gone: the run goes on to what the undisturbed one came to, and what it had
    /// reported is still there.
    pub fn resumes(&self, context: &str) {
        let Some(folder) = self.last() else {
            let output = self.run();
            assert!(output.status.success(), "{context}: {output:?}");
            return self.is_whole(context);
        };
        let reported = whole_lines(&folder);
        let output = self.command(&["resume", &folder.id()]).output().unwrap();
        assert!(output.status.success(), "{context}: {output:?}");
        assert!(whole_lines(&folder).starts_with(&reported), "{context}: reports were lost");
        self.is_whole(context);
    }

    /// The run is done, as the undisturbed one, and tells so; next to nothing else is left.
    pub fn is_whole(&self, context: &str) {
        let folder = self.last().unwrap();
        // The summary follows the log's last word.
        wait_until(context, || folder.summary().unwrap().state == State::Done);
        assert!(Outcome::of(&folder) == PREPARED.undisturbed, "{context}: another result");
        // The end of its keeper may be writing the queue just now.
        let left = || temporary_files(&self.folder);
        wait_until(&format!("{context}: what was left behind goes: {:?}", left()), || {
            left().len() <= 1
        });
    }
}

/// The log up to its last line end. Every line of it can be read.
fn whole_lines(folder: &RunFolder) -> Vec<u8> {
    folder.replay().unwrap();
    let mut bytes = fs::read(folder.events()).unwrap();
    bytes.truncate(bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1));
    bytes
}

fn temporary_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(temporary_files(&path));
        }
        if path.extension().is_some_and(|ending| ending == "tmp" || ending == "new") {
            found.push(path);
        }
    }
    found
}

fn copy_cache(to: &Path) {
    for entry in fs::read_dir(&PREPARED.cache).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        fs::create_dir_all(&to).unwrap();
        for shard in fs::read_dir(entry.path()).unwrap() {
            let shard = shard.unwrap();
            fs::copy(shard.path(), to.join(shard.file_name())).unwrap();
        }
    }
}
