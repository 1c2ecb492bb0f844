//! Reading a file that may be anything.

use std::fs::{self, File, FileType};
use std::io::Read;
use std::mem;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::SystemTime;

use super::Unreadable;
use super::stamp::FileStamp;

/// Larger files are no photos; each reading thread holds one file in memory.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// The whole file. Only regular files are opened, so nothing here waits for a named pipe.
///
/// Errors when it is not a file, cannot be read, is empty or above [`MAX_FILE_BYTES`].
pub fn read_file(path: &Path) -> Result<Vec<u8>, Unreadable> {
    RegularFile::open(path, 0)?.read_all()
}

/// The stamp of a regular file, which is not opened for it.
pub(crate) fn stamp(path: &Path) -> Result<FileStamp, Unreadable> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        Ok(FileStamp::of(&metadata))
    } else {
        Err(Unreadable::NotAFile(kind_name(metadata.file_type())))
    }
}

/// A regular file that is open for reading.
pub(crate) struct RegularFile {
    file: File,
    /// Before any byte was read.
    stamp: FileStamp,
    head: Vec<u8>,
}

impl RegularFile {
    /// Opens it and reads its first `head` bytes, fewer when it is shorter.
    pub fn open(path: &Path, head: u64) -> Result<RegularFile, Unreadable> {
        stamp(path)?;
        let file = File::open(path)?;
        let stamp = FileStamp::of(&file.metadata()?);
        let mut start = Vec::new();
        (&file).take(head).read_to_end(&mut start)?;
        Ok(RegularFile { file, stamp, head: start })
    }

    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The stamp it had when it was opened, at `opened` or later; `None` when it had been changed so
    /// recently that a later change may leave the same.
    pub fn settled_stamp(&self, opened: SystemTime) -> Option<FileStamp> {
        self.stamp.is_settled(opened).then_some(self.stamp)
    }

    /// The stamp that it has now.
    pub fn stamp_now(&self) -> Result<FileStamp, Unreadable> {
        Ok(FileStamp::of(&self.file.metadata()?))
    }

    /// The whole file, with its head. Errors when it is empty or above [`MAX_FILE_BYTES`].
    pub fn read_all(&mut self) -> Result<Vec<u8>, Unreadable> {
        let size = self.stamp.bytes();
        if size > MAX_FILE_BYTES {
            return Err(Unreadable::TooManyBytes(size));
        }
        let mut bytes = mem::take(&mut self.head);
        bytes.reserve_exact((size as usize).saturating_sub(bytes.len()));
        // One byte more than allowed shows a file that grew since it was opened.
        let rest = MAX_FILE_BYTES + 1 - bytes.len() as u64;
        (&self.file).take(rest).read_to_end(&mut bytes)?;
        match bytes.len() as u64 {
            0 => Err(Unreadable::Empty),
            size if size > MAX_FILE_BYTES => Err(Unreadable::TooManyBytes(size)),
            _ => Ok(bytes),
        }
    }
}

fn kind_name(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_no_regular_file_is_never_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("fifo.jpg");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(read_file(&pipe), Err(Unreadable::NotAFile("a named pipe")));
        assert_eq!(stamp(&pipe), Err(Unreadable::NotAFile("a named pipe")));
        assert_eq!(read_file(folder.path()), Err(Unreadable::NotAFile("a folder")));
        assert_eq!(read_file(Path::new("/dev/zero")), Err(Unreadable::NotAFile("a device")));
    }

    #[test]
    fn dead_and_circular_links_and_empty_files_say_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink("self.jpg", at("self.jpg")).unwrap();
        symlink("nowhere.jpg", at("dangling.jpg")).unwrap();
        fs::write(at("empty.jpg"), "").unwrap();
        let said = |name: &str| read_file(&at(name)).unwrap_err().to_string();
        assert_eq!(said("self.jpg"), "too many levels of symbolic links");
        assert_eq!(said("dangling.jpg"), "no such file");
        assert_eq!(said("empty.jpg"), "empty");
    }

    #[test]
    fn a_file_is_read_whole_whether_its_head_was_looked_at_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("full.jpg");
        fs::write(&path, "abc").unwrap();
        assert_eq!(read_file(&path).unwrap(), b"abc");
        for length in [0, 2, 3, 100] {
            let mut file = RegularFile::open(&path, length as u64).unwrap();
            assert_eq!(file.head(), &b"abc"[..3.min(length)]);
            assert_eq!(file.read_all().unwrap(), b"abc");
        }
    }

    #[test]
    fn a_huge_file_is_refused_by_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("video.jpg");
        File::create(&path).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        assert_eq!(read_file(&path), Err(Unreadable::TooManyBytes(MAX_FILE_BYTES + 1)));
    }
}
