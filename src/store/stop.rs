//! How a run is asked to end before its time: one word in the file `stop` of its folder.
//!
//! Whoever wants a run to end writes the file, on whatever machine; the run's worker looks for it
//! several times a second. A worker that begins removes the request to the one before it.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};

use super::atomic::write_atomically;
use super::folder::RunFolder;
use super::names::harmless;
use crate::config::read_small;

/// How a run is to end before its time. Of two requests the later one in this order holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// End with a checkpoint and without a result, to go on later.
    Pause,
    /// Evaluate what was learned so far, and keep the result.
    Keep,
    /// End without a result.
    Cancel,
}

/// What a cluster tells the process of a job: that its end comes near, and that it has come.
#[derive(Clone, Debug, Default)]
pub struct EndSignals {
    near: Arc<AtomicBool>,
    end: Arc<AtomicBool>,
}

impl EndSignals {
    /// Hears them from now on: USR1 says that the end is near, TERM and INT that it has come.
    pub fn watched() -> io::Result<EndSignals> {
        let signals = EndSignals::default();
        signal_hook::flag::register(SIGUSR1, signals.near.clone())?;
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, signals.end.clone())?;
        }
        Ok(signals)
    }

    /// Whether the process has to end at once.
    pub fn has_to_end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether it was said since the last time that the end is near.
    pub fn take_near(&self) -> bool {
        self.near.swap(false, Ordering::Relaxed)
    }
}

/// A stop request that its worker cannot follow.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The request is there, but could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The run's stop file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds a word that is no request.
    #[error(
        "{}: found '{}', expected pause, keep or cancel; the run goes on",
        path.display(),
        harmless(found)
    )]
    Unknown {
        /// The run's stop file.
        path: PathBuf,
        /// The first 40 characters of what stands in it.
        found: String,
    },
}

impl Stop {
    /// All, the weakest first.
    pub const ALL: [Stop; 3] = [Stop::Pause, Stop::Keep, Stop::Cancel];

    /// As written in the file.
    fn word(self) -> &'static str {
        match self {
            Stop::Pause => "pause",
            Stop::Keep => "keep",
            Stop::Cancel => "cancel",
        }
    }
}

impl RunFolder {
    /// The file whose presence asks the worker to end; its content says how.
    pub fn stop_file(&self) -> PathBuf {
        self.path().join("stop")
    }

    /// Asks the worker of this run to end, wherever it is. Replaces an earlier request.
    pub fn request_stop(&self, stop: Stop) -> io::Result<()> {
        write_atomically(&self.stop_file(), format!("{}\n", stop.word()).as_bytes())
    }

    /// What the worker of this run was asked; `None` when nobody has asked.
    pub fn stop_request(&self) -> Result<Option<Stop>, StopError> {
        let path = self.stop_file();
        let text = match read_small(&path) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StopError::Read { path, source }),
            Ok(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
        };
        match Stop::ALL.into_iter().find(|stop| stop.word() == text) {
            Some(stop) => Ok(Some(stop)),
            None => Err(StopError::Unknown { path, found: text.chars().take(40).collect() }),
        }
    }

    /// Removes a request, where there is one.
    pub fn withdraw_stop(&self) -> io::Result<()> {
        match fs::remove_file(self.stop_file()) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written_and_can_be_withdrawn() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        assert_eq!(run.stop_request().unwrap(), None);
        for (stop, text) in
            [(Stop::Pause, "pause\n"), (Stop::Keep, "keep\n"), (Stop::Cancel, "cancel\n")]
        {
            run.request_stop(stop).unwrap();
            assert_eq!(fs::read_to_string(run.stop_file()).unwrap(), text);
            assert_eq!(run.stop_request().unwrap(), Some(stop));
        }
        run.withdraw_stop().unwrap();
        run.withdraw_stop().unwrap();
        assert_eq!(run.stop_request().unwrap(), None);
    }

    #[test]
    fn an_unknown_word_is_named_and_taken_for_no_request() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        for (text, said) in [("halt\n", "found 'halt'"), ("", "found ''"), ("\u{1b}[2J", "\\u{1b}")]
        {
            fs::write(run.stop_file(), text).unwrap();
            let err = run.stop_request().unwrap_err().to_string();
            assert!(err.contains(said) && err.contains("expected pause, keep or cancel"), "{err}");
        }
    }
}
