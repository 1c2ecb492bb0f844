//! The engines of this processor: those that it has instructions for and that compute what they should.

use super::amx::check::distrust;
use super::engine::Engine;
use super::format::{Format, InstructionSet};
#[cfg(target_arch = "x86_64")]
use super::x86;

impl Engine {
    /// `None` when this processor lacks the instructions, or none of that set were written; and where AMX
    /// was found to give other numbers than it should.
    pub fn new(format: Format, set: InstructionSet) -> Option<Engine> {
        Engine::unchecked(format, set).filter(|engine| distrust(*engine).is_none())
    }

    /// The engines of a format on this processor, plain Rust only where there is no other.
    pub fn of(format: Format) -> Vec<Engine> {
        let engines = InstructionSet::ALL.into_iter().filter_map(|set| Engine::new(format, set));
        let (mut others, plain): (Vec<Engine>, Vec<Engine>) =
            engines.partition(|engine| engine.set() != InstructionSet::Baseline);
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
        return x86::why_no_amx(format).or_else(|| {
            let engine = Engine::unchecked(format, InstructionSet::Amx)?;
            distrust(engine)
        });
        #[cfg(not(target_arch = "x86_64"))]
        return None;
    }
}
