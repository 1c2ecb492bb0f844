//! The functions that do the arithmetic: the tile of a convolution and the pools, written once over
//! [`Numbers`] and compiled for each set of instructions.
//!
//! All `unsafe` code of the kernels is in this file, for two reasons. Memory is read and written
//! through pointers without checks: [`ConvPlan`](super::conv::ConvPlan) and
//! [`PoolPlan`](super::pool::PoolPlan) check when they are made that every access of every call
//! stays inside the view it is meant for. And instructions are used that not every processor has:
//! [`code`] hands out functions only after asking the processor. The formats in plain Rust, which
//! need neither, are in [`plain`](super::plain).

use std::array::from_fn;
use std::ops::Range;

use super::arena::{Layout, Words};
use super::engine::{Format, InstructionSet};
use super::graph::{Average, BLOCK};
use super::plain::{FUSED, Plain, PlainBf16, PlainInt8};
use super::plan::{Plan, Work};
use super::pool::{PoolKind, PoolPlan, WINDOW};

/// One number a channel of a block.
pub(super) type Lanes = [f32; BLOCK];

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
    /// Words of one row of the kernel: they are contiguous in the input and in the weights.
    pub row_words: usize,
    pub rows: usize,
    pub weights_block: usize,
    pub weights_panel: usize,
    pub output_block: usize,
    /// The least value of an output: 0 is ReLU.
    pub floor: f32,
}

/// Where a tile's offsets count from.
#[derive(Clone, Copy)]
pub(super) struct Bases {
    pub arena: *mut u32,
    pub weights: *const u32,
    pub multiply: *const f32,
    pub add: *const f32,
}

/// # Safety
/// The processor has the instructions, and all that the tile describes lies inside its memory.
pub(super) type Kernel = unsafe fn(&Bases, &Tile);

/// # Safety
/// The processor has the instructions, and the plan was made for this arena and these features.
type PoolFn = unsafe fn(&PoolPlan, *mut u32, *mut f32, Range<usize>);

/// The functions of one format and one set of instructions.
#[derive(Clone, Copy)]
pub(super) struct Code {
    /// By pixels, panels, and words from one pixel to the next; `None`: not compiled.
    pub tile: fn(usize, usize, usize) -> Option<Kernel>,
    /// The largest tiles (panels, pixels) whose sums fit into the registers.
    pub shapes: &'static [(usize, usize)],
    pub max: PoolFn,
    pub average_count: PoolFn,
    pub average_exclude: PoolFn,
    pub mean: PoolFn,
    /// A pixel of the picture, red, green and blue, in a quarter of a block's words.
    pub pixel: fn([f32; 3]) -> [u32; 4],
    peak: unsafe fn(usize) -> usize,
}

/// What one word of input meets in 16 outputs, as integers and bf16 are stored: a cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub [u32; BLOCK]);

/// How the 16 channels of a block are stored, multiplied and added.
///
/// What uses instructions that not every processor has is a type of [`x86`] alone, where nobody can
/// call it but the functions that [`code`] hands out.
pub(super) trait Numbers {
    type Sum: Copy;
    /// One word of input, for all lanes.
    type Input: Copy;
    /// What one input word meets in 16 outputs.
    type Weights: Copy;
    /// The same as it is stored.
    type Panel: Copy;
    /// A pixel of a block, as it is stored.
    type Pixel: Copy;
    /// Words of a pixel.
    const WORDS: usize = size_of::<Self::Pixel>() / size_of::<u32>();
    const TWO: bool = false;
    fn start(add: &Lanes) -> Self::Sum;
    fn input(word: u32) -> Self::Input;
    fn weights(at: &Self::Panel) -> Self::Weights;
    fn dot(sum: Self::Sum, input: Self::Input, weights: Self::Weights) -> Self::Sum;
    /// Two words at once; that is less work than one after the other only where `TWO` is set.
    #[inline(always)]
    fn dot_two(sum: Self::Sum, inputs: [Self::Input; 2], weights: [Self::Weights; 2]) -> Self::Sum {
        Self::dot(Self::dot(sum, inputs[0], weights[0]), inputs[1], weights[1])
    }
    fn finish(sum: Self::Sum, multiply: Lanes, add: Lanes, floor: f32, at: &mut Self::Pixel);
    /// A stored pixel of a block, in steps.
    fn load(at: &Self::Pixel) -> Lanes;
    fn store(value: Lanes, at: &mut Self::Pixel);
    /// A pixel of the picture, red, green and blue, in `WORDS / 4` words.
    fn pixel(colours: [f32; 3]) -> [u32; 4];
}

