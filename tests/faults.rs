//! The machine fails under a run: a full disk, a file system that went read-only, too few open
//! files, a drive that is gone. The run ends with one sentence that says why and what to do,
//! nothing that was reported is lost, and with the cause gone it goes on to the result that it
//! would have had.

mod common;
#[path = "faults/trial.rs"]
mod trial;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::skip::skipped;
use common::{Project, wait_until};
use retrain::store::{Queue, RunFolder, Stage, State, Summary, shown};
use rustix::io::Errno;
use trial::{Fault, Features, PREPARED, Trial};

const FULL: &str = "the disk is full; free some space";
const NOT_READ: &str = "input/output error; see to the disk";
const READ_ONLY: &str = "the file system is read-only; make it writable again";
const QUOTA: &str = "the disk quota is used up; remove what can go";
const UNREACHABLE: &str =
    "the drive or network folder cannot be reached; connect or mount it again";
const DENIED: &str = "permission denied; see to the rights of that file and its folder";

/// `tests/faults/shim.rs`, compiled.
fn shim(folder: &Path) -> PathBuf {
    let output = folder.join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/shim.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let done = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=cdylib", "--crate-name=shim", "-Copt-level=1"])
        .arg("-o")
        .args([&output, &source])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The run has failed with the sentence, which is told by the command and, where it could be
/// written, by the run.
fn fails(trial: &Trial, output: &Output, sentence: &str, context: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{context}: {output:?}");
    assert!(said.contains(sentence) && !said.contains("panicked"), "{context}: {said}");
    let Some(folder) = trial.last() else {
        return assert!(said.trim_end().ends_with(", then try again"), "{context}: {said}");
    };
    let again = format!(", then 'retrain resume {}'", folder.id());
    assert!(said.contains(&again) || said.contains(", then try again"), "{context}: {said}");
    wait_until(context, || !folder.has_worker());
    let summary = folder.summary().unwrap();
    match summary.state {
        State::Failed => {
            let error = summary.error.unwrap();
            assert!(error.contains(sentence) && error.ends_with(&again), "{context}: {error}");
        }
        // Nobody could write why.
        State::Lost | State::Created => {}
        other => panic!("{context}: {}", other.name()),
    }
}

/// Makes every call that writes fail in its turn, each in a project of its own; how many they were.
fn every_call(fault: Fault, features: Features, sentence: &str) -> usize {
    let (next, end) = (AtomicUsize::new(1), AtomicUsize::new(usize::MAX));
    let tried = Mutex::new(BTreeMap::<String, usize>::new());
    let one = |nth| {
        let trial = Trial::new(features);
        let (output, calls) = trial.run_with(&Fault { nth, ..fault });
        let Some(call) = calls.first() else {
            // It has fewer calls than that.
            end.fetch_min(nth, Ordering::Relaxed);
            assert!(output.status.success(), "{output:?}");
            return trial.is_whole("undisturbed");
        };
        let context = format!("{fault:?}, {nth}: {call}");
        let call = call.split_whitespace().next().unwrap().to_owned();
        *tried.lock().unwrap().entry(call).or_default() += 1;
        if output.status.success() {
            // It was nothing that the result needs, or came behind it.
            trial.is_whole(&context);
        } else {
            fails(&trial, &output, sentence, &context);
            trial.resumes(&context);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let turns = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                turns.take_while(|nth| *nth < end.load(Ordering::Relaxed)).for_each(one);
            });
        }
    });
    let tried = tried.into_inner().unwrap();
    let sum = tried.values().sum();
    let Fault { role, mode, folder, errno, .. } = fault;
    eprintln!("{role} in {folder}, {mode}, {errno:?}: {sum} calls failed in turn: {tried:?}");
    sum
}

