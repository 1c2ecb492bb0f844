//! Reads a small text file that a person wrote.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// More than anybody writes by hand; a log or a photo that is given by mistake is larger.
const MAX_BYTES: u64 = 1 << 20;

/// Why a text file was not read; each message begins with its path.
#[derive(Debug, Error)]
pub enum TextFileError {
    /// There is nothing of that name.
    #[error("{}: there is no such file", .0.display())]
    Missing(PathBuf),
    /// A folder, a pipe or a device.
    #[error("{}: not a file, expected a TOML file", .0.display())]
    NotAFile(PathBuf),
    /// More than 1 MiB.
    #[error("{}: larger than 1 MiB, expected a TOML file of a few kB", .0.display())]
    TooLarge(PathBuf),
    /// Bytes that are no text.
    #[error("{}:{line}: byte {offset} is not UTF-8; save the file as UTF-8", .path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// In bytes from the beginning of the file, from 0.
        offset: usize,
    },
    /// Refused by the system.
    #[error("{}: cannot be read: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Reads a text file of at most 1 MiB. Pipes and devices are refused before they are opened.
pub fn read_text(path: &Path) -> Result<String, TextFileError> {
    let here = || path.to_owned();
    let read = || -> io::Result<Option<Vec<u8>>> {
        if !path.metadata()?.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    };
    let bytes = match read() {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(TextFileError::NotAFile(here())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(TextFileError::Missing(here()));
        }
        Err(source) => return Err(TextFileError::Io { path: here(), source }),
    };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(TextFileError::TooLarge(here()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..offset];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        TextFileError::NotUtf8 { path: here(), line, offset }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_no_small_text_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        let said = |path: &Path| read_text(path).unwrap_err().to_string();
        assert!(said(&path).ends_with("x.toml: there is no such file"));
        assert!(said(folder.path()).contains("not a file"));
        fs::write(&path, vec![b'a'; (1 << 20) + 1]).unwrap();
        assert!(said(&path).contains("larger than 1 MiB"));
        fs::write(&path, b"a = 1\nb = \"\xff\"\n").unwrap();
        assert!(said(&path).contains("x.toml:2: byte 11 is not UTF-8"), "{}", said(&path));
        fs::write(&path, "a = 1\n").unwrap();
        assert_eq!(read_text(&path).unwrap(), "a = 1\n");
    }
}
