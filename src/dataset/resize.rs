//! Bilinear resizing to the square that the network takes, by three rules.
//!
//! Values stay `f32` in `0..=255`; nothing is rounded to whole levels in between.

use image::RgbImage;

use crate::spec::Resize;

/// The picture squashed to `[side, side, 3]`, values `0..=255`.
///
/// `Legacy` is TensorFlow 1's `resize_bilinear`, bit for bit; `HalfPixel` is TensorFlow 2's
/// `tf.image.resize` and PyTorch's `interpolate(align_corners=False)`; `Antialias` is the latter
/// with `antialias=True`. Panics when the picture has no pixels or `side` is 0.
pub fn resize(image: &RgbImage, rule: Resize, side: usize) -> Vec<f32> {
    assert!(image.width() > 0 && image.height() > 0 && side > 0, "there is nothing to resize");
    match rule {
        Resize::Legacy => interpolate(image, side, |o, scale| o * scale),
        Resize::HalfPixel => {
            interpolate(image, side, |o, scale| ((o + 0.5) * scale - 0.5).max(0.0))
        }
        Resize::Antialias => antialias(image, side),
    }
}

/// `[side, side, 3]` to planes `[3, side, side]`, the order the network takes.
pub fn to_planes(hwc: &[f32], side: usize) -> Vec<f32> {
    assert_eq!(hwc.len(), side * side * 3, "not a square of {side} with 3 channels");
    (0..3).flat_map(|channel| hwc[channel..].iter().step_by(3).copied()).collect()
}

/// The two source places next to an output place, and the share of the second.
struct Between {
    low: usize,
    high: usize,
    share: f32,
}

fn places(n_in: usize, n_out: usize, source: impl Fn(f32, f32) -> f32) -> Vec<Between> {
    let scale = n_in as f32 / n_out as f32;
    (0..n_out)
        .map(|o| {
            let s = source(o as f32, scale);
            let low = (s.floor() as usize).min(n_in - 1);
            Between { low, high: (low + 1).min(n_in - 1), share: s - low as f32 }
        })
        .collect()
}

/// No filter: four source pixels for each output pixel, in the order of TensorFlow's kernel.
fn interpolate(image: &RgbImage, side: usize, source: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let columns = places(width, side, &source);
    let rows = places(height, side, &source);
    let pixels = image.as_raw();
    let mut out = Vec::with_capacity(side * side * 3);
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

/// A triangle of half-width max(1, n_in / n_out) round (o + 0.5) n_in / n_out, cut at the edges.
fn windows(n_in: usize, n_out: usize) -> Vec<Window> {
    let scale = n_in as f64 / n_out as f64;
    let half_width = scale.max(1.0);
    (0..n_out)
        .map(|o| {
            let centre = (o as f64 + 0.5) * scale;
            let start = (centre - half_width + 0.5).max(0.0) as usize;
            let end = ((centre + half_width + 0.5) as usize).min(n_in);
            let weight = |i| (1.0 - ((i as f64 + 0.5 - centre) / half_width).abs()).max(0.0);
            let sum: f64 = (start..end).map(weight).sum();
            Window { start, weights: (start..end).map(|i| (weight(i) / sum) as f32).collect() }
        })
        .collect()
}

/// Down first: whole rows are added up at once, which the compiler turns into vector instructions,
/// and only one row of sums is held.
fn antialias(image: &RgbImage, side: usize) -> Vec<f32> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let columns = windows(width, side);
    let mut sums = vec![0.0; width * 3];
    let mut out = Vec::with_capacity(side * side * 3);
    for window in windows(height, side) {
        sums.fill(0.0);
        let rows = image.as_raw()[window.start * width * 3..].chunks_exact(width * 3);
        for (row, &weight) in rows.zip(&window.weights) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += weight * f32::from(value);
            }
        }
        for column in &columns {
            let mut mean = [0.0; 3];
            let pixels = sums[column.start * 3..].chunks_exact(3);
            for (pixel, &weight) in pixels.zip(&column.weights) {
                for channel in 0..3 {
                    mean[channel] += weight * pixel[channel];
                }
            }
            out.extend(mean);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::fs;

    use safetensors::SafeTensors;

    use super::*;

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
            let small = resize(&picture, rule, 8);
            for (got, expected) in small.iter().zip(floats(&tensors, &format!("{name}/{how}/8"))) {
                assert!(same("8", *got, expected), "{name} to 8: {got}, not {expected}");
            }
            let large = resize(&picture, rule, 299);
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
                for pixel in resize(&picture, rule, 9).chunks_exact(3) {
                    for (got, expected) in pixel.iter().zip([10.0, 20.0, 30.0]) {
                        assert!((got - expected).abs() < 1e-3, "{rule:?} {width} x {height}");
                    }
                }
            }
        }
    }

    #[test]
    fn planes_hold_the_same_values_channel_by_channel() {
        let hwc: Vec<f32> = (0..12).map(|v| v as f32).collect();
        let planes = [0., 3., 6., 9., 1., 4., 7., 10., 2., 5., 8., 11.];
        assert_eq!(to_planes(&hwc, 2), planes);
    }
}
