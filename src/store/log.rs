//! The event log: appended in one place, tailed in many.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::event::{Event, LONGEST_LINE, Record, SCHEMA_VERSION, Timestamp};
use crate::config::{append_plain, open_plain};

/// Why an event log cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log cannot be opened to append, cannot take an event or cannot be synced to the disk.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The log that was to be written.
        path: PathBuf,
        /// Why it failed, a full disk for example.
        source: io::Error,
    },
    /// The log is there but cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The log that was to be read.
        path: PathBuf,
        /// Why the system refused to read it.
        source: io::Error,
    },
    /// A whole line is not an event that this program understands.
    #[error("{}:{line}: {message}; the log is damaged there, what stands before it is kept", path.display())]
    Line {
        /// The log with the damaged line.
        path: PathBuf,
        /// Number of the damaged line, from 1.
        line: usize,
        /// What is wrong with the line.
        message: String,
    },
    /// A newer program has written to the log.
    #[error(
        "{}:{line}: the log is of version {found}, this program reads up to {SCHEMA_VERSION}; \
         use a newer retrain",
        path.display()
    )]
    Version {
        /// The log that is too new.
        path: PathBuf,
        /// Number of the first line of the newer version, from 1.
        line: usize,
        /// The version that this line states.
        found: u32,
    },
}

/// What stays free behind the log for a worker's last word, and how much is taken for the log at a
/// time, in bytes.
const LAST_WORD: u64 = 8 << 10;
const ROOM: u64 = 64 << 10;

/// Bytes that are read at a time.
const PART: u64 = 4 << 20;

/// The writing end. One worker at a time holds it (see `Lease`).
pub struct EventLog {
    path: PathBuf,
    file: File,
    /// Bytes up to the end of the line that was written last.
    len: u64,
    /// A line that was written in part.
    torn: Option<Vec<u8>>,
    /// Bytes that the file system has promised to the log.
    room: u64,
    /// What every event carries; see `Lease`.
    lease: u64,
}

impl EventLog {
    /// Opens the log to append, and cuts a torn last line: what a killed writer had begun.
    pub fn open(path: &Path) -> Result<EventLog, LogError> {
        let fail = |source| LogError::Write { path: path.to_owned(), source };
        let file = append_plain(path).map_err(fail)?;
        let len = end_of_lines(&file).map_err(fail)?;
        if len < file.metadata().map_err(fail)?.len() {
            file.set_len(len).map_err(fail)?;
        }
        Ok(EventLog { path: path.to_owned(), file, len, torn: None, room: 0, lease: 0 })
    }

    /// The same, for the worker whose lease has that number.
    pub fn under(mut self, lease: u64) -> EventLog {
        self.lease = lease;
        self
    }

    /// Appends one event, stamped with the present time: one line in one write. Errors, and leaves
    /// the log as it was, also when no room would be left behind it for a last word.
    pub fn append(&mut self, event: Event) -> Result<Record, LogError> {
        self.keep_room()?;
        self.append_last(event)
    }

    /// Appends an event as [`EventLog::append`] does, into the room that was kept for it.
    pub fn append_last(&mut self, event: Event) -> Result<Record, LogError> {
        let (at, lease) = (Timestamp::now(), self.lease);
        let record = Record { v: event.version(), at, lease, event };
        let mut line = serde_json::to_vec(&record).expect("events have no map with odd keys");
        line.push(b'\n');
        self.cut().map_err(|source| self.error(source))?;
        if let Err(source) = self.file.write_all(&line) {
            // A line that is there in part would be in the way of the next one.
            self.torn = Some(line);
            let _ = self.cut();
            return Err(self.error(source));
        }
        // Not the sum of what was written here: another worker may have believed the run its own.
        self.len = self.file.stream_position().map_err(|source| self.error(source))?;
        Ok(record)
    }

    /// Has the file system promise room behind the log, which does not make it longer. Where it
    /// makes no promises the log goes without.
    fn keep_room(&mut self) -> Result<(), LogError> {
        if self.len + LAST_WORD <= self.room {
            return Ok(());
        }
        match fallocate(&self.file, FallocateFlags::KEEP_SIZE, self.len, ROOM) {
            Err(errno @ (Errno::NOSPC | Errno::DQUOT)) => return Err(self.error(errno.into())),
            Err(_) => self.room = u64::MAX,
            Ok(()) => self.room = self.len + ROOM,
        }
        Ok(())
    }

