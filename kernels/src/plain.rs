//! The formats in plain Rust, without a pointer: they run on every processor and are the reference
//! for the faster ones, which give the same bits for integers and close numbers for the others.

use std::array::from_fn;

use super::amx::compile_amx;
use super::amx::emulated::Emulated;
use super::amx::run::TileSums;
use super::format::{Format, bf16};
use super::functions::{Functions, compile};
use super::graph::BLOCK;
use super::numbers::{F32, F32x16, Lanes, Limits, Line, Numbers};
use super::products::{Products, compile_products};

/// Fused multiplication and addition, and 32 registers, are part of every 64-bit ARM processor.
const FUSED: bool = cfg!(target_arch = "aarch64");

/// Pixels of the largest f32 tile.
const F32_PIXELS: usize = if FUSED { 6 } else { 2 };

compile!(f32_baseline, F32<F32x16Plain>,, peak 1 2, shapes [(1, F32_PIXELS)], steps 16 32 8;
    1: 1 2 3 4 5 6;);
compile_products!(products_baseline, F32x16Plain);
compile!(bf16_baseline, Bf16Plain,, peak 1 2, shapes [(1, 2)], steps 8 16 4; 1: 1 2;);
compile!(int8_baseline, Int8Plain,, peak 1 2, shapes [(1, 2)], steps 4 8 2; 1: 1 2;);

compile_amx!(bf16_emulated, Bf16Plain, Emulated<true>,, bf16_baseline::FUNCTIONS);
compile_amx!(int8_emulated, Int8Plain, Emulated<false>,, int8_baseline::FUNCTIONS);

/// The functions for a format with emulated tiles; `None` where AMX has no products.
pub(super) fn emulated_amx(format: Format) -> Option<Functions> {
    match format {
        Format::F32 => None,
        Format::Bf16 => Some(bf16_emulated::FUNCTIONS),
        Format::Int8(_) => Some(int8_emulated::FUNCTIONS),
    }
}

/// The functions for a format that every processor can run.
pub(super) const fn functions(format: Format) -> Functions {
    match format {
        Format::F32 => f32_baseline::FUNCTIONS,
        Format::Bf16 => bf16_baseline::FUNCTIONS,
        Format::Int8(_) => int8_baseline::FUNCTIONS,
    }
}

/// The products that every processor can compute.
pub(super) const PRODUCTS: Products = products_baseline::PRODUCTS;

/// 16 f32 in an array. The compiler finds the registers, but not in builds with little
/// optimisation; so the sets of instructions that matter most have vectors of their own.
#[derive(Clone, Copy)]
pub(super) struct F32x16Plain(Lanes);

impl F32x16 for F32x16Plain {
    type Splat = f32;

    #[inline(always)]
    fn splat(value: f32) -> f32 {
        value
    }

    #[inline(always)]
    fn load(at: &Lanes) -> F32x16Plain {
        F32x16Plain(*at)
    }

    #[inline(always)]
    fn store(self, at: &mut Lanes) {
        *at = self.0;
    }

    #[inline(always)]
    fn plus_product(self, factor: f32, other: F32x16Plain) -> F32x16Plain {
        F32x16Plain(from_fn(|lane| match FUSED {
            true => factor.mul_add(other.0[lane], self.0[lane]),
            false => self.0[lane] + factor * other.0[lane],
        }))
    }

    #[inline(always)]
    fn plus_products(self, one: F32x16Plain, other: F32x16Plain) -> F32x16Plain {
        F32x16Plain(from_fn(|lane| match FUSED {
            true => one.0[lane].mul_add(other.0[lane], self.0[lane]),
            false => self.0[lane] + one.0[lane] * other.0[lane],
        }))
    }

    #[inline(always)]
    fn scaled(self, factor: F32x16Plain, add: F32x16Plain) -> F32x16Plain {
        F32x16Plain(from_fn(|lane| self.0[lane].mul_add(factor.0[lane], add.0[lane])))
    }

    #[inline(always)]
    fn plus(self, other: F32x16Plain) -> F32x16Plain {
        F32x16Plain(from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let mut lanes = self.0;
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
        }
        lanes[0]
    }

    #[inline(always)]
    fn larger(self, other: F32x16Plain) -> F32x16Plain {
        let larger = |one: f32, other: f32| if other > one { other } else { one };
        F32x16Plain(from_fn(|lane| larger(self.0[lane], other.0[lane])))
    }

    #[inline(always)]
    fn limited(self, limits: Limits) -> F32x16Plain {
        F32x16Plain(self.0.map(|value| limited(value, limits)))
    }
}

#[inline(always)]
fn limited(value: f32, (least, largest): Limits) -> f32 {
    // By comparisons, so that NaN stays NaN.
    if value < least {
        least
    } else if value > largest {
        largest
    } else {
        value
    }
}

/// bf16: slow, the reference for the fast one.
pub(super) struct Bf16Plain;

impl Numbers for Bf16Plain {
    type Sum = Lanes;
    /// The even and the odd channel.
    type Input = [f32; 2];
    type Weights = [u32; BLOCK];
    type StoredWeights = Line;
    type Pixel = [u32; BLOCK / 2];
    type Vector = F32x16Plain;

    #[inline(always)]
    fn start(add: &Lanes) -> Lanes {
        *add
    }

