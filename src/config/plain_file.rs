//! Opens what should be a file, whatever it really is: a named pipe would block, a device never end,
//! and a link lead to a file that is somebody else's.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// A queue of 10,000 runs has a tenth of that.
const SMALL: u64 = 16 << 20;

/// Opens a file to read. Errors for anything but a regular file, which is not opened.
pub fn open_plain(path: &Path) -> io::Result<File> {
    check(&path.metadata()?)?;
    File::open(path)
}

/// The whole of a regular file that is as long as there are photos or categories.
pub fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The whole of a regular file that is small. Errors, and takes no memory, where it is not.
pub fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let file = open_plain(path)?;
    let length = file.metadata()?.len();
    if length > SMALL {
        return Err(io::Error::other(format!("it has {} MB, a few kB are usual", length >> 20)));
    }
    let mut bytes = Vec::new();
    file.take(SMALL).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file to read it and to write behind its end; makes it where there is none. Errors for
/// anything but a regular file that lies there itself.
pub fn append_plain(path: &Path) -> io::Result<File> {
    change_plain(path, OpenOptions::new().append(true))
}

/// The same, to write anywhere in it.
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
