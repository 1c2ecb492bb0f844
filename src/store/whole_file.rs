//! Large files that are only ever replaced whole, as memory.

use std::io;
use std::ops::Deref;
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
    /// Opens a regular file. Going through one that is larger than any table would not end.
    pub fn open(path: &Path) -> io::Result<WholeFile> {
        let file = open_plain(path)?;
        let length = file.metadata()?.len();
        if length > MOST {
            let problem =
                format!("it has {} GB, and no table of a run is that large", length >> 30);
            return Err(io::Error::other(problem));
        }
        match MappedFile::open(&file) {
            Ok(mapped) => Ok(WholeFile::Mapped(mapped)),
            Err(_) => read_plain(path).map(WholeFile::Read),
        }
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
