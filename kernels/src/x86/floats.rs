//! f32 and bf16 by AVX2 and AVX-512.

use std::arch::x86_64::*;
use std::array::from_fn;
use std::mem::transmute;

use super::{halves, lanes, vector};
use crate::amx::run::TileSums;
use crate::graph::BLOCK;
use crate::numbers::{F32x16, Lanes, Limits, Line, Numbers};
use crate::plain::Bf16Plain;

// SAFETY of every block with an instruction: see the head of the module.

/// The same register under its other name.
#[inline(always)]
fn pairs(words: __m512i) -> __m512bh {
    // SAFETY: two types for one register.
    unsafe { transmute::<__m512i, __m512bh>(words) }
}

/// The sum of 16 lanes, 8 in each register: halves are added until one lane is left.
#[inline(always)]
fn sum_of_halves([low, high]: [__m256; 2]) -> f32 {
    unsafe {
        let eight = _mm256_add_ps(low, high);
        let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
    }
}

#[inline(always)]
fn add(four: __m128, to: &mut [f32; 4]) {
    unsafe { _mm_storeu_ps(to.as_mut_ptr(), _mm_add_ps(_mm_loadu_ps(to.as_ptr()), four)) }
}

/// 16 f32 in one register.
#[derive(Clone, Copy)]
pub(super) struct F32x16Avx512(pub(super) __m512);

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
    fn prefetch(at: &Lanes) {
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.as_ptr().cast()) }
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
    fn plus(self, other: F32x16Avx512) -> F32x16Avx512 {
        F32x16Avx512(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        sum_of_halves(halves(lanes(self.0)))
    }

    // What is added is what `sum` adds, of several vectors in one instruction.
    #[inline(always)]
    fn add_sums([a, b, c, d]: [F32x16Avx512; 4], to: &mut [f32; 4]) {
        unsafe {
            let eights = |a: F32x16Avx512, b: F32x16Avx512| {
                let low = _mm512_shuffle_f32x4::<0b01_00_01_00>(a.0, b.0);
                _mm512_add_ps(low, _mm512_shuffle_f32x4::<0b11_10_11_10>(a.0, b.0))
            };
            let (ab, cd) = (eights(a, b), eights(c, d));
            let low = _mm512_shuffle_f32x4::<0b10_00_10_00>(ab, cd);
            let fours = _mm512_add_ps(low, _mm512_shuffle_f32x4::<0b11_01_11_01>(ab, cd));
            let twos = _mm512_add_ps(fours, _mm512_permute_ps::<0b11_10_11_10>(fours));
            let ones = _mm512_add_ps(twos, _mm512_permute_ps::<0b11_11_01_01>(twos));
            let ones = _mm512_maskz_compress_ps(0b0001_0001_0001_0001, ones);
            add(_mm512_castps512_ps128(ones), to)
        }
    }

    #[inline(always)]
    fn larger(self, other: F32x16Avx512) -> F32x16Avx512 {
        F32x16Avx512(unsafe { _mm512_max_ps(other.0, self.0) })
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
pub(super) struct F32x16Avx2(pub(super) [__m256; 2]);

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
    fn plus(self, other: F32x16Avx2) -> F32x16Avx2 {
        F32x16Avx2(from_fn(|half| unsafe { _mm256_add_ps(self.0[half], other.0[half]) }))
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        sum_of_halves(self.0)
    }

    #[inline(always)]
    fn add_sums(four: [F32x16Avx2; 4], to: &mut [f32; 4]) {
        unsafe {
            let [a, b, c, d] = four.map(|sums| _mm256_add_ps(sums.0[0], sums.0[1]));
            let fours = |a: __m256, b: __m256| {
                let low = _mm256_permute2f128_ps::<0x20>(a, b);
                _mm256_add_ps(low, _mm256_permute2f128_ps::<0x31>(a, b))
            };
            let (ac, bd) = (fours(a, c), fours(b, d));
            let low = _mm256_shuffle_ps::<0b01_00_01_00>(ac, bd);
            let twos = _mm256_add_ps(low, _mm256_shuffle_ps::<0b11_10_11_10>(ac, bd));
            let ones = _mm256_add_ps(twos, _mm256_movehdup_ps(twos));
            let (ab, cd) = (_mm256_castps256_ps128(ones), _mm256_extractf128_ps::<1>(ones));
            add(_mm_shuffle_ps::<0b10_00_10_00>(ab, cd), to)
        }
    }

    #[inline(always)]
    fn larger(self, other: F32x16Avx2) -> F32x16Avx2 {
        F32x16Avx2(from_fn(|half| unsafe { _mm256_max_ps(other.0[half], self.0[half]) }))
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
pub(super) struct Bf16Avx512;

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
    fn load(at: &Self::Pixel) -> F32x16Avx512 {
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
    fn larger(one: Self::Pixel, other: Self::Pixel) -> Self::Pixel {
        // SAFETY: 32 bytes each.
        let register = |pixel| unsafe { transmute::<Self::Pixel, __m256i>(pixel) };
        // Of two numbers that are not negative the larger one is the larger integer, too.
        unsafe { transmute(_mm256_max_epi16(register(one), register(other))) }
    }

    #[inline(always)]
    fn pixel(colours: [f32; 3]) -> [u32; 4] {
        Bf16Plain::pixel(colours)
    }
}

impl TileSums for Bf16Avx512 {
    #[inline(always)]
    fn stored(sums: &Line, add: &Lanes) -> __m512 {
        unsafe { _mm512_add_ps(_mm512_load_ps(sums.0.as_ptr().cast()), vector(*add)) }
    }
}
