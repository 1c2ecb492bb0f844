//! In which numbers, and by which instructions.

use std::time::Instant;

use super::graph::BLOCK;
use super::tile::{self, Code};

/// How numbers are stored and multiplied. Sums are f32, or exact 32-bit integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    F32,
    /// The upper half of an f32: 8 bits of precision.
    Bf16,
    /// Activations of 8 bits without sign, weights of 8 bits with it.
    Int8,
}

impl Format {
    pub const ALL: [Format; 3] = [Format::F32, Format::Bf16, Format::Int8];

    pub fn name(self) -> &'static str {
        match self {
            Format::F32 => "f32",
            Format::Bf16 => "bf16",
            Format::Int8 => "int8",
        }
    }

    /// Channels in a word of 32 bits.
    pub(super) const fn channels_per_word(self) -> usize {
        match self {
            Format::F32 => 1,
            Format::Bf16 => 2,
            Format::Int8 => 4,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512, with its extension for bf16 or 8-bit integers.
    Avx512,
    /// AVX2 and FMA.
    Avx2,
    /// What every processor of the architecture has.
    Baseline,
}

impl InstructionSet {
    pub const ALL: [InstructionSet; 3] =
        [InstructionSet::Avx512, InstructionSet::Avx2, InstructionSet::Baseline];

    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Avx512 => "AVX-512",
            InstructionSet::Avx2 => "AVX2",
            InstructionSet::Baseline => "baseline",
        }
    }
}

/// A format with instructions that this processor has: an engine exists only where it can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    format: Format,
    set: InstructionSet,
}

impl Engine {
    /// `None` when this processor lacks the instructions, or none of that set were written.
    pub fn new(format: Format, set: InstructionSet) -> Option<Engine> {
        tile::code(format, set).map(|_| Engine { format, set })
    }

    /// Those of a format that this processor is fast at; where there is none, the baseline.
    pub fn fast(format: Format) -> Vec<Engine> {
        let best = Engine::best(format);
        let others = InstructionSet::ALL.into_iter().filter_map(|set| Engine::new(format, set));
        others.filter(|engine| engine.set != InstructionSet::Baseline || *engine == best).collect()
    }

    /// The best of this processor. The baseline can run every format, slowly.
    pub fn best(format: Format) -> Engine {
        let engine = InstructionSet::ALL.into_iter().find_map(|set| Engine::new(format, set));
        engine.expect("the baseline runs everywhere")
    }

    pub fn format(self) -> Format {
        self.format
    }

    pub fn set(self) -> InstructionSet {
        self.set
    }

    /// Whether the format brings more speed than f32 on this processor.
    pub fn is_fast(self) -> bool {
        self.set != InstructionSet::Baseline || self.format == Format::F32
    }

    pub(super) fn code(self) -> Code {
        tile::code(self.format, self.set).expect("an engine exists only where it can run")
    }

    /// Multiplications and additions a second that one core reaches on inputs from its first-level
    /// cache: the mark that layers are measured by.
    pub fn peak(self) -> f64 {
        const PASSES: usize = 20_000;
        let once = |_| {
            let start = Instant::now();
            let words = tile::peak(self.code(), PASSES);
            let products = words * BLOCK * self.format.channels_per_word();
            2.0 * products as f64 / start.elapsed().as_secs_f64()
        };
        (0..5).map(once).fold(0.0, f64::max)
    }
}
