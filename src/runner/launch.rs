//! The worker as a process of its own.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::store::{RunFolder, write_atomically};

/// How a run is to end before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Write a checkpoint, to go on later.
    Pause,
    /// Evaluate, and keep the result.
    Keep,
    /// No result.
    Cancel,
}

/// Starts `program worker RUN` without a terminal; it outlives this process.
///
/// The worker leaves the session as its own first act.
pub fn launch(program: &Path, run: &RunFolder) -> io::Result<Child> {
    start(program, run, &[])
}

pub(super) fn start(program: &Path, run: &RunFolder, arguments: &[String]) -> io::Result<Child> {
    // What a crash says goes where the worker's own words are.
    let words = OpenOptions::new().append(true).create(true).open(run.worker_log())?;
    with_thread_settings(&mut Command::new(program))
        .arg("worker")
        .arg(run.path())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(words)
        .spawn()
}

/// The variables that size Candle's two thread pools, which it reads when it starts. Left alone it
/// counts the cores of the whole host, and small matrix products get slower with more threads:
/// photos are spread over threads instead, one each, and the head trains on one.
const THREAD_SETTINGS: [(&str, &str); 2] =
    [("RAYON_NUM_THREADS", "1"), ("CANDLE_NUM_THREADS", "1")];

/// Prepares the environment of a process that runs the network.
pub fn with_thread_settings(command: &mut Command) -> &mut Command {
    command.envs(THREAD_SETTINGS)
}

/// Whether this process was started with [`with_thread_settings`].
pub fn has_thread_settings() -> bool {
    THREAD_SETTINGS.iter().all(|(name, value)| std::env::var(name).is_ok_and(|set| set == *value))
}

/// Waits for a worker on a thread of its own, so that an ended one does not stay as a zombie.
pub fn reap(mut worker: Child) -> io::Result<()> {
    let wait = move || drop(worker.wait());
    std::thread::Builder::new().name("reap".into()).spawn(wait)?;
    Ok(())
}

/// Asks the worker of `run` to end, wherever it is: it looks for this file several times a second.
pub fn request(run: &RunFolder, stop: Stop) -> io::Result<()> {
    let word = match stop {
        Stop::Pause => "pause\n",
        Stop::Keep => "keep\n",
        Stop::Cancel => "cancel\n",
    };
    write_atomically(&run.stop_request(), word.as_bytes())
}
