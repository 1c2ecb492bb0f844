//! The last word of a run, by somebody else than its worker.

use crate::store::{Event, EventLog, Lease, RunFolder, say_aside};

/// Writes what a worker would have said last, in a run that has none; who has it says it itself.
pub fn write_last_word(folder: &RunFolder, events: Vec<Event>) {
    // In nobody's name: this process may live on for long, and has nothing to do with the run then.
    let Ok(_hold) = Lease::hold(&folder.lock()) else { return };
    let written = folder.replay().map_err(|err| err.to_string()).and_then(|run| {
        let log = EventLog::open(&folder.events()).map_err(|err| err.to_string())?;
        let mut log = log.under(run.lease);
        for event in events {
            log.append_last(event).map_err(|err| err.to_string())?;
        }
        log.sync().map_err(|err| err.to_string())
    });
    match written {
        // Derived from the log, and made anew from it where it is missing.
        Ok(()) => drop(folder.replay().map(|run| folder.write_summary(&run))),
        Err(err) => say_aside(&format!("{}: its end cannot be written: {err}", folder.id())),
    }
}
