//! Which TIFFs are read right.
//!
//! A TIFF may hold almost anything. The decoder takes more forms than it reads right, so each form
//! that it is given is one that was compared with libtiff's pixels; all others are refused by name.

use image::DynamicImage;

use crate::dataset::Unreadable;

/// Directories of a file that are looked at.
const MOST_DIRECTORIES: usize = 64;
/// Values of one entry that are looked at.
const MOST_VALUES: u64 = 64;

/// A picture of this many times the pixels of the first is no other page.
const MUCH: u64 = 4;

/// Numbers of entries. Source: TIFF 6.0, appendix A, and its supplements.
pub(super) struct Tag;

impl Tag {
    const SUBFILE_TYPE: u16 = 254;
    const OLD_SUBFILE_TYPE: u16 = 255;
    const WIDTH: u16 = 256;
    const HEIGHT: u16 = 257;
    const BITS: u16 = 258;
    const COMPRESSION: u16 = 259;
    const COLOURS: u16 = 262;
    const FILL_ORDER: u16 = 266;
    pub const MAKER: u16 = 271;
    pub const MODEL: u16 = 272;
    pub const ORIENTATION: u16 = 274;
    const SAMPLES: u16 = 277;
    const PLANAR: u16 = 284;
    pub const PROGRAM: u16 = 305;
    pub const CHANGED: u16 = 306;
    const PREDICTOR: u16 = 317;
    const TILE_WIDTH: u16 = 322;
    const SUB_DIRECTORIES: u16 = 330;
    const EXTRA_SAMPLES: u16 = 338;
    const SAMPLE_FORMAT: u16 = 339;
    pub const XMP: u16 = 700;
    const PROFILE: u16 = 34675;
    /// The directory of what EXIF adds to TIFF.
    pub const EXIF: u16 = 34665;
    pub const TAKEN: u16 = 36867;
    const DNG_VERSION: u16 = 50706;
}

/// One directory of a TIFF, of either size of offsets.
#[derive(Clone, Copy)]
pub(super) struct Directory<'a> {
    bytes: &'a [u8],
    is_little: bool,
    /// BigTIFF.
    is_big: bool,
    /// Where it begins.
    at: usize,
}

impl<'a> Directory<'a> {
    pub fn first(bytes: &'a [u8]) -> Option<Directory<'a>> {
        let is_little = match bytes.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let start = Directory { bytes, is_little, is_big: false, at: 0 };
        match start.read(2, 2)? {
            42 => start.moved(start.read(4, 4)?),
            43 => Directory { is_big: true, ..start }.moved(start.read(8, 8)?),
            _ => None,
        }
    }

    /// The directory at another place; `None` at 0, which ends a chain.
    fn moved(self, at: u64) -> Option<Directory<'a>> {
        let at = usize::try_from(at).ok().filter(|&at| at > 0 && at < self.bytes.len())?;
        Some(Directory { at, ..self })
    }

    fn read(&self, at: usize, length: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let number = |high: u64, byte: &u8| high << 8 | u64::from(*byte);
        Some(match self.is_little {
            true => bytes.iter().rev().fold(0, number),
            false => bytes.iter().fold(0, number),
        })
    }

    /// Number of entries, and where they begin.
    fn entries(&self) -> Option<(usize, usize)> {
        let length = if self.is_big { 8 } else { 2 };
        Some((usize::try_from(self.read(self.at, length)?).ok()?, self.at + length))
    }

