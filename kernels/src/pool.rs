//! The pools, written once over [`Numbers`].
//!
//! As the tile, they use pointers without checks; [`PoolPlan`] checks the sizes when it is made.

use std::array::from_fn;
use std::ops::Range;

use super::graph::{Average, BLOCK};
use super::numbers::{Lanes, Numbers};
use super::pool_plan::{PoolPlan, WINDOW};

/// A pool for one format and set of instructions: plan, arena, features, and which tasks.
///
/// # Safety
/// The processor has the instructions, and the plan was made for this arena and these features.
pub(super) type PoolFn = unsafe fn(&PoolPlan, *mut u32, *mut f32, Range<usize>);

/// The window of an output pixel along one axis, cut to what lies inside the map.
#[inline(always)]
fn window(at: usize, plan: &PoolPlan, size: usize) -> Range<usize> {
    let from = at * plan.stride;
    from.saturating_sub(plan.padding)..(from + WINDOW - plan.padding).min(size)
}

/// Computes rows of the output: row `task % height` of block `task / height` for each task.
/// `combine` folds the stored pixels of a window into one value, beginning with `start`; `finish`
/// takes that value, the number of pixels and the block to what is stored.
///
/// # Safety
/// As [`PoolFn`].
#[inline(always)]
unsafe fn pool<F: Numbers>(
    plan: &PoolPlan,
    arena: *mut u32,
    tasks: Range<usize>,
    start: Lanes,
    combine: impl Fn(Lanes, Lanes) -> Lanes,
    finish: impl Fn(Lanes, usize, usize) -> Lanes,
) {
    for task in tasks {
        let (block, y) = (task / plan.output.height, task % plan.output.height);
        let rows = window(y, plan, plan.input.height);
        for x in 0..plan.output.width {
            let columns = window(x, plan, plan.input.width);
            // SAFETY: the window lies inside the input map and the pixel inside the output, whose
            // sizes the plan has checked.
            unsafe {
                let mut value = start;
                for row in rows.clone() {
                    let from = plan.from + block * plan.input.block() + row * plan.input.row();
                    for column in columns.clone() {
                        let stored = F::load(&*arena.add(from + column * plan.input.pixel).cast());
                        value = combine(value, stored);
                    }
                }
                let to = plan.to + block * plan.output.block() + y * plan.output.row();
                let value = finish(value, rows.len() * columns.len(), block);
                F::store(value, &mut *arena.add(to + x * plan.output.pixel).cast());
            }
        }
    }
}

/// # Safety
/// As [`PoolFn`].
#[inline(always)]
pub(super) unsafe fn max<F: Numbers>(plan: &PoolPlan, arena: *mut u32, tasks: Range<usize>) {
    let larger =
        |a: Lanes, b: Lanes| from_fn(|lane| if b[lane] > a[lane] { b[lane] } else { a[lane] });
    // SAFETY: as `pool` demands, which the caller promises.
    unsafe { pool::<F>(plan, arena, tasks, [0.0; BLOCK], larger, |value, _, _| value) }
}

/// # Safety
/// As [`PoolFn`].
#[inline(always)]
pub(super) unsafe fn average<F: Numbers>(
    plan: &PoolPlan,
    arena: *mut u32,
    tasks: Range<usize>,
    kind: Average,
) {
    let sum = |a: Lanes, b: Lanes| from_fn(|lane| a[lane] + b[lane]);
    let finish = |sum: Lanes, inside: usize, block: usize| -> Lanes {
        let divisor = match kind {
            Average::CountPadding => WINDOW * WINDOW,
            Average::ExcludePadding => inside,
        };
        let (factor, zeros) =
            (plan.scales.input / divisor as f32, plan.scales.input_zero * inside as f32);
        from_fn(|lane| {
            let value = (sum[lane] - zeros) * factor + plan.bias[block * BLOCK + lane];
            (if value < 0.0 { 0.0 } else { value }) / plan.scales.output
        })
    };
    // SAFETY: as `pool` demands, which the caller promises.
    unsafe { pool::<F>(plan, arena, tasks, [0.0; BLOCK], sum, finish) }
}

/// The means of the blocks `tasks`, to `features`.
///
/// # Safety
/// As [`PoolFn`].
#[inline(always)]
pub(super) unsafe fn mean<F: Numbers>(
    plan: &PoolPlan,
    arena: *const u32,
    features: *mut f32,
    tasks: Range<usize>,
) {
    for block in tasks {
        let mut sum = [0.0; BLOCK];
        for row in 0..plan.input.height {
            let from = plan.from + block * plan.input.block() + row * plan.input.row();
            for column in 0..plan.input.width {
                let at = from + column * plan.input.pixel;
                // SAFETY: a pixel of the view, whose size the plan has checked.
                let stored = unsafe { F::load(&*arena.add(at).cast()) };
                sum = from_fn(|lane| sum[lane] + stored[lane]);
            }
        }
        let pixels = (plan.input.height * plan.input.width) as f32;
        let (factor, zeros) = (plan.scales.input / pixels, plan.scales.input_zero * pixels);
        // SAFETY: the plan counts the features that its means fill.
        unsafe {
            let to = features.add(plan.to + block * BLOCK).cast::<Lanes>();
            to.write_unaligned(sum.map(|sum| (sum - zeros) * factor));
        }
    }
}
