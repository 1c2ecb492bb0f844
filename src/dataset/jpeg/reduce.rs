//! Pixels of a picture at a half or a quarter of its size, straight from the lowest
//! frequencies of each block: the mean of many pixels without the work for each.

use std::f32::consts::PI;

use super::header::Component;
use crate::kernels::with_vectors;

/// Pixels for each block of 8 by 8, on a side.
/// An eighth is left out: it moved a feature as far as another resize rule does.
const SIDES: [usize; 2] = [2, 4];

/// The smallest reduction whose sides are both at least `least`, in pixels a block.
pub(crate) fn smallest(width: usize, height: usize, least: usize) -> Option<usize> {
    SIDES.into_iter().find(|side| width.min(height) * side / 8 >= least)
}

/// The samples of a component's blocks, `SIDE` by `SIDE` each, row by row: the inverse transform of
/// their lowest frequencies (T.81 A.3.3 with `SIDE` in place of 8; the scale is the same, so that
/// the mean of a block stays as it is).
///
/// `None` when the component has no quantisation table.
pub(crate) fn samples<const SIDE: usize>(part: &Component) -> Option<Vec<u8>> {
    let steps: Vec<f32> = part.steps.iter().map(|&step| f32::from(step)).collect();
    let steps: &[[f32; SIDE]; SIDE] = steps.as_chunks().0.try_into().ok()?;
    Some(with_vectors(
        #[inline(always)]
        || transformed(part, steps, &waves()),
    ))
}

#[inline(always)]
fn transformed<const SIDE: usize>(
    part: &Component,
    steps: &[[f32; SIDE]; SIDE],
    waves: &[[f32; SIDE]; SIDE],
) -> Vec<u8> {
    let width = part.padded.0 * SIDE;
    let mut samples = vec![0; width * part.padded.1 * SIDE];
    let blocks: &[[[i16; SIDE]; SIDE]] = part.coefficients.as_chunks().0.as_chunks().0;
    let block_rows = blocks.chunks_exact(part.padded.0);
    for (block_row, out) in block_rows.zip(samples.chunks_exact_mut(width * SIDE)) {
        for (column, block) in block_row.iter().enumerate() {
            for (y, row) in inverse(block, steps, waves).iter().enumerate() {
                out[y * width + column * SIDE..][..SIDE].copy_from_slice(row);
            }
        }
    }
    samples
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
#[inline(always)]
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
    let mut samples = [[0; SIDE]; SIDE];
    for (row, place) in samples.iter_mut().zip(&places) {
        for (sample, &value) in row.iter_mut().zip(place) {
            *sample = value as u8;
        }
    }
    samples
}
