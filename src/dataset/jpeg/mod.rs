//! Notices JPEGs that are cut off or damaged: the decoder fills the gap with grey or smears the rest
//! and says nothing. And reads large ones at a fraction of their size in the same pass.
//!
//! Reads every Huffman code of every scan, as a decoder does, but computes no pixels, or few. What
//! the header promises must be there: so many blocks, codes that exist, restart markers in their
//! places, an end marker. Source: ITU-T T.81, annexes B, F and G.

mod bits;
mod coefficients;
mod header;
mod reduce;
mod scan;

use bits::{Bits, Table};
use coefficients::Kept;
use header::{Frame, Scan};
use image::RgbImage;

use super::Unreadable;

/// What is wrong with the coded data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The bytes end before the picture does.
    Truncated,
    Corrupt(&'static str),
}

impl From<Damage> for Unreadable {
    fn from(damage: Damage) -> Unreadable {
        match damage {
            Damage::Truncated => Unreadable::Truncated,
            Damage::Corrupt(what) => Unreadable::Corrupt(what.to_owned()),
        }
    }
}

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DHT: u8 = 0xc4;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;
/// Adobe's application segment: its last byte is 0 when the three components are R, G and B.
const APP14: u8 = 0xee;
/// Baseline, extended and progressive, with Huffman codes; other kinds are left to the decoder.
const SOF_HUFFMAN: [u8; 3] = [0xc0, 0xc1, 0xc2];
/// Lossless, hierarchical and arithmetic-coded frames.
const SOF_OTHER: [u8; 10] = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];

/// A scan of a few bytes may cover the whole picture, so that many of them take for ever. Encoders
/// make some ten of them.
const MOST_SCANS: usize = 500;

/// Tables by number, as of the scan at hand.
#[derive(Default)]
pub(crate) struct Tables {
    pub dc: [Option<Table>; 4],
    pub ac: [Option<Table>; 4],
    /// Steps of the coefficients in the order of coding.
    pub quantization: [Option<[u16; 64]>; 4],
}

/// Walks the whole file to its end marker; bytes behind that do not matter.
///
/// Files whose kind of coding is not checked here pass. Sizes are taken from the header: check them
/// first, a progressive picture takes 8 bytes of memory a block of 64 pixels.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Damage> {
    walk(bytes, 0).map(drop)
}

/// The picture at a quarter or a half of its size, the smaller whose sides both have
/// `least` pixels or more, checked as by [`check`]; not turned.
///
/// `None` when the picture is too small for that, or of a kind that is not reduced here.
pub(crate) fn reduced(bytes: &[u8], least: usize) -> Result<Option<RgbImage>, Damage> {
    let (width, height) = size(bytes)?;
    let Some(side) = reduce::smallest(width as usize, height as usize, least) else {
        return Ok(None);
    };
    Ok(walk(bytes, side)?.as_ref().and_then(reduce::picture))
}

/// What [`reduced`] takes of memory, at most; `None` when the picture is too small for it.
pub(crate) fn reduced_bytes(width: usize, height: usize, least: usize) -> Option<u64> {
    let side = reduce::smallest(width, height, least)?;
    let blocks = width.div_ceil(8) as u64 * height.div_ceil(8) as u64;
    // Each of up to three components: coefficients of two bytes, samples, pixels and the turned
    // picture, and 8 bytes a block when it is progressive.
    Some(3 * blocks * (5 * (side * side) as u64 + 8))
}

