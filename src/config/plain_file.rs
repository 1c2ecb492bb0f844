//! Opens regular files and nothing else: reading a named pipe would block, a device might never end,
//! and writing through a link would change somebody else's file.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Bytes of the largest file that counts as small; a queue of 10,000 runs has a tenth of that.
const SMALL: u64 = 16 << 20;

/// Opens a file to read. Errors for anything but a regular file, which is not opened.
pub fn open_plain(path: &Path) -> io::Result<File> {
    opened(path, u64::MAX).map(|(file, _)| file)
}

/// The whole of a regular file whose length grows with the number of photos or categories.
pub fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The whole of a regular file of at most 16 MiB. A larger one is an error before memory is taken
/// for it.
pub fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let (file, length) = opened(path, SMALL)?;
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(SMALL).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A regular file opened to read, and its length, which is at most `most` bytes.
fn opened(path: &Path, most: u64) -> io::Result<(File, u64)> {
    let found = path.metadata()?;
    check(&found)?;
    match found.len() {
        length if length > most => {
            let problem = format!("it has {} MB, a few kB are usual", length >> 20);
            Err(io::Error::other(problem))
        }
        length => Ok((File::open(path)?, length)),
    }
}

/// Opens a file to read it and to append to it, and makes it where there is none. Errors for anything
/// but a regular file, also for a link to one.
pub fn append_plain(path: &Path) -> io::Result<File> {
    change_plain(path, OpenOptions::new().append(true))
}

/// As [`append_plain`], to write anywhere in the file.
pub fn write_plain(path: &Path) -> io::Result<File> {
    change_plain(path, OpenOptions::new().write(true))
}

fn change_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        found => check(&found?)?,
    }
    options.read(true).create(true).open(path)
}

fn check(found: &Metadata) -> io::Result<()> {
    match found.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_symlink() => Err(io::Error::other("it is a link, which is not followed")),
        _ => Err(io::Error::other("it is not a file")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_no_plain_file_is_refused_and_a_link_is_followed_only_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, file, link] = ["pipe", "file", "link"].map(|name| folder.path().join(name));
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        fs::write(&file, "text").unwrap();
        symlink(&file, &link).unwrap();
        let said = |opened: io::Result<File>| opened.unwrap_err().to_string();
        for path in [&pipe, folder.path(), Path::new("/dev/zero")] {
            assert_eq!(said(open_plain(path)), "it is not a file");
            assert_eq!(said(append_plain(path)), "it is not a file");
            assert_eq!(said(write_plain(path)), "it is not a file");
        }
        assert_eq!(read_plain(&link).unwrap(), b"text");
        assert_eq!(read_small(&link).unwrap(), b"text");
        assert!(said(append_plain(&link)).contains("a link") && write_plain(&link).is_err());
        assert!(append_plain(&folder.path().join("new")).is_ok(), "it is made");
    }

    #[test]
    fn a_file_that_should_be_small_and_is_not_is_not_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(1 << 40).unwrap();
        let said = read_small(file.path()).unwrap_err().to_string();
        assert_eq!(said, "it has 1048576 MB, a few kB are usual");
    }
}
