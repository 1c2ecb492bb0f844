//! 8-bit integers by AVX2, AVX-VNNI and AVX-512 VNNI.

use std::arch::x86_64::*;
use std::array::from_fn;
use std::marker::PhantomData;
use std::mem::transmute;

use super::floats::{F32x16Avx2, F32x16Avx512};
use super::{halves, lanes, vector};
use crate::amx::run::TileSums;
use crate::graph::BLOCK;
use crate::numbers::{Lanes, Limits, Line, Numbers};
use crate::plain::Int8Plain;

// SAFETY of every block with an instruction: see the head of the module.

/// 8-bit integers by `vpdpbusd`: four products and a sum in each of 16 lanes.
pub(super) struct Int8Avx512;

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
    fn load(at: &Self::Pixel) -> F32x16Avx512 {
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
    fn larger(one: Self::Pixel, other: Self::Pixel) -> Self::Pixel {
        larger(one, other)
    }

    #[inline(always)]
    fn pixel(colours: [f32; 3]) -> [u32; 4] {
        Int8Plain::pixel(colours)
    }
}

impl TileSums for Int8Avx512 {
    #[inline(always)]
    fn stored(sums: &Line, _: &Lanes) -> __m512i {
        unsafe { _mm512_load_si512(sums.0.as_ptr().cast()) }
    }
}

/// The larger one of each of 16 bytes.
#[inline(always)]
fn larger(one: [u32; BLOCK / 4], other: [u32; BLOCK / 4]) -> [u32; BLOCK / 4] {
    // SAFETY: 16 bytes each.
    let register = |pixel| unsafe { transmute::<[u32; BLOCK / 4], __m128i>(pixel) };
    unsafe { transmute(_mm_max_epu8(register(one), register(other))) }
}

/// How four products of each lane are added to a sum in registers of 256 bits.
pub(super) trait Multiply {
    /// See [`Numbers::PAIRS_ARE_FASTER`].
    const PAIRS_ARE_FASTER: bool = false;

    fn dot(sum: __m256i, input: __m256i, weights: __m256i) -> __m256i;

    #[inline(always)]
    fn dot_pair(sum: __m256i, inputs: [__m256i; 2], weights: [__m256i; 2]) -> __m256i {
        Self::dot(Self::dot(sum, inputs[0], weights[0]), inputs[1], weights[1])
    }
}

/// By AVX-VNNI's `vpdpbusd`.
pub(super) struct Vnni;

impl Multiply for Vnni {
    #[inline(always)]
    fn dot(sum: __m256i, input: __m256i, weights: __m256i) -> __m256i {
        unsafe { _mm256_dpbusd_avx_epi32(sum, input, weights) }
    }
}

/// Products are added in fours in 16 bits, which weights of the reduced range do not overflow, and two
/// such sums in 32.
pub(super) struct Fours;

impl Multiply for Fours {
    const PAIRS_ARE_FASTER: bool = true;

    #[inline(always)]
    fn dot(sum: __m256i, input: __m256i, weights: __m256i) -> __m256i {
        unsafe {
            let pairs = _mm256_maddubs_epi16(input, weights);
            let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
            _mm256_add_epi32(sum, fours)
        }
    }

    #[inline(always)]
    fn dot_pair(sum: __m256i, inputs: [__m256i; 2], weights: [__m256i; 2]) -> __m256i {
        unsafe {
            let one = _mm256_maddubs_epi16(inputs[0], weights[0]);
            let other = _mm256_maddubs_epi16(inputs[1], weights[1]);
            let fours = _mm256_add_epi16(one, other);
            let wide = _mm256_madd_epi16(fours, _mm256_set1_epi16(1));
            _mm256_add_epi32(sum, wide)
        }
    }
}

/// For weights of the full range: 16 bits hold one product, but no sum of two. So the even and the odd
/// channels are widened to 16 bits and multiplied apart, and products added in twos in 32 bits.
pub(super) struct Twos;

impl Multiply for Twos {
    #[inline(always)]
    fn dot(sum: __m256i, input: __m256i, weights: __m256i) -> __m256i {
        unsafe {
            let even = _mm256_and_si256(input, _mm256_set1_epi16(0x00ff));
            let odd = _mm256_srli_epi16(input, 8);
            let even_weights = _mm256_srai_epi16(_mm256_slli_epi16(weights, 8), 8);
            let odd_weights = _mm256_srai_epi16(weights, 8);
            let evens = _mm256_add_epi32(sum, _mm256_madd_epi16(even, even_weights));
            _mm256_add_epi32(evens, _mm256_madd_epi16(odd, odd_weights))
        }
    }
}

/// 8-bit integers in two registers of 256 bits, multiplied by `M`.
pub(super) struct Int8Avx2<M>(PhantomData<M>);

impl<M: Multiply> Numbers for Int8Avx2<M> {
    type Sum = [__m256i; 2];
    type Input = __m256i;
    type Weights = [__m256i; 2];
    type StoredWeights = Line;
    type Pixel = [u32; BLOCK / 4];
    type Vector = F32x16Avx2;
    const PAIRS_ARE_FASTER: bool = M::PAIRS_ARE_FASTER;

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
        [M::dot(sum[0], input, weights[0]), M::dot(sum[1], input, weights[1])]
    }

    #[inline(always)]
    fn dot_pair(
        sum: [__m256i; 2],
        inputs: [__m256i; 2],
        weights: [[__m256i; 2]; 2],
    ) -> [__m256i; 2] {
        [
            M::dot_pair(sum[0], inputs, [weights[0][0], weights[1][0]]),
            M::dot_pair(sum[1], inputs, [weights[0][1], weights[1][1]]),
        ]
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
    fn load(at: &Self::Pixel) -> F32x16Avx2 {
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
    fn larger(one: Self::Pixel, other: Self::Pixel) -> Self::Pixel {
        larger(one, other)
    }

    #[inline(always)]
    fn pixel(colours: [f32; 3]) -> [u32; 4] {
        Int8Plain::pixel(colours)
    }
}
