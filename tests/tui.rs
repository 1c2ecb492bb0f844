//! The real binary on a pseudo-terminal, as a person sees it.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use retrain::demo;
use retrain::store::{self, RunFolder, State};
use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

const BINARY: &str = env!("CARGO_BIN_EXE_retrain");

/// A project folder with a few small photos and one experiment.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for (category, name) in demo::CATEGORIES.into_iter().enumerate() {
        let photos = path.join("photos").join(name);
        fs::create_dir_all(&photos).unwrap();
        for index in 0..8 {
            demo::draw(category, index).save(photos.join(format!("{index}.png"))).unwrap();
        }
    }
    // One cache for all these projects and all runs of the tests: the photos are the same.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("features");
    fs::write(path.join("config.toml"), format!("cache = {:?}\n", cache.to_str().unwrap()))
        .unwrap();
    fs::create_dir(path.join("experiments")).unwrap();
    let text = "images = \"photos\"\niterations = 40\n[split]\nby = \"seed\"\n\
                validation_percent = 25\ntest_percent = 25\n";
    fs::write(path.join("experiments/photos.toml"), text).unwrap();
    folder
}

/// Starts a run that nobody follows.
fn start(project: &Path, iterations: &str) -> RunFolder {
    let output = Command::new(BINARY)
        .args(["run", "experiments/photos.toml", "--detach", "--set"])
        .arg(format!("iterations={iterations}"))
        .current_dir(project)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let id = String::from_utf8(output.stdout).unwrap();
    store::find(&project.join("runs"), id.trim()).unwrap()
}

/// The program on a terminal of its own.
struct Session {
    terminal: Box<dyn MasterPty>,
    keys: Box<dyn Write>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

fn parser(rows: u16, cols: u16) -> vt100::Parser {
    vt100::Parser::new(cells(rows), cells(cols), 0)
}

impl Session {
    fn open(project: &Path) -> Session {
        let pair = native_pty_system().openpty(size(24, 80)).unwrap();
        let mut command = CommandBuilder::new(BINARY);
        command.cwd(project);
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = Arc::new(Mutex::new(parser(24, 80)));
        let (mut output, parser) = (pair.master.try_clone_reader().unwrap(), screen.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                parser.lock().unwrap().process(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Session { terminal: pair.master, keys, child, screen }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn resize(&self, rows: u16, cols: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(cells(rows), cells(cols));
        self.terminal.resize(size(rows, cols)).unwrap();
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn wait_for(&self, words: &str) {
        self.wait_until(words, |session| session.text().contains(words));
    }

    fn wait_until(&self, what: &str, done: impl Fn(&Session) -> bool) {
        let start = Instant::now();
        while !done(self) {
            let text = self.text();
            assert!(start.elapsed() < PATIENCE, "waited in vain for '{what}':\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.process_id().unwrap() as i32).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end; the terminal is as it was before.
    fn ends_cleanly(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status:?}");
        let is_restored = |session: &Session| {
            let parser = session.screen.lock().unwrap();
            let screen = parser.screen();
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        };
        self.wait_until("the terminal is restored", is_restored);
    }
}

#[test]
fn a_run_started_beside_the_screens_is_watched_to_its_final_test_accuracy() {
    let project = project();
    let mut session = Session::open(project.path());
    session.wait_for("[3 Runs]");
    session.wait_for("no run yet in runs");
    session.press("2");
    session.wait_for("no run yet: there is nothing to watch");
    start(project.path(), "40");
    session.wait_for("final test accuracy = ");
    session.resize(20, 60);
    session.wait_for("final test accuracy = ");
    session.resize(40, 140);
    session.wait_for("mean cross-entropy");
    session.press("?");
    session.wait_for("keys of this screen");
    session.press("\x1b");
    session.wait_until("help is closed", |session| !session.text().contains("keys of this screen"));
    session.press("q");
    session.ends_cleanly();
}

#[test]
fn a_terminated_ui_gives_the_terminal_back() {
    let project = project();
    let session = Session::open(project.path());
    session.wait_for("no run yet");
    session.signal(Signal::TERM);
    session.ends_cleanly();
}

#[test]
fn a_run_started_from_the_screens_survives_their_violent_end_and_is_found_again() {
    let project = project();
    let first = start(project.path(), "40");
    let text = fs::read_to_string(project.path().join("experiments/photos.toml")).unwrap();
    let long = text.replace("iterations = 40", "iterations = 10000000");
    fs::write(project.path().join("experiments/photos.toml"), long).unwrap();
    let mut session = Session::open(project.path());
    session.wait_for(&first.id()[..15]);
    session.press("r");
    session.wait_for("iteration ");
    let run = store::find(&project.path().join("runs"), "last").unwrap();
    assert_ne!(run, first);
    session.signal(Signal::KILL);
    let _ = session.child.wait();
    // The terminal itself is closed too: everything that was in its session is hung up.
    drop(session);
    let step = run.replay().unwrap().step();
    let mut again = Session::open(project.path());
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
fn without_a_terminal_it_says_what_can_be_typed() {
    let output = Command::new(BINARY).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("retrain"), "{output:?}");
}
