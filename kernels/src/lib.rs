//! Fast convolutions and pools on the CPU: a whole network of them as one candle operation.
//!
//! A [`Graph`] says what is to be computed; [`Plan`] turns it into steps for one number format and
//! one set of instructions; [`Trunk`] runs the plan. Not here: what the layers are and where their
//! weights come from.
//!
//! # The idea
//!
//! A convolution is usually turned into one large matrix product, for which every input pixel is
//! first copied `kernel height * kernel width` times. Here nothing is copied: the inputs are laid
//! out so that the products can read them where they are.
//!
//! **Maps.** Channels come in *blocks* of 16. A map is `[block][row][column][16 channels]`, so one
//! pixel of one block is one contiguous piece of memory: 16 f32, or 16 bf16, or 16 bytes. Memory is
//! counted in *words* of 32 bits: a word holds 1, 2 or 4 channels, a pixel of a block 16, 8 or 4
//! words. Convolutions that pad to the left and right find a *halo* of zero columns in the map;
//! above and below, the rows of the kernel that fall outside are left out instead.
//!
//! **Weights.** 16 output channels are a *panel*. One word of input meets 16 outputs in one
//! instruction (or two, where registers hold 8), so the weights of one input word for one panel
//! lie together: `[panel][block][kernel row][kernel column][word][16 outputs]`.
//!
//! **Tile.** The innermost function computes M neighbouring pixels of N panels, with all `M * N`
//! sums in registers:
//!
//! ```text
//! for each block, kernel row, and word of that row's columns:
//!     load N vectors of weights                      (each used M times)
//!     for each of the M pixels:
//!         broadcast one input word                   (used N times)
//!         for each of the N panels:
//!             sum[pixel][panel] += word * weights[panel]
//! ```
//!
//! `N + M` loads feed `N * M` multiplications. That ratio is all there is to it: the tile is as
//! large as the registers allow, and its inner loop runs at the speed of the multipliers.
//!
//! **Depthwise.** Where each channel is convolved by itself there is nothing to share between outputs:
//! 16 channels are multiplied lane by lane, and the pixels that one row of the kernel meets are loaded
//! once for several neighbouring outputs (`depthwise.rs`).
//!
//! **AMX.** Where the processor multiplies whole matrices, channels lie last in the maps and convolutions
//! are cut in another way: `amx` says how.
//!
//! **Fusion.** Bias and ReLU happen while the sums are still in registers. Branches of a block
//! store straight into their channels of the concatenated map. An average pool before a 1x1
//! convolution is moved behind it, which is the same (both are linear) and pools fewer channels.
//!
//! **Formats.** Tile and pools are written once, over a small trait of number formats
//! (`numbers.rs`): f32, bf16 and 8-bit integers, each in plain Rust (`plain.rs`), which is the
//! reference for the others, and by a few intrinsics (`x86.rs`). They are compiled for each set of
//! instructions, and the fastest one of the processor is chosen at run time.
//!
//! # The files
//!
//! Each uses only files that are listed before it: `format`, `graph` and `quantize` say what is
//! computed; `numbers`, `arena`, `pack` and `pool_plan` how it lies in memory; `tile`, `pool`,
//! `depthwise`, `add`, `amx`, `functions`, `products`, `plain` and `x86` are the arithmetic; `engine` names
//! it; `conv_plan` and `plan` cut a graph into steps; `execute`, `together`, `feature_maps` and `trunk` run
//! them; `available` gives the engines of this processor to others, those by AMX after a check (`amx::check`);
//! `speeds` measures them and `choice` takes one; `dense` is the products of the head, which is trained on
//! features; `vectors` lets loops elsewhere in the program, on photos' pixels, use the processor's vectors.
//!
//! # Unsafe code
//!
//! It is in the files marked below and nowhere else in the program, for two reasons. The arithmetic
//! reads and writes memory through pointers without checks: [`Plan`] checks, when it is made, that
//! every access of every call stays inside the view it is meant for. And it uses instructions that
//! not every processor has: an [`Engine`] exists only where the processor was asked.
//!
//! # A package of its own
//!
//! So that the debug build and the tests can have it optimised, which nothing else of the program
//! needs: without, each picture takes seconds.

#![deny(unsafe_code)]
#![warn(missing_docs)]
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[allow(unsafe_code)]
mod add;
#[allow(unsafe_code)]
mod amx;
mod arena;
mod available;
mod choice;
mod conv_plan;
#[allow(unsafe_code)]
mod dense;
#[allow(unsafe_code)]
mod depthwise;
mod engine;
#[allow(unsafe_code)]
mod execute;
mod feature_maps;
mod format;
#[allow(unsafe_code)]
mod functions;
mod graph;
#[allow(unsafe_code)]
mod mapped;
mod numbers;
mod pack;
#[allow(unsafe_code)]
mod plain;
mod plan;
#[allow(unsafe_code)]
mod pool;
mod pool_plan;
mod products;
mod quantize;
mod speeds;
#[allow(unsafe_code)]
mod tile;
mod together;
mod trunk;
#[allow(unsafe_code)]
mod vectors;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

#[cfg(test)]
#[allow(dead_code)]
#[path = "../../src/random.rs"]
mod random;
#[cfg(test)]
mod tests;

pub use dense::{dots, weighted_sums};
pub use engine::Engine;
pub use feature_maps::FeatureMap;
pub use format::{Format, InstructionSet, Rounding};
pub use graph::{Activation, Average, Conv, Depthwise, Graph, InputRange, View};
pub use mapped::MappedFile;
pub use plan::{Plan, StepKind, StepSummary};
pub use quantize::Scales;
pub use speeds::Speeds;
pub use trunk::Trunk;
pub use vectors::with_vectors;
