//! The one place where a worker writes events.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::store::{Event, EventLog, Run, RunFolder, Timestamp, harmless};

/// A table of runs need not be newer than this.
const SUMMARY_AGE: Duration = Duration::from_secs(1);

/// Appends events, keeps their fold, and with it `summary.json` and `worker.log`.
pub struct Reporter {
    folder: RunFolder,
    log: EventLog,
    words: File,
    run: Run,
    /// An earlier worker had the run, and this one has added no iteration yet.
    is_as_found: bool,
    summarised: Instant,
}

impl Reporter {
    pub fn open(folder: &RunFolder) -> Result<Reporter> {
        let log = EventLog::open(&folder.events())?;
        let words = OpenOptions::new().append(true).create(true).open(folder.worker_log())?;
        let run = folder.replay_whole()?;
        let (is_as_found, summarised) = (run.started.is_some(), Instant::now());
        Ok(Reporter { folder: folder.clone(), log, words, run, is_as_found, summarised })
    }

    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The last word of a worker that cannot do the run.
    pub fn fail(&mut self, message: String) -> Result<()> {
        self.say(&format!("failed: {message}"));
        self.turn(match self.is_as_found {
            true => Event::Refused { message },
            false => Event::Failed { message },
        })
    }

    /// Reports something that happens often: one line in the log, the summary once a second.
    pub fn report(&mut self, event: Event) -> Result<()> {
        self.is_as_found &= !matches!(event, Event::Step { .. });
        let record = self.log.append(event)?;
        self.run.apply(&record);
        if self.summarised.elapsed() >= SUMMARY_AGE {
            self.summarise()?;
        }
        Ok(())
    }

    /// Reports a turn of the run: on disk for good, and in the summary, when this returns.
    pub fn turn(&mut self, event: Event) -> Result<()> {
        self.report(event)?;
        self.sync()?;
        self.summarise()
    }

    /// Puts everything reported so far on disk for good.
    pub fn sync(&self) -> Result<()> {
        Ok(self.log.sync()?)
    }

    pub fn warn(&mut self, message: String) -> Result<()> {
        self.say(&format!("warning: {message}"));
        self.report(Event::Warning { message })
    }

    /// A line for a person who looks into `worker.log`; the run does not depend on it.
    pub fn say(&mut self, line: &str) {
        let time = Timestamp::now().strftime("%H:%M:%S");
        let _ = writeln!(self.words, "{time} {}", harmless(line));
    }

    fn summarise(&mut self) -> Result<()> {
        self.summarised = Instant::now();
        Ok(self.folder.write_summary(&self.run)?)
    }
}
