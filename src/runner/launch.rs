//! The worker as a process of its own.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::store::{RunFolder, write_atomically};

/// How a run is to end before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Evaluate, and keep the result.
    Keep,
    /// No result.
    Cancel,
}

/// Starts `program worker RUN` without a terminal; it outlives this process.
///
/// The worker leaves the session as its own first act. Candle would size two thread pools by the
/// cores of the whole host, and small matrix products get slower with more threads: the worker
/// spreads photos over threads, one each, and trains the head on one.
pub fn launch(program: &Path, run: &RunFolder) -> io::Result<Child> {
    // What a crash says goes where the worker's own words are.
    let words = OpenOptions::new().append(true).create(true).open(run.worker_log())?;
    Command::new(program)
        .arg("worker")
        .arg(run.path())
        .env("RAYON_NUM_THREADS", "1")
        .env("CANDLE_NUM_THREADS", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(words)
        .spawn()
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
        Stop::Keep => "keep\n",
        Stop::Cancel => "cancel\n",
    };
    write_atomically(&run.stop_request(), word.as_bytes())
}
