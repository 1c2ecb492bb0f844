//! Which way up a picture is meant to be seen.
//!
//! Cameras write it into EXIF, and programs into XMP; each format has its own places for both.
//! Looked for as other programs do: EXIF goes before XMP.

use std::io::Read;

use flate2::read::ZlibDecoder;
use image::ImageFormat;
use image::metadata::Orientation;

use super::tiff::{Directory, Tag};
use crate::dataset::jpeg;

/// EXIF's header in a JPEG; some programs write it into other formats, too.
const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const APP1: u8 = 0xe1;
/// Bytes of a compressed text that are looked at.
const MOST_TEXT: u64 = 1 << 20;

/// How the stored picture must be turned; not at all where nothing is said, or nonsense.
pub fn orientation(bytes: &[u8], format: ImageFormat) -> Orientation {
    let mut said = Said::default();
    match format {
        ImageFormat::Jpeg => {
            for (_, segment) in jpeg::segments(bytes).filter(|(marker, _)| *marker == APP1) {
                if segment.starts_with(EXIF) {
                    said.exif(segment);
                } else if let Some(xmp) = segment.strip_prefix(XMP) {
                    said.xmp(xmp);
                }
                if said.exif.is_some() {
                    break;
                }
            }
        }
        ImageFormat::Png => png_chunks(bytes).for_each(|(kind, data)| match kind {
            b"eXIf" => said.exif(data),
            b"iTXt" if data.starts_with(b"XML:com.adobe.xmp\0") => said.xmp(data),
            b"tEXt" => said.raw_profile(data),
            b"zTXt" => said.raw_profile(&inflated(data)),
            _ => {}
        }),
        ImageFormat::WebP => webp_chunks(bytes).for_each(|(kind, data)| match kind {
            b"EXIF" => said.exif(data),
            b"XMP " => said.xmp(data),
            _ => {}
        }),
        ImageFormat::Tiff => {
            said.exif(bytes);
            if let Some(directory) = Directory::first(bytes) {
                said.xmp(directory.bytes(Tag::XMP).unwrap_or_default());
            }
        }
        _ => {}
    }
    let number = said.exif.or(said.xmp).and_then(|number| u8::try_from(number).ok());
    number.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms)
}

/// The first orientation that EXIF and XMP each name.
#[derive(Default)]
struct Said {
    exif: Option<u64>,
    xmp: Option<u64>,
}

impl Said {
    /// EXIF is a TIFF without a picture, behind a header or not.
    fn exif(&mut self, data: &[u8]) {
        let tiff = data.strip_prefix(EXIF).unwrap_or(data);
        let found = Directory::first(tiff).and_then(|directory| directory.number(Tag::ORIENTATION));
        self.exif = self.exif.or(found);
    }

    /// An attribute `tiff:Orientation="6"` or an element `<tiff:Orientation>6<`.
    fn xmp(&mut self, data: &[u8]) {
        const NAME: &[u8] = b"tiff:Orientation";
        let place = data.windows(NAME.len()).position(|window| window == NAME);
        let value = place.and_then(|place| {
            let rest = data[place + NAME.len()..].iter();
            let mut rest = rest.skip_while(|byte| b" \t\r\n=\"'>".contains(byte));
            rest.next().filter(|byte| byte.is_ascii_digit())
        });
        self.xmp = self.xmp.or(value.map(|digit| u64::from(digit - b'0')));
    }

    /// EXIF in a PNG as ImageMagick wrote it before there was a chunk for it: a keyword, a length
    /// and hexadecimal digits.
    fn raw_profile(&mut self, text: &[u8]) {
        let named = |name: &[u8]| text.strip_prefix(name);
        let Some(text) = named(b"Raw profile type exif\0").or(named(b"Raw profile type APP1\0"))
        else {
            return;
        };
        let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).skip(2);
        let digits: Vec<u8> = lines
            .flatten()
            .filter_map(|&digit| char::from(digit).to_digit(16).map(|value| value as u8))
            .collect();
        let bytes: Vec<u8> =
            digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect();
        self.exif(&bytes);
    }
}

/// A zTXt chunk as the tEXt chunk that it stands for: keyword, zero, text.
fn inflated(data: &[u8]) -> Vec<u8> {
    let Some(end) = data.iter().position(|&byte| byte == 0) else { return Vec::new() };
    let mut text = data[..=end].to_vec();
    // Behind the zero stands the method, of which there is one.
    let packed = ZlibDecoder::new(data.get(end + 2..).unwrap_or_default());
    // What was read before an error is used as far as it goes.
    let _ = packed.take(MOST_TEXT).read_to_end(&mut text);
    text
}

/// The chunks of a PNG, wherever they stand: some programs write EXIF behind the pixels.
pub(super) fn png_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk()?;
        let (kind, after) = after.split_first_chunk()?;
        let (data, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rest = after.get(4..).unwrap_or_default(); // behind the checksum
        Some((kind, data))
    })
}

/// The chunks of a WebP.
fn webp_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, after) = rest.split_first_chunk()?;
        let (length, after) = after.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        let (data, _) = after.split_at_checked(length)?;
        rest = after.get(length + length % 2..).unwrap_or_default();
        Some((kind, data))
    })
}
