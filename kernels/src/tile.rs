//! The tile: M neighbouring pixels of N panels of outputs, the innermost function of a convolution,
//! written once over [`Numbers`].
//!
//! Memory is read and written through pointers without checks, because a check in this loop would
//! cost more than the arithmetic. [`ConvPlan`](super::conv_plan::ConvPlan) checks when it is made
//! that every access of every call stays inside the view it is meant for.

use std::array::from_fn;

use super::graph::BLOCK;
use super::numbers::{Lanes, Limits, Line, Numbers};

/// What one call of a tile function works on. Distances and offsets are in words; those of input
/// and output count from the start of the arena, `channel` from the first output channel.
pub(super) struct Tile {
    pub input: usize,
    pub weights: usize,
    pub channel: usize,
    pub output: usize,
    pub blocks: usize,
    pub input_block: usize,
    pub input_row: usize,
    /// Words of one row of the convolution's kernel: they are contiguous in the input and in the
    /// weights.
    pub row_words: usize,
    /// Rows of the kernel that lie inside the map.
    pub rows: usize,
    pub weights_block: usize,
    pub weights_panel: usize,
    pub output_block: usize,
    /// From one pixel of the output to the next.
    pub output_step: usize,
    /// The least and the largest value of an output.
    pub limits: Limits,
}

/// Where a tile's offsets count from.
#[derive(Clone, Copy)]
pub(super) struct Bases {
    pub arena: *mut u32,
    pub weights: *const u32,
    pub multiply: *const f32,
    pub add: *const f32,
}

/// A tile function for one format, size and set of instructions.
///
/// # Safety
/// The processor has the instructions, and all that the tile describes lies inside its memory.
pub(super) type TileFn = unsafe fn(&Bases, &Tile);

/// M pixels of N panels; `STEP` words lie between two pixels of the input.
///
/// # Safety
/// As [`TileFn`].
#[expect(clippy::needless_range_loop, reason = "the loops are the formula, and unroll as they are")]
#[inline(always)]
pub(super) unsafe fn tile<F: Numbers, const M: usize, const N: usize, const STEP: usize>(
    bases: &Bases,
    tile: &Tile,
) {
    // SAFETY: the plan has checked every address below; see the head of this file.
    unsafe {
        let add = bases.add.add(tile.channel);
        let mut sums = [from_fn::<_, N, _>(|n| F::start(&*add.add(n * BLOCK).cast())); M];
        let mut block_input = bases.arena.add(tile.input).cast_const();
        let mut block_weights = bases.weights.add(tile.weights);
        for _ in 0..tile.blocks {
            let (mut row_input, mut weights) = (block_input, block_weights);
            for _ in 0..tile.rows {
                let mut input = row_input;
                let end = input.add(tile.row_words);
                // Not for the picture: its pixels are so near that the compiler would pass words
                // from one round of the loop to the next, which costs more than it saves.
                while F::PAIRS_ARE_FASTER && STEP >= F::WORDS && input.add(1) < end {
                    let w: [[F::Weights; 2]; N] = from_fn(|n| {
                        let at = weights.add(n * tile.weights_panel);
                        [F::weights(&*at.cast()), F::weights(&*at.add(BLOCK).cast())]
                    });
                    for m in 0..M {
                        let at = input.add(m * STEP);
                        let words = [F::input(*at), F::input(*at.add(1))];
                        for n in 0..N {
                            sums[m][n] = F::dot_pair(sums[m][n], words, w[n]);
                        }
                    }
                    input = input.add(2);
                    weights = weights.add(2 * BLOCK);
                }
                while input < end {
                    let w: [F::Weights; N] =
                        from_fn(|n| F::weights(&*weights.add(n * tile.weights_panel).cast()));
                    for m in 0..M {
                        let word = F::input(*input.add(m * STEP));
                        for n in 0..N {
                            sums[m][n] = F::dot(sums[m][n], word, w[n]);
                        }
                    }
                    input = input.add(1);
                    weights = weights.add(BLOCK);
                }
                row_input = row_input.add(tile.input_row);
            }
            block_input = block_input.add(tile.input_block);
            block_weights = block_weights.add(tile.weights_block);
        }
        // The outer loop is over panels and the inner body small, because both must unroll: sums
        // that are indexed at run time live in memory, in the loop above too.
        for n in 0..N {
            let multiply = *bases.multiply.add(tile.channel + n * BLOCK).cast::<Lanes>();
            let add = *add.add(n * BLOCK).cast::<Lanes>();
            let output = bases.arena.add(tile.output + n * tile.output_block);
            for m in 0..M {
                let pixel = &mut *output.add(m * tile.output_step).cast();
                F::finish(sums[m][n], multiply, add, tile.limits, pixel);
            }
        }
    }
}

/// Rounds of [`peak`]'s loop from one pass to the next.
const PEAK_ROUNDS: usize = 16;

/// The tile's inner loop with nothing but what the multipliers need: dot products of M inputs from the
/// first-level cache with N panels of weights that stay in registers. Gives the words of input that were
/// multiplied, for 16 outputs each.
///
/// # Safety
/// The processor has the instructions of the format.
#[inline(always)]
pub(super) unsafe fn peak<F: Numbers, const M: usize, const N: usize>(passes: usize) -> usize {
    let at_once = if F::PAIRS_ARE_FASTER { 2 } else { 1 };
    let weights = [Line([0; BLOCK]); 4];
    let inputs = [[0u32; 2 * PEAK_ROUNDS]; M];
    let add = [0.0; BLOCK];
    let mut out = [[[0u32; BLOCK]; N]; M];
    // SAFETY: the weights of a word are a line, and outputs at most 16 words.
    unsafe {
        let lines = std::hint::black_box(&weights).as_ptr();
        let w: [F::Weights; 2] = from_fn(|word| F::weights(&*lines.add(word).cast()));
        let mut sums = [[F::start(&add); N]; M];
        for _ in 0..passes {
            // Seen anew in each pass, so that nothing is computed ahead of the loop.
            let inputs = std::hint::black_box(&inputs);
            for round in 0..PEAK_ROUNDS {
                for m in 0..M {
                    let at = inputs[m].as_ptr().add(round * at_once);
                    for n in 0..N {
                        sums[m][n] = if F::PAIRS_ARE_FASTER {
                            let words = [F::input(*at), F::input(*at.add(1))];
                            F::dot_pair(sums[m][n], words, w)
                        } else {
                            F::dot(sums[m][n], F::input(*at), w[n % 2])
                        };
                    }
                }
            }
        }
        for m in 0..M {
            for n in 0..N {
                let pixel = &mut *out[m][n].as_mut_ptr().cast();
                F::finish(sums[m][n], add, add, (0.0, f32::INFINITY), pixel);
            }
        }
    }
    std::hint::black_box(&out);
    passes * PEAK_ROUNDS * M * N * at_once
}
