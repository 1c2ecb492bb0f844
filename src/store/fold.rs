//! What was folded of a long log once, kept beside it, so that no reader begins at its first line
//! again: ten million iterations are a log of gigabytes.
//!
//! `fold.json` is derived from the log: where it is missing, damaged, of another version or not of
//! this log, the log is read from its beginning.

use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

use super::atomic::write_atomically;
use super::folder::RunFolder;
use super::log::{LogError, Tail};
use super::run::Run;
use crate::config::{open_plain, read_small};

/// Goes up when the fold of the same log becomes another.
const VERSION: u32 = 2;
/// Bytes of a log that are read again and again rather than kept: a fraction of a second.
const KEPT_FROM: u64 = 8 << 20;
/// Bytes before the place up to which a log was folded, by which it is known again.
const BEFORE: u64 = 4 << 10;

#[derive(Serialize, Deserialize)]
struct Fold {
    v: u32,
    /// Bytes of the log that are folded, whole lines.
    offset: u64,
    lines: usize,
    lease: u64,
    /// Hash of the bytes before that place.
    before: String,
    run: Run,
}

impl RunFolder {
    /// All events so far, folded. Reads of a long log only what has come since it was last folded.
    pub fn replay(&self) -> Result<Run, LogError> {
        Ok(self.replay_on()?.0)
    }

    /// The same, with the reader that goes on behind them.
    pub fn replay_on(&self) -> Result<(Run, Tail), LogError> {
        let (mut tail, mut run) = self.kept().unwrap_or_else(|| (self.tail(), Run::default()));
        let begin = tail.offset;
        match tail.each(|record| run.apply(&record)) {
            Err(err) if begin == 0 => return Err(err),
            _ => {}
        }
        if tail.offset - begin >= KEPT_FROM {
            // Where it cannot be written, as by one who may only read, the next one reads as much.
            let _ = self.keep(&tail, &run);
        }
        Ok((run, tail))
    }

    fn kept(&self) -> Option<(Tail, Run)> {
        let Fold { v, offset, lines, lease, before, run } =
            serde_json::from_slice(&read_small(&self.fold()).ok()?).ok()?;
        let is_of_this_log = v == VERSION && self.hash_before(offset).ok()? == before;
        is_of_this_log.then(|| (Tail { offset, lines, lease, ..self.tail() }, run))
    }

    fn keep(&self, tail: &Tail, run: &Run) -> io::Result<()> {
        let Tail { offset, lines, lease, .. } = *tail;
        let (before, run) = (self.hash_before(offset)?, run.clone());
        let fold = Fold { v: VERSION, offset, lines, lease, before, run };
        let mut json = serde_json::to_vec(&fold).expect("a fold is plain data");
        json.push(b'\n');
        write_atomically(&self.fold(), &json)
    }

    fn hash_before(&self, offset: u64) -> io::Result<String> {
        let start = offset.saturating_sub(BEFORE);
        let mut file = open_plain(&self.events())?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = vec![0; (offset - start) as usize];
        file.read_exact(&mut bytes)?;
        Ok(blake3::hash(&bytes).to_hex().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::event::{Event, StepPoint};
    use super::super::log::EventLog;
    use super::*;

    /// Makes the log longer by so many bytes at least.
    fn grow(run: &RunFolder, bytes: u64) {
        let end = run.log_bytes() + bytes;
        let mut log = EventLog::open(&run.events()).unwrap().under(3);
        let first = run.replay().unwrap().step();
        let filler = Event::Warning { message: "x".repeat(1 << 20) };
        for step in first + 1.. {
            let point = StepPoint { step, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 };
            log.append(Event::Step(point)).unwrap();
            if run.log_bytes() >= end {
                return;
            }
            // Said again it is one warning.
            log.append(filler.clone()).unwrap();
        }
    }

    #[test]
    fn a_long_log_is_folded_once_and_then_only_what_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        grow(&run, 1);
        run.replay().unwrap();
        assert!(!run.fold().exists(), "a short one is read again");
        grow(&run, KEPT_FROM);
        let whole = run.replay().unwrap();
        assert!(run.fold().exists());
        assert_eq!(run.replay().unwrap(), whole);
        // What is kept is not read again: of bytes that are gone it is known all the same.
        let log = fs::read(run.events()).unwrap();
        let mut damaged = log.clone();
        damaged[..10].fill(b'#');
        fs::write(run.events(), &damaged).unwrap();
        assert_eq!(run.replay().unwrap(), whole);
        grow(&run, 1);
        assert_eq!(run.replay().unwrap().step(), whole.step() + 1);
        // An older worker's lines are passed over as in a log that is read from its beginning.
        let late = StepPoint { step: 9999, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 };
        EventLog::open(&run.events()).unwrap().under(2).append(Event::Step(late)).unwrap();
        assert_eq!(run.replay().unwrap().step(), whole.step() + 1);
    }

    #[test]
    fn what_is_not_of_this_log_or_is_damaged_is_folded_anew() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        grow(&run, KEPT_FROM);
        let whole = run.replay().unwrap();
        let kept = fs::read_to_string(run.fold()).unwrap();
        for damage in ["{", &kept.replacen("\"v\":2", "\"v\":9", 1)] {
            fs::write(run.fold(), damage).unwrap();
            assert_eq!(run.replay().unwrap(), whole);
            assert_eq!(fs::read_to_string(run.fold()).unwrap(), kept, "it is kept again");
        }
        fs::write(run.events(), "").unwrap();
        EventLog::open(&run.events()).unwrap().append(Event::Paused).unwrap();
        assert_eq!(run.replay().unwrap().step(), 0);
    }
}
