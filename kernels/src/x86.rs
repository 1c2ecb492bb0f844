//! The formats by AVX2 and AVX-512 instructions.
//!
//! The types here are private to this file, and [`functions`] hands out what uses them only after
//! asking the processor: that is what makes their instructions safe to use.

use std::arch::x86_64::*;
use std::array::from_fn;
use std::mem::transmute;

use super::format::{Format, InstructionSet};
use super::functions::{Functions, compile};
use super::graph::BLOCK;
use super::numbers::{F32, F32x16, Lanes, Limits, Line, Numbers};
use super::plain::{Bf16Plain, Int8Plain};

compile!(f32_512, F32<F32x16Avx512>, #[target_feature(enable = "avx512f")], sums 12,
    shapes [(2, 14), (3, 9), (4, 6)], steps 16 32 8;
    1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
    3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
compile!(f32_256, F32<F32x16Avx2>, #[target_feature(enable = "avx2,fma")], sums 6,
    shapes [(1, 6)], steps 16 32 8; 1: 1 2 3 4 5 6;);
compile!(bf16_512, Bf16Avx512,
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")], sums 12,
    shapes [(2, 14), (3, 9), (4, 6)], steps 8 16 4;
    1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
    3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
compile!(int8_512, Int8Avx512,
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma")], sums 12,
    shapes [(2, 14), (3, 9), (4, 6)], steps 4 8 2;
    1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
    3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
compile!(int8_256, Int8Avx2, #[target_feature(enable = "avx2,fma")], sums 3,
    shapes [(1, 3)], steps 4 8 2; 1: 1 2 3;);

/// The functions for a format and a set of instructions; `None` when this processor lacks the
/// instructions or none were written.
pub(super) fn functions(format: Format, set: InstructionSet) -> Option<Functions> {
    let wide = || {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("fma")
    };
    let avx2 = || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    match (format, set) {
        (Format::F32, InstructionSet::Avx512) => wide().then_some(f32_512::FUNCTIONS),
        (Format::F32, InstructionSet::Avx2) => avx2().then_some(f32_256::FUNCTIONS),
        (Format::Bf16, InstructionSet::Avx512) => {
            (wide() && is_x86_feature_detected!("avx512bf16")).then_some(bf16_512::FUNCTIONS)
        }
        (Format::Int8, InstructionSet::Avx512) => {
            (wide() && is_x86_feature_detected!("avx512vnni")).then_some(int8_512::FUNCTIONS)
        }
        (Format::Int8, InstructionSet::Avx2) => avx2().then_some(int8_256::FUNCTIONS),
        _ => None,
    }
}

/// All that are compiled, with the words of a pixel; for tests, which must not call them.
#[cfg(test)]
pub(super) const ALL: [(Functions, usize); 5] = [
    (f32_512::FUNCTIONS, 16),
    (f32_256::FUNCTIONS, 16),
    (bf16_512::FUNCTIONS, 8),
    (int8_512::FUNCTIONS, 4),
    (int8_256::FUNCTIONS, 4),
];

// SAFETY of every block with an instruction below: see the head of this file.

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

/// 16 f32 in one register.
#[derive(Clone, Copy)]
struct F32x16Avx512(__m512);

impl F32x16 for F32x16Avx512 {
    type Splat = __m512;
    const IS_ONE_REGISTER: bool = true;

    #[inline(always)]
    fn splat(value: f32) -> __m512 {
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(at: &Lanes) -> F32x16Avx512 {
        F32x16Avx512(unsafe { _mm512_loadu_ps(at.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, at: &mut Lanes) {
        unsafe { _mm512_storeu_ps(at.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn plus_product(self, factor: __m512, other: F32x16Avx512) -> F32x16Avx512 {
        F32x16Avx512(unsafe { _mm512_fmadd_ps(factor, other.0, self.0) })
    }

    #[inline(always)]
    fn plus_products(self, one: F32x16Avx512, other: F32x16Avx512) -> F32x16Avx512 {
        F32x16Avx512(unsafe { _mm512_fmadd_ps(one.0, other.0, self.0) })
    }

    #[inline(always)]
    fn scaled(self, factor: F32x16Avx512, add: F32x16Avx512) -> F32x16Avx512 {
        add.plus_products(self, factor)
    }

    #[inline(always)]
    fn limited(self, (least, largest): Limits) -> F32x16Avx512 {
        // The instructions give their second operand when either is NaN.
        let positive = unsafe { _mm512_max_ps(_mm512_set1_ps(least), self.0) };
        F32x16Avx512(unsafe { _mm512_min_ps(_mm512_set1_ps(largest), positive) })
    }
}

/// 16 f32 in two registers of 8.
#[derive(Clone, Copy)]
struct F32x16Avx2([__m256; 2]);

impl F32x16 for F32x16Avx2 {
    type Splat = __m256;

    #[inline(always)]
    fn splat(value: f32) -> __m256 {
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn load(at: &Lanes) -> F32x16Avx2 {
        let at = at.as_ptr();
        F32x16Avx2(unsafe { [_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8))] })
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
    fn plus_product(self, factor: __m256, other: F32x16Avx2) -> F32x16Avx2 {
        let fused = |half: usize| unsafe { _mm256_fmadd_ps(factor, other.0[half], self.0[half]) };
        F32x16Avx2(from_fn(fused))
    }

    #[inline(always)]
    fn plus_products(self, one: F32x16Avx2, other: F32x16Avx2) -> F32x16Avx2 {
        let fused =
            |half: usize| unsafe { _mm256_fmadd_ps(one.0[half], other.0[half], self.0[half]) };
        F32x16Avx2(from_fn(fused))
    }

    #[inline(always)]
    fn scaled(self, factor: F32x16Avx2, add: F32x16Avx2) -> F32x16Avx2 {
        add.plus_products(self, factor)
    }

    #[inline(always)]
    fn limited(self, (least, largest): Limits) -> F32x16Avx2 {
        F32x16Avx2(self.0.map(|half| unsafe {
            let positive = _mm256_max_ps(_mm256_set1_ps(least), half);
            _mm256_min_ps(_mm256_set1_ps(largest), positive)
        }))
    }
}

/// bf16 by `vdpbf16ps`: two products and a sum in each of 16 lanes.
struct Bf16Avx512;

impl Numbers for Bf16Avx512 {
    type Sum = __m512;
    type Input = __m512i;
    type Weights = __m512i;
    type StoredWeights = Line;
    type Pixel = [u32; BLOCK / 2];
    type Vector = F32x16Avx512;

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
    fn finish(sum: __m512, _: Lanes, _: Lanes, limits: Limits, at: &mut Self::Pixel) {
        Self::store(lanes(F32x16Avx512(sum).limited(limits).0), at);
    }

    #[inline(always)]
    fn load(at: &Self::Pixel) -> Lanes {
        Bf16Plain::load(at)
    }

    #[inline(always)]
    fn load_vector(at: &Self::Pixel) -> F32x16Avx512 {
        F32x16Avx512(unsafe {
            let halves = _mm256_loadu_si256(at.as_ptr().cast());
            _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16))
        })
    }

    #[inline(always)]
    fn store(value: Lanes, at: &mut Self::Pixel) {
        let rounded = unsafe { _mm512_cvtneps_pbh(vector(value)) };
        unsafe { at.as_mut_ptr().cast::<__m256bh>().write_unaligned(rounded) }
    }

    #[inline(always)]
    fn pixel(colours: [f32; 3]) -> [u32; 4] {
        Bf16Plain::pixel(colours)
    }
}

/// 8-bit integers by `vpdpbusd`: four products and a sum in each of 16 lanes.
struct Int8Avx512;

impl Numbers for Int8Avx512 {
    type Sum = __m512i;
    type Input = __m512i;
    type Weights = __m512i;
    type StoredWeights = Line;
    type Pixel = [u32; BLOCK / 4];
    type Vector = F32x16Avx512;

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
    fn finish(sum: __m512i, multiply: Lanes, add: Lanes, _: Limits, at: &mut Self::Pixel) {
        unsafe {
            let (multiply, add) = (vector(multiply), vector(add));
            let scaled = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), multiply, add);
            Self::store(lanes(scaled), at);
        }
    }

    #[inline(always)]
    fn load(at: &Self::Pixel) -> Lanes {
        Int8Plain::load(at)
    }

    #[inline(always)]
    fn load_vector(at: &Self::Pixel) -> F32x16Avx512 {
        F32x16Avx512(unsafe {
            let bytes = _mm_loadu_si128(at.as_ptr().cast());
            _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
        })
    }

    #[inline(always)]
    fn store(value: Lanes, at: &mut Self::Pixel) {
        unsafe {
            let positive = _mm512_max_ps(vector(value), _mm512_setzero_ps());
            let bytes = _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(positive));
            _mm_storeu_si128(at.as_mut_ptr().cast(), bytes);
        }
    }

    #[inline(always)]
    fn pixel(colours: [f32; 3]) -> [u32; 4] {
        Int8Plain::pixel(colours)
    }
}

/// 8-bit integers by `vpmaddubsw` and `vpmaddwd`: products are added in fours in 16 bits, which
/// the weights were made not to overflow, and two such sums in 32.
struct Int8Avx2;

impl Numbers for Int8Avx2 {
    type Sum = [__m256i; 2];
    type Input = __m256i;
    type Weights = [__m256i; 2];
    type StoredWeights = Line;
    type Pixel = [u32; BLOCK / 4];
    type Vector = F32x16Avx2;
    const PAIRS_ARE_FASTER: bool = true;

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
    fn dot_pair(
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
    fn finish(sum: [__m256i; 2], multiply: Lanes, add: Lanes, _: Limits, at: &mut Self::Pixel) {
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
        Int8Plain::load(at)
    }

    #[inline(always)]
    fn load_vector(at: &Self::Pixel) -> F32x16Avx2 {
        F32x16Avx2(unsafe {
            let bytes = _mm_loadu_si128(at.as_ptr().cast());
            [bytes, _mm_unpackhi_epi64(bytes, bytes)]
                .map(|bytes| _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)))
        })
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

    #[inline(always)]
    fn pixel(colours: [f32; 3]) -> [u32; 4] {
        Int8Plain::pixel(colours)
    }
}