    #[inline(always)]
    fn input(word: u32) -> [f32; 2] {
        halves(word)
    }

    #[inline(always)]
    fn weights(at: &Line) -> [u32; BLOCK] {
        at.0
    }

    #[inline(always)]
    fn dot(mut sum: Lanes, input: [f32; 2], weights: [u32; BLOCK]) -> Lanes {
        for lane in 0..BLOCK {
            // The product of two bf16 is exact in f32.
            let [even, odd] = halves(weights[lane]);
            sum[lane] = sum[lane] + input[1] * odd + input[0] * even;
        }
        sum
    }

    #[inline(always)]
    fn finish(sum: Lanes, _: Lanes, _: Lanes, limits: Limits, at: &mut [u32; BLOCK / 2]) {
        Self::store(sum.map(|value| limited(value, limits)), at);
    }

    #[inline(always)]
    fn load(at: &[u32; BLOCK / 2]) -> F32x16Plain {
        F32x16Plain(from_fn(|lane| halves(at[lane / 2])[lane % 2]))
    }

    #[inline(always)]
    fn store(value: Lanes, at: &mut [u32; BLOCK / 2]) {
        *at = from_fn(|pair| bf16(value[2 * pair]) | bf16(value[2 * pair + 1]) << 16);
    }

    #[inline(always)]
    fn pixel([r, g, b]: [f32; 3]) -> [u32; 4] {
        [bf16(r) | bf16(g) << 16, bf16(b), 0, 0]
    }
}

impl TileSums for Bf16Plain {
    #[inline(always)]
    fn stored(sums: &Line, add: &Lanes) -> Lanes {
        from_fn(|lane| f32::from_bits(sums.0[lane]) + add[lane])
    }
}

/// The two bf16 of a word, the low one first.
#[inline(always)]
fn halves(word: u32) -> [f32; 2] {
    [f32::from_bits(word << 16), f32::from_bits(word & 0xffff_0000)]
}

/// 8-bit integers: the same bits as the fast ones, because sums are exact and the rounding after
/// them is the same.
pub(super) struct Int8Plain;

impl Numbers for Int8Plain {
    type Sum = [i32; BLOCK];
    type Input = [u8; 4];
    type Weights = [[i8; 4]; BLOCK];
    type StoredWeights = Line;
    type Pixel = [u32; BLOCK / 4];
    type Vector = F32x16Plain;

    #[inline(always)]
    fn start(_: &Lanes) -> [i32; BLOCK] {
        [0; BLOCK]
    }

    #[inline(always)]
    fn input(word: u32) -> [u8; 4] {
        word.to_ne_bytes()
    }

    #[inline(always)]
    fn weights(at: &Line) -> [[i8; 4]; BLOCK] {
        at.0.map(|word| word.to_ne_bytes().map(|byte| byte as i8))
    }

    #[inline(always)]
    fn dot(mut sum: [i32; BLOCK], input: [u8; 4], weights: [[i8; 4]; BLOCK]) -> [i32; BLOCK] {
        for lane in 0..BLOCK {
            for channel in 0..4 {
                sum[lane] += i32::from(input[channel]) * i32::from(weights[lane][channel]);
            }
        }
        sum
    }

    #[inline(always)]
    fn finish(
        sum: [i32; BLOCK],
        multiply: Lanes,
        add: Lanes,
        _: Limits,
        at: &mut [u32; BLOCK / 4],
    ) {
        let scaled = from_fn(|lane| (sum[lane] as f32).mul_add(multiply[lane], add[lane]));
        Self::store(scaled, at);
    }

    #[inline(always)]
    fn load(at: &[u32; BLOCK / 4]) -> F32x16Plain {
        F32x16Plain(from_fn(|lane| f32::from(at[lane / 4].to_ne_bytes()[lane % 4])))
    }

    #[inline(always)]
    fn store(value: Lanes, at: &mut [u32; BLOCK / 4]) {
        *at = from_fn(|word| u32::from_ne_bytes(from_fn(|part| byte(value[4 * word + part]))));
    }

    #[inline(always)]
    fn larger(one: Self::Pixel, other: Self::Pixel) -> Self::Pixel {
        from_fn(|word| {
            let (one, other) = (one[word].to_ne_bytes(), other[word].to_ne_bytes());
            u32::from_ne_bytes(from_fn(|part| one[part].max(other[part])))
        })
    }

    #[inline(always)]
    fn pixel(colours: [f32; 3]) -> [u32; 4] {
        let [r, g, b] = colours.map(byte);
        [u32::from_ne_bytes([r, g, b, 0]), 0, 0, 0]
    }
}

impl TileSums for Int8Plain {
    #[inline(always)]
    fn stored(sums: &Line, _: &Lanes) -> [i32; BLOCK] {
        sums.0.map(|sum| sum as i32)
    }
}

/// The nearest of 0 to 255, ties to even; 0 is ReLU, too. Where an f32 has no bits behind the point, an
/// addition rounds to whole numbers: the compiler makes vectors of that, but a call for each number
/// where the processor may lack an instruction that rounds.
#[inline(always)]
fn byte(value: f32) -> u8 {
    const NO_FRACTION: f32 = (3 << 22) as f32;
    (value.clamp(0.0, 255.0) + NO_FRACTION).to_bits() as u8
}
