//! The format of a file, by its content; its name only tells what has no mark of its own.

use std::ffi::OsStr;
use std::path::Path;

use image::ImageFormat;

use crate::dataset::Unreadable;

/// The formats that are read.
pub const FORMATS: [&str; 6] = ["JPEG", "PNG", "GIF", "BMP", "WebP", "TIFF"];

/// Bytes of a file that [`format`] needs.
pub const HEAD_BYTES: u64 = 64;

/// The format by the first bytes, whatever the file's name.
pub fn format(bytes: &[u8]) -> Result<ImageFormat, Unreadable> {
    if bytes.is_empty() {
        return Err(Unreadable::Empty);
    }
    // A TIFF of more than 4 GB, or one written as if it were.
    if bytes.starts_with(b"II\x2b\0") || bytes.starts_with(b"MM\0\x2b") {
        return Ok(ImageFormat::Tiff);
    }
    if let Some(refused) = refused(bytes) {
        return Err(refused);
    }
    match image::guess_format(bytes) {
        Ok(
            format @ (ImageFormat::Jpeg
            | ImageFormat::Png
            | ImageFormat::Gif
            | ImageFormat::Bmp
            | ImageFormat::WebP
            | ImageFormat::Tiff),
        ) => Ok(format),
        _ => Err(Unreadable::NotAnImage),
    }
}

/// How files of other formats begin.
const BEGINNINGS: [(&[u8], &str); 27] = [
    (b"8BPS", "PSD"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"IIU\0", "RW2"),
    (b"II\x2a\0\x10\0\0\0CR", "CR2"),
    (b"FOVb", "X3F"),
    (b"\0MRM", "MRW"),
    (b"P1\n", "PBM"),
    (b"P2\n", "PGM"),
    (b"P3\n", "PPM"),
    (b"P4\n", "PBM"),
    (b"P5\n", "PGM"),
    (b"P6\n", "PPM"),
    (b"P7\n", "PAM"),
    (b"Pf\n", "PFM"),
    (b"PF\n", "PFM"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
];

/// What is recognised and not read.
fn refused(bytes: &[u8]) -> Option<Unreadable> {
    if let Some((_, name)) = BEGINNINGS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(Unreadable::NotSupported(name));
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16) == Some(b"CgBI") {
        return Some(Unreadable::FormNotSupported("PNG of an iPhone app".to_owned()));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"AVI ") {
        return Some(Unreadable::Movie("AVI"));
    }
    match bytes.get(4..12)?.strip_prefix(b"ftyp")? {
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" => {
            Some(Unreadable::NotSupported("HEIC"))
        }
        b"avif" | b"avis" => Some(Unreadable::NotSupported("AVIF")),
        b"crx " => Some(Unreadable::NotSupported("CR3")),
        b"qt  " => Some(Unreadable::Movie("MOV")),
        b"isom" | b"iso2" | b"mp41" | b"mp42" | b"avc1" | b"M4V " | b"3gp4" | b"3gp5" => {
            Some(Unreadable::Movie("MP4"))
        }
        _ => None,
    }
}

/// Endings of the formats that are read, and of SVG: that is a text, and no image, by its content.
const READ: [&str; 12] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "dib", "webp", "tif", "tiff", "svg"];
/// Endings of other pictures, with the name of the format.
const NOT_READ: [(&str, &str); 42] = [
    ("heic", "HEIC"),
    ("heif", "HEIC"),
    ("hif", "HEIC"),
    ("avif", "AVIF"),
    ("jxl", "JPEG XL"),
    ("jp2", "JPEG 2000"),
    ("j2k", "JPEG 2000"),
    ("jxr", "JPEG XR"),
    ("psd", "PSD"),
    ("psb", "PSD"),
    ("xcf", "XCF"),
    ("ico", "ICO"),
    ("tga", "TGA"),
    ("pcx", "PCX"),
    ("pbm", "PBM"),
    ("pgm", "PGM"),
    ("ppm", "PPM"),
    ("pnm", "PPM"),
    ("pam", "PAM"),
    ("pfm", "PFM"),
    ("exr", "OpenEXR"),
    ("hdr", "Radiance HDR"),
    ("dds", "DDS"),
    ("qoi", "QOI"),
    ("dcm", "DICOM"),
    ("3fr", "3FR"),
    ("arw", "ARW"),
    ("cr2", "CR2"),
    ("cr3", "CR3"),
    ("crw", "CRW"),
    ("dng", "DNG"),
    ("erf", "ERF"),
    ("iiq", "IIQ"),
    ("mrw", "MRW"),
    ("nef", "NEF"),
    ("nrw", "NRW"),
    ("orf", "ORF"),
    ("pef", "PEF"),
    ("raf", "RAF"),
    ("rw2", "RW2"),
    ("srw", "SRW"),
    ("x3f", "X3F"),
];
/// Endings of movies: phones put them beside photos.
const MOVIES: [(&str, &str); 9] = [
    ("mov", "MOV"),
    ("mp4", "MP4"),
    ("m4v", "MP4"),
    ("avi", "AVI"),
    ("mkv", "MKV"),
    ("webm", "WebM"),
    ("mpg", "MPEG"),
    ("wmv", "WMV"),
    ("3gp", "3GP"),
];

/// What a file's ending says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A picture that is read.
    Photo,
    /// A picture of a format that is not read, by its name.
    Picture(&'static str),
    /// By the name of its format.
    Movie(&'static str),
    Other,
    /// There is no ending.
    None,
}

impl Promise {
    /// Of a file, by its name alone.
    pub fn of(path: &Path) -> Promise {
        let Some(ending) = path.extension() else { return Promise::None };
        let is = |known: &str| ending.eq_ignore_ascii_case(OsStr::new(known));
        let named = |table: &[(&str, &'static str)]| {
            table.iter().find(|(known, _)| is(known)).map(|(_, name)| *name)
        };
        if READ.iter().any(|known| is(known)) {
            Promise::Photo
        } else if let Some(name) = named(&NOT_READ) {
            Promise::Picture(name)
        } else if let Some(name) = named(&MOVIES) {
            Promise::Movie(name)
        } else {
            Promise::Other
        }
    }

    /// Whether it is a picture, of a format that is read or of another.
    pub fn is_picture(self) -> bool {
        matches!(self, Promise::Photo | Promise::Picture(_))
    }

    /// The format of a file with this ending and these first bytes.
    ///
    /// Some formats have no mark of their own: a TGA begins with anything, a camera's raw picture as
    /// a TIFF. Errors with the name by the ending, then.
    pub fn format(self, head: &[u8]) -> Result<ImageFormat, Unreadable> {
        match (self, format(head)) {
            (Promise::Picture(name), Ok(ImageFormat::Tiff) | Err(Unreadable::NotAnImage)) => {
                Err(Unreadable::NotSupported(name))
            }
            (Promise::Movie(name), Err(Unreadable::NotAnImage)) => Err(Unreadable::Movie(name)),
            (_, format) => format,
        }
    }
}
