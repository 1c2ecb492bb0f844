//! Reading a file that may be anything.

use std::fs::{self, File, FileType};
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::Unreadable;

/// Larger files are no photos; each reading thread holds one file in memory.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// The whole file. Only regular files are opened, so nothing here waits for a named pipe.
///
/// Errors when it is not a file, cannot be read, is empty or above [`MAX_FILE_BYTES`].
pub fn read_file(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let size = regular_size(path)?;
    if size > MAX_FILE_BYTES {
        return Err(Unreadable::TooManyBytes(size));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    // One byte more than allowed shows a file that grew since it was looked at.
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        0 => Err(Unreadable::Empty),
        size if size > MAX_FILE_BYTES => Err(Unreadable::TooManyBytes(size)),
        _ => Ok(bytes),
    }
}

/// The first `length` bytes, fewer when the file is shorter.
pub fn read_head(path: &Path, length: u64) -> Result<Vec<u8>, Unreadable> {
    regular_size(path)?;
    let mut bytes = Vec::new();
    File::open(path)?.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn regular_size(path: &Path) -> Result<u64, Unreadable> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(Unreadable::NotAFile(kind_name(metadata.file_type())))
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
        assert_eq!(read_head(&pipe, 4), Err(Unreadable::NotAFile("a named pipe")));
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
        fs::write(at("full.jpg"), "abc").unwrap();
        let said = |name: &str| read_file(&at(name)).unwrap_err().to_string();
        assert_eq!(said("self.jpg"), "too many levels of symbolic links");
        assert_eq!(said("dangling.jpg"), "no such file");
        assert_eq!(said("empty.jpg"), "empty");
        assert_eq!(read_file(&at("full.jpg")).unwrap(), b"abc");
        assert_eq!(read_head(&at("full.jpg"), 2).unwrap(), b"ab");
    }

    #[test]
    fn a_huge_file_is_refused_by_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("video.jpg");
        File::create(&path).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        assert_eq!(read_file(&path), Err(Unreadable::TooManyBytes(MAX_FILE_BYTES + 1)));
    }
}