    /// Cuts a line that was written in part, and nothing that another worker has written.
    fn cut(&mut self) -> io::Result<()> {
        let Some(line) = &self.torn else { return Ok(()) };
        let mut written = vec![0; (self.file.metadata()?.len() - self.len) as usize];
        self.file.read_exact_at(&mut written, self.len)?;
        let whole = written.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        if line.starts_with(&written[whole..]) {
            self.file.set_len(self.len + whole as u64)?;
        }
        self.torn = None;
        Ok(())
    }

    fn error(&self, source: io::Error) -> LogError {
        LogError::Write { path: self.path.clone(), source }
    }

    /// Makes everything appended so far last through a power cut.
    pub fn sync(&self) -> Result<(), LogError> {
        self.file.sync_data().map_err(|source| self.error(source))
    }
}

/// Where the last whole line of the file ends, however long the file is.
fn end_of_lines(file: &File) -> io::Result<u64> {
    let mut block = vec![0; 64 << 10];
    let mut end = file.metadata()?.len();
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let part = &mut block[..(end - start) as usize];
        file.read_exact_at(part, start)?;
        if let Some(at) = part.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

impl Drop for EventLog {
    /// Gives back the room, unless somebody has gone on with the log.
    fn drop(&mut self) {
        // Where nothing was promised there is nothing to give back.
        if (1..u64::MAX).contains(&self.room)
            && self.file.metadata().is_ok_and(|data| data.len() == self.len)
        {
            let _ = self.file.set_len(self.len);
        }
    }
}

/// The reading end: gives each whole line once, and only whole lines. It looks at the file's size,
/// not at notifications, so it also works on network file systems.
pub struct Tail {
    pub(super) path: PathBuf,
    /// Where the first line begins that was not given yet. What stands behind the last line end is
    /// read again at the next call: its writer may have been killed and another may have cut it.
    pub(super) offset: u64,
    /// Lines read so far.
    pub(super) lines: usize,
    /// The largest number of a lease that an event carried so far.
    pub(super) lease: u64,
}

impl Tail {
    /// A reader that begins at the first line; there need be no file yet.
    pub fn new(path: &Path) -> Tail {
        Tail { path: path.to_owned(), offset: 0, lines: 0, lease: 0 }
    }

    /// The records written since the last call; empty while there is no file. Those of a worker
    /// whose run another had taken by then are passed over.
    ///
    /// What stands before a damaged line is given first, then the error, at each call again.
    pub fn poll(&mut self) -> Result<Vec<Record>, LogError> {
        let mut records = Vec::new();
        self.each(|record| records.push(record))?;
        Ok(records)
    }

    /// As [`Tail::poll`], one record after the other: a log may be longer than there is memory.
    pub fn each(&mut self, mut take: impl FnMut(Record)) -> Result<(), LogError> {
        let begin = self.offset;
        loop {
            match self.part(&mut take) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(err) if self.offset == begin => return Err(err),
                Err(_) => return Ok(()),
            }
        }
    }

    /// Reads some lines; `false` when there is no whole one more. Errors at a damaged line, where
    /// those before it were read.
    fn part(&mut self, take: &mut impl FnMut(Record)) -> Result<bool, LogError> {
        let fail = |source| LogError::Read { path: self.path.clone(), source };
        let mut file = match open_plain(&self.path) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(false),
            opened => opened.map_err(fail)?,
        };
        if file.metadata().map_err(fail)?.len() <= self.offset {
            return Ok(false);
        }
        file.seek(SeekFrom::Start(self.offset)).map_err(fail)?;
        let mut bytes = Vec::new();
        // A line may be longer than a part; up to which length is for the writers to say.
        for limit in [PART, LONGEST_LINE] {
            let more = limit - bytes.len() as u64;
            (&file).take(more).read_to_end(&mut bytes).map_err(fail)?;
            if bytes.contains(&b'\n') || (bytes.len() as u64) < limit {
                break;
            }
        }
        let mut is_any = false;
        for line in bytes.split_inclusive(|&b| b == b'\n') {
            let Some(line) = line.strip_suffix(b"\n") else { break };
            let record = self.record(line)?;
            self.lines += 1;
            self.offset += line.len() as u64 + 1;
            is_any = true;
            // Without a number it is of no worker, or of before there were any.
            if !(1..self.lease).contains(&record.lease) {
                self.lease = self.lease.max(record.lease);
                take(record);
            }
        }
        Ok(is_any)
    }

    fn record(&self, line: &[u8]) -> Result<Record, LogError> {
        #[derive(serde::Deserialize)]
        struct Version {
            v: u32,
        }
        let version =
            |found| LogError::Version { path: self.path.clone(), line: self.lines + 1, found };
        match serde_json::from_slice::<Record>(line) {
            Ok(record) if record.v > SCHEMA_VERSION => Err(version(record.v)),
            Ok(record) => Ok(record),
            Err(err) => Err(match serde_json::from_slice(line) {
                Ok(Version { v }) if v > SCHEMA_VERSION => version(v),
                _ => LogError::Line {
                    path: self.path.clone(),
                    line: self.lines + 1,
                    message: err.to_string(),
                },
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(text: &str) -> Event {
        Event::Warning { message: text.to_owned() }
    }

    fn messages(records: &[Record]) -> Vec<&str> {
        records
            .iter()
            .map(|record| match &record.event {
                Event::Warning { message } => message.as_str(),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn every_line_is_read_once_and_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut tail = Tail::new(&path);
        assert!(tail.poll().unwrap().is_empty());
        let mut log = EventLog::open(&path).unwrap();
        log.append(warning("a")).unwrap();
        assert_eq!(messages(&tail.poll().unwrap()), ["a"]);

        let line = serde_json::to_vec(&log.append(warning("b")).unwrap()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - line.len() / 2]).unwrap();
        assert!(tail.poll().unwrap().is_empty());
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(messages(&tail.poll().unwrap()), ["b"]);
        assert!(tail.poll().unwrap().is_empty());
    }

    #[test]
    fn a_torn_last_line_is_cut_on_reopen_wherever_it_was_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        log.append(warning("kept")).unwrap();
        let kept = std::fs::metadata(&path).unwrap().len() as usize;
        log.append(warning("torn")).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for torn in kept..bytes.len() {
            std::fs::write(&path, &bytes[..torn]).unwrap();
            let mut tail = Tail::new(&path);
            assert_eq!(messages(&tail.poll().unwrap()), ["kept"]);
            EventLog::open(&path).unwrap().append(warning("new")).unwrap();
            assert_eq!(messages(&tail.poll().unwrap()), ["new"]);
        }
    }

    #[test]
    fn what_a_worker_writes_whose_run_was_taken_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        EventLog::open(&path).unwrap().append(warning("created")).unwrap();
        let mut first = EventLog::open(&path).unwrap().under(1);
        first.append(warning("first")).unwrap();
        let mut tail = Tail::new(&path);
        assert_eq!(messages(&tail.poll().unwrap()), ["created", "first"]);
        let mut second = EventLog::open(&path).unwrap().under(2);
        first.append(warning("before the second began")).unwrap();
        second.append(warning("second")).unwrap();
        first.append(warning("late")).unwrap();
        second.append(warning("goes on")).unwrap();
        EventLog::open(&path).unwrap().append(warning("of no worker")).unwrap();
        let expected = ["before the second began", "second", "goes on", "of no worker"];
        assert_eq!(messages(&tail.poll().unwrap()), expected);
        assert_eq!(messages(&Tail::new(&path).poll().unwrap())[2..], expected);
    }

    #[test]
    fn a_torn_last_line_of_any_length_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        log.append(warning("whole")).unwrap();
        drop(log);
        let whole = std::fs::read(&path).unwrap();
        for torn in [1, (64 << 10) - 1, 64 << 10, (64 << 10) + 1, 200 << 10] {
            for kept in [&whole[..], b""] {
                std::fs::write(&path, [kept, &vec![b'x'; torn]].concat()).unwrap();
                EventLog::open(&path).unwrap();
                assert_eq!(std::fs::read(&path).unwrap(), kept, "{torn}");
            }
        }
    }

    #[test]
    fn of_a_line_written_in_part_nothing_but_it_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        log.append(warning("kept")).unwrap();
        let mut other = EventLog::open(&path).unwrap();
        other.append(warning("other")).unwrap();
        let line = br#"{"v":1,"at":"2026-01-02T03:04:05Z","event":"paused"}"#;
        log.file.write_all(&line[..20]).unwrap();
        log.torn = Some(line.to_vec());
        log.append(warning("next")).unwrap();
        assert_eq!(messages(&Tail::new(&path).poll().unwrap()), ["kept", "other", "next"]);
    }

    #[test]
    fn a_damaged_line_and_a_newer_version_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(
            &path,
            "{\"v\":1,\"at\":\"2026-01-02T03:04:05Z\",\"event\":\"cancelled\"}\n\0\0\n",
        )
        .unwrap();
        let mut tail = Tail::new(&path);
        assert_eq!(tail.poll().unwrap().len(), 1, "what stands before the damage is kept");
        for _ in 0..2 {
            let err = tail.poll().unwrap_err().to_string();
            assert!(err.contains("events.jsonl:2: "), "{err}");
        }
        std::fs::write(&path, "{\"v\":7,\"event\":\"from the future\"}\n").unwrap();
        let err = Tail::new(&path).poll().unwrap_err().to_string();
        assert!(err.contains("version 7"), "{err}");
    }
}
