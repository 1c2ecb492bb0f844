//! The samples of one component, and the rows of pixels that are made of them.

use super::header::Component;
use super::{idct, reduce};
use crate::kernels::with_vectors;

/// A component's samples, `side` by `side` for each block, and how many pixels each stands for.
pub(crate) struct Plane {
    samples: Vec<u8>,
    /// Samples in a row, those beyond the picture included.
    stride: usize,
    /// Samples across and down that belong to the picture.
    size: (usize, usize),
    /// Pixels across and down that a sample stands for.
    repeat: (usize, usize),
    /// Whether pixels between two samples are shaded, as libjpeg does it for whole pictures.
    is_smooth: bool,
    /// A row of pixels, and one of values between which they are shaded, with the first and the last
    /// one twice.
    row: Vec<u8>,
    values: Vec<u16>,
}

impl Plane {
    /// Transforms the blocks of `part`, whose coefficients are dropped. `repeat`: pixels that a
    /// sample stands for; `side`: samples on a side of a block; `size`: samples that belong to the
    /// picture. `None` when the component has no quantisation table.
    pub fn new(
        part: Component,
        side: usize,
        repeat: (usize, usize),
        size: (usize, usize),
    ) -> Option<Plane> {
        let samples = match side {
            2 => reduce::samples::<2>(&part)?,
            4 => reduce::samples::<4>(&part)?,
            _ => whole_samples(&part)?,
        };
        let stride = part.padded.0 * side;
        let (row, values) = (vec![0; stride * repeat.0], vec![0; size.0 + 2]);
        Some(Plane { samples, stride, size, repeat, is_smooth: side == 8, row, values })
    }

    /// The pixels of row `y`, and some beyond the picture's width.
    #[inline(always)]
    pub fn row(&mut self, y: usize) -> &[u8] {
        let (wide, (across, down)) = (self.size.0, self.repeat);
        match self.repeat {
            (1, 1) => return self.samples_of(y),
            (1, 2) if self.is_smooth => {
                let (near, far, is_upper) = self.two_rows(y);
                let bias = if is_upper { 1 } else { 2 };
                let (near, far) = (&self.samples[near..][..wide], &self.samples[far..][..wide]);
                for (pixel, (&near, &far)) in self.row.iter_mut().zip(near.iter().zip(far)) {
                    *pixel = ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
                }
            }
            (2, 1) if self.is_smooth && wide > 2 => {
                let samples = &self.samples[y * self.stride..][..wide];
                for (value, &sample) in self.values[1..].iter_mut().zip(samples) {
                    *value = u16::from(sample);
                }
                smooth_across(&mut self.values, &mut self.row, [1, 2], 2);
            }
            (2, 2) if self.is_smooth && wide > 2 => {
                let (near, far, _) = self.two_rows(y);
                let (near, far) = (&self.samples[near..][..wide], &self.samples[far..][..wide]);
                for (value, (&near, &far)) in self.values[1..].iter_mut().zip(near.iter().zip(far))
                {
                    *value = 3 * u16::from(near) + u16::from(far);
                }
                smooth_across(&mut self.values, &mut self.row, [8, 7], 4);
            }
            _ => {
                let start = y / down * self.stride;
                let samples = &self.samples[start..start + self.stride];
                for (pixels, &sample) in self.row.chunks_exact_mut(across).zip(samples) {
                    pixels.fill(sample);
                }
            }
        }
        &self.row
    }

    fn samples_of(&self, y: usize) -> &[u8] {
        &self.samples[y * self.stride..][..self.stride]
    }

    /// Starts of the row of samples that pixel row `y` lies in and of the one next to it, and
    /// whether that is the upper one.
    fn two_rows(&self, y: usize) -> (usize, usize, bool) {
        let (near, is_upper) = (y / 2, y.is_multiple_of(2));
        let far = if is_upper { near.saturating_sub(1) } else { (near + 1).min(self.size.1 - 1) };
        (near * self.stride, far * self.stride, is_upper)
    }
}

/// Two pixels of each value, three quarters of it and a quarter of its neighbour's; at the edges
/// the value alone. `bias` is added for the left and the right one before the division by
/// `2^bits`. The first and the last value are put beside themselves here.
///
/// Source: libjpeg's "fancy upsampling" (jdsample.c), to the bit.
#[inline(always)]
fn smooth_across(values: &mut [u16], row: &mut [u8], bias: [u16; 2], bits: u32) {
    let wide = values.len() - 2;
    (values[0], values[wide + 1]) = (values[1], values[wide]);
    let (before, of, after) = (&values[..wide], &values[1..][..wide], &values[2..][..wide]);
    let pixels = &mut row.as_chunks_mut::<2>().0[..wide];
    for x in 0..wide {
        pixels[x] = [
            ((3 * of[x] + before[x] + bias[0]) >> bits) as u8,
            ((3 * of[x] + after[x] + bias[1]) >> bits) as u8,
        ];
    }
}

/// All samples of a component's blocks, row by row.
fn whole_samples(part: &Component) -> Option<Vec<u8>> {
    let steps: &[u16; 64] = part.steps.as_slice().try_into().ok()?;
    Some(with_vectors(
        #[inline(always)]
        || transformed(part, steps),
    ))
}

#[inline(always)]
fn transformed(part: &Component, steps: &[u16; 64]) -> Vec<u8> {
    let stride = part.padded.0 * 8;
    let mut samples = vec![0; stride * part.padded.1 * 8];
    let block_rows = part.coefficients.as_chunks::<64>().0.chunks_exact(part.padded.0);
    for (blocks, out) in block_rows.zip(samples.chunks_exact_mut(stride * 8)) {
        for (column, block) in blocks.iter().enumerate() {
            for (y, row) in idct::samples(block, steps).iter().enumerate() {
                out[y * stride + column * 8..][..8].copy_from_slice(row);
            }
        }
    }
    samples
}
