//! Fast convolution and pooling on the CPU: a whole network of them as one candle operation.
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
//! **Fusion.** Bias and ReLU happen while the sums are still in registers. Branches of a block
//! store straight into their channels of the concatenated map. An average pool before a 1x1
//! convolution is moved behind it, which is the same (both are linear) and pools fewer channels.
//!
//! **Formats.** The tile is written once, over a small trait of number formats (`tile.rs`): f32, bf16
//! and 8-bit integers, each in plain Rust (`plain.rs`), which is the measure of the others, and by a
//! few intrinsics. It is compiled for each set of instructions, and the best one that the processor
//! has is chosen at run time.

mod arena;
mod conv;
mod engine;
mod graph;
mod pack;
mod plain;
mod plan;
mod pool;
mod quantize;
mod run;
mod tile;

#[cfg(test)]
mod tests;

pub use engine::{Engine, Format, InstructionSet};
pub use graph::{Average, Conv, Graph, View};
pub use plan::{Plan, StepKind, StepSummary};
pub use quantize::Steps;
pub use run::Trunk;
