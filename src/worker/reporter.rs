//! The one place where a worker writes events.

use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::config::append_plain;
use crate::store::{Event, EventLog, Fault, Points, Run, RunFolder, Timestamp, explain, harmless};

/// A table of runs need not be newer than this.
const SUMMARY_AGE: Duration = Duration::from_secs(1);

/// Appends events, keeps their fold, and with it `summary.json` and `worker.log`.
pub struct Reporter {
    folder: RunFolder,
    log: EventLog,
    words: File,
    run: Run,
    /// What earlier workers have reported of the iterations.
    earlier: Points,
    /// An earlier worker had the run, and this one has added no iteration yet.
    is_as_found: bool,
    summarised: Instant,
}

impl Reporter {
    pub fn open(folder: &RunFolder) -> Result<Reporter> {
        let log = EventLog::open(&folder.events())?;
        let words = append_plain(&folder.worker_log())?;
        let (run, earlier) = folder.replay_whole()?;
        let (is_as_found, summarised) = (run.started.is_some(), Instant::now());
        Ok(Reporter { folder: folder.clone(), log, words, run, earlier, is_as_found, summarised })
    }

    pub fn run(&self) -> &Run {
        &self.run
    }

    pub fn earlier(&self) -> &Points {
        &self.earlier
    }

    /// The last word of a worker that cannot do the run. On a full disk there is room for it, and
    /// where nothing can be written the run stays one that was lost.
    pub fn fail(&mut self, err: &anyhow::Error) -> Result<()> {
        let message = explain(err.as_ref(), &self.folder.again());
        self.say(&format!("failed: {message}"));
        if !self.is_as_found && self.run.end.is_some() {
            // It has been told already how the run ended.
            return Ok(());
        }
        let fault = Fault::of(err.as_ref()).is_some();
        let record = self.log.append_last(match self.is_as_found {
            true => Event::Refused { message, fault },
            false => Event::Failed { message, fault },
        })?;
        self.run.apply(&record);
        self.summarise();
        self.sync()
    }

    /// Reports something that happens often: one line in the log, the summary once a second.
    pub fn report(&mut self, event: Event) -> Result<()> {
        self.is_as_found &= !matches!(event, Event::Step(_));
        let record = self.log.append(event)?;
        self.run.apply(&record);
        if self.summarised.elapsed() >= SUMMARY_AGE {
            self.summarise();
        }
        Ok(())
    }

    /// Reports a turn of the run: on disk for good when this returns, and in the summary.
    pub fn turn(&mut self, event: Event) -> Result<()> {
        self.report(event)?;
        self.sync()?;
        self.summarise();
        Ok(())
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

    /// It is derived: when it cannot be written there is none, and readers take the log. A disk
    /// that is full shows itself there.
    fn summarise(&mut self) {
        self.summarised = Instant::now();
        if let Err(err) = self.folder.write_summary(&self.run) {
            self.say(&explain(&err, "it is written anew"));
            let _ = fs::remove_file(self.folder.summary_path());
        }
    }
}
