//! Convolutions by AMX: eight registers, its *tiles*, that hold 16 rows of 64 bytes each, and one
//! instruction that multiplies two of them and adds the product to a third.
//!
//! # Inputs without a copy
//!
//! A tile A holds the inputs of 16 neighbouring output pixels, a row for each. So the numbers that one
//! output pixel meets have to be contiguous, and channels lie last in the maps of this engine
//! ([`Order::ChannelsLast`](super::arena::Order)): what one row of a kernel meets at one pixel is
//! `kernel width * channels` numbers, one behind the other. They are cut into *chunks* of 64 bytes. The
//! last chunk runs over into the next pixel, where its weights are 0.
//!
//! From one output pixel to the next, the address grows by one pixel of the input, also from the end of a
//! row to the next one: the zeros in between are seen as pixels, whose outputs are thrown away. So 16
//! pixels are any 16 of the map, and the tile is loaded from where the map lies. Only where the stride is 2
//! are the inputs of some pixels copied, one pixel behind the other.
//!
//! # One call
//!
//! Two tiles of pixels are multiplied by two tiles of weights, of 16 outputs each, so that four loads feed
//! four products, and the four sums stay in tiles until all chunks of all rows of the kernel are done:
//!
//! ```text
//! for each row of the kernel, and each chunk of it:
//!     load 2 tiles of pixels and 2 of weights
//!     4 sums += pixels * weights
//! ```
//!
//! The sums go to memory, and from there bias, activation and rounding bring them to the output map, by
//! the same code as those of the other engines. A *strip* is the pixels of a call, a *pair* its outputs.
//!
//! # The files
//!
//! `plan` cuts a convolution into calls and packs its weights, `run` does the calls, `listing` is the
//! product as a list of instructions, which `hardware` assembles and `emulated` carries out in plain
//! Rust, so that all but the silicon is tested on every machine. `check` compares the engine with plain
//! Rust at its first use.

#[cfg(any(test, target_arch = "x86_64"))]
pub(super) mod check;
pub(super) mod emulated;
#[cfg(target_arch = "x86_64")]
pub(super) mod hardware;
mod listing;
pub(super) mod plan;
pub(super) mod run;

/// Words of a row of a tile.
const ROW: usize = 16;
/// Words of a tile of weights, and the largest one of pixels.
const TILE: usize = 16 * ROW;

/// Makes a module with the [`Functions`](super::functions::Functions) of an AMX engine: those of `others`,
/// and convolutions whose products are computed by `tiles`.
macro_rules! compile_amx {
    ($name:ident, $format:ty, $tiles:ty, $(#[$features:meta])?, $others:expr $(, peak $peak:expr)?) => {
        mod $name {
            use std::ops::Range;

            use super::*;
            use crate::amx::plan::AmxPlan;
            use crate::amx::run;
            use crate::functions::Functions;

            // SAFETY: the caller promises what the inlined function demands.
            $(#[$features])?
            unsafe fn convolve(plan: &AmxPlan, arena: *mut u32, tasks: Range<usize>) {
                unsafe { run::convolve::<$format, $tiles>(plan, arena, tasks) }
            }

            pub(super) const FUNCTIONS: Functions =
                Functions { amx: Some(convolve), $(peak: $peak,)? ..$others };
        }
    };
}

pub(super) use compile_amx;
