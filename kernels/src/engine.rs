//! A number format with the instructions to compute in it, as far as this processor has them.

use std::time::Instant;

use super::format::{Format, InstructionSet, Rounding};
use super::functions::Functions;
use super::graph::BLOCK;
use super::plain;
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

    /// The engines of a format that this processor is fast at; where there is none, the baseline.
    pub fn fast(format: Format) -> Vec<Engine> {
        let best = Engine::best(format);
        let others = InstructionSet::ALL.into_iter().filter_map(|set| Engine::new(format, set));
        others.filter(|engine| engine.set != InstructionSet::Baseline || *engine == best).collect()
    }

    /// The fastest engine of a format on this processor. The baseline can run every format, slowly.
    pub fn best(format: Format) -> Engine {
        let engine = InstructionSet::ALL.into_iter().find_map(|set| Engine::new(format, set));
        engine.expect("the baseline runs everywhere")
    }

    /// The number format.
    pub fn format(self) -> Format {
        self.format
    }

    /// The instructions.
    pub fn set(self) -> InstructionSet {
        self.set
    }

    /// Whether this processor has instructions for the format; f32 always counts as fast.
    pub fn is_fast(self) -> bool {
        self.set != InstructionSet::Baseline || self.format == Format::F32
    }

    pub(super) fn functions(self) -> Functions {
        functions(self.format, self.set).expect("an engine exists only where it can run")
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

impl Format {
    /// Those of this processor: of 8-bit integers the rounding that it is fast at.
    pub fn of_this_processor() -> [Format; 3] {
        [Format::F32, Format::Bf16, Format::Int8(Rounding::of_this_processor())]
    }
}

impl Rounding {
    /// The one that this processor is fast at, the same at all times. Where none is, the precise one.
    pub fn of_this_processor() -> Rounding {
        match Engine::best(Format::Int8(Rounding::Full)).set {
            // It has neither of the instructions that take weights of the full range at full speed.
            InstructionSet::Avx2 => Rounding::Reduced,
            _ => Rounding::Full,
        }
    }
}

fn functions(format: Format, set: InstructionSet) -> Option<Functions> {
    match set {
        InstructionSet::Baseline => Some(plain::functions(format)),
        #[cfg(target_arch = "x86_64")]
        _ => x86::functions(format, set),
        #[cfg(not(target_arch = "x86_64"))]
        _ => None,
    }
}
