//! Resizing by four rules.
//!
//! Values stay `f32` in `0..=255`; nothing is rounded to whole levels in between.

use std::ops::Range;

use image::RgbImage;

use crate::kernels::with_vectors;
use crate::nets::settings::Resize;

/// What happens to one axis of a photo: it is brought to `scaled` pixels, of which `kept` remain.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub scaled: usize,
    pub kept: Range<usize>,
}

/// The part of the resized photo that `rows` and `columns` keep, `[rows, columns, 3]`, values
/// `0..=255`.
///
/// `Legacy` is TensorFlow 1's `resize_bilinear`, bit for bit; `HalfPixel` is TensorFlow 2's
/// `tf.image.resize` and PyTorch's `interpolate(align_corners=False)`; `Antialias` is the latter
/// with `antialias=True`; `Bicubic` is Pillow's of a picture in f32 (mode `F`), and may pass the ends
/// of the range at edges. Panics when the photo has no pixels or nothing of it is kept.
pub(super) fn resize(photo: &RgbImage, rule: Resize, rows: &Axis, columns: &Axis) -> Vec<f32> {
    assert!(photo.width() > 0 && photo.height() > 0, "there is nothing to resize");
    assert!(!rows.kept.is_empty() && !columns.kept.is_empty(), "nothing is to be kept");
    match rule {
        Resize::Legacy => interpolate(photo, rows, columns, |o, scale| o * scale),
        Resize::HalfPixel => {
            interpolate(photo, rows, columns, |o, scale| ((o + 0.5) * scale - 0.5).max(0.0))
        }
        Resize::Antialias => filtered(photo, rows, columns, &TRIANGLE),
        Resize::Bicubic => filtered(photo, rows, columns, &CUBIC),
    }
}

/// The two source places next to an output place, and the share of the second.
struct Between {
    low: usize,
    high: usize,
    share: f32,
}

fn places(n_in: usize, axis: &Axis, source: impl Fn(f32, f32) -> f32) -> Vec<Between> {
    let scale = n_in as f32 / axis.scaled as f32;
    axis.kept
        .clone()
        .map(|o| {
            let s = source(o as f32, scale);
            let low = (s.floor() as usize).min(n_in - 1);
            Between { low, high: (low + 1).min(n_in - 1), share: s - low as f32 }
        })
        .collect()
}

/// No filter: four source pixels for each output pixel, in the order of TensorFlow's kernel.
fn interpolate(
    photo: &RgbImage,
    rows: &Axis,
    columns: &Axis,
    source: impl Fn(f32, f32) -> f32,
) -> Vec<f32> {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let columns = places(width, columns, &source);
    let rows = places(height, rows, &source);
    let pixels = photo.as_raw();
    let mut out = Vec::with_capacity(rows.len() * columns.len() * 3);
    for y in &rows {
        let top_row = &pixels[y.low * width * 3..][..width * 3];
        let bottom_row = &pixels[y.high * width * 3..][..width * 3];
        for x in &columns {
            for channel in 0..3 {
                let (left, right) = (x.low * 3 + channel, x.high * 3 + channel);
                let across = |row: &[u8]| {
                    let (left, right) = (f32::from(row[left]), f32::from(row[right]));
                    left + (right - left) * x.share
                };
                let (top, bottom) = (across(top_row), across(bottom_row));
                out.push(top + (bottom - top) * y.share);
            }
        }
    }
    out
}

/// The source places that an output place is the weighted mean of.
struct Window {
    start: usize,
    weights: Vec<f32>,
}

/// How much a source place counts by its distance.
struct Filter {
    /// Beyond this distance it does not.
    radius: f64,
    weight: fn(f64) -> f64,
}

const TRIANGLE: Filter = Filter { radius: 1.0, weight: |x| (1.0 - x.abs()).max(0.0) };

