//! The one place where a worker writes events.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::store::{Event, EventLog, Run, RunFolder, Timestamp};

/// A table of runs need not be newer than this.
const SUMMARY_AGE: Duration = Duration::from_secs(1);

/// Appends events, keeps their fold, and with it `summary.json` and `worker.log`.
pub struct Reporter {
    folder: RunFolder,
    log: EventLog,
    words: File,
    run: Run,
    summarised: Instant,
}

impl Reporter {
    pub fn open(folder: &RunFolder) -> Result<Reporter> {
        let log = EventLog::open(&folder.events())?;
        let words = OpenOptions::new().append(true).create(true).open(folder.worker_log())?;
        let run = folder.replay()?;
        Ok(Reporter { folder: folder.clone(), log, words, run, summarised: Instant::now() })
    }

    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Reports something that happens often: one line in the log, the summary once a second.
    pub fn report(&mut self, event: Event) -> Result<()> {
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
        self.log.sync()?;
        self.summarise()
    }

    pub fn warn(&mut self, message: String) -> Result<()> {
        self.say(&format!("warning: {message}"));
        self.report(Event::Warning { message })
    }

    /// A line for a person who looks into `worker.log`; the run does not depend on it.
    pub fn say(&mut self, line: &str) {
        let time = Timestamp::now().strftime("%H:%M:%S");
        let _ = writeln!(self.words, "{time} {line}");
    }

    fn summarise(&mut self) -> Result<()> {
        self.summarised = Instant::now();
        Ok(self.folder.write_summary(&self.run)?)
    }
}
