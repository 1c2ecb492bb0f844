//! What is removed by command, with the real binary and real workers: nothing that somebody uses,
//! nothing without a yes, and nothing but what was asked about.

mod common;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::Duration;

use common::terminal::{ENTER, Session};
use common::{PER_CATEGORY, Project, kill, wait_until};
use retrain::config::Config;
use retrain::features::{self, FeatureKey};
use retrain::runner;
use retrain::store::{Queue, RunFolder, State};
use rustix::process::{Pid, Signal, kill_process};
use safetensors::SafeTensors;
use serde_json::Value;

/// Exit code and stderr of a command that does not succeed.
fn complaint(output: Output) -> (Option<i32>, String) {
    assert!(!output.status.success(), "{output:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Makes a run that no worker has had.
fn create(project: &Project) -> RunFolder {
    let config = Config::load(project.path()).unwrap();
    runner::create(&config, &project.path().join("experiments/photos.toml"), &[]).unwrap()
}

fn in_trash(project: &Project, run: &RunFolder) -> PathBuf {
    project.path().join("trash").join(run.id())
}

fn listed(project: &Project, command: &str) -> Vec<Value> {
    serde_json::from_str(&project.ok(&[command, "--json"])).unwrap()
}

fn signal(run: &RunFolder, signal: Signal) {
    kill_process(Pid::from_raw(run.owner().unwrap().pid as i32).unwrap(), signal).unwrap();
}

fn weights(run: &RunFolder) -> Vec<u8> {
    let head = fs::read(run.head()).unwrap();
    SafeTensors::deserialize(&head).unwrap().tensor("weights").unwrap().data().to_vec()
}

#[test]
fn a_run_goes_to_the_trash_and_comes_back_but_not_from_its_worker() {
    let project = Project::new();
    let run = project.start(1_000_000);
    wait_until("it has a worker", || run.has_worker());
    let (code, words) = complaint(project.retrain(&["trash", "last"]));
    assert!(code == Some(2) && words.contains("is running: stop it first"), "{words}");
    kill(&run);
    wait_until("it is lost", || run.summary().unwrap().state == State::Lost);
    let log = fs::read(run.events()).unwrap();

    assert_eq!(project.ok(&["trash", "last"]).trim(), format!("trash/{}", run.id()));
    assert!(!run.path().exists());
    let things = listed(&project, "trash");
    assert_eq!((things.len(), &things[0]["kind"]), (1, &Value::from("run")));
    assert!(project.ok(&["trash"]).contains("total: 1 item"));
    fs::create_dir(run.path()).unwrap();
    let (code, words) = complaint(project.retrain(&["trash", "--restore", "last"]));
    assert!(code == Some(2) && words.contains("exists again"), "{words}");
    fs::remove_dir(run.path()).unwrap();
    assert_eq!(project.ok(&["trash", "--restore", &run.id()]).trim(), format!("runs/{}", run.id()));
    assert_eq!(fs::read(run.events()).unwrap(), log);
}

#[test]
fn a_worker_has_the_name_of_the_program_in_the_list_of_processes() {
    let project = Project::new();
    let run = project.start(1_000_000);
    wait_until("it has a worker", || run.has_worker());
    let process = PathBuf::from(format!("/proc/{}", run.owner().unwrap().pid));
    assert_eq!(fs::read_to_string(process.join("comm")).unwrap(), "retrain\n");
    assert!(fs::read(process.join("cmdline")).unwrap().starts_with(b"retrain\0worker\0"));
    kill(&run);
}

#[test]
fn a_worker_that_starts_while_its_run_is_trashed_has_it_or_finds_it_gone() {
    let project = Project::new();
    let (mut at_work, mut trashed) = (0, 0);
    // Towards the moment at which both are equally fast, from both sides.
    let mut head_start = Duration::from_millis(1);
    for _ in 0..24 {
        let run = create(&project);
        let folder = run.path().to_str().unwrap();
        let mut worker =
            project.command(&["worker", folder]).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(head_start);
        let output = project.retrain(&["trash", &run.id()]);
        if output.status.success() {
            assert!(!worker.wait().unwrap().success());
            assert!(!run.path().exists(), "the worker made its folder again");
            let place = String::from_utf8(output.stdout).unwrap();
            let there = RunFolder::at(project.path().join(place.trim()));
            assert_eq!(there.owner(), None);
            assert_eq!(there.replay().unwrap().started, None);
            trashed += 1;
            head_start = head_start.mul_f64(2.5);
        } else {
            let (_, words) = complaint(output);
            assert!(words.contains("is running"), "{words}");
            wait_until("it is at work", || run.replay().unwrap().started.is_some());
            assert_eq!(listed(&project, "trash").len(), trashed);
            worker.kill().unwrap();
            worker.wait().unwrap();
            at_work += 1;
            head_start /= 2;
        }
    }
    assert!(at_work > 0 && trashed > 0, "{at_work} at work, {trashed} trashed");
}

#[test]
fn who_follows_a_run_that_another_moves_to_the_trash_is_told_so() {
    let project = Project::new();
    project.ok(&["queue", "hold"]);
    let mut follow = project.command(&["run", "experiments/photos.toml"]);
    let follow = follow.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let runs = project.path().join("runs");
    wait_until("it waits", || !Queue::read(&runs).unwrap().waiting.is_empty());
    project.ok(&["trash", "last"]);
    let (code, words) = complaint(follow.wait_with_output().unwrap());
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("was moved or deleted meanwhile"), "{words}");
    assert!(words.trim_end().ends_with("trash' lists what can come back"), "{words}");
}

#[test]
fn a_worker_whose_run_is_gone_says_nothing_about_another_of_its_name() {
    let project = Project::new();
    let run = create(&project);
    let aside = project.path().join("aside");
    // As somebody who moves the run has it.
    let hold = File::create(run.lock()).unwrap();
    hold.lock().unwrap();
    let folder = run.path().to_str().unwrap();
    let mut keeper = project.command(&["worker", folder]).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the worker waits for the lock", || {
        fs::read_dir(format!("/proc/{}/fd", child_of(&keeper)))
            .is_ok_and(|files| files.flatten().any(|file| leads_to(&file.path(), &run.lock())))
    });
    fs::rename(run.path(), &aside).unwrap();
    let another = create(&project);
    fs::rename(another.path(), run.path()).unwrap();
    let log = fs::read(run.events()).unwrap();
    drop(hold);
    assert!(!keeper.wait().unwrap().success());
    assert_eq!(fs::read(run.events()).unwrap(), log);
    assert_eq!(run.summary().unwrap().state, State::Created);
    assert_eq!(RunFolder::at(aside).summary().unwrap().state, State::Created);
}

