//! Reads JPEGs, whole or at a fraction of their size, and notices those that are cut off or damaged.
//!
//! What the header promises must be there: so many blocks, codes that exist, restart markers in
//! their places. Other decoders fill a gap with grey, or smear the rest, and say nothing or little.
//! Where nothing of the picture is missing, it is taken as others take it, with a remark.
//!
//! Whole pictures have libjpeg's pixels, to the bit. Source: ITU-T T.81, annexes A, B, F and G.

mod bits;
mod coefficients;
mod colour;
mod header;
mod idct;
mod markers;
mod plane;
mod reduce;
mod scan;
mod standard_tables;
mod table;
mod walk;

use image::RgbImage;

use super::{Decoded, Unreadable};
use crate::kernels::with_vectors;
use colour::Colours;
use plane::Plane;
use table::Table;
use walk::{Walked, walk};

pub(crate) use markers::{DQT, SOF_HUFFMAN, segments, size};

/// Why there is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The bytes end before the picture does.
    Truncated,
    Corrupt(&'static str),
    /// It may be whole, but is of a kind that is not read: `arithmetic-coded JPEG`.
    Unsupported(&'static str),
}

impl From<Damage> for Unreadable {
    fn from(damage: Damage) -> Unreadable {
        match damage {
            Damage::Truncated => Unreadable::Truncated,
            Damage::Corrupt(what) => Unreadable::Corrupt(what.to_owned()),
            Damage::Unsupported(what) => Unreadable::FormNotSupported(what.to_owned()),
        }
    }
}

/// Tables by number, as of the scan at hand.
#[derive(Default)]
pub(crate) struct Tables {
    pub dc: [Option<Table>; 4],
    pub ac: [Option<Table>; 4],
    /// Steps of the coefficients in the order of coding.
    pub quantization: [Option<[u16; 64]>; 4],
}

/// The picture, not turned: whole, or, when it is to have `least` pixels on its shorter side or
/// more, at a half or a quarter of its size as long as it has.
///
/// Bytes behind the end marker do not matter. Sizes are taken from the header: check them first.
pub(crate) fn decode(bytes: &[u8], least: Option<usize>) -> Result<Decoded, Damage> {
    let (width, height) = size(bytes)?;
    let side = least.and_then(|least| reduce::smallest(width as usize, height as usize, least));
    let walked = walk(bytes, side.unwrap_or(WHOLE))?;
    let remarks = walked.remarks.clone();
    Ok(Decoded { pixels: picture(walked)?, remarks })
}

/// What rules before 3 made of a JPEG themselves: `None`, a JPEG that is whole, to be decoded by
/// the library, or the reduced picture. They took nothing that needs a remark.
pub(crate) fn checked_or_reduced_before(
    bytes: &[u8],
    least: Option<usize>,
) -> Result<Option<RgbImage>, Damage> {
    let (width, height) = size(bytes)?;
    let side = least.and_then(|least| reduce::smallest(width as usize, height as usize, least));
    let walked = walk(bytes, side.unwrap_or(1))?;
    if let Some(remark) = walked.remarks.first() {
        return Err(Damage::Corrupt(remark.words()));
    }
    let names: Vec<u8> = walked.frame.components.iter().map(|part| part.id).collect();
    let is_usual = match walked.colours {
        Colours::Grey => true,
        Colours::YCbCr => names != *b"RGB" && walked.hints.adobe != Some(0),
        _ => false,
    };
    if side.is_some() && is_usual { picture(walked).map(Some) } else { Ok(None) }
}

/// Samples on a side of a block, when the picture is not reduced.
const WHOLE: usize = 8;

/// What [`decode`] takes of memory for a reduced picture, at most; `None` when it is too small to
/// be reduced.
pub(crate) fn reduced_bytes(width: usize, height: usize, least: usize) -> Option<u64> {
    let side = reduce::smallest(width, height, least)?;
    let blocks = width.div_ceil(8) as u64 * height.div_ceil(8) as u64;
    // Each of up to three components: coefficients of two bytes, samples, pixels and the turned
    // picture, and 8 bytes a block when it is progressive.
    Some(3 * blocks * (5 * (side * side) as u64 + 8))
}

/// The picture of the kept coefficients; the size of a reduced one is rounded to whole pixels.
fn picture(walked: Walked) -> Result<RgbImage, Damage> {
    let Walked { frame, colours, .. } = walked;
    let (max, side) = (frame.largest_unit(), frame.kept.side);
    let (width, height) = match side {
        WHOLE => (frame.width, frame.height),
        _ => ((frame.width * side + 4) / 8, (frame.height * side + 4) / 8),
    };
    let mut planes = Vec::new();
    for part in frame.components {
        let repeat = (max.0 / part.unit.0, max.1 / part.unit.1);
        let size = (width.div_ceil(repeat.0), height.div_ceil(repeat.1));
        let plane = Plane::new(part, side, repeat, size);
        planes.push(plane.ok_or(Damage::Corrupt("a quantisation table is missing"))?);
    }
    let mut picture = RgbImage::new(width as u32, height as u32);
    with_vectors(
        #[inline(always)]
        || {
            for (y, pixels) in picture.chunks_exact_mut(width * 3).enumerate() {
                let rows: Vec<&[u8]> = planes.iter_mut().map(|plane| plane.row(y)).collect();
                colours.convert(&rows, pixels.as_chunks_mut().0);
            }
        },
    );
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::codecs::jpeg::JpegEncoder;

    use super::markers::{DHT, EOI, SOI, SOS};
    use super::*;
    use crate::random::Rng;

    fn check(bytes: &[u8]) -> Result<(), Damage> {
        decode(bytes, None).map(drop)
    }

    fn reduced(bytes: &[u8], least: usize) -> Result<RgbImage, Damage> {
        decode(bytes, Some(least)).map(|decoded| decoded.pixels)
    }

    /// A busy picture, so that there is much coded data.
    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let mut rng = Rng::new(5);
        let picture = image::RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 5 % 256) as u8, (y * 3 % 256) as u8, rng.below(256) as u8])
        });
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&picture).unwrap();
        bytes
    }

    #[test]
    fn whole_jpegs_of_every_size_pass_with_junk_behind_or_not() {
        for (width, height) in [(1, 1), (8, 8), (17, 9), (64, 48), (1, 200)] {
            let mut bytes = jpeg(width, height);
            assert_eq!(check(&bytes), Ok(()), "{width} x {height}");
            bytes.extend(b"junk \xff\xd8 behind");
            assert_eq!(check(&bytes), Ok(()), "{width} x {height} and junk");
        }
    }

    #[test]
    fn a_jpeg_cut_anywhere_is_truncated() {
        let bytes = jpeg(40, 30);
        for length in 2..bytes.len() {
            assert_eq!(check(&bytes[..length]), Err(Damage::Truncated), "at {length}");
            assert_eq!(reduced(&bytes[..length], 3), Err(Damage::Truncated), "at {length}");
        }
    }

    #[test]
    fn a_reduced_jpeg_has_the_means_of_the_pixels_of_the_whole_one() {
        for (width, height) in [(400, 304), (403, 301), (1000, 40)] {
            let bytes = jpeg(width, height);
            let whole = image::load_from_memory(&bytes).unwrap().into_rgb8();
            for (side, least) in [(2, 10), (4, 20)] {
                let small = reduced(&bytes, least * (height as usize) / 40).unwrap();
                let rounded = |pixels: u32| (pixels * side + 4) / 8;
                assert_eq!(small.dimensions(), (rounded(width), rounded(height)));
                let each = 8 / side;
                let mut off = Vec::new();
                for (x, y, pixel) in small.enumerate_pixels() {
                    if (x + 1) * each > width || (y + 1) * each > height {
                        continue;
                    }
                    for channel in 0..3 {
                        let parts = (0..each * each)
                            .map(|i| whole[(x * each + i % each, y * each + i / each)].0[channel]);
                        let mean = parts.map(f64::from).sum::<f64>() / f64::from(each * each);
                        off.push((f64::from(pixel.0[channel]) - mean).powi(2));
                    }
                }
                let rms = (off.iter().sum::<f64>() / off.len() as f64).sqrt();
                // Frequencies are cut sharply, not averaged.
                assert!(rms < 12.0, "{side}: {rms}");
            }
        }
    }

    #[test]
    fn a_jpeg_is_reduced_no_further_than_its_shorter_side_allows() {
        let bytes = jpeg(320, 160);
        let size = |least| reduced(&bytes, least).unwrap().dimensions();
        assert_eq!(size(1), (80, 40));
        assert_eq!(size(40), (80, 40));
        assert_eq!(size(41), (160, 80));
        assert_eq!(size(81), (320, 160));
    }

    /// Each line: a picture, the pixels that are wanted at least, the hash of those that there were when
    /// features began to be made of them.
    #[test]
    fn reduced_pictures_keep_the_pixels_that_cached_features_were_made_of() {
        const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures");
        let lines = fs::read_to_string(format!("{FOLDER}/reduced.tsv")).unwrap();
        for line in lines.lines() {
            let [file, least, hash] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}: expected three columns");
            };
            let bytes = fs::read(format!("{FOLDER}/{file}")).unwrap();
            let picture = reduced(&bytes, least.parse().unwrap()).unwrap();
            assert_eq!(blake3::hash(picture.as_raw()).to_hex().as_str(), hash, "{file}, {least}");
        }
        assert!(lines.lines().count() > 150);
    }

    /// Those behind the kept ones are passed over, several at once.
    #[test]
    fn kept_coefficients_are_those_of_the_whole_picture() {
        let mut files = vec![jpeg(203, 151)];
        for name in ["progressive-2", "progressive-restarts-1", "sampling-420", "optimised-2"] {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures");
            files.push(fs::read(format!("{folder}/{name}.jpg")).unwrap());
        }
        for bytes in files {
            let whole = walk(&bytes, WHOLE).unwrap().frame;
            for side in [1, 2, 4] {
                let few = walk(&bytes, side).unwrap().frame;
                for (whole, few) in whole.components.iter().zip(&few.components) {
                    let blocks = whole.coefficients.chunks_exact(64);
                    let lowest: Vec<i16> = blocks
                        .flat_map(|block| block.chunks(8).take(side).flat_map(|row| &row[..side]))
                        .copied()
                        .collect();
                    assert!(lowest == few.coefficients, "{side} a side");
                }
            }
        }
    }

    #[test]
    fn a_jpeg_with_overwritten_data_is_corrupt() {
        let bytes = jpeg(200, 150);
        let middle = bytes.len() / 2;
        for seed in 0..50 {
            let mut rng = Rng::new(seed);
            let mut damaged = bytes.clone();
            for byte in &mut damaged[middle..middle + 400] {
                *byte = rng.next_u64() as u8;
            }
            assert!(matches!(check(&damaged), Err(Damage::Corrupt(_))), "seed {seed}");
            assert_eq!(reduced(&damaged, 75).err(), check(&damaged).err(), "seed {seed}");
        }
    }

    /// A progressive picture of 2,000 by 2,000 grey pixels, in so many scans that say nothing of
    /// any block.
    fn scans_of_nothing(count: usize) -> Vec<u8> {
        let size = 2_000u16.to_be_bytes();
        let mut bytes = vec![0xff, SOI, 0xff, 0xc2, 0, 11, 8];
        bytes.extend([size[0], size[1], size[0], size[1], 1, 1, 0x11, 0]);
        // The code 0 alone: a run of blocks without a coefficient, 16,384 and what 14 bits add.
        bytes.extend([0xff, DHT, 0, 20, 0x10, 1]);
        bytes.extend([0; 15]);
        bytes.push(0xe0);
        let runs = (250usize * 250).div_ceil(16_384);
        for _ in 0..count {
            bytes.extend([0xff, SOS, 0, 8, 1, 1, 0, 1, 63, 0]);
            bytes.extend(vec![0; (15 * runs).div_ceil(8)]);
        }
        bytes.extend([0xff, EOI]);
        bytes
    }

    #[test]
    fn a_picture_of_endless_scans_is_corrupt_before_it_takes_for_ever() {
        let lacks_means = check(&scans_of_nothing(1));
        assert_eq!(lacks_means, Err(Damage::Corrupt("fewer scans than the header says")));
        let endless = check(&scans_of_nothing(100_000));
        assert_eq!(endless, Err(Damage::Corrupt("more scans than any picture needs")));
    }

    #[test]
    fn no_damage_makes_the_check_panic() {
        let bytes = jpeg(32, 24);
        let mut rng = Rng::new(8);
        for _ in 0..3_000 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + rng.below(8) {
                let at = 2 + rng.below(bytes.len() - 2);
                damaged[at] = rng.next_u64() as u8;
            }
            // The caller refuses large sizes first.
            if size(&damaged).is_ok_and(|(width, height)| width * height < 1_000_000) {
                let _ = check(&damaged);
                let _ = reduced(&damaged, 1 + rng.below(12));
            }
        }
    }
}
