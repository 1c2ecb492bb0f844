//! The depthwise convolution, each channel by itself: its plan, checked once, and the function, which
//! is written once over [`Numbers`].
//!
//! As the tile it reads and writes through pointers without checks: the plan has made them. Channels
//! lie in lanes, so that one multiplication serves 16 of them, and weights are used for several
//! neighbouring pixels while they are in a register. 8-bit integers are multiplied as f32, in which
//! their sums are exact.

use std::array::from_fn;
use std::ops::Range;

use super::arena::{Layout, Order};
use super::format::Format;
use super::graph::{Activation, BLOCK, Depthwise, View};
use super::numbers::{F32x16, Lanes, Limits, Numbers};
use super::quantize::{self, StepScales};

/// A depthwise convolution between two views, with its weights. A task is one row of one block.
pub(super) struct DepthwisePlan {
    pub kernel: usize,
    pub stride: usize,
    padding: usize,
    input: Layout,
    output: Layout,
    /// Offsets of the first pixel of the two views.
    from: usize,
    to: usize,
    blocks: usize,
    /// `[block][kernel row][kernel column]`; of 8-bit integers whole numbers.
    weights: Vec<Lanes>,
    /// What a sum is multiplied by, and what is added then: one a block.
    multiply: Vec<Lanes>,
    add: Vec<Lanes>,
    limits: Limits,
}

impl DepthwisePlan {
    /// The layout and view are those of the input and of the output; `scales` matters to 8-bit
    /// integers only.
    pub fn new(
        depthwise: &Depthwise,
        [(input, from), (output, to)]: [(Layout, View); 2],
        format: Format,
        scales: StepScales,
    ) -> DepthwisePlan {
        let Depthwise { kernel, stride, padding, weight, bias, .. } = depthwise;
        let (taps, blocks) = (kernel * kernel, from.channels / BLOCK);
        let mut weights = vec![[0.0; BLOCK]; blocks * taps];
        let mut multiply = vec![[1.0; BLOCK]; blocks];
        let mut add = multiply.clone();
        for (channel, (values, bias)) in weight.chunks_exact(taps).zip(bias).enumerate() {
            let (block, lane) = (channel / BLOCK, channel % BLOCK);
            let mut of_tap = |tap: usize, value: f32| weights[block * taps + tap][lane] = value;
            add[block][lane] = *bias;
            match format {
                Format::Int8(_) => {
                    let quantized = quantize::depthwise(values, *bias, scales);
                    let values = quantized.weights.iter().map(|weight| f32::from(*weight));
                    values.enumerate().for_each(|(tap, value)| of_tap(tap, value));
                    multiply[block][lane] = quantized.multiply;
                    add[block][lane] = quantized.add;
                }
                _ => values.iter().enumerate().for_each(|(tap, value)| of_tap(tap, *value)),
            }
        }
        // Integers end at the largest one that is stored, which stands for no more than 6.
        let activation =
            if matches!(format, Format::Int8(_)) { Activation::Relu } else { Activation::Relu6 };
        DepthwisePlan {
            kernel: *kernel,
            stride: *stride,
            padding: *padding,
            input,
            output,
            from: input.at(from.first),
            to: output.at(to.first),
            blocks,
            weights,
            multiply,
            add,
            limits: activation.limits(),
        }
        .checked(from, to)
    }

    pub fn tasks(&self) -> usize {
        self.blocks * self.output.height
    }

    pub fn weight_bytes(&self) -> usize {
        size_of_val(&*self.weights)
    }

    /// The function checks nothing: the sizes that it relies on are checked here, once.
    fn checked(self, from: View, to: View) -> DepthwisePlan {
        assert_eq!(
            (from.channels, self.weights.len()),
            (to.channels, self.blocks * self.kernel * self.kernel)
        );
        let has_windows = |input: usize, output: usize| {
            (output - 1) * self.stride < input + self.padding && self.padding < self.kernel
        };
        assert!(has_windows(self.input.height, self.output.height));
        assert!(has_windows(self.input.width, self.output.width));
        self
    }

