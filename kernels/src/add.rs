//! The sum of two maps: its plan, checked once, and the function, written once over [`Numbers`].
//!
//! As the tile it reads and writes through pointers without checks: the plan has made them.

use std::ops::Range;

use super::arena::Layout;
use super::graph::{BLOCK, View};
use super::numbers::{F32x16, Numbers};
use super::quantize::StepScales;

/// The sum of two views, into a third. A task is one row of one block.
pub(super) struct AddPlan {
    inputs: [Layout; 2],
    output: Layout,
    /// Offsets of the first pixel of the views.
    from: [usize; 2],
    to: usize,
    blocks: usize,
    /// What stored values are multiplied by, and what is added to their sum.
    factors: [f32; 2],
    offset: f32,
}

impl AddPlan {
    /// The layout and view are those of the two inputs and of the output; `scales` are those from each
    /// input to the output.
    pub fn new(
        [one, other]: [(Layout, View); 2],
        (output, to): (Layout, View),
        scales: [StepScales; 2],
    ) -> AddPlan {
        let inputs = [one.0, other.0];
        let same = |(layout, view): &(Layout, View)| {
            (layout.height, layout.width, view.channels)
                == (output.height, output.width, to.channels)
        };
        assert!([one, other].iter().all(same), "maps of one shape");
        let factors = scales.map(|scales| scales.input / scales.output);
        let zeros = scales[0].input_zero * factors[0] + scales[1].input_zero * factors[1];
        AddPlan {
            inputs,
            output,
            from: [one.0.at(one.1.first), other.0.at(other.1.first)],
            to: output.at(to.first),
            blocks: to.channels / BLOCK,
            factors,
            offset: scales[0].output_zero - zeros,
        }
    }

    pub fn tasks(&self) -> usize {
        self.blocks * self.output.height
    }
}

/// A sum for one format and set of instructions: plan, arena, and which tasks.
///
/// # Safety
/// The processor has the instructions, and the plan was made for this arena.
pub(super) type AddFn = unsafe fn(&AddPlan, *mut u32, Range<usize>);

/// # Safety
/// As [`AddFn`].
#[inline(always)]
pub(super) unsafe fn add<F: Numbers>(plan: &AddPlan, arena: *mut u32, tasks: Range<usize>) {
    let all = |value: f32| F::Vector::load(&[value; BLOCK]);
    let (factors, offset) = (plan.factors.map(all), all(plan.offset));
    for task in tasks {
        let (block, y) = (task / plan.output.height, task % plan.output.height);
        let line = |at: usize, layout: &Layout| at + block * layout.block() + y * layout.row();
        let from = [0, 1].map(|input| line(plan.from[input], &plan.inputs[input]));
        let to = line(plan.to, &plan.output);
        for x in 0..plan.output.width {
            // SAFETY: a pixel of each view; the plan has checked that they have one shape.
            unsafe {
                let [one, other] = [0, 1].map(|input| {
                    let at = arena.add(from[input] + x * plan.inputs[input].step());
                    F::load(&*at.cast())
                });
                let mut value = [0.0; BLOCK];
                one.scaled(factors[0], other.scaled(factors[1], offset)).store(&mut value);
                F::store(value, &mut *arena.add(to + x * plan.output.step()).cast());
            }
        }
    }
}