/// 16 f32, in the registers of a set of instructions.
///
/// As with [`Numbers`], those that not every processor has are types of [`x86`] alone.
pub(super) trait Vector: Copy {
    /// The same number in all lanes.
    type Splat: Copy;
    fn splat(value: f32) -> Self::Splat;
    fn load(at: &Lanes) -> Self;
    fn store(self, at: &mut Lanes);
    /// `self + factor * other`
    fn plus_product(self, factor: Self::Splat, other: Self) -> Self;
    /// What is no number stays none, to be noticed in the features.
    fn at_least(self, floor: f32) -> Self;
}

struct F32<V>(std::marker::PhantomData<V>);

impl<V: Vector> Numbers for F32<V> {
    type Sum = V;
    type Input = V::Splat;
    type Weights = V;
    type Panel = Lanes;
    type Pixel = Lanes;

    #[inline(always)]
    fn start(add: &Lanes) -> V {
        V::load(add)
    }

    #[inline(always)]
    fn input(word: u32) -> V::Splat {
        V::splat(f32::from_bits(word))
    }

    #[inline(always)]
    fn weights(at: &Lanes) -> V {
        V::load(at)
    }

    #[inline(always)]
    fn dot(sum: V, input: V::Splat, weights: V) -> V {
        sum.plus_product(input, weights)
    }

    #[inline(always)]
    fn finish(sum: V, _: Lanes, _: Lanes, floor: f32, at: &mut Lanes) {
        sum.at_least(floor).store(at);
    }

    #[inline(always)]
    fn load(at: &Lanes) -> Lanes {
        *at
    }

    #[inline(always)]
    fn store(value: Lanes, at: &mut Lanes) {
        *at = value;
    }

    fn pixel([r, g, b]: [f32; 3]) -> [u32; 4] {
        [r.to_bits(), g.to_bits(), b.to_bits(), 0]
    }
}

/// M pixels of N panels; `STEP` words lie between two pixels.
#[expect(clippy::needless_range_loop, reason = "the loops are the formula, and unroll as they are")]
#[inline(always)]
unsafe fn tile<F: Numbers, const M: usize, const N: usize, const STEP: usize>(
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
                while F::TWO && STEP >= F::WORDS && input.add(1) < end {
                    let w: [[F::Weights; 2]; N] = from_fn(|n| {
                        let at = weights.add(n * tile.weights_panel);
                        [F::weights(&*at.cast()), F::weights(&*at.add(BLOCK).cast())]
                    });
                    for m in 0..M {
                        let at = input.add(m * STEP);
                        let words = [F::input(*at), F::input(*at.add(1))];
                        for n in 0..N {
                            sums[m][n] = F::dot_two(sums[m][n], words, w[n]);
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
                let pixel = &mut *output.add(m * F::WORDS).cast();
                F::finish(sums[m][n], multiply, add, tile.floor, pixel);
            }
        }
    }
}

/// The window of an output pixel along one axis, cut to what lies inside the map.
#[inline(always)]
fn window(at: usize, plan: &PoolPlan, size: usize) -> Range<usize> {
    let from = at * plan.stride;
    from.saturating_sub(plan.padding)..(from + WINDOW - plan.padding).min(size)
}

/// The rows `tasks` of the output, each the row `task % height` of the block `task / height`:
/// every pixel is what `combine` makes of the stored pixels in its window and their number.
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

