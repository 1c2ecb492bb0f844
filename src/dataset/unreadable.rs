//! Why a file is not a photo that can be used.

use std::io::{Error, ErrorKind};

use crate::store::Fault;

/// One bad file is skipped with its reason; only too many of them stop a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The file has no bytes.
    #[error("empty")]
    Empty,
    /// The first bytes are those of no known picture format, whatever the file is called.
    #[error("not an image")]
    NotAnImage,
    /// A picture of a known format that is not read, by its name: `HEIC`.
    #[error("{0} not supported")]
    NotSupported(&'static str),
    /// A form of a format that is read, by its name: `palette TIFF`.
    #[error("{0} is not supported: save it as PNG")]
    FormNotSupported(String),
    /// By the name of its format: `MOV`.
    #[error("a movie ({0}), not a photo")]
    Movie(&'static str),
    /// The file ends before the picture does, as after an interrupted copy.
    #[error("truncated")]
    Truncated,
    /// The content breaks the rules of its format; what is wrong, in words.
    #[error("corrupt: {0}")]
    Corrupt(String),
    /// By the header, before memory is taken.
    #[error("too large: {width} x {height} pixels")]
    TooManyPixels {
        /// In pixels, as the header says.
        width: u64,
        /// In pixels, as the header says.
        height: u64,
    },
    /// The file's length in bytes: more than is taken into memory.
    #[error("too large: {0} bytes")]
    TooManyBytes(u64),
    /// The header gives a width or a height of zero.
    #[error("no pixels: {width} x {height}")]
    NoPixels {
        /// In pixels, as the header says.
        width: u64,
        /// In pixels, as the header says.
        height: u64,
    },
    /// It was deleted after its folder was listed, or it is a link to nothing.
    #[error("no such file")]
    NoSuchFile,
    /// The user who runs the program may not read the file or open its folder.
    #[error("permission denied")]
    PermissionDenied,
    /// A symbolic link leads back to itself, directly or by way of others.
    #[error("too many levels of symbolic links")]
    LinkLoop,
    /// What stands there instead: `a folder`, `a named pipe`.
    #[error("not a file but {0}")]
    NotAFile(&'static str),
    /// The machine's; whether it is also the photo's says `fault_behind`.
    #[error("{0}")]
    Fault(Fault),
    /// Any other error of opening or reading it, in words, mostly the system's.
    #[error("{0}")]
    Io(String),
    /// The bytes are not those that were hashed when the photos were listed.
    #[error("it changed while it was used")]
    Changed,
    /// A fault of the decoder, caught.
    #[error("the decoder gave up on it")]
    DecoderPanicked,
}

impl From<Error> for Unreadable {
    fn from(err: Error) -> Unreadable {
        match err.kind() {
            ErrorKind::NotFound => Unreadable::NoSuchFile,
            ErrorKind::PermissionDenied => Unreadable::PermissionDenied,
            _ if err.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                Unreadable::LinkLoop
            }
            _ => match Fault::of(&err) {
                Some(fault) => Unreadable::Fault(fault),
                None => Unreadable::Io(err.to_string()),
            },
        }
    }
}
