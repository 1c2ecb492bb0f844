//! The calls of a convolution, written once over [`Numbers`] and [`Tiles`].
//!
//! Memory is read and written through pointers without checks: [`AmxPlan`] has checked, when it was made,
//! that all that its calls touch lies inside the maps.

use std::ops::Range;

use super::ROW;
use super::listing::{Product, Tiles};
use super::plan::AmxPlan;
use crate::arena::Words;
use crate::numbers::{Lanes, Line, Numbers};

/// A convolution for one format and set of instructions: plan, arena, and which tasks.
///
/// # Safety
/// The processor has the instructions, and the plan was made for this arena.
pub(crate) type AmxFn = unsafe fn(&AmxPlan, *mut u32, Range<usize>);

/// A format whose sums AMX leaves in memory.
pub(crate) trait TileSums: Numbers {
    /// The sums that [`start`](Numbers::start) would have begun, and that began at 0.
    fn stored(sums: &Line, add: &Lanes) -> Self::Sum;
}

/// Two tiles of pixels, with two panels of 16 outputs each.
#[derive(Clone)]
#[repr(C, align(64))]
struct Sums([[Line; 2]; 2 * ROW]);

/// # Safety
/// As [`AmxFn`].
#[inline(always)]
pub(crate) unsafe fn convolve<F: TileSums, T: Tiles>(
    plan: &AmxPlan,
    arena: *mut u32,
    tasks: Range<usize>,
) {
    let mut sums = Sums([[Line([0; ROW]); 2]; 2 * ROW]);
    let mut copy = Words::zeros(plan.copy_words());
    let (step, pitch) = plan.step_and_pitch();
    let mut left = tasks;
    // SAFETY: the caller promises that the instructions are there, and these are the only tiles of the
    // thread until the function returns. The plan has checked the rest.
    unsafe {
        let mut tiles = T::configured(plan.pixels());
        while !left.is_empty() {
            let (strip, pairs) = plan.strip_and_pairs(left.clone());
            left.start += pairs.len();
            let inputs = plan.inputs(strip);
            let first = if plan.is_copied() {
                let to = copy.as_mut_ptr();
                plan.copies(inputs.from, |from, at, words| {
                    arena.add(from).copy_to_nonoverlapping(to.add(at), words);
                });
                to.cast_const()
            } else {
                arena.add(inputs.from).cast_const()
            };
            for pair in pairs {
                tiles.multiply(&Product {
                    pixels: [first, first.add(plan.pixels() * step)],
                    step,
                    pitch,
                    rows: inputs.rows,
                    chunks: plan.chunks(),
                    weights: plan.weights(pair, inputs.skipped),
                    sums: (&raw mut sums).cast(),
                });
                finish::<F>(plan, arena, strip, pair, &sums);
            }
        }
    }
}

/// Brings the sums of a call into the format and stores them in the output map.
///
/// # Safety
/// As [`AmxFn`].
#[inline(always)]
unsafe fn finish<F: TileSums>(
    plan: &AmxPlan,
    arena: *mut u32,
    strip: usize,
    pair: usize,
    sums: &Sums,
) {
    for (side, panel) in plan.panels(pair).enumerate() {
        let [multiply, add] = plan.multiply_and_add(panel);
        // SAFETY: the plan has checked the places of all strips, and their rows are rows of the sums.
        unsafe {
            let output = arena.add(plan.output(panel));
            for place in plan.places(strip) {
                let sum = F::stored(&sums.0.get_unchecked(place.row)[side], add);
                let pixel = &mut *output.add(place.offset).cast();
                F::finish(sum, *multiply, *add, plan.limits, pixel);
            }
        }
    }
}
