//! From the pixels of a decoded photo to what a network takes.

mod nodes;
mod resize;

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::settings::Resize;
use crate::heatmap::Frame;
use crate::kernels::InputRange;
use resize::{Axis, resize};

/// All that happens to a photo between its decoding and the first layer of a network.
///
/// [`Preprocess::picture`] does the part that is the same for every network; mean and deviation are
/// applied by the network itself, which folds them into its own arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocess {
    /// Width and height of the picture that the network takes, in pixels.
    pub side: usize,
    /// The rule by which pixels between pixels are found.
    pub resize: Resize,
    /// How a photo that is not square becomes a square.
    pub crop: Crop,
    /// Of red, green and blue, in pixel values 0 to 255: the network computes with
    /// `(pixel - mean) / std`.
    pub mean: [f64; 3],
    /// The deviation that goes with `mean`, in pixel values as well.
    pub std: [f64; 3],
}

/// How a photo that is not square becomes a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crop {
    /// The whole photo is squashed: its width and its height are scaled differently.
    Squash,
    /// The shorter side is brought to `shorter_side` pixels and the longer one in proportion; the
    /// square in the middle is kept.
    Centre {
        /// At least the side of the square, in pixels.
        shorter_side: usize,
    },
}

impl Preprocess {
    /// A photo as planes `[3, side, side]` of red, green and blue, pixel values 0 to 255, not
    /// rounded to whole numbers.
    ///
    /// # Panics
    /// When the photo has no pixels.
    pub fn picture(&self, photo: &RgbImage) -> Vec<f32> {
        to_planes(&self.square(photo, self.side))
    }

    /// The same as rows of pixels, `[side, side, 3]`, for a network that took pictures of `side`
    /// pixels: distortions cut their windows out of a larger square.
    pub fn square(&self, photo: &RgbImage, side: usize) -> Vec<f32> {
        let [rows, columns] = self.axes([photo.height(), photo.width()], side);
        resize(photo, self.resize, &rows, &columns)
    }

    /// The part of a photo that the network sees.
    pub fn frame(&self, photo: &RgbImage) -> Frame {
        let [rows, columns] = self.axes([photo.height(), photo.width()], self.side);
        let share = |pixel: usize, axis: &Axis| pixel as f64 / axis.scaled as f64;
        Frame {
            left: share(columns.kept.start, &columns),
            top: share(rows.kept.start, &rows),
            right: share(columns.kept.end, &columns),
            bottom: share(rows.kept.end, &rows),
        }
    }

    /// Pixels that the shorter side of a photo is scaled to where the square has `side`: with
    /// fewer than these in the photo, the square is an enlargement.
    pub fn shorter_side(&self, side: usize) -> usize {
        match self.crop {
            Crop::Squash => side,
            Crop::Centre { shorter_side } => (side * shorter_side).div_ceil(self.side),
        }
    }

    /// Factor and offset of each colour with which `(pixel - mean) / std` is
    /// `pixel * factor + offset`.
    pub fn factors_and_offsets(&self) -> [(f64, f64); 3] {
        [0, 1, 2]
            .map(|colour| (1.0 / self.std[colour], (0.0 - self.mean[colour]) / self.std[colour]))
    }

    /// The same for the kernels.
    pub(super) fn input_range(&self) -> InputRange {
        self.factors_and_offsets().map(|(factor, offset)| (factor as f32, offset as f32))
    }

    /// Of height and width.
    fn axes(&self, lengths: [u32; 2], side: usize) -> [Axis; 2] {
        match self.crop {
            Crop::Squash => lengths.map(|_| Axis { scaled: side, kept: 0..side }),
            Crop::Centre { .. } => {
                let shorter = u64::from(lengths[0].min(lengths[1]));
                let to = self.shorter_side(side);
                lengths.map(|length| {
                    // At least `to`, as no side is shorter than the shorter one.
                    let scaled = (to as u64 * u64::from(length) / shorter) as usize;
                    let first = half_rounded(scaled - side);
                    Axis { scaled, kept: first..first + side }
                })
            }
        }
    }
}

/// Half of it, the middle between two whole numbers rounded to the even one: where torchvision's
/// `CenterCrop` cuts.
fn half_rounded(n: usize) -> usize {
    n / 2 + usize::from(n % 4 == 3)
}