#[inline(always)]
unsafe fn max<F: Numbers>(plan: &PoolPlan, arena: *mut u32, tasks: Range<usize>) {
    let larger =
        |a: Lanes, b: Lanes| from_fn(|lane| if b[lane] > a[lane] { b[lane] } else { a[lane] });
    // SAFETY: as `pool` demands, which the caller promises.
    unsafe { pool::<F>(plan, arena, tasks, [0.0; BLOCK], larger, |value, _, _| value) }
}

#[inline(always)]
unsafe fn average<F: Numbers>(
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
        let (factor, zeros) = (plan.scale.input / divisor as f32, plan.zero * inside as f32);
        from_fn(|lane| {
            let value = (sum[lane] - zeros) * factor + plan.bias[block * BLOCK + lane];
            (if value < 0.0 { 0.0 } else { value }) / plan.scale.output
        })
    };
    // SAFETY: as `pool` demands, which the caller promises.
    unsafe { pool::<F>(plan, arena, tasks, [0.0; BLOCK], sum, finish) }
}

/// The means of the blocks `tasks`, to `features`.
#[inline(always)]
unsafe fn mean<F: Numbers>(
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
        let factor = plan.scale.input / (plan.input.height * plan.input.width) as f32;
        // SAFETY: the plan counts the features that its means fill.
        unsafe {
            let to = features.add(plan.to + block * BLOCK).cast::<Lanes>();
            to.write_unaligned(sum.map(|sum| sum * factor));
        }
    }
}

/// Words of input of one pass of [`peak_loop`].
const PEAK_WORDS: usize = 96;

/// Dot products on inputs from the first-level cache and weights in registers: so many words for a
/// block of outputs each.
#[inline(always)]
unsafe fn peak_loop<F: Numbers, const SUMS: usize>(passes: usize) -> usize {
    #[repr(align(64))]
    struct Table([u32; PEAK_WORDS]);
    let table = Table([0; PEAK_WORDS]);
    let add = [0.0; BLOCK];
    let mut out = [[0u32; BLOCK]; SUMS];
    let at_once = if F::TWO { 2 } else { 1 };
    // SAFETY: weights are the first 16 words of the table, and outputs at most 16 words.
    unsafe {
        let weights = F::weights(&*std::hint::black_box(&table).0.as_ptr().cast());
        let mut sums = [F::start(&add); SUMS];
        for _ in 0..passes {
            // Seen anew in each pass, so that nothing is computed ahead of the loop.
            let inputs = std::hint::black_box(&table.0);
            for words in inputs.chunks_exact(SUMS * at_once) {
                for (sum, words) in sums.iter_mut().zip(words.chunks_exact(at_once)) {
                    *sum = match words {
                        [one, other] => {
                            let words = [F::input(*one), F::input(*other)];
                            F::dot_two(*sum, words, [weights; 2])
                        }
                        _ => F::dot(*sum, F::input(words[0]), weights),
                    };
                }
            }
        }
        for (sum, out) in sums.into_iter().zip(&mut out) {
            F::finish(sum, add, add, 0.0, &mut *out.as_mut_ptr().cast());
        }
    }
    std::hint::black_box(&out);
    passes * (PEAK_WORDS / (SUMS * at_once)) * SUMS * at_once
}

/// Words of input that `passes` passes of `code`'s peak loop multiply, for 16 outputs each.
pub(super) fn peak(code: Code, passes: usize) -> usize {
    // SAFETY: `code` exists, so the processor has its instructions; it touches no memory of others.
    unsafe { (code.peak)(passes) }
}

