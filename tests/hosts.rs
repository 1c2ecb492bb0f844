//! Several machines, boots and containers on one project folder, pretended by namespaces: what one
//! has left never keeps another waiting, and what one does is seen by the other.

mod common;

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::machine::{Machine, can_pretend, end, make_silent, no_locks, unshare};
use common::skip::skipped;
use common::{BINARY, Project, kill, wait_until, worker};
use retrain::config::Config;
use retrain::runner;
use retrain::store::{Queue, RunFolder, State, Stop};
use rustix::process::{Signal, getpgid, kill_process};

const ENDLESS: &str = "retrain run experiments/photos.toml --detach --set iterations=10000000";

fn find(project: &Project) -> RunFolder {
    let runs = project.path().join("runs");
    wait_until("there is a run", || retrain::store::list(&runs).is_ok_and(|runs| !runs.is_empty()));
    project.find("last")
}

fn trains(run: &RunFolder) {
    wait_until("it trains", || run.replay().unwrap().step() > 10);
}

fn started(project: &Project) -> usize {
    Queue::read(&project.path().join("runs")).unwrap().started.len()
}

#[test]
fn a_run_that_has_ended_is_gone_from_the_queue_also_when_none_waits() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    wait_until("its keeper has ended", || started(&project) == 0);
}

#[test]
fn what_another_boot_or_container_left_behind_keeps_nobody_waiting() {
    if !can_pretend() {
        return;
    }
    let project = Project::new();
    let machine = Machine::new("before");
    let machine = machine.shell(&project, &format!("{ENDLESS}; sleep 1000")).spawn().unwrap();
    let run = find(&project);
    trains(&run);
    assert!(run.has_worker(), "it is heard of");
    // Switched off.
    end(machine);
    make_silent(&run).unwrap();
    assert_eq!(run.summary().unwrap().state, State::Lost);
    project.ok(&["run", "experiments/photos.toml"]);
    assert_eq!(project.find("last").summary().unwrap().state, State::Done);
    assert!(!project.retrain(&["cancel", &run.id()]).status.success(), "it ends at once");
    project.ok(&["resume", &run.id(), "--detach"]);
    wait_until("it goes on", || run.has_worker());
}

#[test]
fn a_start_script_that_looks_once_starts_what_waits_although_the_container_was_just_stopped() {
    if !can_pretend() {
        return;
    }
    let project = Project::new();
    let container = Machine::new("container");
    let script = format!("{ENDLESS}; retrain run experiments/photos.toml --detach; sleep 1000");
    let before = container.shell(&project, &script).spawn().unwrap();
    let runs = project.path().join("runs");
    wait_until("another waits", || {
        Queue::read(&runs).is_ok_and(|queue| queue.waiting.len() == 1 && queue.started.len() == 1)
    });
    // The newest may be either.
    let queue = Queue::read(&runs).unwrap();
    let run = project.find(&queue.started[0].run);
    let waiting = project.find(&queue.waiting[0].run);
    trains(&run);
    end(before);
    assert!(run.has_worker(), "it was heard of just now");
    let again = container.shell(&project, "retrain queue; sleep 1000").spawn().unwrap();
    wait_until("the other is done", || waiting.summary().unwrap().state == State::Done);
    end(again);
}

