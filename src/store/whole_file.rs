//! Large files that are only ever replaced whole, as memory.

use std::fs::File;
use std::io::{self, Read};
use std::ops::{Deref, Range};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::config::{open_plain, read_plain};
use crate::kernels::MappedFile;

/// The bytes of such a file: mapped, so that they take no memory that the system could not take back, or
/// read where the file system cannot map.
///
/// Not for files that grow or are changed in place; see [`MappedFile`].
#[derive(Debug)]
pub enum WholeFile {
    /// As the file was when it was opened, whatever becomes of its name.
    Mapped(MappedFile),
    /// A copy.
    Read(Vec<u8>),
}

/// Bytes of the largest file that is taken for a table of a run: five times the scores of ten million photos
/// in a hundred categories.
const MOST: u64 = 64 << 30;

impl WholeFile {
    /// Opens a table of a run.
    pub fn open(path: &Path) -> io::Result<WholeFile> {
        let (file, _) = open_table(path)?;
        match MappedFile::open(&file) {
            Ok(mapped) => Ok(WholeFile::Mapped(mapped)),
            Err(_) => read_plain(path).map(WholeFile::Read),
        }
    }
}

/// A table of a run opened to read, and its length in bytes: a regular file. Going through one that is larger
/// than any table would not end.
pub fn open_table(path: &Path) -> io::Result<(File, u64)> {
    let file = open_plain(path)?;
    let length = file.metadata()?.len();
    if length > MOST {
        let problem = format!("it has {} GB, and no table of a run is that large", length >> 30);
        return Err(io::Error::other(problem));
    }
    Ok((file, length))
}

/// A part of a file that is open, which several may read at once.
#[derive(Debug)]
pub struct FilePart<'a> {
    file: &'a File,
    left: Range<u64>,
}

impl FilePart<'_> {
    /// These bytes of a file. Reading them is an error where the file has fewer by then.
    pub fn new(file: &File, bytes: Range<u64>) -> FilePart<'_> {
        FilePart { file, left: bytes }
    }
}

impl Read for FilePart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = self.file.read_at(&mut buffer[..most], self.left.start)?;
        if read == 0 && most > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it was cut while it was read",
            ));
        }
        self.left.start += read as u64;
        Ok(read)
    }
}

impl Deref for WholeFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            WholeFile::Mapped(bytes) => bytes,
            WholeFile::Read(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_larger_than_any_table_is_refused_at_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(1 << 40).unwrap();
        let said = WholeFile::open(file.path()).unwrap_err().to_string();
        assert_eq!(said, "it has 1024 GB, and no table of a run is that large");
    }
}
