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
    /// `None` when this processor lacks the instructions, or none of that set were written. What
    /// [`Engine::new`] gives is checked besides.
    pub(super) fn unchecked(format: Format, set: InstructionSet) -> Option<Engine> {
        functions(format, set).map(|_| Engine { format, set })
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