#[test]
fn whichever_write_fails_the_run_says_why_and_resumes_to_the_same_result() {
    let temporary = tempfile::tempdir().unwrap();
    let shim = &shim(temporary.path());
    let runs = |role, mode, errno, sentence| {
        let fault = Fault { shim, role, folder: "runs", mode, nth: 1, errno };
        every_call(fault, Features::All, sentence)
    };
    let tried = [
        runs("worker", "from", Errno::NOSPC, FULL),
        runs("worker", "once", Errno::IO, NOT_READ),
        runs("worker", "short", Errno::NOSPC, FULL),
        runs("run", "from", Errno::ROFS, READ_ONLY),
        runs("run", "once", Errno::NOSPC, FULL),
    ];
    assert!(tried[0] > 100 && tried[2] > 50 && tried[3] > 10, "{tried:?}");
}

#[test]
fn whichever_write_of_features_fails_the_run_says_why_and_resumes() {
    let temporary = tempfile::tempdir().unwrap();
    let shim = &shim(temporary.path());
    let errnos = [("from", Errno::NOSPC, FULL), ("short", Errno::NOSPC, FULL)];
    for (mode, errno, sentence) in errnos {
        let fault = Fault { shim, role: "worker", folder: "cache", mode, nth: 1, errno };
        assert!(every_call(fault, Features::AllButOne, sentence) > 0, "{mode}");
    }
}

#[test]
fn a_quota_a_lost_server_and_withdrawn_rights_end_a_run_until_they_are_mended() {
    let temporary = tempfile::tempdir().unwrap();
    let shim = &shim(temporary.path());
    let faults = [(Errno::DQUOT, QUOTA), (Errno::STALE, UNREACHABLE), (Errno::ACCESS, DENIED)];
    for (errno, sentence) in faults {
        for (role, folder, nth) in [("worker", "runs", 100), ("worker", "cache", 1)] {
            let trial = Trial::new(Features::AllButOne);
            let fault = Fault { shim, role, folder, mode: "from", nth, errno };
            let context = format!("{fault:?}");
            let (output, _) = trial.run_with(&fault);
            fails(&trial, &output, sentence, &context);
            trial.resumes(&context);
        }
    }
}

/// A command that a folder without the right to write is closed to, as root's is to no other.
fn without_privileges(trial: &Trial, arguments: &[&str]) -> Command {
    if !rustix::process::geteuid().is_root() {
        return trial.command(arguments);
    }
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-dac_override,-dac_read_search", common::BINARY]);
    command.args(arguments).current_dir(trial.path());
    command
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_without_the_right_to_write_is_named_and_waited_for() {
    let trial = Trial::new(Features::AllButOne);
    let command = |arguments: &[&str]| without_privileges(&trial, arguments).output();
    if command(&["list"]).is_err() {
        return skipped("no 'setpriv' to be without root's rights");
    }
    let runs = trial.path().join("runs");
    fs::create_dir(&runs).unwrap();
    let mut folders = fs::read_dir(trial.path().join("cache")).unwrap().map(Result::unwrap);
    let of_features = |folder: &fs::DirEntry| {
        ["known-photos", "speeds"].iter().all(|other| folder.file_name() != *other)
    };
    let features = folders.find(of_features).unwrap();
    for (closed, stage) in [(&runs, "creation"), (&features.path(), "features")] {
        allow(closed, 0o555);
        let output = command(&["run", "experiments/photos.toml"]).unwrap();
        fails(&trial, &output, DENIED, stage);
        allow(closed, 0o755);
    }
    let run = trial.last().expect("the photos were scanned");
    // Its log may be written on, but no other file of it.
    allow(run.path(), 0o555);
    let output = command(&["resume", &run.id()]).unwrap();
    assert!(said(&output).contains(DENIED), "{output:?}");
    allow(run.path(), 0o755);
    trial.resumes("rights");
}

/// Runs a test of this program again where it may mount file systems; whether it is there.
fn in_a_place_to_mount(test: &str) -> bool {
    if std::env::var_os("FAULTS_MAY_MOUNT").is_some() {
        return true;
    }
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]);
        command
    };
    if !unshare().arg("true").status().is_ok_and(|status| status.success()) {
        skipped("'unshare' gives no place to mount a file system");
        return false;
    }
    let program = std::env::current_exe().unwrap();
    let done = unshare()
        .arg(program)
        .args(["--exact", test, "--nocapture"])
        .env("FAULTS_MAY_MOUNT", "1")
        .status()
        .unwrap();
    assert!(done.success(), "{test}, where it may mount file systems");
    false
}