/// Source: Keys 1981, "Cubic convolution interpolation for digital image processing".
const CUBIC: Filter = Filter {
    radius: 2.0,
    weight: |x| {
        const A: f64 = -0.5;
        let x = x.abs();
        if x < 1.0 {
            ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
        } else if x < 2.0 {
            (((x - 5.0) * x + 8.0) * x - 4.0) * A
        } else {
            0.0
        }
    },
};

/// The filter round (o + 0.5) n_in / n_out, wider by n_in / n_out where that is more than 1, cut at
/// the edges.
fn windows(n_in: usize, axis: &Axis, filter: &Filter) -> Vec<Window> {
    let scale = n_in as f64 / axis.scaled as f64;
    let unit = scale.max(1.0);
    let half_width = filter.radius * unit;
    axis.kept
        .clone()
        .map(|o| {
            let centre = (o as f64 + 0.5) * scale;
            let start = (centre - half_width + 0.5).max(0.0) as usize;
            let end = ((centre + half_width + 0.5) as usize).min(n_in);
            let weight = |i| (filter.weight)((i as f64 + 0.5 - centre) / unit);
            let sum: f64 = (start..end).map(weight).sum();
            Window { start, weights: (start..end).map(|i| (weight(i) / sum) as f32).collect() }
        })
        .collect()
}

/// Down first: whole rows are added up at once, and only one row of sums is held.
fn filtered(photo: &RgbImage, rows: &Axis, columns: &Axis, filter: &Filter) -> Vec<f32> {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let columns = windows(width, columns, filter);
    let mut sums = vec![0.0; width * 3 + BESIDE];
    let mut out = vec![0.0; rows.kept.len() * columns.len() * 3 + BESIDE];
    for (place, window) in windows(height, rows, filter).iter().enumerate() {
        let rows = &photo.as_raw()[window.start * width * 3..];
        let out = &mut out[place * columns.len() * 3..][..columns.len() * 3 + BESIDE];
        with_vectors(
            #[inline(always)]
            || {
                add_up(rows, &window.weights, &mut sums[..width * 3]);
                gather(&sums, &columns, out);
            },
        );
    }
    out.truncate(out.len() - BESIDE);
    out
}

/// Pixels are added up in fours of numbers: what is behind the third comes along and goes under.
const BESIDE: usize = 1;

/// The weighted sums of rows that lie one behind the other, piece by piece.
#[inline(always)]
fn add_up(rows: &[u8], weights: &[f32], sums: &mut [f32]) {
    /// Numbers whose sums are held in registers.
    const PIECE: usize = 64;
    let stride = sums.len();
    let rows = || rows.chunks_exact(stride).zip(weights);
    let (pieces, rest) = sums.as_chunks_mut::<PIECE>();
    let last = pieces.len() * PIECE;
    for (place, sums) in pieces.iter_mut().enumerate() {
        let mut held = [0.0; PIECE];
        for (row, &weight) in rows() {
            let row = row[place * PIECE..].first_chunk::<PIECE>().expect("a row has this piece");
            for i in 0..PIECE {
                held[i] += weight * f32::from(row[i]);
            }
        }
        *sums = held;
    }
    rest.fill(0.0);
    for (row, &weight) in rows() {
        for (sum, &value) in rest.iter_mut().zip(&row[last..]) {
            *sum += weight * f32::from(value);
        }
    }
}