/// The only child of a process; 0 while it has none.
fn child_of(process: &Child) -> u32 {
    let children = format!("/proc/{0}/task/{0}/children", process.id());
    fs::read_to_string(children).unwrap().trim().parse().unwrap_or(0)
}

fn leads_to(link: &Path, file: &Path) -> bool {
    fs::read_link(link).is_ok_and(|there| there == fs::canonicalize(file).unwrap())
}

#[test]
fn the_trash_is_emptied_only_after_a_yes_and_nothing_outside_it_goes() {
    let project = Project::new();
    let run = create(&project);
    symlink(project.path().join("photos"), run.path().join("photos")).unwrap();
    fs::write(run.path().join("large"), vec![0; 100_000]).unwrap();
    project.ok(&["trash", "last"]);
    fs::write(project.path().join("trash/notes.txt"), "mine").unwrap();
    let bytes = listed(&project, "trash")
        .iter()
        .find(|thing| thing["kind"] == "run")
        .map(|thing| thing["bytes"].as_u64().unwrap())
        .unwrap();
    assert!(bytes > 100_000);

    let (code, words) = complaint(project.retrain(&["trash", "--empty"]));
    assert!(code == Some(2) && words.contains("add --yes"), "{words}");
    for answer in ["no", "y", ""] {
        let mut session = Session::run(&project, &["trash", "--empty"]);
        session.wait_for("type 'yes' to delete for good:");
        assert!(session.shows("1 run and 0 experiments"), "{}", session.text());
        session.press_for(&format!("{answer}{ENTER}"), "nothing was deleted");
        session.ends_cleanly();
        assert!(in_trash(&project, &run).join("large").exists());
    }
    let mut session = Session::run(&project, &["trash", "--empty"]);
    session.wait_for("type 'yes' to delete for good:");
    session.press_for(&format!("yes{ENTER}"), "1 item deleted");
    let exact = format!("{},{:03} bytes", bytes / 1000, bytes % 1000);
    assert!(session.shows(&exact), "{exact} in\n{}", session.text());
    session.ends_cleanly();
    let left: Vec<_> = fs::read_dir(project.path().join("trash")).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(fs::read_dir(project.path().join("photos/fire")).unwrap().count(), PER_CATEGORY);
}