fn mount(arguments: &[&str], folder: &Path) {
    let done = Command::new("mount").args(arguments).arg(folder).status().unwrap();
    assert!(done.success(), "mount {arguments:?}");
}

const LONG: [&str; 6] =
    ["--set", "iterations=1200", "--set", "train.batch_size=4", "--set", "train.eval_interval=100"];

fn run_long(trial: &Trial) -> Output {
    trial.command(&[&["run", "experiments/photos.toml"][..], &LONG].concat()).output().unwrap()
}

/// Fills the file system up to so many free bytes.
fn fill(folder: &Path, free: u64) {
    let room = rustix::fs::statvfs(folder).unwrap();
    let bytes = (room.f_bavail * room.f_frsize).saturating_sub(free);
    fs::write(folder.join("ballast"), vec![1; bytes as usize]).unwrap();
}

#[test]
fn a_full_disk_ends_a_run_at_any_stage_and_room_lets_it_go_on() {
    if !in_a_place_to_mount("a_full_disk_ends_a_run_at_any_stage_and_room_lets_it_go_on") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    mount(&["-t", "tmpfs", "-o", "size=4m", "none"], folder.path());
    let undisturbed = Trial::new(Features::All);
    assert!(run_long(&undisturbed).status.success());
    let undisturbed = trial::Outcome::of(&undisturbed.last().unwrap());
    let mut stages = BTreeMap::<&str, usize>::new();
    let fills_up = |features, free| {
        let trial = Trial::at(&folder.path().join("project"), features);
        fill(folder.path(), free);
        let output = run_long(&trial);
        let context = format!("{free} bytes free");
        let has_failed = !output.status.success();
        if has_failed {
            fails(&trial, &output, FULL, &context);
        }
        fs::remove_file(folder.path().join("ballast")).unwrap();
        let mut ended_in = has_failed.then_some("creation");
        if let Some(run) = trial.last() {
            let Summary { stage, state, .. } = run.summary().unwrap();
            if has_failed && let Some(stage) = stage {
                ended_in = Some(stage.name());
                assert_eq!(state, State::Failed, "{context}: {}", said(&output));
            }
            if has_failed {
                let output = trial.command(&["resume", &run.id()]).output().unwrap();
                assert!(output.status.success(), "{context}: {output:?}");
            }
            assert!(trial::Outcome::of(&run) == undisturbed, "{context}: another result");
            // What a worker has open takes room, also when it is deleted.
            wait_until("it is gone", || !run.has_worker());
        }
        fs::remove_dir_all(trial.path()).unwrap();
        eprintln!("{context}: {}", ended_in.unwrap_or("done"));
        ended_in
    };
    // Of the last ones some have room enough.
    for part in 0..18 {
        if let Some(stage) = fills_up(Features::All, part * (16 << 10)) {
            *stages.entry(stage).or_default() += 1;
        }
    }
    // The shard of one feature is small: somewhere here it does not fit and all before it does.
    for part in 20..28 {
        let stage = fills_up(Features::AllButOne, part * (4 << 10));
        if stage == Some(Stage::Features.name()) {
            stages.insert(Stage::Features.name(), 1);
            break;
        }
    }
    eprintln!("runs ended by a full disk, by their stage: {stages:?}");
    for stage in [Stage::Features, Stage::Training, Stage::Evaluation] {
        assert!(stages.contains_key(stage.name()), "{stages:?}");
    }
}

