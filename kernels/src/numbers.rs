//! What the arithmetic needs to know of a number format: the trait that the tile and the pools are
//! written over, and f32, which is the same for all sets of instructions but for its registers.

use std::array::from_fn;
use std::marker::PhantomData;

use super::graph::{BLOCK, InputRange};

/// One number for each channel of a block.
pub(super) type Lanes = [f32; BLOCK];

/// The least and the largest value of an output: 0 and infinity are ReLU.
pub(super) type Limits = (f32, f32);

/// 16 words, aligned like a cache line and the widest vector register.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub [u32; BLOCK]);

/// How the 16 channels of a block are stored, multiplied and added.
///
/// The functions are safe to call only where the processor has the instructions they use. That is
/// why a type whose instructions not every processor has is private to its module (`x86`), which
/// hands out functions that use it only after asking the processor.
pub(super) trait Numbers {
    /// 16 sums, in registers.
    type Sum: Copy;
    /// One word of input, for all lanes.
    type Input: Copy;
    /// The weights that one input word is multiplied by, for 16 outputs.
    type Weights: Copy;
    /// The same weights as they are stored.
    type StoredWeights: Copy;
    /// A pixel of a block, as it is stored.
    type Pixel: Copy;
    /// 16 f32, in registers.
    type Vector: F32x16;
    /// Words of a stored pixel.
    const WORDS: usize = size_of::<Self::Pixel>() / size_of::<u32>();
    /// Whether [`dot_pair`](Self::dot_pair) is less work than two times [`dot`](Self::dot).
    const PAIRS_ARE_FASTER: bool = false;
    /// The sums before the first product: the bias, or 0 where it is added at the end.
    fn start(add: &Lanes) -> Self::Sum;
    fn input(word: u32) -> Self::Input;
    fn weights(at: &Self::StoredWeights) -> Self::Weights;
    /// `sum + input * weights`, over all channels that a word holds.
    fn dot(sum: Self::Sum, input: Self::Input, weights: Self::Weights) -> Self::Sum;
    /// The same for two words at once.
    #[inline(always)]
    fn dot_pair(
        sum: Self::Sum,
        inputs: [Self::Input; 2],
        weights: [Self::Weights; 2],
    ) -> Self::Sum {
        Self::dot(Self::dot(sum, inputs[0], weights[0]), inputs[1], weights[1])
    }
    /// Brings finished sums into the format and stores them. `multiply` and `add` are for integers;
    /// `limits` are the least and the largest value of an output of the others.
    fn finish(sum: Self::Sum, multiply: Lanes, add: Lanes, limits: Limits, at: &mut Self::Pixel);
    /// A stored pixel of a block as f32; of integers, not yet multiplied by their scale.
    fn load(at: &Self::Pixel) -> Self::Vector;
    /// The reverse of [`load`](Self::load), rounded to the nearest.
    fn store(value: Lanes, at: &mut Self::Pixel);
    /// The larger number of each channel of two stored pixels of one scale, of which none is negative.
    #[inline(always)]
    fn larger(one: Self::Pixel, other: Self::Pixel) -> Self::Pixel {
        let (mut larger, mut value) = (one, [0.0; BLOCK]);
        Self::load(&one).larger(Self::load(&other)).store(&mut value);
        Self::store(value, &mut larger);
        larger
    }
    /// A pixel of the picture, red, green and blue, in the first `WORDS / 4` words.
    fn pixel(colours: [f32; 3]) -> [u32; 4];
}

/// Brings pixel values of a row of the picture, one slice a colour, into its `range` and the format:
/// `WORDS / 4` words each.
#[inline(always)]
pub(super) fn pack_row<F: Numbers>(colours: [&[f32]; 3], range: InputRange, row: &mut [u32]) {
    let words = F::WORDS / 4;
    let [red, green, blue] = colours;
    let values = red.iter().zip(green).zip(blue);
    for (pixel, ((red, green), blue)) in row.chunks_exact_mut(words).zip(values) {
        let values = [*red, *green, *blue];
        let pixel_words = F::pixel(from_fn(|colour| {
            let (factor, offset) = range[colour];
            values[colour] * factor + offset
        }));
        pixel.copy_from_slice(&pixel_words[..words]);
    }
}

/// 16 f32 in the registers of a set of instructions; see [`Numbers`] for where they may be used.
pub(super) trait F32x16: Copy {
    /// The same number in all lanes of one register.
    type Splat: Copy;
    /// Whether all 16 are in one register, of which there are many.
    const IS_ONE_REGISTER: bool = false;
    fn splat(value: f32) -> Self::Splat;
    fn load(at: &Lanes) -> Self;
    fn store(self, at: &mut Lanes);
    /// Has the numbers brought near the processor, which goes on meanwhile.
    fn prefetch(_at: &Lanes) {}
    /// `self + factor * other`
    fn plus_product(self, factor: Self::Splat, other: Self) -> Self;
    /// `self + one * other`, lane by lane.
    fn plus_products(self, one: Self, other: Self) -> Self;
    /// `self * factor + add`, lane by lane, rounded once by all instructions.
    fn scaled(self, factor: Self, add: Self) -> Self;
    /// `self + other`, lane by lane.
    fn plus(self, other: Self) -> Self;
    /// The sum of the lanes: halves are added until one lane is left, by all instructions.
    fn sum(self) -> f32;
    /// Adds the [`sum`](Self::sum) of each to the number at its place.
    fn add_sums(four: [Self; 4], to: &mut [f32; 4]) {
        to.iter_mut().zip(four).for_each(|(to, sum)| *to += sum.sum());
    }
    /// The larger number of each lane; that of `self` where one is NaN or both are equal.
    fn larger(self, other: Self) -> Self;
    /// Each number, brought between the limits. NaN stays NaN and is noticed in the features.
    fn limited(self, limits: Limits) -> Self;
}

/// f32, by the instructions of `V`.
pub(super) struct F32<V>(PhantomData<V>);

impl<V: F32x16> Numbers for F32<V> {
    type Sum = V;
    type Input = V::Splat;
    type Weights = V;
    type StoredWeights = Lanes;
    type Pixel = Lanes;
    type Vector = V;

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
    fn finish(sum: V, _: Lanes, _: Lanes, limits: Limits, at: &mut Lanes) {
        sum.limited(limits).store(at);
    }

    #[inline(always)]
    fn load(at: &Lanes) -> V {
        V::load(at)
    }

    #[inline(always)]
    fn store(value: Lanes, at: &mut Lanes) {
        *at = value;
    }

    #[inline(always)]
    fn pixel([r, g, b]: [f32; 3]) -> [u32; 4] {
        [r.to_bits(), g.to_bits(), b.to_bits(), 0]
    }
}
