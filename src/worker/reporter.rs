//! The one place where a worker writes events.

use std::fs::{self, File};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::config::append_plain;
use crate::store::{
    Event, EventLog, Fault, Lease, LeaseError, Points, Run, RunFolder, Tail, Timestamp, explain,
    harmless,
};

/// A table of runs need not be newer than this.
const SUMMARY_AGE: Duration = Duration::from_secs(1);
/// Bytes of the log after which it is folded for those who read it; a reader of a run whose worker
/// was killed has no more to read than that.
const KEEP_EVERY: u64 = 16 << 20;
/// Between two iterations the lease is looked at this often: less than anybody needs to take the
/// run, and so seldom that it costs nothing.
const CHECK: Duration = Duration::from_millis(100);

/// Appends events, keeps their fold, and with it `summary.json` and `worker.log`.
pub struct Reporter {
    folder: RunFolder,
    // Dropped before the lease: it gives back its room, which nobody may have gone on into.
    log: EventLog,
    lease: Arc<Lease>,
    checked: Instant,
    /// Reads what an earlier worker added between our replay and our first event; after that it can
    /// add nothing that counts.
    unread: Option<Tail>,
    words: File,
    run: Run,
    /// What earlier workers have reported of the iterations.
    earlier: Points,
    /// An earlier worker had the run, and this one has added no iteration yet.
    is_as_found: bool,
    summarised: Instant,
    /// Length of the log when it was folded last for all others.
    kept: u64,
}

impl Reporter {
    /// Opens the log of a run for the worker that holds `lease`.
    pub fn open(folder: &RunFolder, lease: Arc<Lease>) -> Result<Reporter> {
        let log = EventLog::open(&folder.events())?;
        let words = append_plain(&folder.worker_log())?;
        let (run, earlier, tail) = folder.replay_whole()?;
        lease.number_above(run.lease)?;
        let (is_as_found, now) = (run.started.is_some(), Instant::now());
        Ok(Reporter {
            folder: folder.clone(),
            checked: now,
            log: log.under(lease.number()),
            lease,
            unread: Some(tail),
            words,
            run,
            earlier,
            is_as_found,
            summarised: now,
            kept: 0,
        })
    }

    /// Errors when the run is another worker's by now: nothing may be written any more.
    pub fn check_lease(&self) -> Result<(), LeaseError> {
        self.lease.check()
    }

    /// The run so far.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// What earlier workers have reported of the iterations.
    pub fn earlier(&self) -> &Points {
        &self.earlier
    }

    /// The last word of a worker that cannot do the run. On a full disk there is room for it, and
    /// where nothing can be written the run stays one that was lost.
    pub fn fail(&mut self, err: &anyhow::Error) -> Result<()> {
        let message = explain(err.as_ref(), &self.folder.again());
        self.say(&format!("failed: {message}"));
        if let Some(LeaseError::Lost { .. }) = err.downcast_ref() {
            return Ok(());
        }
        if !self.is_as_found && self.run.end.is_some() {
            // It has been told already how the run ended.
            return Ok(());
        }
        self.check_lease()?;
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
        if self.checked.elapsed() >= CHECK {
            self.check_lease()?;
            self.checked = Instant::now();
        }
        let has_trained =
            matches!(event, Event::Step(_) | Event::Head { .. } | Event::FoldTested(_));
        self.is_as_found &= !has_trained;
        let record = self.log.append(event)?;
        match self.unread.take() {
            Some(mut tail) => tail.poll()?.iter().for_each(|record| {
                self.run.apply(record);
                self.earlier.add(record);
            }),
            None => self.run.apply(&record),
        }
        if self.summarised.elapsed() >= SUMMARY_AGE {
            self.summarise();
        }
        Ok(())
    }

    /// Reports a turn of the run: on disk for good when this returns, and in the summary.
    pub fn turn(&mut self, event: Event) -> Result<()> {
        self.check_lease()?;
        self.report(event)?;
        self.sync()?;
        self.summarise();
        Ok(())
    }

    /// Puts everything reported so far on disk for good.
    pub fn sync(&self) -> Result<()> {
        Ok(self.log.sync()?)
    }

    /// Reports something that a person should know.
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
        if self.folder.log_bytes() >= self.kept + KEEP_EVERY {
            self.kept = self.folder.log_bytes();
            // It leaves what it has read of the log for those who come after it.
            let _ = self.folder.replay();
        }
        if let Err(err) = self.folder.write_summary(&self.run) {
            self.say(&explain(&err, "it is written anew"));
            let _ = fs::remove_file(self.folder.summary_path());
        }
    }
}
