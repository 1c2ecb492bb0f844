//! The program on a pseudo-terminal of its own, as a person sees it.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::{BINARY, Project};

/// Longer than anything here takes on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

pub const ESC: &str = "\x1b";
pub const ENTER: &str = "\r";
pub const CTRL_C: &str = "\x03";
pub const CTRL_F: &str = "\x06";
pub const CTRL_R: &str = "\x12";
pub const CTRL_S: &str = "\x13";
pub const BACKSPACE: &str = "\x7f";
pub const DOWN: &str = "\x1b[B";
pub const END: &str = "\x1b[F";

/// What the program has written: as bytes, and as a screen.
struct Output {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

pub struct Session {
    terminal: Box<dyn MasterPty>,
    keys: Box<dyn Write>,
    child: Box<dyn Child + Send + Sync>,
    output: Arc<Mutex<Output>>,
    reader: JoinHandle<()>,
    /// The reader ends with the next bytes.
    is_over: Arc<AtomicBool>,
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

impl Session {
    pub fn open(project: &Project) -> Session {
        Session::open_with(project, &[])
    }

    /// With more in its environment.
    pub fn open_with(project: &Project, environment: &[(&str, &str)]) -> Session {
        Session::start(project, &[], environment)
    }

    /// A command.
    pub fn run(project: &Project, arguments: &[&str]) -> Session {
        Session::start(project, arguments, &[])
    }

    /// A script of the shell, in which `"$0"` is the program.
    pub fn shell(project: &Project, script: &str) -> Session {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", script, BINARY]);
        Session::spawn(project, command, &[])
    }

    fn start(project: &Project, arguments: &[&str], environment: &[(&str, &str)]) -> Session {
        let mut command = CommandBuilder::new(BINARY);
        command.args(arguments);
        Session::spawn(project, command, environment)
    }

    fn spawn(
        project: &Project,
        mut command: CommandBuilder,
        environment: &[(&str, &str)],
    ) -> Session {
        let pair = native_pty_system().openpty(size(24, 80)).unwrap();
        command.cwd(project.path());
        for of_this_process in ["NO_COLOR", "COLORTERM", "TMUX", "STY", "SSH_CONNECTION"] {
            command.env_remove(of_this_process);
        }
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = vt100::Parser::new(cells(24), cells(80), 0);
        let output = Arc::new(Mutex::new(Output { bytes: Vec::new(), screen }));
        let (mut from, kept) = (pair.master.try_clone_reader().unwrap(), output.clone());
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                let mut output = kept.lock().unwrap();
                output.bytes.extend(&bytes[..count]);
                output.screen.process(&bytes[..count]);
                if over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Session { terminal: pair.master, keys, child, output, reader, is_over }
    }

    /// The process that the shell waits for.
    pub fn child_of_the_shell(&self) -> Option<u32> {
        let shell = self.pid();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        children.ok()?.split_whitespace().next()?.parse().ok()
    }

    /// How often these bytes were written to the terminal.
    pub fn count_of(&self, bytes: &str) -> usize {
        let output = self.output.lock().unwrap();
        output.bytes.windows(bytes.len()).filter(|&part| part == bytes.as_bytes()).count()
    }

    /// Takes the terminal away after one more key, which must bring something to the screen.
    pub fn take_terminal_away(mut self, key: &str) -> Box<dyn Child + Send + Sync> {
        self.is_over.store(true, Ordering::Relaxed);
        self.press(key);
        self.reader.join().unwrap();
        self.child
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Presses, and waits for what it brings to the screen.
    pub fn press_for(&mut self, keys: &str, words: &str) {
        self.press(keys);
        self.wait_for(words);
    }

    pub fn resize(&self, rows: u16, cols: u16) {
        self.output.lock().unwrap().screen.screen_mut().set_size(cells(rows), cells(cols));
        self.terminal.resize(size(rows, cols)).unwrap();
    }

    pub fn text(&self) -> String {
        self.output.lock().unwrap().screen.screen().contents()
    }

    pub fn shows(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// The first line of the screen that contains `words`.
    pub fn line_with(&self, words: &str) -> String {
        let text = self.text();
        let line = text.lines().find(|line| line.contains(words));
        line.unwrap_or_else(|| panic!("no '{words}' in\n{text}")).to_owned()
    }

    pub fn wait_for(&self, words: &str) {
        self.wait_until(words, |session| session.shows(words));
    }

    pub fn wait_without(&self, words: &str) {
        self.wait_until(&format!("the end of '{words}'"), |session| !session.shows(words));
    }

    pub fn wait_until(&self, what: &str, done: impl Fn(&Session) -> bool) {
        let start = Instant::now();
        while !done(self) {
            let text = self.text();
            assert!(start.elapsed() < PATIENCE, "waited in vain for '{what}':\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid() as i32).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Ends it with no chance to clean up, and closes its terminal: all of its session is hung up.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }

    /// Waits for the end; the terminal is as it was before. Gives all that was written to it.
    pub fn ends_cleanly(mut self) -> Vec<u8> {
        let start = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None => assert!(start.elapsed() < PATIENCE, "it goes on:\n{}", self.text()),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(status.success(), "{status:?}");
        let is_restored = |session: &Session| {
            let output = session.output.lock().unwrap();
            let screen = output.screen.screen();
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        };
        self.wait_until("the terminal is restored", is_restored);
        std::mem::take(&mut self.output.lock().unwrap().bytes)
    }
}
