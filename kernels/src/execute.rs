//! The steps of a plan, on any number of threads.

use std::ops::Range;

use super::arena::{Layout, Words};
use super::format::Format;
use super::functions::Functions;
use super::graph::Average;
use super::plan::{Plan, Work};
use super::pool_plan::PoolKind;
use super::tile::Bases;

/// Runs a range of the tasks of a step: its number, and the tasks.
pub(super) type RunRange<'a> = &'a (dyn Fn(usize, Range<usize>) + Sync);

/// Runs steps of a plan. `share` is given a function that runs a range of the tasks of a step: it calls it,
/// on any threads, for ranges that do not overlap, and for those of a step when all of the step before are
/// done; and returns when all are done.
pub(super) fn run_steps(
    plan: &Plan,
    arena: &mut Words,
    picture: &[f32],
    features: &mut [f32],
    share: &mut dyn FnMut(RunRange<'_>),
) {
    assert!(arena.len() >= plan.arena_words && features.len() >= plan.feature_len);
    let [height, width] = plan.picture_size();
    assert!(picture.len() >= 3 * height * width);
    let functions = plan.functions;
    let (arena, features) = (Shared(arena.as_mut_ptr()), Shared(features.as_mut_ptr()));
    share(&|step, tasks| {
        let step = &plan.steps[step];
        assert!(tasks.end <= step.tasks());
        let (arena, features) = (arena.get(), features.get());
        // SAFETY: the engine exists, so the processor has its instructions. The plan was made, and
        // so checked, for an arena and features of these lengths, asserted above. Tasks of one step
        // write to places of their own and read maps that no task of the step writes.
        unsafe {
            match &step.work {
                Work::Pack => pack_rows(plan, functions, picture, arena, tasks),
                Work::ClearHalo => clear_halo(&step.output.0, arena, tasks),
                Work::Conv(conv) => {
                    let (multiply, add) = conv.multiply_and_add();
                    let bases = Bases { arena, weights: conv.weights(), multiply, add };
                    conv.each(tasks, |function, tile| function(&bases, tile));
                }
                Work::Amx(conv) => {
                    let convolve = functions.amx.expect("the plan is for functions that have it");
                    convolve(conv, arena, tasks);
                }
                Work::Depthwise(depthwise) => (functions.depthwise)(depthwise, arena, tasks),
                Work::Add(add) => (functions.add)(add, arena, tasks),
                Work::Pool(pool) => {
                    let function = match pool.kind {
                        PoolKind::Max => functions.max_pool,
                        PoolKind::Average(Average::CountPadding) => functions.average_pool_counting,
                        PoolKind::Average(Average::ExcludePadding) => {
                            functions.average_pool_excluding
                        }
                        PoolKind::Mean => functions.mean,
                    };
                    function(pool, arena, features, tasks);
                }
            }
        }
    });
}

/// Runs all steps of a plan on this thread.
pub(super) fn run_here(plan: &Plan, arena: &mut Words, picture: &[f32], features: &mut [f32]) {
    run_steps(plan, arena, picture, features, &mut |run| {
        plan.steps.iter().enumerate().for_each(|(number, step)| run(number, 0..step.tasks()));
    });
}

/// A pointer that several threads may use at once, each for places of its own.
struct Shared<T>(*mut T);

// SAFETY: see `run_steps`, the only user.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

/// Copies rows of the picture `[3, height, width]` to the first map, in the input range.
///
/// # Safety
/// The map lies inside the arena, nobody else uses these rows, and the processor has the instructions of
/// `functions`.
unsafe fn pack_rows(
    plan: &Plan,
    functions: Functions,
    picture: &[f32],
    arena: *mut u32,
    rows: Range<usize>,
) {
    let map = plan.picture;
    let [height, width] = plan.picture_size();
    let area = height * width;
    // 8-bit integers take the pixels as they are: the input range is in their first weights.
    let range = match plan.engine.format() {
        Format::Int8(_) => [(1.0, 0.0); 3],
        _ => plan.input_range,
    };
    // What the map has beyond the picture is 0 in the network's range.
    let beyond = [0, 1, 2].map(|colour| {
        let (factor, offset) = plan.input_range[colour];
        vec![-offset / factor; map.width]
    });
    for y in rows {
        // SAFETY: a row of the map, and the processor has the instructions.
        unsafe {
            let row = arena.add(map.at(0) + y * map.row());
            let row = std::slice::from_raw_parts_mut(row, map.width * map.pixel);
            let (inside, margin) = row.split_at_mut(if y < height { width * map.pixel } else { 0 });
            if y < height {
                let line = |colour: usize| &picture[colour * area + y * width..][..width];
                (functions.pack_row)([line(0), line(1), line(2)], range, inside);
            }
            let beyond = [&beyond[0][..], &beyond[1], &beyond[2]];
            (functions.pack_row)(beyond, range, margin);
        }
    }
}

/// Writes zeros to parts of the borders of a map.
///
/// # Safety
/// The map lies inside the arena.
unsafe fn clear_halo(map: &Layout, arena: *mut u32, tasks: Range<usize>) {
    for words in tasks.flat_map(|task| map.border(task)) {
        // SAFETY: words of the map.
        unsafe { arena.add(words.start).write_bytes(0, words.len()) };
    }
}
