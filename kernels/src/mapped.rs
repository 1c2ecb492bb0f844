//! Files as memory: the system reads a page of them when it is looked at, and takes it back when memory
//! is short.
//!
//! It has nothing to do with networks. It is here because it takes `unsafe` code, which the program has
//! in this package alone.

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::Mmap;

/// The bytes of a file, as many as it had when it was mapped.
///
/// Only for files that nobody changes in place, such as those that appear whole by a rename: other
/// bytes may show here at any time while somebody writes to the file, and when it is cut, or the disk
/// can no longer be read, a look at what is gone ends the process with SIGBUS. A file that is removed or
/// replaced by a rename stays as it was for whoever has mapped it.
#[derive(Debug)]
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps a file that is open for reading; it may be closed then.
    ///
    /// Errors where the file system cannot map, or the process has mapped as much as it may (`vm.max_map_count`):
    /// reading still works.
    pub fn open(file: &File) -> io::Result<MappedFile> {
        // SAFETY: the mapping is read only and of this value alone. What others do to the file is the
        // caller's promise; all that is ever made of the bytes are copies, for which any bytes do.
        unsafe { Mmap::map(file) }.map(MappedFile)
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_mapped_file_outlives_its_name_and_its_successor() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&path, b"the first").unwrap();
        let mapped = MappedFile::open(&File::open(&path).unwrap()).unwrap();
        fs::write(&other, b"another").unwrap();
        fs::rename(&other, &path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(&mapped[..], b"the first");
    }
}
