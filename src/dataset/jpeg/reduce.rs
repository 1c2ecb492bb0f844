//! Pixels of a picture at a half or a quarter of its size, straight from the lowest
//! frequencies of each block: the mean of many pixels without the work for each.

use std::f32::consts::PI;

use image::RgbImage;

use super::header::{Component, Frame};

/// Pixels for each block of 8 by 8, on a side.
/// An eighth is left out: it moved a feature as far as another resize rule does.
pub(crate) const SIDES: [usize; 2] = [2, 4];

/// The smallest reduction whose sides are both at least `least`, in pixels a block.
pub(crate) fn smallest(width: usize, height: usize, least: usize) -> Option<usize> {
    SIDES.into_iter().find(|side| width.min(height) * side / 8 >= least)
}

/// Whether pixels can be made of the frame here: 8 bits a sample, grey or Y Cb Cr, with sampling
/// factors that divide each other.
pub(crate) fn is_usual(frame: &Frame, is_rgb: bool) -> bool {
    let max = frame.largest_unit();
    let whole =
        |part: &Component| max.0.is_multiple_of(part.unit.0) && max.1.is_multiple_of(part.unit.1);
    let ids: Vec<u8> = frame.components.iter().map(|part| part.id).collect();
    frame.precision == 8
        && (ids.len() == 1 || ids.len() == 3 && ids != *b"RGB" && !is_rgb)
        && frame.components.iter().all(whole)
}

/// The picture of the kept coefficients, its size rounded to whole pixels.
///
/// `None` when a quantisation table was missing.
pub(crate) fn picture(frame: &Frame) -> Option<RgbImage> {
    let side = frame.kept.side;
    let max = frame.largest_unit();
    let mut planes: Vec<Plane> = frame
        .components
        .iter()
        .map(|part| {
            let repeat = (max.0 / part.unit.0, max.1 / part.unit.1);
            match side {
                2 => Plane::of::<2>(part, repeat),
                _ => Plane::of::<4>(part, repeat),
            }
        })
        .collect::<Option<_>>()?;
    let reduced = |pixels: usize| (pixels * side + 4) / 8;
    let (width, height) = (reduced(frame.width), reduced(frame.height));
    let mut picture = RgbImage::new(width as u32, height as u32);
    for (y, out) in picture.chunks_exact_mut(width * 3).enumerate() {
        let out = out.as_chunks_mut().0.iter_mut();
        match planes.as_mut_slice() {
            [luma, cb, cr] => {
                let samples = luma.row(y).iter().zip(cb.row(y)).zip(cr.row(y));
                for (pixel, ((&y, &cb), &cr)) in out.zip(samples) {
                    *pixel = to_rgb(y, cb, cr);
                }
            }
            grey => out.zip(grey[0].row(y)).for_each(|(pixel, &grey)| *pixel = [grey; 3]),
        }
    }
    Some(picture)
}

/// The samples of one component, `SIDE` by `SIDE` for each block.
struct Plane {
    width: usize,
    samples: Vec<u8>,
    /// Pixels that a sample stands for, across and down.
    repeat: (usize, usize),
    /// Room for a row whose samples are repeated.
    repeated: Vec<u8>,
}

impl Plane {
    fn row(&mut self, y: usize) -> &[u8] {
        let row = &self.samples[y / self.repeat.1 * self.width..][..self.width];
        if self.repeat.0 == 1 {
            return row;
        }
        self.repeated.resize(self.width * self.repeat.0, 0);
        for (pixels, &sample) in self.repeated.chunks_exact_mut(self.repeat.0).zip(row) {
            pixels.fill(sample);
        }
        &self.repeated
    }

    /// The inverse transform of each block's lowest frequencies (T.81 A.3.3 with `SIDE` in place of
    /// 8; the scale is the same, so that the mean of a block stays as it is).
    fn of<const SIDE: usize>(part: &Component, repeat: (usize, usize)) -> Option<Plane> {
        let steps: Vec<f32> = part.steps.iter().map(|&step| f32::from(step)).collect();
        let steps: &[[f32; SIDE]; SIDE] = steps.as_chunks().0.try_into().ok()?;
        let waves = waves::<SIDE>();
        let width = part.padded.0 * SIDE;
        let mut samples = vec![0; width * part.padded.1 * SIDE];
        let blocks: &[[[i16; SIDE]; SIDE]] = part.coefficients.as_chunks().0.as_chunks().0;
        let block_rows = blocks.chunks_exact(part.padded.0);
        for (block_row, out) in block_rows.zip(samples.chunks_exact_mut(width * SIDE)) {
            for (column, block) in block_row.iter().enumerate() {
                for (y, row) in inverse(block, steps, &waves).iter().enumerate() {
                    out[y * width + column * SIDE..][..SIDE].copy_from_slice(row);
                }
            }
        }
        Some(Plane { width, samples, repeat, repeated: Vec::new() })
    }
}

/// The cosine of each frequency at each place, `[frequency][place]`.
fn waves<const SIDE: usize>() -> [[f32; SIDE]; SIDE] {
    std::array::from_fn(|frequency| {
        let share = if frequency == 0 { 0.5f32.sqrt() } else { 1.0 };
        std::array::from_fn(|place| {
            let angle = (2 * place + 1) as f32 * frequency as f32 * PI / (2 * SIDE) as f32;
            share / 2.0 * angle.cos()
        })
    })
}

/// One block of samples. Frequencies and places are `[down][across]`.
fn inverse<const SIDE: usize>(
    block: &[[i16; SIDE]; SIDE],
    steps: &[[f32; SIDE]; SIDE],
    waves: &[[f32; SIDE]; SIDE],
) -> [[u8; SIDE]; SIDE] {
    let mut places = [[128.5f32; SIDE]; SIDE];
    for v in 0..SIDE {
        let mut across = [0.0f32; SIDE];
        for u in 0..SIDE {
            let value = f32::from(block[v][u]) * steps[v][u];
            for x in 0..SIDE {
                across[x] += value * waves[u][x];
            }
        }
        for y in 0..SIDE {
            for x in 0..SIDE {
                places[y][x] += waves[v][y] * across[x];
            }
        }
    }
    places.map(|row| row.map(|value| value as u8))
}

/// Source: JFIF 1.02; the factors are in 65536ths.
fn to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16 | 1 << 15, i32::from(cb) - 128, i32::from(cr) - 128);
    [y + 91_881 * cr, y - 22_554 * cb - 46_802 * cr, y + 116_130 * cb]
        .map(|value| (value >> 16).clamp(0, 255) as u8)
}