/// Checks the file and keeps the lowest `side * side` coefficients of each block. `None`: it is of a
/// kind that is not checked, or, unless `side` is 0, that no pixels are made of here.
fn walk(bytes: &[u8], side: usize) -> Result<Option<Frame>, Damage> {
    let mut at = 2; // behind SOI
    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    let mut restart_interval = 0;
    let (mut is_rgb, mut scans) = (false, 0);
    loop {
        let marker = next_marker(bytes, &mut at).ok_or(Damage::Truncated)?;
        match marker {
            EOI => return Ok(frame),
            marker if is_bare(marker) => continue,
            marker if SOF_OTHER.contains(&marker) => return Ok(None),
            _ => {}
        }
        let segment = segment(bytes, &mut at)?;
        match marker {
            DHT => header::read_tables(segment, &mut tables)?,
            DQT => header::read_steps(segment, &mut tables)?,
            DRI => restart_interval = header::read_restart_interval(segment)?,
            APP14 => is_rgb |= segment.starts_with(b"Adobe") && segment.get(11) == Some(&0),
            marker if SOF_HUFFMAN.contains(&marker) => {
                if frame.is_some() {
                    return Err(Damage::Corrupt("two frames"));
                }
                frame = Some(Frame::read(segment, marker == 0xc2, Kept::new(side))?);
            }
            SOS => {
                let frame = frame.as_mut().ok_or(Damage::Corrupt("a scan before the frame"))?;
                scans += 1;
                if scans > MOST_SCANS {
                    return Err(Damage::Corrupt("more scans than any picture needs"));
                }
                let scan = Scan::read(segment, frame)?;
                let is_left_to_the_decoder = frame.height == 0 // it follows later (DNL)
                    || side > 0 && !reduce::is_usual(frame, is_rgb);
                if is_left_to_the_decoder {
                    return Ok(None);
                }
                let mut bits = Bits::new(&bytes[at..]);
                scan::read(&mut bits, frame, &scan, &tables, restart_interval)?;
                if !bits.only_padding_is_left() {
                    return Err(Damage::Corrupt("more data than blocks"));
                }
                at += bits.position();
            }
            _ => {}
        }
    }
}

/// Width and height by the frame header, of whatever kind of coding.
pub(crate) fn size(bytes: &[u8]) -> Result<(u32, u32), Damage> {
    let mut at = 2; // behind SOI
    loop {
        let marker = next_marker(bytes, &mut at).ok_or(Damage::Truncated)?;
        if marker == EOI || marker == SOS {
            return Err(Damage::Corrupt("there is no frame header"));
        }
        if is_bare(marker) {
            continue;
        }
        let segment = segment(bytes, &mut at)?;
        if SOF_HUFFMAN.contains(&marker) || SOF_OTHER.contains(&marker) {
            let &[_, h1, h0, w1, w0, ..] = segment else {
                return Err(Damage::Corrupt("a frame header that is too short"));
            };
            let number = |high, low| u32::from(u16::from_be_bytes([high, low]));
            return Ok((number(w1, w0), number(h1, h0)));
        }
    }
}

/// Markers without a segment.
fn is_bare(marker: u8) -> bool {
    matches!(marker, SOI | 0x01 | 0xd0..=0xd7)
}

/// The code after the next 0xff that begins a marker; `at` then stands behind it.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let skipped = bytes.get(*at..)?.iter().position(|&byte| byte == 0xff)?;
        *at += skipped + 1;
        match *bytes.get(*at)? {
            0xff => {} // a fill byte
            0 => *at += 1,
            marker => {
                *at += 1;
                return Some(marker);
            }
        }
    }
}

/// The content of the segment whose length stands at `at`; `at` then stands behind it.
fn segment<'a>(bytes: &'a [u8], at: &mut usize) -> Result<&'a [u8], Damage> {
    let length = bytes.get(*at..*at + 2).ok_or(Damage::Truncated)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if length < 2 {
        return Err(Damage::Corrupt("a segment of no length"));
    }
    let segment = bytes.get(*at + 2..*at + length).ok_or(Damage::Truncated)?;
    *at += length;
    Ok(segment)
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;

    use super::*;
    use crate::random::Rng;

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
                let small = reduced(&bytes, least * (height as usize) / 40).unwrap().unwrap();
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
        let size = |least| reduced(&bytes, least).unwrap().map(|picture| picture.dimensions());
        assert_eq!(size(1), Some((80, 40)));
        assert_eq!(size(40), Some((80, 40)));
        assert_eq!(size(41), Some((160, 80)));
        assert_eq!(size(81), None);
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
        assert_eq!(check(&scans_of_nothing(1)), Ok(()));
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
