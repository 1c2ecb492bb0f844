//! Runs that were killed, stopped or paused go on, with the real binary and real signals: nothing
//! that was reported is lost, nothing is there twice, and every number is that of a run that was
//! never interrupted.

mod common;

use std::fs;
use std::process::{Command, Output, Stdio};

use common::compare::{assert_same_result, tensors, training};
use common::{BINARY, PER_CATEGORY, Project, wait_until};
use retrain::store::{self, Event, EventLog, Lease, RunFolder, State, Stop};
use retrain::words::grouped;

/// Small steps that have something to remember, and more of them than any machine makes while it
/// is met at work.
const LONG: [&str; 4] = [
    "iterations=1000000",
    "train.batch_size=4",
    "train.optimizer=\"momentum\"",
    "train.eval_interval=7",
];

fn set(settings: &[&'static str]) -> Vec<&'static str> {
    settings.iter().flat_map(|setting| ["--set", setting]).collect()
}

/// Starts a run of `photos` that nobody follows.
fn start(project: &Project, settings: &[&'static str]) -> RunFolder {
    let run = ["run", "experiments/photos.toml", "--detach"];
    project.find(project.ok(&[&run[..], &set(settings)].concat()).trim())
}

/// Runs `photos` to its end.
fn whole(project: &Project, settings: &[&'static str]) -> RunFolder {
    project.ok(&[&["run", "experiments/photos.toml"][..], &set(settings)].concat());
    project.find("last")
}

/// Runs what [`LONG`] is the beginning of, to so many iterations.
fn whole_of(project: &Project, iterations: &str) -> RunFolder {
    let iterations = format!("iterations={iterations}");
    whole(project, &[&[iterations.leak() as &str], &LONG[1..]].concat())
}

fn resume(project: &Project, run: &RunFolder, more: &[&str]) -> Output {
    project.retrain(&[&["resume", &run.id()], more].concat())
}

fn succeeds(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code 2 and the reason.
fn refusal(output: Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn state(run: &RunFolder) -> State {
    run.summary().unwrap().state
}

/// The summary follows the log's last word.
fn assert_becomes(run: &RunFolder, expected: State) {
    wait_until("it has its state", || state(run) == expected);
}

fn step(run: &RunFolder) -> usize {
    run.replay().unwrap().step()
}

/// Waits until the run has reported more iterations than that.
fn wait_for_step(run: &RunFolder, reported: usize) {
    let mut tail = run.tail();
    wait_until("it trains", || {
        let is_behind =
            |event: &Event| matches!(event, Event::Step(point) if point.step > reported);
        tail.poll().unwrap().iter().any(|record| is_behind(&record.event))
    });
}

fn kill(run: &RunFolder) {
    common::kill(run);
    assert_becomes(run, State::Lost);
}

#[test]
fn a_run_killed_again_and_again_ends_as_one_that_was_never_killed() {
    let project = Project::new();
    // One that a killed worker had not written whole is made again.
    let kept = [&LONG[..], &["train.keep_every=1000"]].concat();
    let run = start(&project, &kept);
    // Before there is a checkpoint, then soon and later behind one.
    wait_for_step(&run, 100);
    kill(&run);
    let reported = training(&run);
    assert!(!run.checkpoint().exists());
    project.ok(&["resume", &run.id(), "--detach"]);
    wait_until("there is a checkpoint", || run.checkpoint().exists());
    kill(&run);
    let at_checkpoint = step(&run);
    project.ok(&["resume", &run.id(), "--detach"]);
    wait_for_step(&run, at_checkpoint + 1000);
    kill(&run);
    let iterations = (step(&run) + 500).to_string();
    succeeds(resume(&project, &run, &["--iterations", &iterations]));
    assert_becomes(&run, State::Done);

    let wanted: &str = format!("iterations={iterations}").leak();
    let undisturbed = whole(&project, &[&[wanted], &kept[1..]].concat());
    let heads: Vec<usize> = (1000..=step(&run)).step_by(1000).collect();
    assert_eq!((run.kept_heads(), undisturbed.kept_heads()), (heads.clone(), heads.clone()));
    for iteration in heads {
        let of = |run: &RunFolder| tensors(&run.kept_head(iteration));
        assert!(of(&run) == of(&undisturbed), "the heads of iteration {iteration} differ");
    }
    let (seen, expected) = (training(&run), training(&undisturbed));
    assert!(seen.starts_with(&reported), "what was reported is not lost");
    assert_eq!(seen.len(), expected.len());
    assert!(seen == expected, "the numbers differ");
    assert_same_result(&run, &undisturbed);
    let warnings = run.replay().unwrap().warnings;
    assert_eq!(warnings, undisturbed.replay().unwrap().warnings);
}

#[test]
fn a_stopped_run_has_its_result_and_goes_on_to_all_its_iterations() {
    let project = Project::new();
    let run = start(&project, &LONG);
    wait_for_step(&run, 100);
    run.request_stop(Stop::Keep).unwrap();
    wait_until("it has stopped", || state(&run) == State::Stopped);
    let stopped_at = step(&run);
    assert!(run.replay().unwrap().test().is_some() && run.scores().exists());
    // Less than it has is not to be had.
    let fewer = refusal(resume(&project, &run, &["--iterations", "9"]));
    assert!(fewer.contains(&format!("has done {stopped_at} iterations")), "{fewer}");

    let more = format!("{}", stopped_at + 500);
    succeeds(resume(&project, &run, &["--iterations", &more]));
    let resumed = run.replay().unwrap();
    assert_eq!((resumed.state(), resumed.step()), (State::Done, stopped_at + 500));
    assert_eq!(resumed.settings["iterations"], more);
    let written = fs::read_to_string(run.experiment()).unwrap();
    assert!(written.contains(&format!("iterations = {more}\n")), "{written}");

    let undisturbed = whole_of(&project, &more);
    // Stopping made one evaluation more.
    let extra = format!(r#":"evaluation","step":{stopped_at},"#);
    let is_extra = |line: &String| line.starts_with(&extra) && !stopped_at.is_multiple_of(7);
    let seen: Vec<_> = training(&run).into_iter().filter(|line| !is_extra(line)).collect();
    assert!(seen == training(&undisturbed), "the numbers differ");
    assert_same_result(&run, &undisturbed);
}

#[test]
fn a_run_that_is_done_goes_on_only_to_more_iterations() {
    let project = Project::new();
    let run = whole(&project, &[]);
    let done = refusal(resume(&project, &run, &[]));
    assert!(done.contains("is done, with all its 40 iterations"), "{done}");
    let wrong = refusal(resume(&project, &run, &["--iterations", "99999999"]));
    assert!(wrong.contains("expected 1 to 10,000,000"), "{wrong}");
    assert!(succeeds(resume(&project, &run, &["--iterations", "95"])).contains("Final test"));
    let undisturbed = whole(&project, &["iterations=95"]);
    assert_eq!(training(&run), training(&undisturbed));
    assert_same_result(&run, &undisturbed);

    // A curve that ends at the last iteration is another one when that moves, which is said.
    let falling = whole(&project, &["train.schedule=cosine"]);
    let output = resume(&project, &falling, &["--iterations", "50"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("learning rate falls"), "{output:?}");
    succeeds(output);
    assert_eq!(step(&falling), 50);
}

#[test]
fn a_killed_run_with_a_falling_rate_makes_the_same_iterations_again_before_it_goes_on_to_others() {
    let project = Project::new();
    let falling = ["train.schedule=cosine", "train.early_stop=0"];
    let run = start(&project, &[&LONG[..], &falling].concat());
    wait_until("there is a checkpoint", || run.checkpoint().exists());
    wait_for_step(&run, step(&run) + 200);
    kill(&run);
    let (killed_at, reported) = (step(&run), training(&run));
    let more = (killed_at + 200).to_string();
    let output = resume(&project, &run, &["--iterations", &more]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("learning rate falls"), "{output:?}");
    succeeds(output);
    let warnings = run.replay().unwrap().warnings;
    assert!(!warnings.iter().any(|said| said.contains("counts otherwise")), "{warnings:?}");
    assert!(training(&run).starts_with(&reported));
    // Near the end of the new number the rate is nearly 0, before it was nearly the whole.
    let rates: Vec<f64> =
        run.points().unwrap().steps.iter().map(|point| point.learning_rate).collect();
    let full = rates[0];
    assert!(rates[killed_at - 1] > 0.9 * full && *rates.last().unwrap() < 0.1 * full);
}

#[test]
fn a_run_paused_in_training_goes_on_as_if_it_had_not() {
    let project = Project::new();
    let run = start(&project, &LONG);
    wait_for_step(&run, 100);
    let next = project.ok(&["pause", &run.id()]);
    assert!(next.contains(&format!("resume {}", run.id())), "{next}");
    assert_becomes(&run, State::Paused);
    let paused_at = step(&run);
    assert!(!run.scores().exists() && run.checkpoint().exists());
    let again = refusal(project.retrain(&["pause", &run.id()]));
    assert!(again.contains("is not running: it is paused"), "{again}");
    assert!(project.ok(&["list"]).contains("paused"));

    // Two at once: one worker gets it.
    let more = format!("{}", paused_at + 2000);
    let [one, other] = [(); 2].map(|()| {
        let mut command = project.command(&["resume", &run.id(), "--iterations", &more]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    let outputs = [one, other].map(|child| child.wait_with_output().unwrap());
    assert!(outputs.iter().any(|output| output.status.success()), "{outputs:?}");
    let records = run.tail().poll().unwrap();
    let workers = records.iter().filter(|record| matches!(record.event, Event::Started { .. }));
    assert_eq!(workers.count(), 2, "the first, and one that went on: {outputs:?}");
    assert_becomes(&run, State::Done);
    assert_eq!(step(&run), paused_at + 2000);

    let undisturbed = whole_of(&project, &more);
    assert!(training(&run) == training(&undisturbed), "the numbers differ");
    assert_same_result(&run, &undisturbed);
}

#[test]
fn a_worker_whose_log_takes_no_words_still_does_what_it_is_asked() {
    let project = Project::new();
    let run = start(&project, &LONG);
    wait_for_step(&run, 100);
    project.ok(&["pause", &run.id()]);
    let mut worker = Command::new(BINARY);
    worker.args(["worker", "--alone"]).arg(run.path());
    worker.stdin(Stdio::null()).stdout(Stdio::null());
    worker.stderr(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let mut worker = worker.spawn().unwrap();
    wait_until("it works", || run.has_worker());
    // Of this it would complain.
    fs::write(run.path().join("stop"), "whatever\n").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    run.request_stop(Stop::Cancel).unwrap();
    wait_until("it ends", || worker.try_wait().unwrap().is_some());
    assert_becomes(&run, State::Cancelled);
}

#[test]
fn a_run_is_stopped_with_its_result_or_cancelled_without_one_and_goes_on_after_both() {
    let project = Project::new();
    let run = start(&project, &LONG);
    wait_for_step(&run, 100);
    let waiting = project.start(40);
    let said = refusal(project.retrain(&["stop", &waiting.id()]));
    assert!(said.contains(&format!("'retrain queue remove {}'", waiting.id())), "{said}");

    let resume = project.ok(&["cancel", &run.id()]);
    assert!(resume.contains(&format!("resume {}", run.id())), "{resume}");
    assert_becomes(&run, State::Cancelled);
    assert!(!run.scores().exists());
    assert_becomes(&waiting, State::Done);
    assert!(refusal(project.retrain(&["cancel", &run.id()])).contains("it is cancelled"));

    let cancelled_at = step(&run);
    project.ok(&["resume", &run.id(), "--detach"]);
    wait_for_step(&run, cancelled_at + 100);
    let result = project.ok(&["stop", &run.id()]);
    let stopped = format!("stopped at iteration {}", grouped(step(&run)));
    assert!(result.contains(&stopped), "{result}");
    assert!(result.contains("Final test accuracy = ") && run.scores().exists(), "{result}");
    assert!(result.trim_end().ends_with(&format!("resume {}", run.id())), "{result}");
    assert_becomes(&run, State::Stopped);
}

#[test]
fn who_ends_a_run_whose_worker_refuses_it_just_then_is_told_why() {
    let project = Project::new();
    let run = whole(&project, &[]);
    for command in ["stop", "cancel", "pause"] {
        // This process is its worker.
        let lease = Lease::take(&run.lock()).unwrap();
        let mut ending = project.command(&[command, &run.id()]);
        let ending = ending.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until("it is asked to end", || run.stop_file().exists());
        fs::remove_file(run.stop_file()).unwrap();
        let mut log = EventLog::open(&run.events()).unwrap();
        log.append(Event::Started { pid: 1, host: "here".into(), threads: 1 }).unwrap();
        let message = "the photos have changed".to_owned();
        log.append(Event::Refused { message: message.clone(), fault: false }).unwrap();
        drop(lease);
        // As if the worker were gone.
        fs::remove_file(run.lock()).unwrap();
        assert!(refusal(ending.wait_with_output().unwrap()).contains(&message), "{command}");
        assert_becomes(&run, State::Done);
        let _ = fs::remove_file(run.stop_file());
    }
}

#[test]
fn a_run_paused_among_its_features_computes_each_once() {
    let project = Project::new();
    project.write("config.toml", "cache = \"own\"\n");
    let run = start(&project, &[]);
    let done = |run: &RunFolder| run.replay().unwrap().features.unwrap_or_default();
    wait_until("it has a feature", || done(&run).done > 0);
    project.ok(&["pause", &run.id()]);
    assert_becomes(&run, State::Paused);
    let computed = done(&run).done;
    assert!((1..3 * PER_CATEGORY).contains(&computed), "{computed}");
    succeeds(resume(&project, &run, &[]));
    let features = done(&run);
    assert_eq!((features.from_cache, features.done), (computed, 3 * PER_CATEGORY));
    assert_becomes(&run, State::Done);
}

#[test]
fn a_run_does_not_go_on_with_other_photos_or_settings_and_is_left_as_it_was() {
    let project = Project::new();
    let run = start(&project, &LONG);
    wait_for_step(&run, 10);
    run.request_stop(Stop::Keep).unwrap();
    wait_until("it has stopped", || state(&run) == State::Stopped);
    let (result, scores) = (run.replay().unwrap().end, fs::read(run.scores()).unwrap());

    let photos = project.path().join("photos");
    fs::rename(photos.join("fire/0.png"), photos.join("smoke/zero.png")).unwrap();
    let refused = refusal(resume(&project, &run, &[]));
    let what = "1 added (smoke/zero.png), 1 removed (fire/0.png)";
    assert!(refused.contains(what) && refused.contains("retrain run "), "{refused}");
    assert_becomes(&run, State::Stopped);
    assert!(project.ok(&["show", &run.id()]).contains(what));
    fs::rename(photos.join("smoke/zero.png"), photos.join("fire/0.png")).unwrap();

    let written = fs::read_to_string(run.experiment()).unwrap();
    fs::write(run.experiment(), written.replace("batch_size = 4", "batch_size = 5")).unwrap();
    let refused = refusal(resume(&project, &run, &[]));
    assert!(refused.contains("train.batch_size was 4 and is 5"), "{refused}");
    fs::write(run.experiment(), written).unwrap();

    assert_eq!(run.replay().unwrap().end, result);
    assert_eq!(fs::read(run.scores()).unwrap(), scores);
    project.ok(&["predict", &run.id(), "photos/fire/0.png"]);
}

#[test]
fn without_a_whole_checkpoint_what_was_reported_is_made_again_with_the_same_numbers() {
    let project = Project::new();
    let run = whole(&project, &[]);
    let whole_checkpoint = fs::read(run.checkpoint()).unwrap();
    let damages: [(&[u8], &str); 2] = [(b"torn", "not a checkpoint"), (&[0; 1 << 21], "bytes")];
    let mut iterations = 40;
    for (damage, complaint) in damages {
        iterations += 10;
        fs::write(run.checkpoint(), damage).unwrap();
        succeeds(resume(&project, &run, &["--iterations", &iterations.to_string()]));
        let warnings = run.replay().unwrap().warnings;
        assert!(warnings.last().unwrap().contains(complaint), "{warnings:?}");
    }
    let warnings = run.replay().unwrap().warnings;
    fs::remove_file(run.checkpoint()).unwrap();
    let output = resume(&project, &run, &["--iterations", "70"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no checkpoint"));
    succeeds(output);
    assert_eq!(run.replay().unwrap().warnings, warnings, "the same numbers were made again");
    let undisturbed = whole(&project, &["iterations=70"]);
    assert_eq!(training(&run), training(&undisturbed));
    assert_same_result(&run, &undisturbed);

    // One of another run is not taken, however whole it is.
    let other = whole(&project, &["train.seed=5"]);
    fs::write(other.checkpoint(), whole_checkpoint).unwrap();
    let refused = refusal(resume(&project, &other, &["--iterations", "70"]));
    assert!(refused.contains("belongs to other photos"), "{refused}");
    assert_becomes(&other, State::Done);
}

/// What the log says of the heads, besides their iterations.
fn heads(run: &RunFolder) -> Vec<Event> {
    let records = run.tail().poll().unwrap();
    let events = records.into_iter().map(|record| record.event);
    events.filter(|event| matches!(event, Event::Head { .. } | Event::FoldTested(_))).collect()
}

#[test]
fn a_run_with_folds_killed_and_stopped_among_them_tests_no_fold_twice_and_ends_as_if_it_was_not() {
    let project = Project::new();
    let settings =
        |iterations| [&[iterations, "split.folds=3", "train.early_stop=1000"], &LONG[1..]].concat();
    let run = start(&project, &settings("iterations=2500"));
    let wait_for_fold = |fold| {
        wait_until("it trains the head of the fold", || {
            let run = run.replay().unwrap();
            run.folds.as_ref().is_some_and(|folds| folds.training == fold) && run.step() > 50
        });
    };
    wait_for_fold(Some(2));
    kill(&run);
    let first = fs::read(run.fold_scores(1)).unwrap();
    assert!(!run.scores().exists());
    project.ok(&["resume", &run.id(), "--detach"]);
    wait_for_fold(Some(3));
    // A result of two folds of three would be none.
    run.request_stop(Stop::Keep).unwrap();
    wait_until("it is paused", || state(&run) == State::Paused);
    let said = succeeds(resume(&project, &run, &[]));
    assert!(said.contains("of heads trained on two thirds of the photos (3 folds)"), "{said}");

    let undisturbed = whole(&project, &settings("iterations=2500"));
    assert_eq!(heads(&run), heads(&undisturbed));
    assert_eq!(heads(&run).len(), 7);
    assert!(training(&run) == training(&undisturbed), "the numbers differ");
    assert_same_result(&run, &undisturbed);
    assert_eq!(run.replay().unwrap().warnings.len(), undisturbed.replay().unwrap().warnings.len());
    assert_eq!(fs::read(run.fold_scores(1)).unwrap(), first);
    let (_, tested) = store::read_scores(&run.scores()).unwrap();
    assert_eq!(tested.len(), 3 * PER_CATEGORY);
    assert_eq!(run.replay().unwrap().test().unwrap().n, 3 * PER_CATEGORY);
    assert_eq!(store::tested_photos(&run).unwrap().photos, tested);
}

#[test]
fn for_more_iterations_every_fold_is_trained_and_tested_anew_and_a_lost_one_alone_again() {
    let project = Project::new();
    let settings = ["split.folds=2", "train.schedule=cosine"];
    let run = whole(&project, &settings);
    let head = |run: &RunFolder| fs::read(run.fold_scores(1)).unwrap();
    let before = head(&run);
    succeeds(resume(&project, &run, &["--iterations", "95"]));
    let undisturbed = whole(&project, &[&settings[..], &["iterations=95"]].concat());
    assert_same_result(&run, &undisturbed);
    assert!(head(&run) == head(&undisturbed) && head(&run) != before);
    assert_eq!(project.ok(&["show", &run.id()]).matches("95 iterations").count(), 2);

    // Its last head is left to train when the scores of a fold are lost.
    let log = fs::read_to_string(run.events()).unwrap();
    let last = log.rfind(r#""event":"head","fold":null"#).unwrap();
    let end = last + log[last..].find('\n').unwrap() + 1;
    fs::write(run.events(), &log[..end]).unwrap();
    fs::remove_file(run.fold_scores(2)).unwrap();
    fs::remove_file(run.summary_path()).unwrap();
    succeeds(resume(&project, &run, &[]));
    assert_same_result(&run, &undisturbed);
    let warnings = run.replay().unwrap().warnings;
    assert!(
        warnings.iter().any(|said| said.starts_with("fold 2 is tested again: ")),
        "{warnings:?}"
    );
}