    /// The part of the kernel that lies inside a map of `size` for the output at `at`, along one axis.
    #[inline(always)]
    fn inside(&self, at: usize, size: usize) -> Range<usize> {
        let before = self.padding.saturating_sub(at * self.stride);
        before..(size + self.padding - at * self.stride).min(self.kernel)
    }

    /// The pixels of a row whose windows lie inside the map.
    #[inline(always)]
    fn whole_windows(&self) -> Range<usize> {
        let first = self.padding.div_ceil(self.stride);
        let room = (self.input.width + self.padding).saturating_sub(self.kernel);
        let end = (room / self.stride + 1).min(self.output.width);
        if self.input.width + self.padding < self.kernel { 0..0 } else { first..end.max(first) }
    }
}

/// A depthwise convolution for one format and set of instructions: plan, arena, and which tasks.
///
/// # Safety
/// The processor has the instructions, and the plan was made for this arena.
pub(super) type DepthwiseFn = unsafe fn(&DepthwisePlan, *mut u32, Range<usize>);

/// # Safety
/// As [`DepthwiseFn`].
#[inline(always)]
pub(super) unsafe fn depthwise<F: Numbers>(
    plan: &DepthwisePlan,
    arena: *mut u32,
    tasks: Range<usize>,
) {
    let whole = plan.whole_windows();
    for task in tasks {
        let (block, y) = (task / plan.output.height, task % plan.output.height);
        let mut x = 0;
        // SAFETY: the plan has checked that every window begins inside the map; `inside` cuts it to
        // the map, and whole windows need no cut.
        unsafe {
            while x < plan.output.width {
                let left = if x >= whole.start { whole.end.saturating_sub(x) } else { 0 };
                let done = match plan.input.order {
                    Order::Blocks => together::<F, true>(plan, arena, block, [y, x], left),
                    Order::ChannelsLast => together::<F, false>(plan, arena, block, [y, x], left),
                };
                if done > 0 {
                    x += done;
                } else if x >= whole.start && x + 8 <= whole.end {
                    pixels::<F, 8>(plan, arena, block, [y, x], 0..plan.kernel);
                    x += 8;
                } else if x >= whole.start && x + 3 <= whole.end {
                    pixels::<F, 3>(plan, arena, block, [y, x], 0..plan.kernel);
                    x += 3;
                } else {
                    let columns = plan.inside(x, plan.input.width);
                    pixels::<F, 1>(plan, arena, block, [y, x], columns);
                    x += 1;
                }
            }
        }
    }
}

/// As many of the `left` pixels of a row whose windows lie inside the map as there are registers for;
/// how many that were.
///
/// # Safety
/// As [`DepthwiseFn`].
#[inline(always)]
unsafe fn together<F: Numbers, const IN_BLOCKS: bool>(
    plan: &DepthwisePlan,
    arena: *mut u32,
    block: usize,
    at: [usize; 2],
    left: usize,
) -> usize {
    if !F::Vector::IS_ONE_REGISTER {
        return 0;
    }
    // SAFETY: the caller promises what each demands. They are called by name, so that they are compiled
    // for the caller's instructions.
    unsafe {
        match (plan.kernel, plan.stride, left) {
            (3, 1, 8..) => row::<F, IN_BLOCKS, 8, 3, 1, 10>(plan, arena, block, at),
            (3, 1, 4..) => row::<F, IN_BLOCKS, 4, 3, 1, 6>(plan, arena, block, at),
            (5, 1, 7..) => row::<F, IN_BLOCKS, 7, 5, 1, 11>(plan, arena, block, at),
            (5, 1, 4..) => row::<F, IN_BLOCKS, 4, 5, 1, 8>(plan, arena, block, at),
            (3, 2, 6..) => row::<F, IN_BLOCKS, 6, 3, 2, 13>(plan, arena, block, at),
            (5, 2, 5..) => row::<F, IN_BLOCKS, 5, 5, 2, 13>(plan, arena, block, at),
            _ => 0,
        }
    }
}

