//! Tile, pools and what else computes, compiled for one format and one set of instructions.

use super::add::AddFn;
use super::amx::run::AmxFn;
use super::arena::Order;
use super::depthwise::DepthwiseFn;
use super::graph::InputRange;
use super::pool::PoolFn;
use super::tile::TileFn;

/// The functions of one format and one set of instructions.
///
/// A value of it may be handed out only where the processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    /// By pixels, panels, and words from one pixel to the next; `None`: not compiled.
    pub tile: fn(usize, usize, usize) -> Option<TileFn>,
    /// The largest tiles (panels, pixels) whose sums fit into the registers.
    pub shapes: &'static [(usize, usize)],
    pub max_pool: PoolFn,
    pub average_pool_counting: PoolFn,
    pub average_pool_excluding: PoolFn,
    pub mean: PoolFn,
    pub depthwise: DepthwiseFn,
    pub add: AddFn,
    /// Convolutions by AMX, which want channels last; `None`: by tiles, which want them in blocks.
    pub amx: Option<AmxFn>,
    /// A row of the picture; see [`pack_row`](super::numbers::pack_row).
    pub pack_row: unsafe fn([&[f32]; 3], InputRange, &mut [u32]),
    /// See [`peak`](super::tile::peak).
    pub peak: unsafe fn(usize) -> usize,
}

impl Functions {
    /// In which order they want the channels of maps.
    pub fn order(self) -> Order {
        if self.amx.is_some() { Order::ChannelsLast } else { Order::Blocks }
    }

    /// Words of input that `passes` passes of the peak loop multiply, for 16 outputs each.
    pub fn peak_words(self, passes: usize) -> usize {
        // SAFETY: functions are handed out only where the processor has their instructions, and
        // this one touches no memory of others.
        unsafe { (self.peak)(passes) }
    }
}

/// Makes a module with the [`Functions`] of a format: the generic functions, inlined into ones that
/// carry the `#[target_feature]`. `steps`: the distances between input pixels that occur; then the
/// tiles as `panels: pixels;`.
macro_rules! compile {
    ($name:ident, $format:ty, $(#[$features:meta])?, peak $panels:literal $pixels:literal,
     shapes [$($shape:expr),*], steps $one:literal $two:literal $first:literal;
     $($n:literal: $($m:literal)*;)*) => {
        mod $name {
            use std::ops::Range;

            use super::*;
            use crate::add::AddPlan;
            use crate::depthwise::DepthwisePlan;
            use crate::functions::Functions;
            use crate::graph::{Average, InputRange};
            use crate::pool_plan::PoolPlan;
            use crate::tile::{Bases, Tile, TileFn};
            use crate::{add as sum, depthwise, numbers, pool, tile as generic};

            // SAFETY of each: the caller promises what the inlined function demands.

            $(#[$features])?
            unsafe fn tile<const M: usize, const N: usize, const STEP: usize>(
                bases: &Bases,
                tile: &Tile,
            ) {
                unsafe { generic::tile::<$format, M, N, STEP>(bases, tile) }
            }

            $(#[$features])?
            unsafe fn max(plan: &PoolPlan, arena: *mut u32, _: *mut f32, tasks: Range<usize>) {
                unsafe { pool::max::<$format>(plan, arena, tasks) }
            }

            $(#[$features])?
            unsafe fn count(plan: &PoolPlan, arena: *mut u32, _: *mut f32, tasks: Range<usize>) {
                unsafe { pool::average::<$format>(plan, arena, tasks, Average::CountPadding) }
            }

            $(#[$features])?
            unsafe fn exclude(plan: &PoolPlan, arena: *mut u32, _: *mut f32, tasks: Range<usize>) {
                unsafe { pool::average::<$format>(plan, arena, tasks, Average::ExcludePadding) }
            }

            $(#[$features])?
            unsafe fn mean(
                plan: &PoolPlan,
                arena: *mut u32,
                features: *mut f32,
                tasks: Range<usize>,
            ) {
                unsafe { pool::mean::<$format>(plan, arena, features, tasks) }
            }

            $(#[$features])?
            unsafe fn by_channel(plan: &DepthwisePlan, arena: *mut u32, tasks: Range<usize>) {
                unsafe { depthwise::depthwise::<$format>(plan, arena, tasks) }
            }

            $(#[$features])?
            unsafe fn add(plan: &AddPlan, arena: *mut u32, tasks: Range<usize>) {
                unsafe { sum::add::<$format>(plan, arena, tasks) }
            }

            $(#[$features])?
            unsafe fn peak(passes: usize) -> usize {
                unsafe { generic::peak::<$format, $pixels, $panels>(passes) }
            }

            $(#[$features])?
            unsafe fn pack_row(colours: [&[f32]; 3], range: InputRange, row: &mut [u32]) {
                numbers::pack_row::<$format>(colours, range, row)
            }

            fn choose(pixels: usize, panels: usize, step: usize) -> Option<TileFn> {
                match (step, panels, pixels) {
                    $($(
                        ($one, $n, $m) => Some(tile::<$m, $n, $one>),
                        ($two, $n, $m) => Some(tile::<$m, $n, $two>),
                        ($first, $n, $m) => Some(tile::<$m, $n, $first>),
                    )*)*
                    _ => None,
                }
            }

            pub(super) const FUNCTIONS: Functions = Functions {
                tile: choose,
                shapes: &[$($shape),*],
                max_pool: max,
                average_pool_counting: count,
                average_pool_excluding: exclude,
                mean,
                depthwise: by_channel,
                add,
                amx: None,
                pack_row,
                peak,
            };
        }
    };
}

pub(super) use compile;
