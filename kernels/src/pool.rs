//! The pools, written once over [`Numbers`].
//!
//! As the tile, they use pointers without checks; [`PoolPlan`] checks the sizes when it is made.

use std::mem::zeroed;
use std::ops::Range;

use super::graph::{Average, BLOCK};
use super::numbers::{F32x16, Lanes, Numbers};
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

/// How the pixels of a window become one value. Types with functions instead of closures, which would
/// not always be compiled for the instructions of their caller.
trait Fold<F: Numbers> {
    type Value: Copy;
    /// # Safety
    /// As all functions of [`Numbers`].
    unsafe fn none() -> Self::Value;
    /// # Safety
    /// As all functions of [`Numbers`].
    unsafe fn with(value: Self::Value, pixel: &F::Pixel) -> Self::Value;
}

/// The largest number of each channel, as it is stored.
struct Largest;

impl<F: Numbers> Fold<F> for Largest {
    type Value = F::Pixel;

    #[inline(always)]
    unsafe fn none() -> F::Pixel {
        // SAFETY: a pixel is an array of numbers, of which all may be 0.
        unsafe { zeroed() }
    }

    #[inline(always)]
    unsafe fn with(largest: F::Pixel, pixel: &F::Pixel) -> F::Pixel {
        F::larger(largest, *pixel)
    }
}

/// The sum of each channel.
struct Sum;

impl<F: Numbers> Fold<F> for Sum {
    type Value = F::Vector;

    #[inline(always)]
    unsafe fn none() -> F::Vector {
        F::Vector::load(&[0.0; BLOCK])
    }

    #[inline(always)]
    unsafe fn with(sum: F::Vector, pixel: &F::Pixel) -> F::Vector {
        sum.plus(F::load(pixel))
    }
}

/// What lies inside the map of the windows of one row of the output.
struct Row {
    /// Of the first column of the map, in the first row of the windows.
    from: usize,
    rows: usize,
    /// From one pixel of the map to the next, in words.
    step: usize,
    block: usize,
    /// The first pixel of the output.
    to: usize,
}

impl Row {
    /// Row `task % height` of block `task / height`.
    #[inline(always)]
    fn of(plan: &PoolPlan, task: usize) -> Row {
        let (block, y) = (task / plan.output.height, task % plan.output.height);
        let rows = window(y, plan, plan.input.height);
        Row {
            from: plan.from + block * plan.input.block() + rows.start * plan.input.row(),
            rows: rows.len(),
            step: plan.input.step(),
            block,
            to: plan.to + block * plan.output.block() + y * plan.output.row(),
        }
    }

    /// Folds these columns of the window, row by row.
    ///
    /// # Safety
    /// As [`PoolFn`]; the columns lie inside the map.
    #[inline(always)]
    unsafe fn fold<F: Numbers, T: Fold<F>>(
        &self,
        plan: &PoolPlan,
        arena: *const u32,
        columns: &Range<usize>,
    ) -> T::Value {
        // SAFETY: the caller promises it, and the plan has checked the rows.
        unsafe {
            let mut value = T::none();
            for row in 0..self.rows {
                let at = self.from + row * plan.input.row() + columns.start * self.step;
                let first = arena.add(at);
                if columns.len() == WINDOW {
                    for column in 0..WINDOW {
                        value = T::with(value, &*first.add(column * self.step).cast());
                    }
                } else {
                    for column in 0..columns.len() {
                        value = T::with(value, &*first.add(column * self.step).cast());
                    }
                }
            }
            value
        }
    }
}

/// # Safety
/// As [`PoolFn`].
#[inline(always)]
pub(super) unsafe fn max<F: Numbers>(plan: &PoolPlan, arena: *mut u32, tasks: Range<usize>) {
    for task in tasks {
        let row = Row::of(plan, task);
        for x in 0..plan.output.width {
            let columns = window(x, plan, plan.input.width);
            // SAFETY: the window lies inside the input map and the pixel inside the output, whose
            // sizes the plan has checked.
            unsafe {
                let largest = row.fold::<F, Largest>(plan, arena, &columns);
                *arena.add(row.to + x * plan.output.step()).cast() = largest;
            }
        }
    }
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
    for task in tasks {
        let row = Row::of(plan, task);
        let bias: &[f32] = &plan.bias[row.block * BLOCK..][..BLOCK];
        for x in 0..plan.output.width {
            let columns = window(x, plan, plan.input.width);
            let inside = row.rows * columns.len();
            let divisor = match kind {
                Average::CountPadding => WINDOW * WINDOW,
                Average::ExcludePadding => inside,
            };
            let (factor, zeros) =
                (plan.scales.input / divisor as f32, plan.scales.input_zero * inside as f32);
            let mut value = [0.0; BLOCK];
            // SAFETY: as in `max`.
            unsafe { row.fold::<F, Sum>(plan, arena, &columns).store(&mut value) };
            for lane in 0..BLOCK {
                let mean = (value[lane] - zeros) * factor + bias[lane];
                value[lane] = (if mean < 0.0 { 0.0 } else { mean }) / plan.scales.output;
            }
            // SAFETY: as in `max`.
            unsafe { F::store(value, &mut *arena.add(row.to + x * plan.output.step()).cast()) };
        }
    }
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
        let mut sum = F::Vector::load(&[0.0; BLOCK]);
        for row in 0..plan.input.height {
            let from = plan.from + block * plan.input.block() + row * plan.input.row();
            for column in 0..plan.input.width {
                let at = from + column * plan.input.step();
                // SAFETY: a pixel of the view, whose size the plan has checked.
                sum = sum.plus(F::load(unsafe { &*arena.add(at).cast() }));
            }
        }
        let mut sums = [0.0; BLOCK];
        sum.store(&mut sums);
        let pixels = (plan.input.height * plan.input.width) as f32;
        let (factor, zeros) = (plan.scales.input / pixels, plan.scales.input_zero * pixels);
        // SAFETY: the plan counts the features that its means fill.
        unsafe {
            let to = features.add(plan.to + block * BLOCK).cast::<Lanes>();
            to.write_unaligned(sums.map(|sum| (sum - zeros) * factor));
        }
    }
}