    fn next(&self) -> Option<Directory<'a>> {
        let ((count, start), (entry, offset)) = (self.entries()?, self.sizes());
        self.moved(self.read(count.checked_mul(entry)?.checked_add(start)?, offset)?)
    }

    /// Bytes of an entry and of an offset.
    fn sizes(&self) -> (usize, usize) {
        if self.is_big { (20, 8) } else { (12, 4) }
    }

    /// Type, count and place of the values of an entry.
    fn entry(&self, tag: u16) -> Option<(u64, u64, usize)> {
        let ((count, start), (size, offset)) = (self.entries()?, self.sizes());
        let place = (0..count.min(4096))
            .map(|number| start + number * size)
            .find(|&at| self.read(at, 2) == Some(tag.into()))?;
        let (kind, values) = (self.read(place + 2, 2)?, self.read(place + 4, offset)?);
        let inside = place + 4 + offset;
        let is_inside = values.checked_mul(value_bytes(kind)? as u64)? <= offset as u64;
        let at =
            if is_inside { inside } else { usize::try_from(self.read(inside, offset)?).ok()? };
        Some((kind, values, at))
    }

    /// The first numbers of an entry.
    fn numbers(&self, tag: u16) -> Option<Vec<u64>> {
        let (kind, count, at) = self.entry(tag)?;
        let each = value_bytes(kind)?;
        let numbers = (0..count.min(MOST_VALUES) as usize).map(|n| self.read(at + n * each, each));
        let numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
        // An entry of no values says nothing.
        (!numbers.is_empty()).then_some(numbers)
    }

    /// The first number of an entry.
    pub fn number(&self, tag: u16) -> Option<u64> {
        self.numbers(tag)?.first().copied()
    }

    /// The directory that an entry points to.
    pub fn inner(&self, tag: u16) -> Option<Directory<'a>> {
        self.moved(self.number(tag)?)
    }

    /// The bytes of an entry.
    pub fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let (kind, count, at) = self.entry(tag)?;
        let length = usize::try_from(count).ok()?.checked_mul(value_bytes(kind)?)?;
        self.bytes.get(at..at.checked_add(length)?)
    }

    fn pixels(&self) -> u64 {
        let side = |tag| self.number(tag).unwrap_or(0);
        side(Tag::WIDTH).saturating_mul(side(Tag::HEIGHT))
    }
}

/// Bytes of a value by its type: numbers and bytes, but no fractions.
fn value_bytes(kind: u64) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 13 => Some(4),
        16..=18 => Some(8),
        _ => None,
    }
}

/// Width and height of the first picture.
///
/// Errors when it is of a form that is not read, or only the preview of a larger one.
pub(super) fn size(bytes: &[u8]) -> Result<(u32, u32), Unreadable> {
    let corrupt = |what: &str| Unreadable::Corrupt(what.to_owned());
    let first = Directory::first(bytes).ok_or_else(|| corrupt("a TIFF without a directory"))?;
    if let Some(form) = unsupported(&first) {
        return Err(Unreadable::FormNotSupported(form));
    }
    let side = |tag| first.number(tag).and_then(|side| u32::try_from(side).ok());
    match (side(Tag::WIDTH), side(Tag::HEIGHT)) {
        (Some(width), Some(height)) => Ok((width, height)),
        _ => Err(corrupt("a TIFF without a size")),
    }
}

/// The colour profile of the first picture.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    Directory::first(bytes)?.bytes(Tag::PROFILE).map(<[u8]>::to_vec)
}

