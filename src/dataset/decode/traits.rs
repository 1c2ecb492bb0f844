//! What is known of a photo besides its picture: how its file was made.

use image::{ImageFormat, RgbImage};

use super::orientation::{EXIF, png_chunks, webp_chunks};
use super::tiff::{Directory, Tag};
use super::{EncodedPhoto, profile};
use crate::dataset::jpeg;

const APP1: u8 = 0xe1;
const COMMENT: u8 = 0xfe;

/// What a photo is like apart from what it shows. A text is empty where nothing is said.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoTraits {
    /// Pixels as they are stored, across and down.
    pub size: (u32, u32),
    /// Bytes of the file.
    pub bytes: u64,
    /// By the content: `Jpeg`.
    pub format: String,
    /// How pixels are coded: kind of frame and sampling of a JPEG, header of a PNG.
    pub coding: String,
    /// Sums of the steps of a JPEG's first two quantisation tables: the larger, the coarser.
    pub steps: [u32; 2],
    /// Maker and model.
    pub camera: String,
    /// What wrote the file.
    pub program: String,
    /// When it was taken, or else changed: `2026:11:30 12:00:00`.
    pub date: String,
    /// How it is to be turned: EXIF's number.
    pub turned: String,
    /// What stands in the file beside the pixels: `exif, profile`.
    pub parts: String,
    /// Mean and standard deviation of red, green and blue, in levels of 256.
    pub colours: [f64; 6],
    /// Mean and standard deviation of grey along the top, bottom, left and right edge.
    pub edges: [f64; 8],
}

impl PhotoTraits {
    /// Of a photo whose pixels were decoded, at whatever size.
    pub fn of(photo: &EncodedPhoto, pixels: &RgbImage) -> PhotoTraits {
        let bytes = &photo.bytes;
        let exif = exif(bytes, photo.format).and_then(Directory::first);
        let text = |tag| exif.and_then(|exif| exif.bytes(tag)).map(text).unwrap_or_default();
        let taken = exif.and_then(|exif| exif.inner(Tag::EXIF)?.bytes(Tag::TAKEN)).map(self::text);
        let turned = exif.and_then(|exif| exif.number(Tag::ORIENTATION));
        let (coding, steps) = coding(bytes, photo.format);
        PhotoTraits {
            size: photo.size(),
            bytes: bytes.len() as u64,
            format: format!("{:?}", photo.format),
            coding,
            steps,
            camera: [text(Tag::MAKER), text(Tag::MODEL)].join(" ").trim().to_owned(),
            program: text(Tag::PROGRAM),
            date: taken.unwrap_or_else(|| text(Tag::CHANGED)),
            turned: turned.map(|number| number.to_string()).unwrap_or_default(),
            parts: parts(bytes, photo.format),
            colours: colours(pixels),
            edges: edges(pixels),
        }
    }
}

/// A text of EXIF, which ends at a zero.
fn text(bytes: &[u8]) -> String {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).trim().to_owned()
}

/// The TIFF in which EXIF stands.
fn exif(bytes: &[u8], format: ImageFormat) -> Option<&[u8]> {
    let whole = match format {
        ImageFormat::Jpeg => {
            jpeg::segments(bytes)
                .find(|(marker, segment)| *marker == APP1 && segment.starts_with(EXIF))?
                .1
        }
        ImageFormat::Png => png_chunks(bytes).find(|(kind, _)| *kind == b"eXIf")?.1,
        ImageFormat::WebP => webp_chunks(bytes).find(|(kind, _)| *kind == b"EXIF")?.1,
        ImageFormat::Tiff => bytes,
        _ => return None,
    };
    Some(whole.strip_prefix(EXIF).unwrap_or(whole))
}

