//! Runs take turns, with the real binary: nothing that somebody would have to keep open starts the
//! next, and what ended a worker is said.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use common::{BINARY, Project, kill, wait_until, worker};
use retrain::store::{Event, Queue, RunFolder, State, Stop};
use rustix::process::{Pid, Signal, getpgid, kill_process};

const RUN: [&str; 3] = ["run", "experiments/photos.toml", "--detach"];

/// Until it is stopped.
const ENDLESS: [&str; 2] = ["--set", "iterations=10000000"];

fn start(project: &Project, more: &[&str]) -> RunFolder {
    project.find(project.ok(&[&RUN[..], more].concat()).trim())
}

fn state(run: &RunFolder) -> State {
    let mut summary = run.summary().unwrap();
    Queue::read(run.path().parent().unwrap()).unwrap().mark(run, &mut summary);
    summary.state
}

fn becomes(run: &RunFolder, expected: State) {
    wait_until("it has its state", || state(run) == expected);
}

fn trains(run: &RunFolder) {
    wait_until("it trains", || run.replay().unwrap().step() > 10);
}

fn waiting(project: &Project) -> Vec<String> {
    let queue = Queue::read(&project.path().join("runs")).unwrap();
    queue.waiting.into_iter().map(|waiting| waiting.run).collect()
}

fn error(run: &RunFolder) -> String {
    run.summary().unwrap().error.unwrap_or_default()
}

/// When the worker of a run began and when the run ended.
fn times(run: &RunFolder) -> (i64, i64) {
    let records = run.tail().poll().unwrap();
    let began = records.iter().find(|record| matches!(record.event, Event::Started { .. }));
    let ended = records.iter().rfind(|record| matches!(record.event, Event::Finished { .. }));
    (began.unwrap().at.as_millisecond(), ended.unwrap().at.as_millisecond())
}

fn one_at_work_and_one_waiting() -> (Project, RunFolder, RunFolder) {
    let project = Project::new();
    let first = start(&project, &ENDLESS);
    trains(&first);
    let next = start(&project, &[]);
    (project, first, next)
}

#[test]
fn runs_of_one_machine_take_turns_in_the_order_of_the_queue() {
    let project = Project::new();
    let first = start(&project, &ENDLESS);
    trains(&first);
    let [a, b, c] = ["1", "2", "3"].map(|seed| {
        start(&project, &["--set", &format!("train.seed={seed}"), "--set", "iterations=30"])
    });
    assert_eq!([&a, &b, &c].map(state), [State::Queued; 3]);
    assert!(project.ok(&["list"]).contains("queued"));
    let shown = project.ok(&["queue", "move", &c.id(), "1"]);
    assert_eq!(waiting(&project), [c.id(), a.id(), b.id()]);
    assert!(shown.contains(&format!("1  {}", c.id())), "{shown}");
    project.ok(&["queue", "remove", &a.id()]);
    let again = project.retrain(&["queue", "remove", &a.id()]);
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    assert_eq!(state(&a), State::Created);

    first.request_stop(Stop::Keep).unwrap();
    becomes(&first, State::Stopped);
    becomes(&b, State::Done);
    becomes(&c, State::Done);
    assert!(times(&first).1 <= times(&c).0 && times(&c).1 <= times(&b).0, "one at a time");
    assert_eq!(state(&a), State::Created, "it was taken off");
    project.ok(&["resume", &a.id()]);
    assert_eq!(state(&a), State::Done);
}

