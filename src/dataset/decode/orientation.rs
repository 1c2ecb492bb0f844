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
pub(super) const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const APP1: u8 = 0xe1;
/// Keywords of the texts in which ImageMagick put EXIF into a PNG before there was a chunk for it.
const RAW_EXIF: [&[u8]; 2] = [b"Raw profile type exif\0", b"Raw profile type APP1\0"];
/// Bytes that are looked at of all compressed texts of a file together: small chunks may hold much.
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
        ImageFormat::Png => said.png(bytes),
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
    /// All that is said in a PNG.
    fn png(&mut self, bytes: &[u8]) {
        let mut text_left = MOST_TEXT;
        for (kind, data) in png_chunks(bytes) {
            match kind {
                b"eXIf" => self.exif(data),
                b"iTXt" if data.starts_with(b"XML:com.adobe.xmp\0") => self.xmp(data),
                b"tEXt" => self.raw_profile(data),
                b"zTXt" if self.exif.is_none() && text_left > 0 && is_raw_exif(data) => {
                    let text = inflated(data, text_left);
                    text_left = text_left.saturating_sub(text.len() as u64);
                    self.raw_profile(&text);
                }
                _ => {}
            }
        }
    }

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

    /// A text with one of the keywords of [`RAW_EXIF`]: a name, a length and hexadecimal digits.
    fn raw_profile(&mut self, text: &[u8]) {
        let Some(text) = RAW_EXIF.iter().find_map(|keyword| text.strip_prefix(*keyword)) else {
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

fn is_raw_exif(text: &[u8]) -> bool {
    RAW_EXIF.iter().any(|keyword| text.starts_with(keyword))
}

/// A zTXt chunk as the tEXt chunk that it stands for: keyword, zero, and at most this many bytes of
/// text.
fn inflated(data: &[u8], most: u64) -> Vec<u8> {
    let Some(end) = data.iter().position(|&byte| byte == 0) else { return Vec::new() };
    let mut text = data[..=end].to_vec();
    // Behind the zero stands the method, of which there is one.
    let packed = ZlibDecoder::new(data.get(end + 2..).unwrap_or_default());
    // What was read before an error is used as far as it goes.
    let _ = packed.take(most).read_to_end(&mut text);
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
pub(super) fn webp_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
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

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::read::ZlibEncoder;

    use super::*;

    /// A chunk of compressed text; nobody looks at the checksum here.
    fn compressed_text(keyword: &str, text: &[u8]) -> Vec<u8> {
        let mut data = [keyword.as_bytes(), &[0, 0][..]].concat();
        ZlibEncoder::new(text, Compression::fast()).read_to_end(&mut data).unwrap();
        let length = (data.len() as u32).to_be_bytes();
        [&length[..], &b"zTXt"[..], &data[..], &[0; 4][..]].concat()
    }

    /// What a PNG with these chunks says.
    fn orientation_in(chunks: &[&[u8]]) -> Orientation {
        orientation(&[&b"\x89PNG\r\n\x1a\n"[..], &chunks.concat()[..]].concat(), ImageFormat::Png)
    }

    /// EXIF with one entry, to be turned by 90 degrees, in digits as ImageMagick wrote them.
    const TURNED: &[u8] = b"\nexif\n      26\n\
        49492a00080000000100120103000100\n00000600000000000000\n";

    #[test]
    fn exif_as_text_in_a_png_is_found_behind_texts_of_other_kinds() {
        let exif = compressed_text("Raw profile type exif", TURNED);
        let profile = compressed_text("Raw profile type icc", b"\nicc\n       1\n00\n");
        let large = compressed_text("Comment", &vec![b' '; 2 << 20]);
        assert_eq!(orientation_in(&[&exif]), Orientation::Rotate90);
        assert_eq!(orientation_in(&[&profile, &large, &exif]), Orientation::Rotate90);
    }

    #[test]
    fn texts_that_inflate_to_much_more_than_exif_are_not_read_to_the_end() {
        let exif = compressed_text("Raw profile type exif", TURNED);
        let large = compressed_text("Raw profile type APP1", &vec![b' '; 2 << 20]);
        assert_eq!(orientation_in(&[&large, &exif]), Orientation::NoTransforms);
    }
}
