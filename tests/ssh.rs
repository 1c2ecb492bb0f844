//! The screens over a real SSH connection, and what a cut link does to them and to runs.

mod common;

use std::fs;

use common::ssh::{Server, Tmux};
use common::{BINARY, Project, wait_until};
use rustix::process::{Pid, test_kill_process};

/// A project whose experiment trains until it is stopped.
fn endless() -> Project {
    let project = Project::without_experiments();
    let text = "images = \"photos\"\niterations = 10000000\n[split]\nby = \"seed\"\n\
                validation_percent = 25\ntest_percent = 25\n";
    project.write("experiments/photos.toml", text);
    project
}

/// What a shell on the other side is told; it leaves the number of the UI's process.
fn open_the_ui(project: &Project) -> String {
    format!("cd '{}' && echo \\$\\$ > ui.pid && exec '{BINARY}'", project.path().display())
}

fn goes_on(project: &Project) -> bool {
    let run = project.find("last");
    let step = run.replay().unwrap().step();
    wait_until("the run goes on", || run.replay().unwrap().step() > step);
    run.has_worker()
}

fn stop_and_quit(terminal: &Tmux, window: &str) {
    terminal.press(window, &["x"]);
    terminal.wait_for(window, "keeps the result");
    terminal.press(window, &["y"]);
    terminal.wait_for(window, "final test accuracy = ");
    // The live screen lies on the experiments if the run was started there.
    terminal.press(window, &["C-c"]);
    terminal.wait_for_the_end(window);
}

#[test]
fn a_run_survives_a_hang_up_of_ssh_and_is_found_again() {
    let Some(server) = Server::start() else { return };
    let project = endless();
    let terminal = Tmux::at(project.path().join("tmux"));
    terminal.open("first", &server.client(&open_the_ui(&project)));
    terminal.wait_for("first", "never run");
    terminal.press("first", &["r"]);
    terminal.wait_for("first", "iteration ");
    terminal.resize("first", 50, 10);
    terminal.wait_for("first", "retrain needs 60x20, here are 50x10");
    terminal.resize("first", 140, 40);
    terminal.wait_for("first", "accuracy ──");
    terminal.press("first", &["?"]);
    terminal.wait_for("first", "keys of this screen");

    let pid = fs::read_to_string(project.path().join("ui.pid")).unwrap();
    let ui = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    terminal.kill("first");
    wait_until("the UI has ended", || test_kill_process(ui).is_err());
    assert!(goes_on(&project));

    terminal.open("second", &server.client(&open_the_ui(&project)));
    terminal.wait_for("second", "▶ running");
    terminal.press("second", &["2"]);
    terminal.wait_for("second", "iteration ");
    assert!(goes_on(&project));
    stop_and_quit(&terminal, "second");
}

#[test]
fn screens_in_a_tmux_on_the_other_side_are_as_they_were_after_a_cut_link() {
    let Some(server) = Server::start() else { return };
    let project = endless();
    let terminal = Tmux::at(project.path().join("tmux"));
    let remote = Tmux::at(project.path().join("remote"));
    let attach = format!("cd '{}' && {} ", project.path().display(), remote.words())
        + &format!("new-session -A -s work '{BINARY}'");
    let attach = server.client(&attach);
    terminal.open("first", &attach);
    terminal.wait_for("first", "never run");
    terminal.press("first", &["r"]);
    terminal.wait_for("first", "iteration ");
    terminal.press("first", &["C-b", "d"]);
    terminal.wait_for_the_end("first");

    terminal.open("second", &attach);
    terminal.wait_for("second", "iteration ");
    terminal.press("second", &["3"]);
    terminal.wait_for("second", "▶ running");
    terminal.kill("second");
    assert!(goes_on(&project));

    terminal.open("third", &attach);
    terminal.wait_for("third", "[3 Runs]");
    terminal.press("third", &["2"]);
    terminal.wait_for("third", "iteration ");
    stop_and_quit(&terminal, "third");
}