#[test]
fn a_run_that_waits_is_followed_and_ctrl_c_takes_it_off_the_queue() {
    let project = Project::new();
    let first = start(&project, &ENDLESS);
    trains(&first);
    let mut command = project.command(&["run", "experiments/photos.toml"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("it waits", || waiting(&project).len() == 1);
    // Its handler is in place before it says where the run waits.
    let run = project.find(&waiting(&project)[0]);
    std::thread::sleep(std::time::Duration::from_millis(500));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("the next to start") && said.contains("off the queue"), "{said}");
    assert_eq!(state(&run), State::Created);
    assert!(waiting(&project).is_empty());
    // The same run again, followed to its result.
    let mut command = project.command(&["resume", &run.id()]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("it waits", || waiting(&project).len() == 1);
    project.ok(&["queue", "hold"]);
    first.request_stop(Stop::Cancel).unwrap();
    becomes(&first, State::Cancelled);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(state(&run), State::Queued, "a held queue starts nothing");
    project.ok(&["queue", "release"]);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Final test accuracy"));
}

#[test]
fn several_experiments_are_all_checked_then_run_one_after_the_other() {
    let project = Project::new();
    project.experiment("other", "");
    project.write("experiments/bad.toml", "images = \"photos\"\niterations = 0\n");
    let [photos, other, bad] =
        ["photos", "other", "bad"].map(|name| format!("experiments/{name}.toml"));
    let output = project.retrain(&["run", &photos, &bad]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!project.path().join("runs").exists(), "no run was made");
    let said = project.ok(&["run", &photos, &other]);
    assert_eq!(said.matches("Final test accuracy").count(), 2, "{said}");
    let runs = retrain::store::list(&project.path().join("runs")).unwrap();
    // In the order in which they were made, also within one second.
    let [first, second] = &runs[..] else { panic!("{runs:?}") };
    assert!(first.id().ends_with("photos") && times(first).1 <= times(second).0);
}

/// Adds a line to the project's configuration, which is read when a run ends.
fn configure(project: &Project, line: &str) {
    let text = fs::read_to_string(project.path().join("config.toml")).unwrap();
    project.write("config.toml", &format!("{text}{line}\n"));
}

/// Has the end of each run written into a file, by a program of the project.
fn tell(project: &Project) {
    project.write("tell.sh", "#!/bin/sh\nprintf '%s|' \"$@\" >> told\necho >> told\n");
    let script = project.path().join("tell.sh");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    configure(project, "on_end = ['./tell.sh', 'to me; $HOME']");
}

/// What was told of the ends of these runs.
fn told(project: &Project, ends: &[(&RunFolder, &str)]) {
    let line = |(run, state): &(&RunFolder, &str)| {
        format!("to me; $HOME|{}|{state}|\n", run.path().display())
    };
    let expected: String = ends.iter().map(line).collect();
    let found = || fs::read_to_string(project.path().join("told")).unwrap_or_default();
    wait_until("as much is told", || found().len() >= expected.len());
    assert_eq!(found(), expected);
}

#[test]
fn a_killed_worker_is_said_to_be_killed_and_the_next_run_starts() {
    let (project, first, next) = one_at_work_and_one_waiting();
    tell(&project);
    kill_process(worker(&first), Signal::KILL).unwrap();
    becomes(&first, State::Failed);
    let said = error(&first);
    assert!(said.contains("killed (signal 9)") && said.contains("retrain resume"), "{said}");
    becomes(&next, State::Done);
    told(&project, &[(&first, "failed"), (&next, "done")]);
}

#[test]
fn a_persons_own_program_that_fails_or_hangs_hurts_no_run_and_holds_up_none() {
    let (project, first, next) = one_at_work_and_one_waiting();
    // Its last arguments are "$0" and "$1".
    let script =
        "echo no mail >&2; echo $$ > \"$0/pid\"; test \"$1\" = done || exec sleep 60; exit 7";
    configure(&project, &format!("on_end = ['sh', '-c', '{script}']"));
    first.request_stop(Stop::Cancel).unwrap();
    becomes(&next, State::Done);
    let hangs = fs::read_to_string(first.path().join("pid")).unwrap();
    let hangs = Pid::from_raw(hangs.trim().parse().unwrap()).unwrap();
    // The first run's program is still at work, the second one's has failed.
    kill_process(hangs, Signal::TERM).unwrap();
    for (run, problem) in [(&first, "signal: 15"), (&next, "exit status: 7")] {
        let log = || fs::read_to_string(run.worker_log()).unwrap();
        wait_until("its problem is said", || log().contains("on_end: "));
        let log = log();
        assert!(log.contains("no mail\n"), "{log}");
        assert!(log.contains("on_end: sh failed: ") && log.contains(problem), "{log}");
    }
    assert_eq!([state(&first), state(&next)], [State::Cancelled, State::Done]);
}

#[test]
fn the_end_of_keeper_and_worker_leaves_a_queue_that_the_next_command_starts() {
    let (project, first, next) = one_at_work_and_one_waiting();
    kill(&first);
    becomes(&first, State::Lost);
    assert_eq!(state(&next), State::Queued);
    // A killed process may be there for a moment longer.
    wait_until("the next run is started", || {
        project.ok(&["queue"]);
        state(&next) != State::Queued
    });
    becomes(&next, State::Done);
}

#[test]
fn a_killed_keeper_takes_neither_the_run_nor_the_queue_with_it() {
    let (project, first, next) = one_at_work_and_one_waiting();
    let keeper = getpgid(Some(worker(&first))).unwrap();
    assert_ne!(keeper, worker(&first));
    tell(&project);
    kill_process(keeper, Signal::KILL).unwrap();
    let step = first.replay().unwrap().step();
    wait_until("it trains on", || first.replay().unwrap().step() > step);
    project.ok(&["queue"]);
    assert_eq!(state(&next), State::Queued, "its slot is not free");
    first.request_stop(Stop::Keep).unwrap();
    becomes(&first, State::Stopped);
    becomes(&next, State::Done);
    told(&project, &[(&first, "stopped"), (&next, "done")]);
}

#[test]
fn the_next_run_starts_also_when_the_queue_was_held_by_another_while_one_ended() {
    let (project, first, next) = one_at_work_and_one_waiting();
    let lock = fs::File::open(project.path().join("runs/queue.lock")).unwrap();
    lock.lock().unwrap();
    first.request_stop(Stop::Cancel).unwrap();
    // Longer than anybody waits for it at a time.
    wait_until("its keeper has said so", || {
        fs::read_to_string(first.worker_log()).unwrap().contains("queue.lock for more than 20 s")
    });
    assert_eq!(state(&next), State::Queued);
    drop(lock);
    becomes(&next, State::Done);
}

#[test]
fn a_terminated_keeper_ends_its_worker_with_a_result() {
    let project = Project::new();
    let run = start(&project, &ENDLESS);
    trains(&run);
    kill_process(getpgid(Some(worker(&run))).unwrap(), Signal::TERM).unwrap();
    becomes(&run, State::Stopped);
}

#[test]
fn a_worker_without_memory_says_so() {
    let project = Project::new();
    // No features of earlier runs: the network has to be loaded.
    project.write("config.toml", "");
    let limited = |kib: usize| {
        let script = format!("ulimit -v {kib}; exec {BINARY} run experiments/photos.toml");
        Command::new("sh").args(["-c", &script]).current_dir(project.path()).output().unwrap()
    };
    // What the command and its keeper need, and not the worker; that depends on the build.
    let least = fs::metadata(BINARY).unwrap().len() as usize / 1024;
    let said = (1..=12).map(|part| limited(least + part * 6 * 1024)).find_map(|output| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        said.contains("memory ran out").then_some((output.status.code(), said))
    });
    let (code, said) = said.expect("with little memory it runs out");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("retrain resume"), "{said}");
}

#[test]
fn two_slots_are_two_runs_at_once() {
    let project = Project::new();
    let config = fs::read_to_string(project.path().join("config.toml")).unwrap();
    project.write("config.toml", &format!("{config}slots = 2\n"));
    let runs = [1, 2, 3].map(|_| start(&project, &ENDLESS));
    trains(&runs[0]);
    trains(&runs[1]);
    assert_eq!(state(&runs[2]), State::Queued);
    assert!(project.ok(&["queue", "--json"]).contains("\"slots\": 2"));
}