fn coding(bytes: &[u8], format: ImageFormat) -> (String, [u32; 2]) {
    let mut steps = [0; 2];
    match format {
        ImageFormat::Jpeg => {
            let mut frame = String::new();
            for (marker, segment) in jpeg::segments(bytes) {
                match marker {
                    jpeg::DQT => add_steps(segment, &mut steps),
                    // Behind precision and size: how many components, each with its sampling.
                    _ if jpeg::SOF_HUFFMAN.contains(&marker) => {
                        let sampling = segment.get(6..).unwrap_or_default().chunks(3);
                        let sampling = sampling.filter_map(|part| part.get(1));
                        frame = format!("{marker:x}");
                        sampling.for_each(|sampling| frame += &format!(" {sampling:x}"));
                    }
                    _ => {}
                }
            }
            (frame, steps)
        }
        // Depth, colours and interlacing.
        ImageFormat::Png => (format!("{:?}", bytes.get(24..29).unwrap_or_default()), steps),
        _ => (String::new(), steps),
    }
}

/// Tables of 64 steps, each behind a byte of its precision and number.
fn add_steps(mut segment: &[u8], steps: &mut [u32; 2]) {
    while let Some((&head, rest)) = segment.split_first() {
        let each = if head >> 4 == 0 { 1 } else { 2 };
        let Some((table, rest)) = rest.split_at_checked(64 * each) else { return };
        let sum = table.chunks(each).map(|step| step.iter().fold(0, |n, &b| n << 8 | u32::from(b)));
        if let Some(of_table) = steps.get_mut(usize::from(head & 15)) {
            *of_table = sum.sum();
        }
        segment = rest;
    }
}

/// What stands in the file beside the pixels, by the same words for all formats, each once.
fn parts(bytes: &[u8], format: ImageFormat) -> String {
    let of_jpeg = |(marker, segment): (u8, &[u8])| match marker {
        APP1 if segment.starts_with(EXIF) => Some("exif".to_owned()),
        APP1 => Some("xmp".to_owned()),
        COMMENT => Some("text".to_owned()),
        0xe2..=0xef => Some(format!("application {}", marker & 15)),
        _ => None,
    };
    let of_chunk = |(kind, _): (&[u8; 4], &[u8])| match kind {
        b"eXIf" | b"EXIF" => Some("exif".to_owned()),
        b"XMP " => Some("xmp".to_owned()),
        b"tEXt" | b"zTXt" | b"iTXt" => Some("text".to_owned()),
        b"iCCP" | b"ICCP" => Some("profile".to_owned()),
        _ => None,
    };
    let mut kinds: Vec<String> = match format {
        ImageFormat::Jpeg => jpeg::segments(bytes).filter_map(of_jpeg).collect(),
        ImageFormat::Png => png_chunks(bytes).filter_map(of_chunk).collect(),
        ImageFormat::WebP => webp_chunks(bytes).filter_map(of_chunk).collect(),
        _ => Vec::new(),
    };
    if format == ImageFormat::Jpeg && profile::of_jpeg(bytes).is_some() {
        kinds.push("profile".to_owned());
    }
    kinds.sort();
    kinds.dedup();
    kinds.join(", ")
}

fn colours(pixels: &RgbImage) -> [f64; 6] {
    let mut found = [0.0; 6];
    for channel in 0..3 {
        let [mean, deviation] = moments(pixels.pixels().map(|pixel| f64::from(pixel.0[channel])));
        (found[channel], found[3 + channel]) = (mean, deviation);
    }
    found
}

fn edges(pixels: &RgbImage) -> [f64; 8] {
    let (right, bottom) = (pixels.width() - 1, pixels.height() - 1);
    let grey = |x, y| {
        let [red, green, blue] = pixels.get_pixel(x, y).0.map(f64::from);
        0.299 * red + 0.587 * green + 0.114 * blue
    };
    let row = |y| moments((0..=right).map(|x| grey(x, y)));
    let column = |x| moments((0..=bottom).map(|y| grey(x, y)));
    let edges = [row(0), row(bottom), column(0), column(right)];
    std::array::from_fn(|place| edges[place / 2][place % 2])
}

