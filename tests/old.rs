//! Projects of earlier versions keep working: their runs open and resume, their heads predict, their
//! features are not computed again.

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use retrain::store::{self, Points, Run};

/// A copy of `tests/old` that may be changed.
struct OldProject(tempfile::TempDir);

/// What stands in the logs for the project's folder.
const FORMER_FOLDER: &str = "/home/ada/project";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &copied),
            false => match fs::copy(&path, &copied) {
                // What the keeper of a run that is over takes away.
                Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            },
        }
    }
}

impl OldProject {
    fn new() -> OldProject {
        let project = OldProject::moved();
        let here = project.0.path().to_str().unwrap();
        for run in fs::read_dir(project.0.path().join("runs")).unwrap() {
            let log = run.unwrap().path().join("events.jsonl");
            if let Ok(text) = fs::read_to_string(&log) {
                fs::write(&log, text.replace(FORMER_FOLDER, here)).unwrap();
            }
        }
        project.age();
        project
    }

    /// Makes the copy as old as what it is a copy of: a file that was written just now is taken for
    /// the heartbeat of a worker, which may live on a machine of the same name.
    fn age(&self) {
        let long_ago = SystemTime::now() - Duration::from_secs(24 * 3600);
        for run in fs::read_dir(self.0.path().join("runs")).unwrap() {
            let Ok(files) = fs::read_dir(run.unwrap().path()) else { continue };
            for file in files {
                let file = File::options().write(true).open(file.unwrap().path()).unwrap();
                file.set_modified(long_ago).unwrap();
            }
        }
    }

    /// Its runs say that they lie elsewhere.
    fn moved() -> OldProject {
        let folder = tempfile::tempdir().unwrap();
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old");
        copy(&kept, folder.path());
        let project = OldProject(folder);
        project.age();
        project
    }