/// The weighted sums of pixels, for each column of a row. Both have [`BESIDE`] more.
#[inline(always)]
fn gather(pixels: &[f32], columns: &[Window], out: &mut [f32]) {
    for (place, column) in columns.iter().enumerate() {
        let mut mean = [0.0; 4];
        let mut pixels = &pixels[3 * column.start..];
        for &weight in &column.weights {
            let pixel = pixels.first_chunk::<4>().expect("one more number is there");
            for i in 0..4 {
                mean[i] += weight * pixel[i];
            }
            pixels = &pixels[3..];
        }
        // The fourth is overwritten by the next column.
        out[place * 3..][..4].copy_from_slice(&mean);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use safetensors::SafeTensors;

    use super::*;

    fn squashed(photo: &RgbImage, rule: Resize, side: usize) -> Vec<f32> {
        let axis = Axis { scaled: side, kept: 0..side };
        resize(photo, rule, &axis, &axis)
    }

    const ORACLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/resize.safetensors");
    const PICTURES: [&str; 4] = ["7x5", "16x16", "31x20", "300x200"];

    fn floats(tensors: &SafeTensors, name: &str) -> Vec<f32> {
        let data = tensors.tensor(name).unwrap().data().to_vec();
        data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    fn doubles(tensors: &SafeTensors, name: &str) -> Vec<f64> {
        let data = tensors.tensor(name).unwrap().data().to_vec();
        data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
    }

    #[test]
    fn bicubic_is_pillow() {
        const PILLOW: &str =
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/candle_networks/resize.safetensors");
        let file = fs::read(PILLOW).unwrap();
        let tensors = SafeTensors::deserialize(&file).unwrap();
        for (source, width, height) in [("37x23", 16, 11), ("23x37", 40, 61), ("50x20", 50, 7)] {
            let tensor = tensors.tensor(source).unwrap();
            let (rows, columns) = (tensor.shape()[0] as u32, tensor.shape()[1] as u32);
            let photo = RgbImage::from_raw(columns, rows, tensor.data().to_vec()).unwrap();
            let axis = |scaled: usize| Axis { scaled, kept: 0..scaled };
            let seen = resize(&photo, Resize::Bicubic, &axis(height), &axis(width));
            let expected = floats(&tensors, &format!("{source}.{width}x{height}"));
            assert_eq!(seen.len(), expected.len());
            for (seen, expected) in seen.iter().zip(&expected) {
                assert!((seen - expected).abs() < 2e-4, "{source}: {seen}, expected {expected}");
            }
        }
    }

    /// Number by number, in the order of the sums.
    fn filtered_plainly(
        photo: &RgbImage,
        rows: &Axis,
        columns: &Axis,
        filter: &Filter,
    ) -> Vec<f32> {
        let columns = windows(photo.width() as usize, columns, filter);
        let mut out = Vec::new();
        for row in windows(photo.height() as usize, rows, filter) {
            for column in &columns {
                for channel in 0..3 {
                    let down = |x: usize| {
                        let mut sum = 0.0;
                        for (y, &weight) in (row.start..).zip(&row.weights) {
                            let pixel = photo.get_pixel(x as u32, y as u32);
                            sum += weight * f32::from(pixel.0[channel]);
                        }
                        sum
                    };
                    let mut mean = 0.0;
                    for (x, &weight) in (column.start..).zip(&column.weights) {
                        mean += weight * down(x);
                    }
                    out.push(mean);
                }
            }
        }
        out
    }

    #[test]
    fn filtered_pictures_are_the_plain_sums_to_the_bit() {
        let mut rng = crate::random::Rng::new(4);
        let sizes = [(1, 1), (21, 5), (64, 50), (171, 90), (130, 257)];
        let axes = [(9, 0..9), (40, 7..31)];
        for (width, height) in sizes {
            let photo = RgbImage::from_fn(width, height, |_, _| {
                image::Rgb([(); 3].map(|()| rng.below(256) as u8))
            });
            for filter in [&TRIANGLE, &CUBIC] {
                let [rows, columns] = axes.clone().map(|(scaled, kept)| Axis { scaled, kept });
                let bits = |values: Vec<f32>| -> Vec<u32> {
                    values.into_iter().map(f32::to_bits).collect()
                };
                let plain = bits(filtered_plainly(&photo, &rows, &columns, filter));
                let fast = bits(filtered(&photo, &rows, &columns, filter));
                assert!(plain == fast, "{width} x {height}");
            }
        }
    }

    fn picture(tensors: &SafeTensors, name: &str) -> RgbImage {
        let tensor = tensors.tensor(&format!("{name}/input")).unwrap();
        let (height, width) = (tensor.shape()[0] as u32, tensor.shape()[1] as u32);
        RgbImage::from_raw(width, height, tensor.data().to_vec()).unwrap()
    }

    /// The values of the whole 8x8 and of the sampled 299x299 results, with the expected ones.
    fn compare(rule: Resize, how: &str, mut same: impl FnMut(&str, f32, f32) -> bool) {
        let bytes = fs::read(ORACLE).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let positions = tensors.tensor("positions_299").unwrap().data().to_vec();
        let positions: Vec<usize> = positions
            .chunks_exact(4)
            .map(|b| i32::from_le_bytes(b.try_into().unwrap()) as usize)
            .collect();
        for name in PICTURES {
            let picture = picture(&tensors, name);
            let small = squashed(&picture, rule, 8);
            for (got, expected) in small.iter().zip(floats(&tensors, &format!("{name}/{how}/8"))) {
                assert!(same("8", *got, expected), "{name} to 8: {got}, not {expected}");
            }
            let large = squashed(&picture, rule, 299);
            let expected = floats(&tensors, &format!("{name}/{how}/299/samples"));
            for (place, expected) in positions.chunks_exact(3).zip(expected) {
                let got = large[(place[0] * 299 + place[1]) * 3 + place[2]];
                assert!(same(name, got, expected), "{name} to 299: {got}, not {expected}");
            }
            let means = doubles(&tensors, &format!("{name}/{how}/299/channel_mean"));
            for channel in 0..3 {
                let sum: f64 = large[channel..].iter().step_by(3).map(|&v| f64::from(v)).sum();
                assert!((sum / (299.0 * 299.0) - means[channel]).abs() < 1e-3, "{name} {channel}");
            }
        }
    }

    fn close(name: &str, got: f32, expected: f32) -> bool {
        (got - expected).abs() <= if name == "300x200" { 0.02 } else { 1e-3 }
    }

    #[test]
    fn legacy_is_tensorflow_1_bit_for_bit() {
        compare(Resize::Legacy, "legacy", |_, got, expected| got.to_bits() == expected.to_bits());
    }

    #[test]
    fn half_pixel_is_pytorch_without_antialias() {
        compare(Resize::HalfPixel, "half_pixel", close);
    }

    #[test]
    fn antialias_is_pytorch_with_antialias() {
        compare(Resize::Antialias, "antialias", close);
    }

    #[test]
    fn extreme_shapes_keep_their_one_colour() {
        for (width, height) in [(1, 1), (1, 2000), (2000, 1), (3, 4000)] {
            let picture = RgbImage::from_pixel(width, height, image::Rgb([10, 20, 30]));
            for rule in [Resize::Legacy, Resize::HalfPixel, Resize::Antialias] {
                for pixel in squashed(&picture, rule, 9).chunks_exact(3) {
                    for (got, expected) in pixel.iter().zip([10.0, 20.0, 30.0]) {
                        assert!((got - expected).abs() < 1e-3, "{rule:?} {width} x {height}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_part_of_the_resized_photo_has_the_numbers_that_the_whole_has() {
        let photo = RgbImage::from_fn(50, 31, |x, y| {
            image::Rgb([(x * 5) as u8, (y * 8) as u8, (x * y) as u8])
        });
        let axis = |scaled: usize, kept: Range<usize>| Axis { scaled, kept };
        for rule in [Resize::Legacy, Resize::HalfPixel, Resize::Antialias] {
            let whole = resize(&photo, rule, &axis(12, 0..12), &axis(20, 0..20));
            let part = resize(&photo, rule, &axis(12, 3..11), &axis(20, 5..13));
            for (row, part) in part.chunks_exact(8 * 3).enumerate() {
                let expected = &whole[((3 + row) * 20 + 5) * 3..][..8 * 3];
                assert_eq!(part, expected, "{rule:?}, row {row}");
            }
        }
    }
}
