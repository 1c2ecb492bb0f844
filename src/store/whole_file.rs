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

impl WholeFile {
    /// Opens a regular file.
    pub fn open(path: &Path) -> io::Result<WholeFile> {
        match MappedFile::open(&open_plain(path)?) {
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
