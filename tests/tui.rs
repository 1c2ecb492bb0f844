//! The real binary on a pseudo-terminal, as a person sees it.

mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::terminal::{CTRL_C, CTRL_R, CTRL_S, ESC, Session};
use common::{BINARY, Project, wait_until};
use retrain::store::State;
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_run_started_beside_the_screens_is_watched_to_its_final_test_accuracy() {
    let project = Project::new();
    let mut session = Session::open(&project);
    session.wait_for("never run");
    session.press_for("3", "no run yet in runs");
    session.press("2");
    session.wait_for("no run yet: there is nothing to watch");
    project.start(40);
    session.wait_for("final test accuracy = ");
    session.resize(20, 60);
    session.wait_for("final test accuracy = ");
    session.resize(40, 140);
    session.wait_for("mean cross-entropy");
    session.press("?");
    session.wait_for("keys of this screen");
    session.press(ESC);
    session.wait_without("keys of this screen");
    session.press("q");
    session.ends_cleanly();
}

#[test]
fn a_terminated_ui_gives_the_terminal_back() {
    let project = Project::new();
    let session = Session::open(&project);
    session.wait_for("never run");
    session.signal(Signal::TERM);
    session.ends_cleanly();
}

#[test]
fn a_run_started_from_the_screens_survives_their_violent_end_and_is_found_again() {
    let project = Project::new();
    let first = project.start(40);
    let text = fs::read_to_string(project.path().join("experiments/photos.toml")).unwrap();
    let long = text.replace("iterations = 40", "iterations = 10000000");
    project.write("experiments/photos.toml", &long);
    let mut session = Session::open(&project);
    session.wait_for("✓ done");
    session.press("r");
    session.wait_for("iteration ");
    let run = project.find("last");
    assert_ne!(run, first);
    session.kill();
    let step = run.replay().unwrap().step();
    let mut again = Session::open(&project);
    again.press("2");
    again.wait_for("iteration ");
    again.wait_until("it has gone on", |_| run.replay().unwrap().step() > step);
    again.press("x");
    again.wait_for("keeps the result");
    again.press("y");
    again.wait_for("final test accuracy = ");
    assert_eq!(run.summary().unwrap().state, State::Stopped);
    again.press("q");
    again.ends_cleanly();
}

#[test]
fn settings_are_varied_from_the_screens_which_show_what_did_best() {
    let project = Project::new();
    let mut session = Session::open(&project);
    session.wait_for("never run");
    session.press_for("M", "vary: ");
    session.press("learning_rate 0.001, 0.5");
    session.wait_for("2 runs; enter writes the sweep");
    session.press("\r");
    session.wait_for("\"learning_rate\" = [0.001, 0.5]");
    session.press(CTRL_R);
    session.wait_for("final test accuracy = ");
    session.press_for("1", "photos-sweep");
    session.press_for("gs", "2 of 2 done");
    session.wait_for("chosen by validation: rate ");
    session.wait_for("of the others it is not shown");
    session.press("q");
    session.press("q");
    session.ends_cleanly();
}

#[test]
fn a_label_is_put_right_by_a_key_and_the_photos_say_what_that_fixed() {
    let project = Project::new();
    let mut session = Session::open(&project);
    session.wait_for("never run");
    session.press("r");
    session.wait_for("final test accuracy = ");
    session.press_for("3", "1 run");
    session.press_for("gl", "probably wrong");
    session.press_for("0", "1 decided");
    session.press_for("A", "photo by photo");
    session.wait_for(" fixed, ");
    let decided = fs::read_to_string(project.path().join("experiments/photos.labels.csv")).unwrap();
    assert!(decided.lines().nth(1).unwrap().contains(",none of these,"), "{decided}");
    // Back over the labels to the runs.
    session.press("q");
    session.press_for("q", "2 runs");
    session.press("q");
    session.ends_cleanly();
}