/// Compiles the functions for a format under `#[target_feature]`, which the generic ones are
/// inlined into: the steps that occur, and the tiles as `panels: pixels;`.
macro_rules! compile {
    ($name:ident, $format:ty, $(#[$features:meta])?, sums $sums:literal,
     shapes [$($shape:expr),*], steps $one:literal $two:literal $first:literal;
     $($n:literal: $($m:literal)*;)*) => {
        mod $name {
            use super::*;

            $(#[$features])?
            unsafe fn tile<const M: usize, const N: usize, const STEP: usize>(
                bases: &Bases,
                tile: &Tile,
            ) {
                unsafe { super::tile::<$format, M, N, STEP>(bases, tile) }
            }

            $(#[$features])?
            unsafe fn max(plan: &PoolPlan, arena: *mut u32, _: *mut f32, tasks: Range<usize>) {
                unsafe { super::max::<$format>(plan, arena, tasks) }
            }

            $(#[$features])?
            unsafe fn count(plan: &PoolPlan, arena: *mut u32, _: *mut f32, tasks: Range<usize>) {
                unsafe { super::average::<$format>(plan, arena, tasks, Average::CountPadding) }
            }

            $(#[$features])?
            unsafe fn exclude(plan: &PoolPlan, arena: *mut u32, _: *mut f32, tasks: Range<usize>) {
                unsafe { super::average::<$format>(plan, arena, tasks, Average::ExcludePadding) }
            }

            $(#[$features])?
            unsafe fn mean(
                plan: &PoolPlan,
                arena: *mut u32,
                features: *mut f32,
                tasks: Range<usize>,
            ) {
                unsafe { super::mean::<$format>(plan, arena, features, tasks) }
            }

            $(#[$features])?
            unsafe fn peak(passes: usize) -> usize {
                unsafe { super::peak_loop::<$format, $sums>(passes) }
            }

            fn choose(pixels: usize, panels: usize, step: usize) -> Option<Kernel> {
                match (step, panels, pixels) {
                    $($(
                        ($one, $n, $m) => Some(tile::<$m, $n, $one>),
                        ($two, $n, $m) => Some(tile::<$m, $n, $two>),
                        ($first, $n, $m) => Some(tile::<$m, $n, $first>),
                    )*)*
                    _ => None,
                }
            }

            pub(super) const CODE: Code = Code {
                tile: choose,
                shapes: &[$($shape),*],
                max,
                average_count: count,
                average_exclude: exclude,
                mean,
                pixel: <$format>::pixel,
                peak,
            };
        }
    };
}

/// Tasks of a step, as [`run_tasks`] hands them out.
pub(super) type RunRange<'a> = &'a (dyn Fn(Range<usize>) + Sync);

/// Runs the tasks of one step of a plan. `share` calls what it is given with ranges of tasks that
/// do not overlap, on any threads, and returns when all have been done.
pub(super) fn run_tasks(
    plan: &Plan,
    step: usize,
    arena: &mut Words,
    picture: &[f32],
    features: &mut [f32],
    share: &mut dyn FnMut(RunRange<'_>),
) {
    assert!(arena.len() >= plan.arena_words && features.len() >= plan.feature_len);
    assert!(picture.len() >= 3 * plan.picture.height * plan.picture.width);
    let step = &plan.steps[step];
    let code = plan.engine.code();
    let (arena, features) = (Shared(arena.as_mut_ptr()), Shared(features.as_mut_ptr()));
    share(&|tasks| {
        assert!(tasks.end <= step.tasks());
        let (arena, features) = (arena.get(), features.get());
        // SAFETY: the engine exists, so the processor has its instructions. The plan was made, and
        // so checked, for an arena and features of these lengths, asserted above. Tasks of one step
        // write to places of their own and read maps that no task of the step writes.
        unsafe {
            match &step.work {
                Work::Pack => pack_rows(plan, code, picture, arena, tasks),
                Work::ClearHalo => clear_halo(&step.output.0, arena, tasks),
                Work::Conv(conv) => {
                    let (multiply, add) = conv.multiply_and_add();
                    let bases = Bases { arena, weights: conv.weights(), multiply, add };
                    for number in tasks {
                        let (kernel, tile) = conv.call(number);
                        kernel(&bases, &tile);
                    }
                }
                Work::Pool(pool) => {
                    let function = match pool.kind {
                        PoolKind::Max => code.max,
                        PoolKind::Average(Average::CountPadding) => code.average_count,
                        PoolKind::Average(Average::ExcludePadding) => code.average_exclude,
                        PoolKind::Mean => code.mean,
                    };
                    function(pool, arena, features, tasks);
                }
            }
        }
    });
}

/// A pointer that several threads may use at once, each for places of its own.
struct Shared<T>(*mut T);

// SAFETY: see `run_tasks`, the only user.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

/// Rows of the picture `[3, height, width]` to the first map, in the input range.
///
/// # Safety
/// The map lies inside the arena.
unsafe fn pack_rows(plan: &Plan, code: Code, picture: &[f32], arena: *mut u32, rows: Range<usize>) {
    let map = plan.picture;
    let area = map.height * map.width;
    // 8-bit integers take the pixels as they are; their first weights know the input range.
    let (factor, offset) = match plan.engine.format() {
        Format::Int8 => (1.0, 0.0),
        _ => plan.input_range,
    };
    for y in rows {
        for x in 0..map.width {
            let at = y * map.width + x;
            let colours = [0, area, 2 * area].map(|plane| picture[plane + at] * factor + offset);
            let words = (code.pixel)(colours);
            for (word, value) in words.iter().take(map.pixel).enumerate() {
                // SAFETY: a pixel of the map.
                unsafe { *arena.add(map.at(0) + y * map.row() + x * map.pixel + word) = *value };
            }
        }
    }
}

/// Zeros on both sides of rows of a map, each the row `task % height` of the block `task / height`.
///
/// # Safety
/// The map lies inside the arena.
unsafe fn clear_halo(map: &Layout, arena: *mut u32, tasks: Range<usize>) {
    let halo = map.halo * map.pixel;
    for task in tasks {
        let row = map.start + task * map.row();
        // SAFETY: both ends of a row of the map.
        unsafe {
            arena.add(row).write_bytes(0, halo);
            arena.add(row + map.row() - halo).write_bytes(0, halo);
        }
    }
}

/// The functions for a format and a set of instructions; `None`: this processor lacks them, or none
/// were written.
pub(super) fn code(format: Format, set: InstructionSet) -> Option<Code> {
    match (format, set) {
        (Format::F32, InstructionSet::Baseline) => Some(f32_baseline::CODE),
        (Format::Bf16, InstructionSet::Baseline) => Some(bf16_baseline::CODE),
        (Format::Int8, InstructionSet::Baseline) => Some(int8_baseline::CODE),
        #[cfg(target_arch = "x86_64")]
        (format, set) => x86::code(format, set),
        #[cfg(not(target_arch = "x86_64"))]
        _ => None,
    }
}

const BASELINE_PIXELS: usize = if FUSED { 6 } else { 2 };

compile!(f32_baseline, F32<Plain>,, sums 2, shapes [(1, BASELINE_PIXELS)], steps 16 32 8;
    1: 1 2 3 4 5 6;);
compile!(bf16_baseline, PlainBf16,, sums 2, shapes [(1, 2)], steps 8 16 4; 1: 1 2;);
compile!(int8_baseline, PlainInt8,, sums 2, shapes [(1, 2)], steps 4 8 2; 1: 1 2;);

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::mem::transmute;

    use super::*;

    // SAFETY of every block with an instruction: its type is private to this module, and `code`
    // hands out the functions that use it only after asking the processor.

    /// The lanes of two registers.
    #[inline(always)]
    fn halves(lanes: Lanes) -> [__m256; 2] {
        // SAFETY: the same numbers in the same order.
        unsafe { transmute::<Lanes, [__m256; 2]>(lanes) }
    }

    #[inline(always)]
    fn vector(lanes: Lanes) -> __m512 {
        // SAFETY: the same numbers in the same order.
        unsafe { transmute::<Lanes, __m512>(lanes) }
    }

    #[inline(always)]
    fn lanes(vector: __m512) -> Lanes {
        // SAFETY: the same numbers in the same order.
        unsafe { transmute::<__m512, Lanes>(vector) }
    }

    /// The same register under its other name.
    #[inline(always)]
    fn pairs(words: __m512i) -> __m512bh {
        // SAFETY: two types for one register.
        unsafe { transmute::<__m512i, __m512bh>(words) }
    }

    /// One register of 16 f32.
    #[derive(Clone, Copy)]
    struct One(__m512);

    impl Vector for One {
        type Splat = __m512;

        #[inline(always)]
        fn splat(value: f32) -> __m512 {
            unsafe { _mm512_set1_ps(value) }
        }

        #[inline(always)]
        fn load(at: &Lanes) -> One {
            One(unsafe { _mm512_loadu_ps(at.as_ptr()) })
        }

        #[inline(always)]
        fn store(self, at: &mut Lanes) {
            unsafe { _mm512_storeu_ps(at.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn plus_product(self, factor: __m512, other: One) -> One {
            One(unsafe { _mm512_fmadd_ps(factor, other.0, self.0) })
        }

        #[inline(always)]
        fn at_least(self, floor: f32) -> One {
            // The second operand is the result where one is no number.
            One(unsafe { _mm512_max_ps(_mm512_set1_ps(floor), self.0) })
        }
    }

    /// Two registers of 8 f32.
    #[derive(Clone, Copy)]
    struct Two([__m256; 2]);

    impl Vector for Two {
        type Splat = __m256;

        #[inline(always)]
        fn splat(value: f32) -> __m256 {
            unsafe { _mm256_set1_ps(value) }
        }

        #[inline(always)]
        fn load(at: &Lanes) -> Two {
            let at = at.as_ptr();
            Two(unsafe { [_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8))] })
        }

        #[inline(always)]
        fn store(self, at: &mut Lanes) {
            let at = at.as_mut_ptr();
            unsafe {
                _mm256_storeu_ps(at, self.0[0]);
                _mm256_storeu_ps(at.add(8), self.0[1]);
            }
        }

        #[inline(always)]
        fn plus_product(self, factor: __m256, other: Two) -> Two {
            let fused =
                |half: usize| unsafe { _mm256_fmadd_ps(factor, other.0[half], self.0[half]) };
            Two(from_fn(fused))
        }

        #[inline(always)]
        fn at_least(self, floor: f32) -> Two {
            Two(self.0.map(|half| unsafe { _mm256_max_ps(_mm256_set1_ps(floor), half) }))
        }
    }

    /// bf16 by `vdpbf16ps`: two products and a sum in each of 16 lanes.
    struct Bf16;

    impl Numbers for Bf16 {
        type Sum = __m512;
        type Input = __m512i;
        type Weights = __m512i;
        type Panel = Line;
        type Pixel = [u32; BLOCK / 2];

        #[inline(always)]
        fn start(add: &Lanes) -> __m512 {
            unsafe { _mm512_loadu_ps(add.as_ptr()) }
        }

        #[inline(always)]
        fn input(word: u32) -> __m512i {
            unsafe { _mm512_set1_epi32(word as i32) }
        }

        #[inline(always)]
        fn weights(at: &Line) -> __m512i {
            unsafe { _mm512_load_si512(at.0.as_ptr().cast()) }
        }

        #[inline(always)]
        fn dot(sum: __m512, input: __m512i, weights: __m512i) -> __m512 {
            unsafe { _mm512_dpbf16_ps(sum, pairs(input), pairs(weights)) }
        }

        #[inline(always)]
        fn finish(sum: __m512, _: Lanes, _: Lanes, floor: f32, at: &mut Self::Pixel) {
            Self::store(lanes(One(sum).at_least(floor).0), at);
        }

        #[inline(always)]
        fn load(at: &Self::Pixel) -> Lanes {
            PlainBf16::load(at)
        }

        #[inline(always)]
        fn store(value: Lanes, at: &mut Self::Pixel) {
            let rounded = unsafe { _mm512_cvtneps_pbh(vector(value)) };
            unsafe { at.as_mut_ptr().cast::<__m256bh>().write_unaligned(rounded) }
        }

        fn pixel(colours: [f32; 3]) -> [u32; 4] {
            PlainBf16::pixel(colours)
        }
    }

    /// 8-bit integers by `vpdpbusd`: four products and a sum in each of 16 lanes.
    struct Int8x512;

    impl Numbers for Int8x512 {
        type Sum = __m512i;
        type Input = __m512i;
        type Weights = __m512i;
        type Panel = Line;
        type Pixel = [u32; BLOCK / 4];

        #[inline(always)]
        fn start(_: &Lanes) -> __m512i {
            unsafe { _mm512_setzero_si512() }
        }

        #[inline(always)]
        fn input(word: u32) -> __m512i {
            unsafe { _mm512_set1_epi32(word as i32) }
        }

        #[inline(always)]
        fn weights(at: &Line) -> __m512i {
            unsafe { _mm512_load_si512(at.0.as_ptr().cast()) }
        }

        #[inline(always)]
        fn dot(sum: __m512i, input: __m512i, weights: __m512i) -> __m512i {
            unsafe { _mm512_dpbusd_epi32(sum, input, weights) }
        }

        #[inline(always)]
        fn finish(sum: __m512i, multiply: Lanes, add: Lanes, _: f32, at: &mut Self::Pixel) {
            unsafe {
                let (multiply, add) = (vector(multiply), vector(add));
                let scaled = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), multiply, add);
                Self::store(lanes(scaled), at);
            }
        }

        #[inline(always)]
        fn load(at: &Self::Pixel) -> Lanes {
            PlainInt8::load(at)
        }

        #[inline(always)]
        fn store(value: Lanes, at: &mut Self::Pixel) {
            unsafe {
                let positive = _mm512_max_ps(vector(value), _mm512_setzero_ps());
                let bytes = _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(positive));
                _mm_storeu_si128(at.as_mut_ptr().cast(), bytes);
            }
        }

        fn pixel(colours: [f32; 3]) -> [u32; 4] {
            PlainInt8::pixel(colours)
        }
    }

    /// 8-bit integers by `vpmaddubsw` and `vpmaddwd`: products are added in fours in 16 bits, which
    /// the weights were made not to overflow, and two such sums in 32.
    struct Int8x256;

    impl Numbers for Int8x256 {
        type Sum = [__m256i; 2];
        type Input = __m256i;
        type Weights = [__m256i; 2];
        type Panel = Line;
        type Pixel = [u32; BLOCK / 4];
        const TWO: bool = true;

        #[inline(always)]
        fn start(_: &Lanes) -> [__m256i; 2] {
            unsafe { [_mm256_setzero_si256(); 2] }
        }

        #[inline(always)]
        fn input(word: u32) -> __m256i {
            unsafe { _mm256_set1_epi32(word as i32) }
        }

        #[inline(always)]
        fn weights(at: &Line) -> [__m256i; 2] {
            let at = at.0.as_ptr();
            unsafe { [_mm256_load_si256(at.cast()), _mm256_load_si256(at.add(8).cast())] }
        }

        #[inline(always)]
        fn dot(sum: [__m256i; 2], input: __m256i, weights: [__m256i; 2]) -> [__m256i; 2] {
            from_fn(|half| unsafe {
                let pairs = _mm256_maddubs_epi16(input, weights[half]);
                let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
                _mm256_add_epi32(sum[half], fours)
            })
        }

        #[inline(always)]
        fn dot_two(
            sum: [__m256i; 2],
            inputs: [__m256i; 2],
            weights: [[__m256i; 2]; 2],
        ) -> [__m256i; 2] {
            from_fn(|half| unsafe {
                let one = _mm256_maddubs_epi16(inputs[0], weights[0][half]);
                let other = _mm256_maddubs_epi16(inputs[1], weights[1][half]);
                let fours = _mm256_add_epi16(one, other);
                let wide = _mm256_madd_epi16(fours, _mm256_set1_epi16(1));
                _mm256_add_epi32(sum[half], wide)
            })
        }

        #[inline(always)]
        fn finish(sum: [__m256i; 2], multiply: Lanes, add: Lanes, _: f32, at: &mut Self::Pixel) {
            unsafe {
                let (multiply, add) = (halves(multiply), halves(add));
                let scaled: [__m256; 2] = from_fn(|half| {
                    _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[half]), multiply[half], add[half])
                });
                Self::store(transmute::<[__m256; 2], Lanes>(scaled), at);
            }
        }

        #[inline(always)]
        fn load(at: &Self::Pixel) -> Lanes {
            PlainInt8::load(at)
        }

        #[inline(always)]
        fn store(value: Lanes, at: &mut Self::Pixel) {
            unsafe {
                let largest = _mm256_set1_ps(255.0);
                let [low, high] =
                    halves(value).map(|half| _mm256_cvtps_epi32(_mm256_min_ps(half, largest)));
                // Packing works within halves of 128 bits, which are put in order in between.
                let words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0b11_01_10_00);
                let (first, second) =
                    (_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
                _mm_storeu_si128(at.as_mut_ptr().cast(), _mm_packus_epi16(first, second));
            }
        }

        fn pixel(colours: [f32; 3]) -> [u32; 4] {
            PlainInt8::pixel(colours)
        }
    }

    compile!(f32_512, F32<One>, #[target_feature(enable = "avx512f")], sums 12,
        shapes [(2, 14), (3, 9), (4, 6)], steps 16 32 8;
        1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
        3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
    compile!(f32_256, F32<Two>, #[target_feature(enable = "avx2,fma")], sums 6,
        shapes [(1, 6)], steps 16 32 8; 1: 1 2 3 4 5 6;);
    compile!(bf16_512, Bf16,
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")], sums 12,
        shapes [(2, 14), (3, 9), (4, 6)], steps 8 16 4;
        1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
        3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
    compile!(int8_512, Int8x512,
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma")], sums 12,
        shapes [(2, 14), (3, 9), (4, 6)], steps 4 8 2;
        1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
        3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
    compile!(int8_256, Int8x256, #[target_feature(enable = "avx2,fma")], sums 3,
        shapes [(1, 3)], steps 4 8 2; 1: 1 2 3;);

    /// Those that not every processor has, for tests that only look at them.
    #[cfg(test)]
    pub(super) const ALL: [(Code, usize); 5] = [
        (f32_512::CODE, 16),
        (f32_256::CODE, 16),
        (bf16_512::CODE, 8),
        (int8_512::CODE, 4),
        (int8_256::CODE, 4),
    ];

    pub(super) fn code(format: Format, set: InstructionSet) -> Option<Code> {
        let wide = || {
            is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("fma")
        };
        let avx2 = || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        match (format, set) {
            (Format::F32, InstructionSet::Avx512) => wide().then_some(f32_512::CODE),
            (Format::F32, InstructionSet::Avx2) => avx2().then_some(f32_256::CODE),
            (Format::Bf16, InstructionSet::Avx512) => {
                (wide() && is_x86_feature_detected!("avx512bf16")).then_some(bf16_512::CODE)
            }
            (Format::Int8, InstructionSet::Avx512) => {
                (wide() && is_x86_feature_detected!("avx512vnni")).then_some(int8_512::CODE)
            }
            (Format::Int8, InstructionSet::Avx2) => avx2().then_some(int8_256::CODE),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::conv::{best_shape, split};

    #[test]
    fn every_convolution_finds_its_tiles_on_every_processor() {
        let mut codes = vec![(f32_baseline::CODE, 16), (int8_baseline::CODE, 4)];
        #[cfg(target_arch = "x86_64")]
        codes.extend(x86::ALL);
        for (code, words) in codes {
            for (width, panels) in (1..60).flat_map(|w| (1..30).map(move |n| (w, n))) {
                let (n, m) = best_shape(code.shapes, width, panels);
                for (group, span) in split(panels, n)
                    .iter()
                    .flat_map(|g| split(width, m).into_iter().map(move |s| (g, s)))
                {
                    for step in [words, 2 * words, words / 2] {
                        let tile = (code.tile)(span.len(), group.len(), step);
                        assert!(tile.is_some(), "{} x {}, {step}", group.len(), span.len());
                    }
                }
            }
        }
    }
}
