//! A number format with the instructions to compute in it, as far as this processor has them.

use std::time::Instant;

use super::format::{Format, InstructionSet};
use super::functions::Functions;
use super::graph::BLOCK;
use super::plain;
use super::products::Products;
#[cfg(target_arch = "x86_64")]
use super::x86;

/// A format with instructions that this processor has: an engine exists only where it can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    format: Format,
    set: InstructionSet,
}

impl Engine {
    /// `None` when this processor lacks the instructions, or none of that set were written.
    pub fn new(format: Format, set: InstructionSet) -> Option<Engine> {
        functions(format, set).map(|_| Engine { format, set })
    }

    /// The engines of a format on this processor, plain Rust only where there is no other.
    pub fn of(format: Format) -> Vec<Engine> {
        let engines = InstructionSet::ALL.into_iter().filter_map(|set| Engine::new(format, set));
        let (mut others, plain): (Vec<Engine>, Vec<Engine>) =
            engines.partition(|engine| engine.set != InstructionSet::Baseline);
        if others.is_empty() {
            others = plain;
        }
        others
    }

    /// The fastest one that is not AMX, whose sums in bf16 have other last digits than all others.
    pub fn best_without_amx(format: Format) -> Engine {
        let others = InstructionSet::ALL.into_iter().filter(|set| *set != InstructionSet::Amx);
        let engine = others.filter_map(|set| Engine::new(format, set)).next();
        engine.expect("the baseline runs everywhere")
    }

    /// Why AMX, which the processor has, is not among the engines of a format; `None` where it is, or where
    /// there is none.
    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables, reason = "no other has AMX"))]
    pub fn why_no_amx(format: Format) -> Option<String> {
        #[cfg(target_arch = "x86_64")]
        return x86::why_no_amx(format);
        #[cfg(not(target_arch = "x86_64"))]
        return None;
    }

    /// The number format.
    pub fn format(self) -> Format {
        self.format
    }

    /// The instructions.
    pub fn set(self) -> InstructionSet {
        self.set
    }

    pub(super) fn functions(self) -> Functions {
        functions(self.format, self.set).expect("an engine exists only where it can run")
    }

    /// The products of f32 by these instructions; plain Rust where none were written for them.
    pub(super) fn products(self) -> Products {
        #[cfg(target_arch = "x86_64")]
        let own = x86::products(self.set);
        #[cfg(not(target_arch = "x86_64"))]
        let own = None;
        own.unwrap_or(plain::PRODUCTS)
    }

    /// Floating-point operations per second (multiplications and additions) that one core reaches on
    /// inputs from its first-level cache, measured now: the limit that layers are compared with.
    pub fn peak(self) -> f64 {
        const PASSES: usize = 20_000;
        let once = |_| {
            let start = Instant::now();
            let words = self.functions().peak_words(PASSES);
            let products = words * BLOCK * self.format.channels_per_word();
            2.0 * products as f64 / start.elapsed().as_secs_f64()
        };
        (0..5).map(once).fold(0.0, f64::max)
    }
}

fn functions(format: Format, set: InstructionSet) -> Option<Functions> {
    match set {
        InstructionSet::Baseline => Some(plain::functions(format)),
        InstructionSet::EmulatedAmx => plain::emulated_amx(format),
        #[cfg(target_arch = "x86_64")]
        _ => x86::functions(format, set),
        #[cfg(not(target_arch = "x86_64"))]
        _ => None,
    }
}