/// The name of the form of a picture that is not read.
fn unsupported(first: &Directory) -> Option<String> {
    if first.number(Tag::DNG_VERSION).is_some() {
        return Some("camera raw (DNG)".to_owned());
    }
    if is_preview(first) {
        return Some("TIFF that begins with a preview, as camera raws do,".to_owned());
    }
    let number = |tag, default| first.number(tag).unwrap_or(default);
    let numbers = |tag, default| first.numbers(tag).unwrap_or_else(|| vec![default]);
    let (bits, samples) = (numbers(Tag::BITS, 1), number(Tag::SAMPLES, 1));
    let is_float = numbers(Tag::SAMPLE_FORMAT, 1) != vec![1; numbers(Tag::SAMPLE_FORMAT, 1).len()];
    let is_grey = number(Tag::COLOURS, 2) < 2;
    if let Some(name) = compression_name(number(Tag::COMPRESSION, 1), is_grey) {
        return Some(format!("TIFF with {name} compression"));
    }
    let (name, colours, depths): (_, u64, &[u64]) = match number(Tag::COLOURS, 2) {
        0 | 1 => ("grey", 1, &[1, 8, 16]),
        2 if is_float => ("float", 3, &[32]),
        2 => ("RGB", 3, &[8, 16]),
        3 => return Some("palette TIFF".to_owned()),
        5 => ("CMYK", 4, &[8, 16]),
        6 => return Some("TIFF of Y Cb Cr colours".to_owned()),
        8..=10 => return Some("TIFF of L*a*b* colours".to_owned()),
        32803 | 34892 => return Some("camera raw".to_owned()),
        other => return Some(format!("TIFF of colours of kind {other}")),
    };
    if is_float && name != "float" {
        return Some(format!("{name} TIFF of other than whole numbers"));
    }
    if bits.iter().any(|depth| depth != &bits[0]) || !depths.contains(&bits[0]) {
        return Some(format!("{name} TIFF of {} bits a sample", bits[0]));
    }
    let extra = numbers(Tag::EXTRA_SAMPLES, 0);
    let has_alpha = samples == colours + 1 && matches!(extra[..], [1 | 2]);
    if samples != colours && !(has_alpha && name != "grey" && name != "CMYK") {
        return Some(format!("{name} TIFF with extra samples"));
    }
    if number(Tag::PLANAR, 1) == 2 && samples > 1 && first.entry(Tag::TILE_WIDTH).is_some() {
        return Some("TIFF of planes in tiles".to_owned());
    }
    if number(Tag::PLANAR, 1) == 2 && name == "CMYK" {
        return Some("CMYK TIFF of planes".to_owned());
    }
    if number(Tag::FILL_ORDER, 1) != 1 {
        return Some("TIFF of reversed bits".to_owned());
    }
    (number(Tag::PREDICTOR, 1) > 2).then(|| "TIFF with a predictor for floats".to_owned())
}

/// Whether a directory is the smaller copy of a picture that stands elsewhere in the file.
fn is_preview(first: &Directory) -> bool {
    let is_larger = |other: &Directory| other.pixels() > first.pixels();
    let is_much_larger = |other: &Directory| other.pixels() / MUCH >= first.pixels().max(1);
    let below = first.numbers(Tag::SUB_DIRECTORIES).unwrap_or_default();
    let mut below = below.into_iter().filter_map(|at| first.moved(at));
    let mut chain = std::iter::successors(first.next(), Directory::next).take(MOST_DIRECTORIES);
    let is_reduced = first.number(Tag::SUBFILE_TYPE).is_some_and(|kind| kind & 1 == 1)
        || first.number(Tag::OLD_SUBFILE_TYPE) == Some(2);
    // Pages are of about the same size.
    let is_preview_of =
        |other: Directory| is_reduced && is_larger(&other) || is_much_larger(&other);
    below.any(|other| is_larger(&other)) || chain.any(is_preview_of)
}

/// The name of a compression that is not read for such pictures.
fn compression_name(number: u64, is_grey: bool) -> Option<&'static str> {
    match number {
        1 | 5 | 8 | 32773 | 32946 => None,
        // Fax, group 4, and JPEG.
        4 | 7 if is_grey => None,
        2..=4 => Some("fax"),
        6 | 7 => Some("JPEG"),
        34925 => Some("LZMA"),
        50000 => Some("Zstandard"),
        50001 => Some("WebP"),
        33003 | 33005 | 34712 => Some("JPEG 2000"),
        _ => Some("unusual"),
    }
}

/// Errors when a picture of floats has values beyond black and white: how bright they are meant to
/// be is written nowhere.
pub(super) fn check_floats(picture: &DynamicImage) -> Result<(), Unreadable> {
    let values = match picture {
        DynamicImage::ImageRgb32F(picture) => picture.as_raw(),
        DynamicImage::ImageRgba32F(picture) => picture.as_raw(),
        _ => return Ok(()),
    };
    match values.iter().all(|value| (0.0..=1.0).contains(value)) {
        true => Ok(()),
        false => {
            let form = "float TIFF with values that are not from 0 to 1";
            Err(Unreadable::FormNotSupported(form.to_owned()))
        }
    }
}
