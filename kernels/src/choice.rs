//! Which engine computes a format here: by what was measured, among those that give the same bits.

use std::time::Duration;

use super::engine::Engine;
use super::format::{Format, InstructionSet, Rounding};
use super::speeds::Speeds;

impl Engine {
    /// The engine that computes a format here: of those with the same bits as the first one, the one that
    /// was fastest when they were [measured](Speeds::here). So no measurement changes a feature.
    pub fn best(format: Format) -> Engine {
        Engine::best_by(format, Speeds::here)
    }

    fn best_by<'a>(format: Format, speeds: impl Fn() -> &'a Speeds) -> Engine {
        let first = Engine::first(format);
        let mut same = Engine::of(format);
        same.retain(|engine| engine.has_bits_of(first));
        match same[..] {
            [only] => only,
            // What was not measured comes last.
            _ => {
                let time = |engine: &Engine| speeds().time(*engine).unwrap_or(Duration::MAX);
                same.into_iter().min_by_key(time).unwrap_or(first)
            }
        }
    }

    /// The first engine of a format, by name, which stands for the bits that this processor computes.
    fn first(format: Format) -> Engine {
        Engine::of(format)[0]
    }

    /// Whether another engine of the format gives the same features to the bit: sums of integers are exact,
    /// and both sets that can fuse a multiplication with an addition do so in the same order.
    fn has_bits_of(self, other: Engine) -> bool {
        match self.format() {
            Format::Int8(_) => true,
            Format::F32 => self == other || (self.is_fused() && other.is_fused()),
            Format::Bf16 => self.set() == other.set(),
        }
    }

    fn is_fused(self) -> bool {
        self.set() != InstructionSet::Baseline
    }

    /// Whether the format gains time here: it was faster than f32 when both were measured.
    pub fn is_fast(self) -> bool {
        self.format() == Format::F32 || self.times_as_fast_as_f32() > 1.0
    }

    /// How many times as fast as f32 it was when both were measured; 0 for what was not.
    pub fn times_as_fast_as_f32(self) -> f64 {
        self.times_as_fast_by(Speeds::here())
    }

    fn times_as_fast_by(self, speeds: &Speeds) -> f64 {
        let f32 = speeds.time(Engine::best_by(Format::F32, || speeds));
        let ratio = |(f32, own): (Duration, Duration)| f32.as_secs_f64() / own.as_secs_f64();
        f32.zip(speeds.time(self)).map_or(0.0, ratio)
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
        match Engine::first(Format::Int8(Rounding::Full)).set() {
            // It has neither of the instructions that take weights of the full range at full speed.
            InstructionSet::Avx2 => Rounding::Reduced,
            _ => Rounding::Full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every engine at a millisecond, but for those of `others`, in microseconds.
    fn speeds(others: &[(Engine, u64)]) -> Speeds {
        let all = Format::ALL.into_iter().flat_map(Engine::of);
        let time = |engine: Engine| {
            let other = others.iter().find(|(other, _)| *other == engine).map(|(_, time)| *time);
            let time = Duration::from_micros(other.unwrap_or(1_000));
            (engine.format(), engine.set(), time)
        };
        Speeds::of(&all.map(time).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_fastest_of_those_with_the_same_bits_is_taken() {
        for format in Format::ALL {
            let first = Engine::first(format);
            for engine in Engine::of(format) {
                let fast = speeds(&[(engine, 10)]);
                let expected = if engine.has_bits_of(first) { Some(engine) } else { None };
                let best = Engine::best_by(format, || &fast);
                assert!(best.has_bits_of(first), "{best:?}");
                assert!(expected.is_none_or(|expected| best == expected), "{best:?}");
            }
        }
    }

    #[test]
    fn a_format_with_instructions_that_are_slower_than_f32_is_not_fast() {
        let bf16 = Engine::first(Format::Bf16);
        let f32 = Engine::best_by(Format::F32, || Speeds::here());
        assert!(bf16.times_as_fast_by(&speeds(&[(bf16, 1_500), (f32, 900)])) < 1.0);
        assert!(bf16.times_as_fast_by(&speeds(&[(bf16, 500), (f32, 900)])) > 1.0);
    }

    #[test]
    fn times_that_leave_an_engine_out_are_not_taken_for_a_measurement() {
        let measured = Speeds::measure();
        let mut kept: Vec<_> = measured
            .times()
            .iter()
            .map(|(engine, t)| (engine.format(), engine.set(), *t))
            .collect();
        assert_eq!(Speeds::of(&kept), Some(measured));
        kept.pop();
        assert_eq!(Speeds::of(&kept), None);
    }
}