#[test]
fn runs_that_wait_are_started_after_the_machine_got_another_host_name() {
    if !can_pretend() {
        return;
    }
    let project = Project::new();
    project.ok(&["queue", "hold"]);
    let first = project.start(40);
    let second = project.start(10_000_000);
    let mut renamed = unshare(&["--uts", "sh", "-ec"]);
    let script = format!("hostname renamed; {BINARY} queue release");
    let output = renamed.arg(script).current_dir(project.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    wait_until("the first is done", || first.summary().unwrap().state == State::Done);
    trains(&second);
    // Under its own name it sees what was started under the other.
    assert!(project.ok(&["queue"]).contains(&format!("at work  {}", second.id())));
    let again = project.retrain(&["resume", &second.id()]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("is running"), "{again:?}");
    second.request_stop(Stop::Cancel).unwrap();
    wait_until("it has ended", || started(&project) == 0);
}

#[test]
fn two_machines_on_one_folder_do_not_wait_for_each_other() {
    if !can_pretend() {
        return;
    }
    let project = Project::new();
    let first = project.start(10_000_000);
    trains(&first);
    let second = Machine::new("second");
    let done = second.shell(&project, "retrain run experiments/photos.toml; retrain queue");
    let output = { done }.stdout(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("Final test accuracy"), "{output:?}");
    assert!(said.contains(&format!("at work  {}", first.id())), "{said}");
    assert!(first.has_worker());
    // What waits for the first machine is not started by the second.
    let waiting = project.start(40);
    let status = second.shell(&project, "retrain queue").stdout(Stdio::null()).status();
    assert!(status.unwrap().success());
    let queue = Queue::read(&project.path().join("runs")).unwrap();
    assert_eq!(queue.place(&waiting.id()), Some(0));
}

#[test]
fn a_worker_that_was_frozen_until_another_took_its_run_ends_when_it_goes_on() {
    if !can_pretend() {
        return;
    }
    let project = Project::new();
    let frozen = Machine::new("frozen");
    // Two true machines would not see each other's locks. Frozen are all there but the shell.
    let library = no_locks(project.path());
    let script = format!(
        "export LD_PRELOAD={}\n{ENDLESS}\nuntil [ -e freeze ]; do sleep 0.1; done\n\
         kill -STOP -1\ntouch frozen\nuntil [ -e thaw ]; do sleep 0.1; done\nkill -CONT -1\n\
         sleep 1000",
        library.display()
    );
    let machine = frozen.shell(&project, &script).spawn().unwrap();
    let run = find(&project);
    trains(&run);
    project.write("freeze", "");
    wait_until("it is frozen", || project.path().join("frozen").exists());
    make_silent(&run).unwrap();
    project.ok(&["resume", &run.id(), "--detach"]);
    let reported = run.replay().unwrap().step();
    wait_until("another goes on with it", || run.replay().unwrap().step() > reported + 10);
    project.write("thaw", "");
    let said = || fs::read_to_string(run.worker_log()).unwrap();
    wait_until("the first has ended", || said().contains("has taken this run over"));
    assert!(run.has_worker(), "{}", said());
    run.request_stop(Stop::Keep).unwrap();
    wait_until("it has stopped", || run.summary().unwrap().state == State::Stopped);
    end(machine);
    let points = run.points().unwrap();
    assert!(points.steps.is_sorted_by(|a, b| a.step < b.step), "each iteration once");
    assert!(run.replay().unwrap().test().is_some() && run.summary().unwrap().error.is_none());
}

#[test]
fn without_locks_a_run_that_many_start_at_once_is_done_once() {
    let project = Project::new();
    // Its features are there then.
    project.ok(&["run", "experiments/photos.toml"]);
    let library = no_locks(project.path());
    for _ in 0..6 {
        let config = Config::load(project.path()).unwrap();
        let experiment = project.path().join("experiments/photos.toml");
        let run = runner::create(&config, &experiment, &[]).unwrap();
        let worker = || {
            let mut command = Command::new(BINARY);
            command.arg("worker").arg(run.path()).env("LD_PRELOAD", &library);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        };
        let workers: Vec<Child> = (0..5).map(|_| worker()).collect();
        let ended = workers.into_iter().map(|mut worker| worker.wait().unwrap().success());
        assert_eq!(ended.filter(|has_done| *has_done).count(), 1);
        let log = fs::read_to_string(run.events()).unwrap();
        assert_eq!(log.matches(r#""event":"started""#).count(), 1, "{log}");
        assert_eq!(log.matches(r#""event":"step""#).count(), 40);
        assert_eq!(run.summary().unwrap().state, State::Done);
    }
}

#[test]
fn a_command_that_waits_goes_on_when_all_that_would_start_its_run_was_killed() {
    let project = Project::new();
    let first = project.start(10_000_000);
    trains(&first);
    let mut command = project.command(&["run", "experiments/photos.toml"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let runs = project.path().join("runs");
    wait_until("it waits", || Queue::read(&runs).unwrap().waiting.len() == 1);
    kill(&first);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Final test accuracy"));
}

/// Runs the program with a limit on processes and threads, which does not hold for root.
fn limited(project: &Project, limit: usize) -> io::Result<std::process::Output> {
    open_to_all(project.path());
    Command::new("setpriv")
        .args(["--reuid=54321", "--regid=54321", "--clear-groups", "prlimit"])
        .arg(format!("--nproc={limit}"))
        .args([BINARY, "run", "experiments/photos.toml"])
        .current_dir(project.path())
        .env("HOME", project.path())
        .stdin(Stdio::null())
        .output()
}

fn open_to_all(folder: &Path) {
    let status = Command::new("chmod").args(["-R", "a+rwX"]).arg(folder).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_limit_on_processes_is_told_as_what_ended_the_run() {
    let project = Project::new();
    project.write("config.toml", "");
    let mut seen = String::new();
    for limit in 1..40 {
        // What the limit before has left in the queue would wait there for more processes.
        let runs = project.path().join("runs");
        if runs.exists() {
            fs::remove_dir_all(runs).unwrap();
        }
        let Ok(output) = limited(&project, limit) else {
            return skipped("no 'setpriv' to be without root's rights");
        };
        seen = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!seen.contains("took it off"), "{limit}: {seen}");
        if output.status.code() == Some(127) || output.status.code() == Some(126) {
            return skipped("the program cannot be started without root's rights");
        }
        if seen.contains("the worker cannot be started") {
            assert_eq!(output.status.code(), Some(1), "{seen}");
            return;
        }
    }
    panic!("no limit let the keeper start and not its worker: {seen}");
}

#[test]
fn a_keeper_that_another_user_may_not_see_keeps_its_slot() {
    if !can_pretend() {
        return;
    }
    let project = Project::new();
    let run = project.start(10_000_000);
    trains(&run);
    let keeper = getpgid(Some(worker(&run))).unwrap();
    open_to_all(project.path());
    // As root, who may remount, and then as somebody who may not see root's processes.
    let script = format!(
        "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=54321 --regid=54321 \
         --clear-groups sh -c 'test ! -e /proc/{} || exit 77; exec {BINARY} queue'",
        keeper.as_raw_nonzero()
    );
    let mut hidden = Command::new("unshare");
    hidden.args(["--mount", "sh", "-c", &script]).current_dir(project.path());
    let output = hidden.stdin(Stdio::null()).output().unwrap();
    if output.status.code() != Some(0) {
        return skipped(&format!("processes cannot be hidden here: {output:?}"));
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(&format!("at work  {}", run.id())), "{output:?}");
    kill_process(worker(&run), Signal::KILL).unwrap();
}
