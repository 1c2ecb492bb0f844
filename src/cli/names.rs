//! Photos named on the command line or on stdin, one after the other, read and hashed ahead of what is
//! done with them.

use std::io::{self, BufRead, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::dataset::{self, PhotoFile, Unreadable};

/// In place of a photo: names come from stdin.
const STDIN: &str = "-";
/// Photos that are hashed ahead.
const AHEAD: usize = 256;
/// Who writes names to stdin slower than this is answered before it has written the next.
const PAUSE: Duration = Duration::from_millis(50);
/// Many times what a file system takes.
const LONGEST_NAME: u64 = 64 << 10;

/// A file as it was named, and its photo or why it cannot be read.
pub struct Named {
    pub file: PathBuf,
    pub photo: Result<PhotoFile, Unreadable>,
}

/// Files that were named, folders replaced by the photos in and below them.
pub struct Names {
    parts: Vec<Part>,
    /// Ends a name on stdin.
    end: u8,
}

enum Part {
    Files(Vec<PathBuf>),
    Stdin,
}

impl Names {
    /// Of what was typed. `null`: names on stdin are ended by NUL, not by line ends.
    ///
    /// Errors when that is asked for and no names come from stdin.
    pub fn new(typed: &[PathBuf], null: bool) -> Result<Names> {
        let part = |path: &PathBuf| match path == Path::new(STDIN) {
            true => Part::Stdin,
            false => Part::Files(expand(path.clone())),
        };
        let names =
            Names { parts: typed.iter().map(part).collect(), end: if null { 0 } else { b'\n' } };
        if null && names.count().is_some() {
            bail!("--null is for names on stdin, which are read where '-' stands among the photos");
        }
        Ok(names)
    }

    /// How many there are; `None` where some come from stdin.
    pub fn count(&self) -> Option<usize> {
        let count = |part: &Part| match part {
            Part::Files(files) => Some(files.len()),
            Part::Stdin => None,
        };
        self.parts.iter().map(count).sum()
    }

    /// Begins to read and hash them, in their order, on a thread of its own.
    pub fn start(self) -> Photos {
        let pause = self.count().is_none().then_some(PAUSE);
        let (send, incoming) = mpsc::sync_channel(AHEAD);
        std::thread::spawn(move || {
            if let Err(err) = self.hand_over(&send) {
                let _ = send.send(Err(err));
            }
        });
        Photos { incoming, pause }
    }

    fn hand_over(self, send: &SyncSender<Result<Named>>) -> Result<()> {
        // Whether anybody wants more.
        let each = |file: PathBuf| {
            let photo = PhotoFile::hash(file.clone());
            send.send(Ok(Named { file, photo })).is_ok()
        };
        for part in self.parts {
            let wants_more = match part {
                Part::Files(files) => files.into_iter().all(each),
                Part::Stdin => read_names(io::stdin().lock(), self.end, |name| {
                    expand(name).into_iter().all(each)
                })?,
            };
            if !wants_more {
                break;
            }
        }
        Ok(())
    }
}

/// A folder is replaced by the photos in and below it, in the order of their names.
fn expand(path: PathBuf) -> Vec<PathBuf> {
    if path.is_dir() { dataset::photos_below(&path) } else { vec![path] }
}

/// Gives `each` the names in `input` as they come, until it wants no more: then `false`. What is empty is
/// passed over; the last one needs no end.
fn read_names(
    mut input: impl BufRead,
    end: u8,
    mut each: impl FnMut(PathBuf) -> bool,
) -> Result<bool> {
    for number in 1usize.. {
        let mut name = Vec::new();
        let length = (&mut input)
            .take(LONGEST_NAME)
            .read_until(end, &mut name)
            .context("cannot read names from stdin")?;
        if length == 0 {
            break;
        }
        name.pop_if(|last| *last == end);
        if name.contains(&0) {
            bail!("name {number} on stdin holds a NUL; names that are ended by NUL need --null");
        }
        if length as u64 == LONGEST_NAME {
            bail!("name {number} on stdin is longer than any file's; expected one a line");
        }
        if !name.is_empty() && !each(PathBuf::from(std::ffi::OsString::from_vec(name))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Photos as they come from the thread that hashes them.
pub struct Photos {
    incoming: Receiver<Result<Named>>,
    pause: Option<Duration>,
}

impl Photos {
    /// The next photos, `most` of them or fewer: none at the end. Waits until there are so many, with
    /// names from stdin only as long as they come without a pause.
    ///
    /// Errors when stdin cannot be read or holds no names.
    pub fn next(&self, most: usize) -> Result<Vec<Named>> {
        let Ok(first) = self.incoming.recv() else { return Ok(Vec::new()) };
        let mut photos = vec![first?];
        while photos.len() < most {
            let next = match self.pause {
                Some(pause) => self.incoming.recv_timeout(pause),
                None => self.incoming.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let Ok(next) = next else { break };
            photos.push(next?);
        }
        Ok(photos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], end: u8) -> Result<Vec<PathBuf>> {
        let mut names = Vec::new();
        read_names(text, end, |name| {
            names.push(name);
            true
        })?;
        Ok(names)
    }

    #[test]
    fn names_on_stdin_end_with_their_line_or_with_nul() {
        let names = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(
            read(b"a b.jpg\n\nc\r.jpg\nd", b'\n').unwrap(),
            names(&["a b.jpg", "c\r.jpg", "d"])
        );
        assert_eq!(read(b"a\nb.jpg\0c.jpg\0", 0).unwrap(), names(&["a\nb.jpg", "c.jpg"]));
        assert!(read(b"", b'\n').unwrap().is_empty());
        let bytes = read(b"\xff.jpg\n", b'\n').unwrap();
        assert_eq!(bytes[0].as_os_str().as_encoded_bytes(), b"\xff.jpg");
    }

    #[test]
    fn what_holds_no_names_is_refused_without_reading_all_of_it() {
        let mixed_up = read(b"a.jpg\0b.jpg\0", b'\n').unwrap_err().to_string();
        assert!(mixed_up.contains("name 1") && mixed_up.contains("--null"), "{mixed_up}");
        let endless = io::BufReader::new(io::repeat(b'x'));
        let refused = read_names(endless, b'\n', |_| true).unwrap_err().to_string();
        assert!(refused.contains("longer than any file's"), "{refused}");
        assert!(!read_names(&b"a\nb\n"[..], b'\n', |_| false).unwrap(), "no more are wanted");
    }

    #[test]
    fn nul_is_asked_for_only_with_names_from_stdin() {
        let typed = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert!(Names::new(&typed(&["a.jpg"]), true).is_err());
        assert_eq!(Names::new(&typed(&["a.jpg", "-"]), true).unwrap().count(), None);
        assert_eq!(Names::new(&typed(&["a.jpg", "b.jpg"]), false).unwrap().count(), Some(2));
    }

    #[test]
    fn photos_come_in_order_with_those_that_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("b.jpg"), "b").unwrap();
        std::fs::write(file("a.jpg"), "a").unwrap();
        let typed = [file("gone.jpg"), folder.path().to_owned(), file("a.jpg")];
        let photos = Names::new(&typed, false).unwrap().start();
        let (first, second) = (photos.next(3).unwrap(), photos.next(3).unwrap());
        let found: Vec<_> =
            first.iter().chain(&second).map(|named| (&named.file, named.photo.is_ok())).collect();
        let [gone, a, b] = ["gone.jpg", "a.jpg", "b.jpg"].map(file);
        assert_eq!(found, [(&gone, false), (&a, true), (&b, true), (&a, true)]);
        assert_eq!((first.len(), photos.next(3).unwrap().len()), (3, 0));
    }
}
