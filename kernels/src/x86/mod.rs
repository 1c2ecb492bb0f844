//! The formats by AVX2 and AVX-512 instructions.
//!
//! The types of the files below are private to this module, and [`functions`] hands out what uses them
//! only after asking the processor: that is what makes their instructions safe to use.

mod floats;
mod int8;

use std::arch::x86_64::*;
use std::mem::transmute;

use super::amx::compile_amx;
#[cfg(test)]
use super::amx::emulated::Emulated;
use super::amx::hardware::{self, Absent, Hardware, permission};
use super::format::{Format, InstructionSet, Rounding};
use super::functions::{Functions, compile};
use super::numbers::{F32, Lanes};
use super::products::{Products, compile_products};
use floats::{Bf16Avx512, F32x16Avx2, F32x16Avx512};
use int8::{Fours, Int8Avx2, Int8Avx512, Twos, Vnni};

compile!(f32_512, F32<F32x16Avx512>, #[target_feature(enable = "avx512f")], peak 4 6,
    shapes [(2, 14), (3, 9), (4, 6)], steps 16 32 8;
    1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
    3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
compile!(f32_256, F32<F32x16Avx2>, #[target_feature(enable = "avx2,fma")], peak 1 6,
    shapes [(1, 6)], steps 16 32 8; 1: 1 2 3 4 5 6;);
compile_products!(products_512, F32x16Avx512, #[target_feature(enable = "avx512f,avx512vl")]);
compile_products!(products_256, F32x16Avx2, #[target_feature(enable = "avx2,fma")]);
compile!(bf16_512, Bf16Avx512,
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")], peak 4 6,
    shapes [(2, 14), (3, 9), (4, 6)], steps 8 16 4;
    1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
    3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
compile!(int8_512, Int8Avx512,
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma")], peak 4 6,
    shapes [(2, 14), (3, 9), (4, 6)], steps 4 8 2;
    1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14;
    3: 1 2 3 4 5 6 7 8 9; 4: 1 2 3 4 5 6;);
compile!(int8_vnni, Int8Avx2<Vnni>, #[target_feature(enable = "avx2,fma,avxvnni")], peak 1 6,
    shapes [(1, 6)], steps 4 8 2; 1: 1 2 3 4 5 6;);
compile!(int8_256, Int8Avx2<Fours>, #[target_feature(enable = "avx2,fma")], peak 1 3,
    shapes [(1, 3)], steps 4 8 2; 1: 1 2 3;);
compile!(int8_256_full, Int8Avx2<Twos>, #[target_feature(enable = "avx2,fma")], peak 1 3,
    shapes [(1, 3)], steps 4 8 2; 1: 1 2 3;);

compile_amx!(bf16_amx, Bf16Avx512, Hardware<true>,
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16,fma")],
    bf16_512::FUNCTIONS, peak hardware::peak::<true>);
compile_amx!(int8_amx, Int8Avx512, Hardware<false>,
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma")],
    int8_512::FUNCTIONS, peak hardware::peak::<false>);

#[cfg(test)]
compile_amx!(bf16_emulated, Bf16Avx512, Emulated<true>,
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16,fma")],
    bf16_512::FUNCTIONS);
#[cfg(test)]
compile_amx!(int8_emulated, Int8Avx512, Emulated<false>,
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma")],
    int8_512::FUNCTIONS);

/// The functions of AMX with emulated tiles, where the processor has AVX-512 for the rest.
#[cfg(test)]
pub(super) fn with_emulated_tiles(format: Format) -> Option<Functions> {
    functions(format, InstructionSet::Avx512)?;
    match format {
        Format::F32 => None,
        Format::Bf16 => Some(bf16_emulated::FUNCTIONS),
        Format::Int8(_) => Some(int8_emulated::FUNCTIONS),
    }
}

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
        (_, InstructionSet::Amx) => amx(format).ok(),
        (Format::Bf16, InstructionSet::Avx512) => {
            (wide() && is_x86_feature_detected!("avx512bf16")).then_some(bf16_512::FUNCTIONS)
        }
        // They take weights of either range alike.
        (Format::Int8(_), InstructionSet::Avx512) => {
            (wide() && is_x86_feature_detected!("avx512vnni")).then_some(int8_512::FUNCTIONS)
        }
        (Format::Int8(_), InstructionSet::AvxVnni) => {
            (avx2() && is_x86_feature_detected!("avxvnni")).then_some(int8_vnni::FUNCTIONS)
        }
        (Format::Int8(Rounding::Reduced), InstructionSet::Avx2) => {
            avx2().then_some(int8_256::FUNCTIONS)
        }
        (Format::Int8(Rounding::Full), InstructionSet::Avx2) => {
            avx2().then_some(int8_256_full::FUNCTIONS)
        }
        _ => None,
    }
}

/// The products by a set of instructions for which there are f32 [`functions`] here.
pub(super) fn products(set: InstructionSet) -> Option<Products> {
    functions(Format::F32, set)?;
    match set {
        InstructionSet::Avx512 => Some(products_512::PRODUCTS),
        InstructionSet::Avx2 => Some(products_256::PRODUCTS),
        _ => None,
    }
}

/// The functions of a format by AMX, or why they cannot be used.
fn amx(format: Format) -> Result<Functions, Absent> {
    let avx512 = functions(format, InstructionSet::Avx512);
    let by_amx = match format {
        Format::Bf16 => bf16_amx::FUNCTIONS,
        Format::Int8(_) => int8_amx::FUNCTIONS,
        // There are no products of f32.
        Format::F32 => return Err(Absent::Processor),
    };
    if avx512.is_none() {
        return Err(Absent::Processor);
    }
    permission().map(|()| by_amx)
}

/// See [`Engine::why_no_amx`](super::Engine::why_no_amx).
pub(super) fn why_no_amx(format: Format) -> Option<String> {
    match amx(format) {
        Err(Absent::Because(reason)) => Some(reason),
        Ok(_) | Err(Absent::Processor) => None,
    }
}

/// All that are compiled, with the words of a pixel; for tests, which must not call them.
#[cfg(test)]
pub(super) const ALL: [(Functions, usize); 7] = [
    (f32_512::FUNCTIONS, 16),
    (f32_256::FUNCTIONS, 16),
    (bf16_512::FUNCTIONS, 8),
    (int8_512::FUNCTIONS, 4),
    (int8_vnni::FUNCTIONS, 4),
    (int8_256::FUNCTIONS, 4),
    (int8_256_full::FUNCTIONS, 4),
];

// SAFETY of every block with an instruction in this module: see its head.

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