#[test]
fn a_terminal_that_goes_without_a_signal_ends_the_screens() {
    let project = Project::new();
    // Who leads the session is told of the end, and lives on.
    let session = Session::shell(&project, r#"trap '' HUP; "$0"; sleep 600"#);
    session.wait_for("never run");
    let screens = session.child_of_the_shell().unwrap();
    let mut leader = session.take_terminal_away("?");
    // The shell has gone on to its next command.
    let is_here = || {
        let name = fs::read_to_string(format!("/proc/{screens}/comm")).unwrap_or_default();
        name.trim() == "retrain"
    };
    wait_until("the screens have ended", || !is_here());
    leader.kill().unwrap();
    leader.wait().unwrap();
}

#[test]
fn screens_opened_after_others_were_killed_begin_on_an_empty_terminal() {
    const CLEAR: &str = "\x1b[2J";
    let project = Project::new();
    let mut session = Session::shell(&project, r#""$0"; "$0""#);
    session.wait_for("never run");
    let first = session.child_of_the_shell().unwrap();
    let before = session.count_of(CLEAR);
    kill_process(Pid::from_raw(first as i32).unwrap(), Signal::KILL).unwrap();
    session.wait_until("others", |session| {
        session.child_of_the_shell().is_some_and(|child| child != first)
    });
    session.wait_until("an empty terminal", |session| session.count_of(CLEAR) > before);
    session.press_for("?", "keys of this screen");
    session.press(ESC);
    session.wait_without("keys of this screen");
    session.press("q");
    session.ends_cleanly();
}

#[test]
fn where_the_locale_has_only_ascii_so_have_the_screens() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    for (locale, term) in [("C", "xterm-256color"), ("C.UTF-8", "linux")] {
        let environment = [("LC_ALL", locale), ("TERM", term)];
        let mut session = Session::open_with(&project, &environment);
        session.wait_for("v done");
        for (key, words) in [("2", "final test accuracy"), ("4", "24 images"), ("3", "v done")] {
            session.press_for(key, words);
            let text = session.text();
            let is_plain = |c: char| c.is_ascii() || (term == "linux" && "─│·█▀▄░└┤┬".contains(c));
            assert!(text.chars().all(is_plain), "{text}");
        }
        session.press("q");
        session.ends_cleanly();
    }
}

#[test]
fn a_terminal_that_cannot_place_its_cursor_gets_no_screens() {
    let project = Project::new();
    let session = Session::open_with(&project, &[("TERM", "dumb")]);
    session.wait_for("no screens can be drawn where TERM is dumb");
    assert_eq!(session.count_of("\x1b"), 0, "{}", session.text());
}

#[test]
fn without_a_terminal_it_says_what_can_be_typed() {
    let output = Command::new(BINARY).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("retrain"), "{output:?}");
}

#[test]
fn a_broken_experiment_among_good_ones_says_its_mistake_and_the_others_run() {
    let project = Project::new();
    project.write("experiments/broken.toml", "images = \"photos\"\nitterations = 3\n");
    let mut session = Session::open(&project);
    session.wait_for("2 experiments · 1 with mistakes");
    session.press_for("gg", "> broken");
    session.wait_for("itterations");
    session.press_for("r", "not started: ");
    session.press_for("j", "> photos");
    session.press_for("r", "final test accuracy = ");
    session.press("qq");
    session.ends_cleanly();
}

#[test]
fn a_run_whose_folder_is_deleted_while_it_is_shown_is_said_to_be_gone() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let (run, _) = project.last();
    let mut session = Session::open(&project);
    session.press_for("3", "✓ done");
    session.press_for("\r", "final test accuracy = ");
    fs::remove_dir_all(run.path()).unwrap();
    session.wait_for("the folder of this run is gone; 3 shows all runs");
    session.press_for("q", "no run yet in runs");
    session.press("q");
    session.ends_cleanly();
}

#[test]
fn a_project_that_cannot_be_written_to_says_what_cannot_be_made() {
    let project = Project::new();
    // Nobody may make anything in a file, not even root.
    project.write("runs", "");
    let mut session = Session::open(&project);
    session.wait_for("never run");
    session.press_for("r", "✗ ");
    session.wait_for("runs");
    session.press_for("3", "runs");
    session.press_for("@", "✗ ");
    session.press("qq");
    session.ends_cleanly();
}

#[test]
fn an_experiments_folder_that_cannot_be_made_is_said_and_the_draft_is_kept() {
    let project = Project::without_experiments();
    project.write("experiments", "");
    let mut session = Session::open(&project);
    session.wait_for("experiments");
    session.press_for("n", "folder of photos");
    session.press_for("photos\r", "network, 1 or 2:");
    session.press_for("2\r", "new, not saved yet");
    session.press_for(CTRL_S, "photos.toml: cannot be read");
    session.wait_for("new, not saved yet");
    session.press_for(CTRL_C, "lose what is not saved in photos.toml");
    session.press("y");
    session.ends_cleanly();
}

#[test]
fn with_no_color_not_one_escape_sets_a_colour() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let mut session = Session::open_with(&project, &[("NO_COLOR", "1")]);
    for (key, words) in [("1", "images "), ("2", "final test"), ("3", "✓ done"), ("4", "24 images")]
    {
        session.press_for(key, words);
    }
    session.press_for("m", "rows true");
    session.press("qq");
    let bytes = session.ends_cleanly();
    let coloured: Vec<String> =
        graphic_renditions(&bytes).filter(|one| sets_a_colour(one)).collect();
    assert!(coloured.is_empty(), "{coloured:?}");
    assert!(sets_a_colour("1;38;5;4") && sets_a_colour("97") && !sets_a_colour("0;1;7;39;49"));
}

/// The parameters of every "select graphic rendition" in what was written to a terminal.
fn graphic_renditions(bytes: &[u8]) -> impl Iterator<Item = String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let sequences: Vec<String> = text.split("\x1b[").skip(1).map(str::to_owned).collect();
    sequences.into_iter().filter_map(|sequence| {
        let end = sequence.find(|c: char| !c.is_ascii_digit() && !";:".contains(c))?;
        sequence[end..].starts_with('m').then(|| sequence[..end].to_owned())
    })
}

/// 39 and 49 are the terminal's own colours.
fn sets_a_colour(parameters: &str) -> bool {
    let is_colour = |code: u8| matches!(code, 30..=38 | 40..=48 | 90..=97 | 100..=107);
    parameters.split([';', ':']).any(|code| code.parse().is_ok_and(is_colour))
}