#[test]
fn a_full_disk_fails_one_run_of_a_queue_and_not_the_next() {
    if !in_a_place_to_mount("a_full_disk_fails_one_run_of_a_queue_and_not_the_next") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    mount(&["-t", "tmpfs", "-o", "size=32m", "none"], folder.path());
    let trial = Trial::at(&folder.path().join("project"), Features::All);
    let first = ["run", "experiments/photos.toml", "--detach", "--set", "iterations=10000000"];
    assert!(trial.command(&first).status().unwrap().success());
    let first = trial.last().unwrap();
    assert!(
        trial.command(&["run", "experiments/photos.toml", "--detach"]).status().unwrap().success()
    );
    let next = trial.last().unwrap();
    assert_ne!(first, next);
    wait_until("the first trains", || first.replay().unwrap().step() > 10);
    fill(folder.path(), 200 << 10);
    wait_until("the disk is full", || first.summary().is_ok_and(|run| run.state == State::Failed));
    let queue = || Queue::read(next.path().parent().unwrap()).unwrap();
    wait_until("its keeper has ended", || {
        fs::read_to_string(first.worker_log()).unwrap().contains("the next run of the queue is not")
    });
    assert_eq!(queue().place(&next.id()), Some(0));
    let output = trial.command(&["queue"]).output().unwrap();
    assert!(output.status.code() == Some(1) && said(&output).contains(FULL), "{output:?}");
    fs::remove_file(folder.path().join("ballast")).unwrap();
    assert!(trial.command(&["queue"]).status().unwrap().success());
    wait_until("the next is done", || {
        next.summary().unwrap().state == State::Done && !next.has_worker()
    });
}

#[test]
fn a_disk_without_a_file_left_is_told_as_what_ended_the_run() {
    if !in_a_place_to_mount("a_disk_without_a_file_left_is_told_as_what_ended_the_run") {
        return;
    }
    let mut told = 0;
    for inodes in 8..30 {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        fs::create_dir(&runs).unwrap();
        let trial = Trial::at(&folder.path().join("project"), Features::All);
        let config = fs::read_to_string(trial.path().join("config.toml")).unwrap_or_default();
        fs::write(trial.path().join("config.toml"), format!("{config}runs = {runs:?}\n")).unwrap();
        mount(&["-t", "tmpfs", "-o", &format!("nr_inodes={inodes}"), "none"], &runs);
        let output = trial.run();
        if output.status.success() {
            break;
        }
        assert!(said(&output).contains("the disk is full"), "{inodes}: {output:?}");
        told += 1;
    }
    assert!(told > 2, "{told}");
}