/// Rows of pixels `[side, side, 3]` to planes `[3, side, side]`, the order that networks take.
pub fn to_planes(pixels: &[f32]) -> Vec<f32> {
    assert!(pixels.len().is_multiple_of(3), "{} numbers are no pixels of 3", pixels.len());
    let pixels = pixels.as_chunks::<3>().0;
    let mut planes = Vec::with_capacity(pixels.len() * 3);
    (0..3).for_each(|colour| planes.extend(pixels.iter().map(|pixel| pixel[colour])));
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn centre(side: usize, shorter_side: usize) -> Preprocess {
        Preprocess {
            side,
            resize: Resize::HalfPixel,
            crop: Crop::Centre { shorter_side },
            mean: [123.675, 116.28, 103.53],
            std: [58.395, 57.12, 57.375],
        }
    }

    /// Red is the column, green the row.
    fn photo(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 7]))
    }

    #[test]
    fn the_middle_of_a_photo_is_kept_and_its_shape_is_not_changed() {
        // At its own size, so that pixels are the photo's.
        let net = centre(20, 30);
        for (width, height, left, top) in [(50, 30, 15, 5), (30, 41, 5, 10), (30, 30, 5, 5)] {
            let square = net.square(&photo(width, height), 20);
            for (at, pixel) in square.chunks_exact(3).enumerate() {
                let (row, column) = (at / 20, at % 20);
                let expected = [(left + column) as f32, (top + row) as f32, 7.0];
                assert_eq!(pixel, expected, "{width} x {height}, row {row}, column {column}");
            }
        }
    }

    #[test]
    fn the_frame_is_the_part_of_the_photo_that_is_kept() {
        let net = centre(20, 30);
        let Frame { left, top, right, bottom } = net.frame(&photo(100, 60));
        // 60 rows become 30, of which 20 are kept; 100 columns 50, of which 20.
        let shares = [left - 0.3, right - 0.7, top - 1.0 / 6.0, bottom - 5.0 / 6.0];
        assert!(shares.iter().all(|share| share.abs() < 1e-12), "{shares:?}");
        let squashed = Preprocess { crop: Crop::Squash, ..net };
        assert_eq!(squashed.frame(&photo(100, 60)), Frame::WHOLE);
    }

    /// torchvision's `CenterCrop` rounds to even numbers.
    #[test]
    fn the_middle_between_two_pixels_is_the_even_one() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(half_rounded), [0, 0, 1, 2, 2, 2, 3, 4]);
    }

    #[test]
    fn a_larger_square_shows_the_same_part_of_the_photo() {
        let net = centre(20, 30);
        assert_eq!(net.shorter_side(40), 60);
        let (small, large) = (net.square(&photo(100, 60), 20), net.square(&photo(100, 60), 40));
        let corner = |square: &[f32], side: usize| [square[0], square[1], square[3 * side - 3]];
        // Within a pixel of the small square, which is two of the photo.
        for (a, b) in corner(&small, 20).iter().zip(corner(&large, 40)) {
            assert!((a - b).abs() <= 1.0, "{a} and {b}");
        }
    }

    #[test]
    fn the_thinnest_photos_are_squares_too() {
        for (width, height) in [(1, 1), (1, 2000), (2000, 1), (3, 4000)] {
            for crop in [Crop::Squash, Crop::Centre { shorter_side: 11 }] {
                let net = Preprocess { crop, ..centre(9, 11) };
                assert_eq!(net.picture(&photo(width, height)).len(), 3 * 9 * 9, "{crop:?}");
            }
        }
    }

    #[test]
    fn factors_and_offsets_take_the_mean_to_zero_and_a_deviation_more_to_one() {
        let net = centre(20, 30);
        for (colour, (factor, offset)) in net.factors_and_offsets().into_iter().enumerate() {
            let (mean, std) = (net.mean[colour], net.std[colour]);
            assert!((mean * factor + offset).abs() < 1e-12);
            assert!(((mean + std) * factor + offset - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn planes_hold_the_same_values_colour_by_colour() {
        let pixels: Vec<f32> = (0..12).map(|v| v as f32).collect();
        let planes = [0., 3., 6., 9., 1., 4., 7., 10., 2., 5., 8., 11.];
        assert_eq!(to_planes(&pixels), planes);
    }
}