/// Mean and standard deviation.
fn moments(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        (count, sum, squares) = (count + 1.0, sum + value, squares + value * value);
    }
    let mean = sum / count;
    [mean, (squares / count - mean * mean).max(0.0).sqrt()]
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{ExtendedColorType, ImageEncoder, Rgb};

    use super::*;
    use crate::dataset::Detail;

    fn traits(bytes: &[u8]) -> PhotoTraits {
        let photo = EncodedPhoto::new(bytes, 1).unwrap();
        let pixels = photo.decode(Detail::Full).unwrap().pixels;
        PhotoTraits::of(&photo, &pixels)
    }

    fn encoded(quality: u8, exif: &[u8]) -> Vec<u8> {
        let picture = RgbImage::from_fn(40, 30, |x, y| match x == 0 || y == 0 {
            true => Rgb([0; 3]),
            false => Rgb([200, 100, 50]),
        });
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
        encoder.write_image(&picture, 40, 30, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    /// EXIF with texts under tags, and in its inner directory the time at which it was taken.
    fn exif(texts: &[(u16, &str)], taken: &str) -> Vec<u8> {
        let (ascii, long) = (2u16, 4u16);
        let count = texts.len() as u16 + 1;
        let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
        let mut behind = Vec::new();
        let end = 8 + 2 + 12 * u32::from(count) + 4;
        bytes.extend(count.to_le_bytes());
        for (tag, text) in texts {
            let at = end + behind.len() as u32;
            bytes.extend([tag.to_le_bytes(), ascii.to_le_bytes()].concat());
            bytes.extend([(text.len() as u32 + 1).to_le_bytes(), at.to_le_bytes()].concat());
            behind.extend([text.as_bytes(), b"\0"].concat());
        }
        let inner = end + behind.len() as u32;
        bytes.extend([Tag::EXIF.to_le_bytes(), long.to_le_bytes()].concat());
        bytes.extend([1u32.to_le_bytes(), inner.to_le_bytes(), [0; 4]].concat());
        bytes.extend(behind);
        bytes.extend([1u16.to_le_bytes(), Tag::TAKEN.to_le_bytes(), ascii.to_le_bytes()].concat());
        bytes.extend([(taken.len() as u32 + 1).to_le_bytes(), (inner + 18).to_le_bytes()].concat());
        bytes.extend([&[0; 4], taken.as_bytes(), b"\0"].concat());
        bytes
    }

    #[test]
    fn a_jpeg_says_how_it_was_made() {
        let texts = [(Tag::MAKER, "Maker"), (Tag::MODEL, "Model 7"), (Tag::PROGRAM, "Program 1.2")];
        let coarse = traits(&encoded(20, &exif(&texts, "2026:11:30 12:00:00")));
        let said = [&coarse.camera, &coarse.program, &coarse.date, &coarse.format];
        assert_eq!(said, ["Maker Model 7", "Program 1.2", "2026:11:30 12:00:00", "Jpeg"]);
        assert_eq!(coarse.size, (40, 30));
        assert_eq!(coarse.parts, "exif");
        let fine = traits(&encoded(95, &[]));
        assert!(coarse.steps[0] > 3 * fine.steps[0] && fine.steps[0] >= 64, "{:?}", coarse.steps);
        assert!(coarse.bytes < fine.bytes);
        assert_eq!(fine.camera, "");
    }

    #[test]
    fn colours_and_edges_are_those_of_the_pixels() {
        let found = traits(&encoded(100, &[]));
        for (found, expected) in found.colours[..3].iter().zip([188.5, 94.25, 47.1]) {
            assert!((found - expected).abs() < 3.0, "{found} is not {expected}");
        }
        let [top, _, bottom, of_bottom, left, _, right, _] = found.edges;
        assert!(top < 12.0 && left < 12.0, "{top} {left}");
        assert!(
            bottom > 100.0 && right > 100.0 && of_bottom > 10.0,
            "{bottom} {right} {of_bottom}"
        );
    }
}