    fn retrain(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(common::BINARY);
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.output().unwrap()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.retrain(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn run(&self, name: &str) -> Run {
        store::find(&self.0.path().join("runs"), name).unwrap().replay().unwrap()
    }

    fn points(&self, name: &str) -> Points {
        store::find(&self.0.path().join("runs"), name).unwrap().points().unwrap()
    }
}

const PLAIN: &str = "20261129-104148-plain";
const FULL: &str = "20261129-104149-full";
const PAUSED: &str = "20261129-104155-plain";
const LOST: &str = "20261129-104156-plain";

#[test]
fn runs_of_earlier_versions_are_listed_and_shown() {
    let project = OldProject::new();
    let list = project.ok(&["list"]);
    for (run, state) in [(PLAIN, "done"), (FULL, "done"), (PAUSED, "paused"), (LOST, "lost")] {
        let line = list.lines().find(|line| line.starts_with(run)).unwrap();
        assert!(line.split_whitespace().nth(1) == Some(state), "{line}");
        assert!(project.ok(&["show", run]).contains("Mixed_"), "{run}");
    }
    // Under the key of today.
    let shown = project.ok(&["show", FULL]);
    assert!(shown.contains("network.inception_v3.last_pool = \"max\""), "{shown}");
    let scores = project.ok(&["scores", FULL, "--json"]);
    let scores: serde_json::Value = serde_json::from_str(&scores).unwrap();
    assert_eq!(scores.as_array().unwrap().len(), 12, "every photo of two categories");
}

#[test]
fn runs_are_listed_that_pass_a_filter_and_a_mistake_in_it_ends_with_2() {
    let project = OldProject::new();
    let listed = |filter: &str| {
        let list = project.ok(&["list", "--json", "--filter", filter]);
        let list: serde_json::Value = serde_json::from_str(&list).unwrap();
        let runs = list.as_array().unwrap().iter();
        runs.map(|run| run["run"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("accuracy>70% train.seed=0"), [PLAIN, FULL]);
    // Under the key of today; the states are those of the table.
    assert_eq!(listed("last_pool=max OR (state=lost seed=9)"), [FULL, LOST]);
    assert_eq!(listed("NOT has:accuracy -state=lost"), [PAUSED]);
    let none = project.retrain(&["list", "--filter", "accuracy<10%"]);
    assert!(none.status.success() && none.stdout.is_empty(), "{none:?}");
    let said = String::from_utf8(none.stderr).unwrap();
    assert_eq!(said, "no run of 4 passes the filter\n");
    let wrong = project.retrain(&["list", "--filter", "plain acuracy>70%"]);
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8(wrong.stderr).unwrap();
    let expected = "column 7: no key 'acuracy': did you mean accuracy?";
    assert!(said.contains(expected) && said.contains("--filter"), "{said}");
}

#[test]
fn heads_of_earlier_versions_predict_the_same_scores() {
    let project = OldProject::new();
    for run in [PLAIN, FULL] {
        let recorded = project.0.path().join(format!("predicted/{run}.json"));
        let recorded: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(recorded).unwrap()).unwrap();
        let recorded = recorded.as_array().unwrap();
        let files: Vec<&str> =
            recorded.iter().map(|photo| photo["file"].as_str().unwrap()).collect();
        let scored = project.ok(&[&["predict", run, "--json"], &files[..]].concat());
        let scored: serde_json::Value = serde_json::from_str(&scored).unwrap();
        for (was, is) in recorded.iter().zip(scored.as_array().unwrap()) {
            assert_eq!(was["predicted"], is["predicted"]);
            for (category, score) in was["scores"].as_object().unwrap() {
                // Other processors may differ in the last digits of f32, and are given the room.
                let difference =
                    (score.as_f64().unwrap() - is["scores"][category].as_f64().unwrap()).abs();
                assert!(difference < 1e-3, "{run} {was} {is}");
            }
        }
    }
}

#[test]
fn paused_and_lost_runs_of_earlier_versions_go_on_without_new_features() {
    let project = OldProject::new();
    for (run, done, iterations) in [(PAUSED, 1146, 1200), (LOST, 2463, 2500)] {
        assert_eq!(project.points(run).steps.len(), done);
        project.ok(&["resume", run, "--iterations", &iterations.to_string()]);
        let resumed = project.run(run);
        assert_eq!(project.points(run).steps.len(), iterations, "{run}");
        let features = resumed.features.unwrap();
        assert_eq!((features.done, features.from_cache), (18, 18), "{run}");
    }
}

#[test]
fn a_run_of_an_earlier_version_goes_on_after_its_project_was_moved() {
    let project = OldProject::moved();
    project.ok(&["resume", PAUSED, "--iterations", "1200"]);
    let resumed = project.run(PAUSED);
    assert_eq!(project.points(PAUSED).steps.len(), 1200);
    let features = resumed.features.unwrap();
    assert_eq!((features.done, features.from_cache), (18, 18), "the cache is the project's own");
}

#[test]
fn a_copy_of_a_project_works_with_its_own_photos_and_cache_and_so_does_a_moved_one() {
    let project = OldProject::new();
    project.ok(&["run", "experiments/plain.toml", "--set", "iterations=40"]);
    let outside = tempfile::tempdir().unwrap();
    let other = outside.path().join("copied");
    copy(project.0.path(), &other);
    let again = |folder: &Path, iterations: usize| {
        let mut command = Command::new(common::BINARY);
        command.args(["resume", "last", "--iterations", &iterations.to_string()]);
        let output = command.current_dir(folder).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let run = store::find(&folder.join("runs"), "last").unwrap();
        let state = run.replay().unwrap();
        assert_eq!(run.project(&state), folder);
        assert_eq!(run.place(&state, &state.images), folder.join("photos"));
        assert_eq!(state.step(), iterations);
    };
    // The original has lost its photos: whatever the copy needs it has itself.
    fs::remove_dir_all(project.0.path().join("photos")).unwrap();
    fs::remove_dir_all(project.0.path().join("cache")).unwrap();
    again(&other, 60);
    let moved = outside.path().join("moved and renamed");
    fs::rename(&other, &moved).unwrap();
    again(&moved, 80);
}

#[test]
fn a_head_finds_weights_that_moved_with_its_project() {
    let project = OldProject::new();
    let weights = "assets/inception_v3-nsfwjs.u8.safetensors";
    fs::create_dir(project.0.path().join("weights")).unwrap();
    let own = project.0.path().join("weights/own.safetensors");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(weights), own).unwrap();
    let file = "network.weights=weights/own.safetensors";
    project.ok(&["run", "experiments/plain.toml", "--set", "iterations=20", "--set", file]);
    let outside = tempfile::tempdir().unwrap();
    let moved = outside.path().join("moved");
    copy(project.0.path(), &moved);
    drop(project);
    let mut command = Command::new(common::BINARY);
    command.args(["predict", "last", "photos/bars/0.jpg"]).current_dir(&moved);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
