//! The program on a pseudo-terminal, with the time at which each of its bytes came.

#![allow(dead_code, reason = "every example uses a part of it")]

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than anything measured here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// Silence after which a screen is taken for finished.
const QUIET: Duration = Duration::from_millis(300);

/// What the program asks a terminal at its start, and what an ordinary one answers.
const QUESTION: &[u8] = b"\x1b[c";
const ANSWER: &[u8] = b"\x1b[?62;22c";

struct Chunk {
    at: Instant,
    bytes: Vec<u8>,
}

pub struct Session {
    /// When the program was started.
    pub start: Instant,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Chunk>,
    screen: vt100::Parser,
    /// The program talks to it until it ends.
    _terminal: Box<dyn MasterPty + Send>,
}

/// The program in a project folder, without what the calling terminal says of itself.
pub fn command(program: &Path, project: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.cwd(project);
    for of_this_terminal in ["NO_COLOR", "COLORTERM", "TMUX", "STY", "SSH_CONNECTION"] {
        command.env_remove(of_this_terminal);
    }
    command.env("TERM", "xterm-256color");
    command.env("LC_ALL", "C.UTF-8");
    command
}

impl Session {
    /// Starts the command on a terminal of its own.
    pub fn open(command: CommandBuilder, rows: u16, columns: u16) -> Result<Session> {
        let pair = native_pty_system().openpty(PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        })?;
        let mut reader = pair.master.try_clone_reader()?;
        let (send, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let chunk = Chunk { at: Instant::now(), bytes: bytes[..count].to_vec() };
                if send.send(chunk).is_err() {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer()?;
        let cells = NonZero::new(rows).zip(NonZero::new(columns));
        let (rows, columns) = cells.context("a terminal has cells")?;
        let screen = vt100::Parser::new(rows, columns, 0);
        let start = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        Ok(Session { start, child, keys, output, screen, _terminal: pair.master })
    }

    /// Presses keys, and says when.
    pub fn press(&mut self, keys: &str) -> Result<Instant> {
        let at = Instant::now();
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush()?;
        Ok(at)
    }

    /// When the bytes came with which the screen, line by line, fulfils `done`.
    pub fn wait_until(&mut self, what: &str, done: impl Fn(&[String]) -> bool) -> Result<Instant> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(chunk) = self.output.recv_timeout(left) else {
                bail!("waited in vain for {what}; the screen was:\n{}", self.lines().join("\n"));
            };
            let at = chunk.at;
            self.show(&chunk)?;
            if done(&self.lines()) {
                return Ok(at);
            }
        }
    }

    /// Waits until nothing has come for a while.
    pub fn settle(&mut self) -> Result<()> {
        while let Ok(chunk) = self.output.recv_timeout(QUIET) {
            self.show(&chunk)?;
        }
        Ok(())
    }

    /// Counts the bytes that come in this time.
    pub fn bytes_within(&mut self, time: Duration) -> Result<usize> {
        let until = Instant::now() + time;
        let mut count = 0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(chunk) = self.output.recv_timeout(left) else { return Ok(count) };
            count += chunk.bytes.len();
            self.show(&chunk)?;
        }
    }

    fn show(&mut self, chunk: &Chunk) -> Result<()> {
        self.screen.process(&chunk.bytes);
        if chunk.bytes.windows(QUESTION.len()).any(|bytes| bytes == QUESTION) {
            self.keys.write_all(ANSWER)?;
            self.keys.flush()?;
        }
        Ok(())
    }

    /// The cells as they are now.
    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    pub fn lines(&self) -> Vec<String> {
        let (_, columns) = self.screen().size();
        self.screen().rows(0, columns.get()).collect()
    }

    /// Processor time that the program has used so far.
    pub fn processor_time(&self) -> Result<Duration> {
        /// In which `/proc` counts, on every architecture of Linux that matters here.
        const TICKS_PER_SECOND: f64 = 100.0;
        let stat = self.proc("stat")?;
        let (_, fields) = stat.rsplit_once(')').context("a process has a name")?;
        // Fields 14 and 15 of proc(5): user and system time; the third is the first after the name.
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        let ticks = ticks.sum::<Result<f64, _>>()?;
        Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
    }

    /// Memory of the program in megabytes.
    pub fn resident_megabytes(&self) -> Result<f64> {
        self.megabytes("VmRSS:")
    }

    /// The most that was resident at any moment so far.
    pub fn most_resident_megabytes(&self) -> Result<f64> {
        self.megabytes("VmHWM:")
    }

    fn megabytes(&self, what: &str) -> Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(what));
        let kibibytes = line.and_then(|line| line.split_whitespace().next());
        let kibibytes: f64 =
            kibibytes.with_context(|| format!("no {what} in the process's status"))?.parse()?;
        Ok(kibibytes * 1024.0 / 1e6)
    }

    fn proc(&self, file: &str) -> Result<String> {
        let pid = self.child.process_id().context("the program has ended")?;
        Ok(std::fs::read_to_string(format!("/proc/{pid}/{file}"))?)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