#[test]
fn a_run_of_a_lower_layer_of_an_overlay_goes_to_the_trash_and_comes_back() {
    if !in_a_place_to_mount("a_run_of_a_lower_layer_of_an_overlay_goes_to_the_trash_and_comes_back")
    {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let [lower, upper, work, merged] =
        ["lower", "upper", "work", "merged"].map(|name| folder.path().join(name));
    for path in [&lower, &upper, &work, &merged] {
        fs::create_dir(path).unwrap();
    }
    let below = Trial::at(&lower.join("project"), Features::All);
    assert!(below.run().status.success());
    let options = format!(
        "lowerdir={},upperdir={},workdir={},userxattr",
        shown(&lower),
        shown(&upper),
        shown(&work)
    );
    let mut mount = Command::new("mount");
    mount.args(["-t", "overlay", "-o", &options, "none"]).arg(&merged);
    if !mount.status().unwrap().success() {
        return skipped("no overlay can be mounted here");
    }
    let id = below.last().unwrap().id();
    let retrain = |arguments: &[&str]| {
        let mut command = Command::new(common::BINARY);
        command.args(arguments).current_dir(merged.join("project")).output().unwrap()
    };
    let output = retrain(&["trash", "last"]);
    assert!(output.status.success(), "{output:?}");
    let run = RunFolder::at(merged.join("project/runs").join(&id));
    assert!(!run.path().exists());
    assert!(retrain(&["trash", "--restore", "last"]).status.success());
    assert_eq!(run.summary().unwrap().state, State::Done);
    assert!(trial::Outcome::of(&run) == trial::Outcome::of(&below.last().unwrap()));
}

#[test]
fn on_a_read_only_file_system_a_run_waits_to_be_resumed() {
    if !in_a_place_to_mount("on_a_read_only_file_system_a_run_waits_to_be_resumed") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    mount(&["-t", "tmpfs", "-o", "size=4m", "none"], folder.path());
    let trial = Trial::at(&folder.path().join("project"), Features::All);
    let shim_folder = tempfile::tempdir().unwrap();
    let shim = shim(shim_folder.path());
    // As when the kernel makes it so after an error, here in the middle of training.
    let errno = Errno::ROFS;
    let fault =
        Fault { shim: &shim, role: "worker", folder: "runs", mode: "from", nth: 100, errno };
    let (output, _) = trial.run_with(&fault);
    fails(&trial, &output, READ_ONLY, "in training");
    mount(&["-o", "remount,ro"], folder.path());
    let id = trial.last().unwrap().id();
    let output = trial.command(&["resume", &id]).output().unwrap();
    fails(&trial, &output, READ_ONLY, "resumed too early");
    fails(&trial, &trial.run(), READ_ONLY, "another run");
    mount(&["-o", "remount,rw"], folder.path());
    trial.resumes("writable again");
}

/// Runs with a limit of the shell, such as `-n 10`.
fn run_limited(trial: &Trial, limit: &str, settings: &[&str]) -> Output {
    let script = format!("ulimit {limit} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, common::BINARY, "run", "experiments/photos.toml"]);
    command.args(settings).current_dir(trial.path()).output().unwrap()
}

#[test]
fn too_few_open_files_are_no_bad_photos() {
    let mut failed = 0;
    for limit in 6..40 {
        let trial = Trial::new(Features::All);
        let output = run_limited(&trial, &format!("-n {limit}"), &[]);
        let context = format!("{limit} open files");
        match output.status.code() {
            // The program could not be loaded.
            Some(127) => continue,
            Some(0) => {
                trial.is_whole(&context);
                break;
            }
            _ => {}
        }
        failed += 1;
        // The command may be out of files where its worker is not.
        let worker = trial.last().inspect(|run| wait_until("it ends", || !run.has_worker()));
        if worker.is_some_and(|run| run.summary().unwrap().state == State::Done) {
            trial.is_whole(&context);
            continue;
        }
        fails(&trial, &output, "too many open files; raise the limit", &context);
        trial.resumes(&context);
    }
    eprintln!("too few open files: {failed} limits tried");
    assert!(failed > 1, "{failed}");
}

#[test]
fn a_limit_of_file_sizes_is_told_instead_of_killing_the_run() {
    let trial = Trial::new(Features::All);
    let output = run_limited(&trial, "-f 200", &LONG);
    fails(&trial, &output, "larger than the system lets it be; raise the limit", "100 kB");
    let id = trial.last().unwrap().id();
    assert!(trial.command(&["resume", &id]).output().unwrap().status.success());
}

#[test]
fn photos_whose_folder_goes_away_are_waited_for_and_not_left_out() {
    let project = Project::new();
    project.write("config.toml", "cache = \"own\"\n");
    let run = project.start(40);
    // The run has a copy of its own.
    fs::remove_file(project.path().join("experiments/photos.toml")).unwrap();
    let done = || run.replay().unwrap().features.unwrap_or_default().done;
    wait_until("it has a feature", || done() > 0);
    let (photos, away) = (project.path().join("photos"), project.path().join("away"));
    fs::rename(&photos, &away).unwrap();
    wait_until("it has failed", || run.summary().unwrap().state == State::Failed);
    let error = run.summary().unwrap().error.unwrap();
    let again = format!("mount it or put it back, then 'retrain resume {}'", run.id());
    assert!(error.contains("its folder is gone or empty"), "{error}");
    assert!(error.contains("photos/") && error.ends_with(&again), "{error}");
    let computed = done();
    fs::rename(&away, &photos).unwrap();

    // Without its own copy of the experiment nobody knows what the run is.
    let (copy, kept) = (run.experiment(), project.path().join("kept.toml"));
    fs::rename(&copy, &kept).unwrap();
    let output = project.retrain(&["resume", &run.id()]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let message = "the run's own copy of its experiment is gone; put it back";
    assert!(said(&output).contains(message), "{output:?}");
    fs::rename(&kept, &copy).unwrap();

    project.ok(&["resume", &run.id()]);
    let features = run.replay().unwrap().features.unwrap();
    assert!(features.from_cache >= computed && features.skipped == 0, "{features:?}");
    assert!(trial::Outcome::of(&run) == PREPARED.undisturbed, "another result");
}