#[test]
fn a_trashed_run_whose_worker_lives_is_left_and_named() {
    let project = Project::new();
    let (run, other) = (project.start(1_000_000), create(&project));
    wait_until("it has a worker", || run.has_worker());
    project.ok(&["trash", &other.id()]);
    // By hand, which no lock can hinder. A worker that goes on would soon miss its folder and end.
    signal(&run, Signal::STOP);
    fs::rename(run.path(), in_trash(&project, &run)).unwrap();
    let output = project.retrain(&["trash", "--empty", "--yes"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 item deleted"), "{output:?}");
    let (code, words) = complaint(output);
    assert!(code == Some(1) && words.contains("still works on it"), "{words}");
    assert!(in_trash(&project, &run).join("events.jsonl").exists());
    assert!(!in_trash(&project, &other).exists());
    project.ok(&["trash", "--restore", &run.id()]);
    signal(&run, Signal::KILL);
}

#[test]
fn features_in_use_are_left_and_pruned_ones_are_made_again_with_the_same_result() {
    let project = Project::new();
    // A cache of its own.
    project.write("config.toml", "");
    let cache = project.path().join("cache");
    let only = || -> Option<FeatureKey> { features::survey(&cache).unwrap().pop() };
    let run = project.start(40);
    wait_until("the worker uses the cache", || only().is_some_and(|key| !key.users.is_empty()));
    signal(&run, Signal::STOP);
    let key = only().unwrap().name;
    let (code, words) = complaint(project.retrain(&["cache", "--prune", &key[..16], "--yes"]));
    assert!(code == Some(1) && words.contains("in use by process"), "{words}");
    let users = only().unwrap().users;
    assert_eq!(users.len(), 1, "the worker's own file is there still");
    signal(&run, Signal::CONT);
    wait_until("it is done", || run.summary().unwrap().state == State::Done && !run.has_worker());
    let features = 3 * PER_CATEGORY;
    let keys = listed(&project, "cache");
    assert_eq!(keys[0]["features"], features);
    assert_eq!((&keys[0]["runs"], &keys[0]["users"]), (&Value::from(1), &Value::Array(vec![])));

    let nothing = project.retrain(&["cache", "--prune"]);
    assert!(nothing.status.success(), "{nothing:?}");
    let (code, words) = complaint(project.retrain(&["cache", "--prune", &key]));
    assert!(code == Some(2) && words.contains("may be shared"), "{words}");
    assert_eq!(only().unwrap().features, features);
    let bytes = only().unwrap().bytes();
    let freed = project.ok(&["cache", "--prune", &key, "--yes"]);
    assert!(freed.contains(&format!("{},{:03} bytes", bytes / 1000, bytes % 1000)), "{freed}");
    assert!(only().is_none());

    project.ok(&["run", "experiments/photos.toml"]);
    let again = project.find("last");
    assert_ne!(again, run);
    assert_eq!(fs::read(again.scores()).unwrap(), fs::read(run.scores()).unwrap());
    assert!(weights(&again) == weights(&run), "the heads differ");

    // No run uses them any more.
    project.ok(&["trash", &run.id(), &again.id()]);
    let mut session = Session::run(&project, &["cache", "--prune"]);
    session.wait_for("type 'yes' to delete for good:");
    session.press_for(&format!("no{ENTER}"), "nothing was deleted");
    session.ends_cleanly();
    assert_eq!(only().unwrap().features, features);
    project.ok(&["cache", "--prune", "--yes"]);
    assert!(only().is_none());
}

#[test]
fn features_that_are_cut_end_the_worker_and_its_run_goes_on_from_the_checkpoint() {
    let project = Project::without_experiments();
    // A cache of its own, and features that are quick to make.
    project.write("config.toml", "");
    project.experiment("photos", "[network]\ntaps = [\"Conv2d_1a_3x3\"]");
    let run = project.start(10_000_000);
    let step = || run.replay().unwrap().step();
    wait_until("there is a checkpoint", || step() > 100 && run.checkpoint().exists());
    for shard in fs::read_dir(project.path().join("cache")).unwrap().flatten() {
        let files = fs::read_dir(shard.path()).unwrap().flatten().map(|file| file.path());
        for file in files.filter(|file| file.extension().is_some_and(|end| end == "safetensors")) {
            File::options().write(true).open(file).unwrap().set_len(0).unwrap();
        }
    }
    wait_until("it has ended", || run.summary().unwrap().state == State::Failed);
    let error = run.summary().unwrap().error.unwrap();
    assert!(error.contains("SIGBUS") && error.contains("retrain resume"), "{error}");
    let before = step();
    project.ok(&["resume", &run.id(), "--detach"]);
    wait_until("it goes on", || step() > before + 100);
    let gone_on = run.replay().unwrap();
    assert!(gone_on.warnings.iter().any(|said| said.contains("no whole shard")), "it is not said");
    assert_eq!(gone_on.features.unwrap().from_cache, 0);
    project.ok(&["cancel", &run.id()]);
}

#[test]
fn a_killed_worker_holds_no_features() {
    let project = Project::new();
    project.write("config.toml", "");
    let cache = project.path().join("cache");
    let only = || features::survey(&cache).unwrap().pop();
    let run = project.start(40);
    wait_until("the worker uses the cache", || only().is_some_and(|key| !key.users.is_empty()));
    kill(&run);
    wait_until("it is lost", || run.summary().unwrap().state == State::Lost);
    assert!(!only().unwrap().leftovers.is_empty());
    assert!(project.ok(&["cache"]).contains("leftover"));
    project.ok(&["cache", "--prune", "--yes"]);
    assert!(only().is_none_or(|key| key.leftovers.is_empty()));
    project.ok(&["resume", &run.id()]);
}
