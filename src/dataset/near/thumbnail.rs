//! A photo as a small grey picture, and its perceptual hash.

use std::f64::consts::PI;

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma, RgbImage};

/// Pixels on a side of a thumbnail.
pub(super) const SIDE: usize = 32;
/// Pixels of a thumbnail.
pub(super) const PIXELS: usize = SIDE * SIDE;
/// The hash is of so many low frequencies on each axis.
const FREQUENCIES: usize = 8;
/// Grey levels of 256. What deviates less is a plain area: all such pictures would be copies of each
/// other.
const PLAIN_DEVIATION: f64 = 2.0;

/// A photo as 32 by 32 grey pixels, row by row, whatever its shape was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thumbnail(pub(super) [u8; PIXELS]);

impl Thumbnail {
    /// Pixels of a side that a photo should have at least to be made a thumbnail of.
    pub const LEAST_PIXELS: usize = 2 * SIDE;

    /// Grey by ITU-R BT.601, shrunk by Lanczos' filter, as Pillow and `imagehash` do it.
    pub fn of(photo: &RgbImage) -> Thumbnail {
        let (width, height) = photo.dimensions();
        let mut grey = GrayImage::new(width, height);
        for (to, from) in grey.pixels_mut().zip(photo.pixels()) {
            let [red, green, blue] = from.0.map(u32::from);
            *to = Luma([((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8]);
        }
        let side = SIDE as u32;
        let small = imageops::resize(&grey, side, side, FilterType::Lanczos3);
        Thumbnail(small.as_raw().as_slice().try_into().expect("it has this size"))
    }

    /// Whether there is too little in it to be told from others.
    pub fn is_plain(&self) -> bool {
        let sum: u64 = self.0.iter().map(|&grey| u64::from(grey)).sum();
        let squares: u64 = self.0.iter().map(|&grey| u64::from(grey).pow(2)).sum();
        let mean = sum as f64 / PIXELS as f64;
        squares as f64 / PIXELS as f64 - mean * mean < PLAIN_DEVIATION * PLAIN_DEVIATION
    }

    /// Left and right exchanged.
    pub fn mirrored(&self) -> Thumbnail {
        let mut mirrored = self.clone();
        mirrored.0.chunks_mut(SIDE).for_each(<[u8]>::reverse);
        mirrored
    }
}

/// Makes perceptual hashes of 64 bits.
pub(crate) struct Hasher {
    /// `[frequency][pixel]`
    cosines: [[f64; SIDE]; FREQUENCIES],
}

impl Hasher {
    pub fn new() -> Hasher {
        let mut cosines = [[0.0; SIDE]; FREQUENCIES];
        for (frequency, row) in cosines.iter_mut().enumerate() {
            for (pixel, cosine) in row.iter_mut().enumerate() {
                let angle = PI * frequency as f64 * (2 * pixel + 1) as f64 / (2 * SIDE) as f64;
                *cosine = angle.cos();
            }
        }
        Hasher { cosines }
    }

    /// The hashes of a thumbnail and of its mirror image.
    pub fn hashes(&self, thumbnail: &Thumbnail) -> [u64; 2] {
        let plain = self.transform(thumbnail);
        let mut mirrored = plain;
        // Mirroring turns the sign of the odd frequencies along a row.
        mirrored.iter_mut().skip(1).step_by(2).for_each(|amplitude| *amplitude = -*amplitude);
        [above_median(&plain), above_median(&mirrored)]
    }

    /// The lowest frequencies of the discrete cosine transform (DCT-II), row by row.
    fn transform(&self, thumbnail: &Thumbnail) -> [f64; FREQUENCIES * FREQUENCIES] {
        let mut rows = [[0.0; FREQUENCIES]; SIDE];
        for (row, pixels) in rows.iter_mut().zip(thumbnail.0.chunks(SIDE)) {
            for (amplitude, cosines) in row.iter_mut().zip(&self.cosines) {
                *amplitude = pixels.iter().zip(cosines).map(|(&p, c)| f64::from(p) * c).sum();
            }
        }
        let mut amplitudes = [0.0; FREQUENCIES * FREQUENCIES];
        for (place, amplitude) in amplitudes.iter_mut().enumerate() {
            let (down, across) = (place / FREQUENCIES, place % FREQUENCIES);
            let column = rows.iter().map(|row| row[across]);
            *amplitude = column.zip(&self.cosines[down]).map(|(row, c)| row * c).sum();
        }
        amplitudes
    }
}

/// A bit for each amplitude, the first one highest: whether it is above the median.
fn above_median(amplitudes: &[f64; FREQUENCIES * FREQUENCIES]) -> u64 {
    let mut sorted = *amplitudes;
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = (sorted[middle - 1] + sorted[middle]) / 2.0;
    amplitudes.iter().fold(0, |bits, &amplitude| bits << 1 | u64::from(amplitude > median))
}