/// M pixels of a row whose windows lie inside the map, with a kernel of K and a stride of S: the INPUTS
/// pixels that a row of the kernel meets are loaded once for all of them. Gives M. How far pixels of blocks are
/// from each other the compiler knows, which is a little faster.
///
/// # Safety
/// As [`DepthwiseFn`]; the columns of the windows of all pixels lie inside the map.
#[inline(always)]
unsafe fn row<
    F: Numbers,
    const IN_BLOCKS: bool,
    const M: usize,
    const K: usize,
    const S: usize,
    const INPUTS: usize,
>(
    plan: &DepthwisePlan,
    arena: *mut u32,
    block: usize,
    [y, x]: [usize; 2],
) -> usize {
    const { assert!(INPUTS == (M - 1) * S + K) };
    let mut sums = [F::Vector::load(&[0.0; BLOCK]); M];
    let weights = plan.weights[block * K * K..].as_ptr();
    // SAFETY: see above; the weights of a block are as many as the kernel has places.
    unsafe {
        for row in plan.inside(y, plan.input.height) {
            let input_row = y * S + row - plan.padding;
            let line = plan.from + block * plan.input.block() + input_row * plan.input.row();
            let step = if IN_BLOCKS { F::WORDS } else { plan.input.step() };
            let first = arena.add(line + (x * S - plan.padding) * step);
            let inputs: [F::Vector; INPUTS] =
                from_fn(|column| F::load(&*first.add(column * step).cast()));
            for column in 0..K {
                let weight = F::Vector::load(&*weights.add(row * K + column));
                for m in 0..M {
                    sums[m] = sums[m].plus_products(inputs[m * S + column], weight);
                }
            }
        }
        finish::<F, M>(plan, arena, block, [y, x], sums);
    }
    M
}

/// M pixels of a row, by these columns of the kernel.
///
/// # Safety
/// As [`DepthwiseFn`]; the columns of the windows of all pixels lie inside the map.
#[inline(always)]
unsafe fn pixels<F: Numbers, const M: usize>(
    plan: &DepthwisePlan,
    arena: *mut u32,
    block: usize,
    [y, x]: [usize; 2],
    columns: Range<usize>,
) {
    let zeros = F::Vector::load(&[0.0; BLOCK]);
    let mut sums = [zeros; M];
    let step = plan.input.step();
    let weights = plan.weights[block * plan.kernel * plan.kernel..].as_ptr();
    // SAFETY: see above; the weights of a block are as many as the kernel has places.
    unsafe {
        for row in plan.inside(y, plan.input.height) {
            let input_row = y * plan.stride + row - plan.padding;
            let line = plan.from + block * plan.input.block() + input_row * plan.input.row();
            for column in columns.clone() {
                let weight = F::Vector::load(&*weights.add(row * plan.kernel + column));
                let first = x * plan.stride + column - plan.padding;
                let input = arena.add(line + first * step);
                for (m, sum) in sums.iter_mut().enumerate() {
                    let at = &*input.add(m * plan.stride * step).cast();
                    *sum = sum.plus_products(F::load(at), weight);
                }
            }
        }
        finish::<F, M>(plan, arena, block, [y, x], sums);
    }
}

/// Stores M pixels of a row.
///
/// # Safety
/// As [`DepthwiseFn`]; they lie inside the output.
#[inline(always)]
unsafe fn finish<F: Numbers, const M: usize>(
    plan: &DepthwisePlan,
    arena: *mut u32,
    block: usize,
    [y, x]: [usize; 2],
    sums: [F::Vector; M],
) {
    let (multiply, add) =
        (F::Vector::load(&plan.multiply[block]), F::Vector::load(&plan.add[block]));
    let line = plan.to + block * plan.output.block() + y * plan.output.row();
    for (m, sum) in sums.into_iter().enumerate() {
        let mut value = [0.0; BLOCK];
        sum.scaled(multiply, add).limited(plan.limits).store(&mut value);
        // SAFETY: see above.
        unsafe { F::store(value, &mut *arena.add(line + (x + m) * plan.output.step()).cast()) };
    }
}
