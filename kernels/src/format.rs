//! The number formats and the sets of instructions that there are.

/// How numbers are stored and multiplied. Sums are f32 or, for 8-bit integers, exact 32-bit
/// integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 32-bit floats.
    F32,
    /// The upper half of an f32: the same range with 8 bits of precision.
    Bf16,
    /// Activations as unsigned 8-bit integers, weights as signed ones, rounded in this way.
    Int8(Rounding),
}

/// How weights become 8-bit integers. Each way gives other bits, the same by all instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// The largest weight of an output is 127.
    Full,
    /// Beyond that, four weights whose products AVX2 adds in 16 bits are 128 at most: less exact, and
    /// twice as fast where a processor has nothing better than AVX2.
    Reduced,
}

impl Rounding {
    /// Both, the more precise first.
    pub const ALL: [Rounding; 2] = [Rounding::Full, Rounding::Reduced];

    /// As people write it: `full range` or `reduced range`, of the weights.
    pub fn name(self) -> &'static str {
        match self {
            Rounding::Full => "full range",
            Rounding::Reduced => "reduced range",
        }
    }
}

impl Format {
    /// Every format, the most precise first.
    pub const ALL: [Format; 4] =
        [Format::F32, Format::Bf16, Format::Int8(Rounding::Full), Format::Int8(Rounding::Reduced)];

    /// As an experiment names it: `f32`, `bf16` or `int8`.
    pub fn name(self) -> &'static str {
        match self {
            Format::F32 => "f32",
            Format::Bf16 => "bf16",
            Format::Int8(_) => "int8",
        }
    }

    /// Its name, and that of the rounding of 8-bit integers: `f32` or `int8 (full range)`.
    pub fn full_name(self) -> String {
        match self {
            Format::Int8(rounding) => format!("{} ({})", self.name(), rounding.name()),
            _ => self.name().to_owned(),
        }
    }

    /// Channels in a word of 32 bits.
    pub(super) const fn channels_per_word(self) -> usize {
        match self {
            Format::F32 => 1,
            Format::Bf16 => 2,
            Format::Int8(_) => 4,
        }
    }

    /// The number that channel `at` of a stored word holds; of integers, not yet multiplied by their
    /// scale.
    pub(super) fn number(self, word: u32, at: usize) -> f32 {
        match self {
            Format::F32 => f32::from_bits(word),
            Format::Bf16 => f32::from_bits(word >> (16 * at) << 16),
            Format::Int8(_) => f32::from(word.to_ne_bytes()[at]),
        }
    }
}

/// The processor's instructions that a function is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AMX, beside AVX-512.
    Amx,
    /// AMX in plain Rust, slow, on every processor: for tests. No processor has it, so that it is none of
    /// [`InstructionSet::ALL`].
    EmulatedAmx,
    /// AVX-512, with its extension for bf16 or 8-bit integers.
    Avx512,
    /// AVX2 with the extension for 8-bit integers of processors that lack AVX-512.
    AvxVnni,
    /// AVX2 and FMA.
    Avx2,
    /// What every processor of the architecture has.
    Baseline,
}

impl InstructionSet {
    /// Every set that a processor may have, the fastest first.
    pub const ALL: [InstructionSet; 5] = [
        InstructionSet::Amx,
        InstructionSet::Avx512,
        InstructionSet::AvxVnni,
        InstructionSet::Avx2,
        InstructionSet::Baseline,
    ];

    /// As people write it: `AMX`, `AVX-512`, `AVX-VNNI`, `AVX2` or `baseline`.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Amx => "AMX",
            InstructionSet::EmulatedAmx => "AMX, emulated",
            InstructionSet::Avx512 => "AVX-512",
            InstructionSet::AvxVnni => "AVX-VNNI",
            InstructionSet::Avx2 => "AVX2",
            InstructionSet::Baseline => "baseline",
        }
    }
}

/// The nearest bf16, ties to even, in the lower half of the word.
pub(super) fn bf16(value: f32) -> u32 {
    let bits = value.to_bits();
    (bits + 0x7fff + (bits >> 16 & 1)) >> 16
}
