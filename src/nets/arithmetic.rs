//! In which numbers a backbone computes.

use serde::{Deserialize, Serialize};

use crate::kernels::{Engine, Format};
use crate::spec::Precision;

/// Counts the changes of how 8-bit steps are found: features of an older rule must not be taken for
/// those of a newer.
const CALIBRATION_RULE: u32 = 1;

/// The numbers in which features are computed: features of one arithmetic are not mixed with those
/// of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    #[default]
    F32,
    Bf16,
    /// With steps found on pictures that come with the program.
    Int8,
}

impl Arithmetic {
    /// What a precision means on this processor.
    pub(super) fn on_cpu(precision: Precision) -> Arithmetic {
        match precision {
            Precision::Auto => Arithmetic::F32,
            Precision::F32 => Arithmetic::F32,
            Precision::Bf16 => Arithmetic::Bf16,
            Precision::Int8 => Arithmetic::Int8,
        }
    }

    /// As it stands in a run, in a head file and in the name of a feature cache.
    pub(super) fn name(self) -> String {
        match self {
            Arithmetic::F32 | Arithmetic::Bf16 => self.format().name().to_owned(),
            Arithmetic::Int8 => format!("int8, calibration {CALIBRATION_RULE}"),
        }
    }

    /// The setting that means this arithmetic on every machine.
    pub(super) fn precision(self) -> Precision {
        match self {
            Arithmetic::F32 => Precision::F32,
            Arithmetic::Bf16 => Precision::Bf16,
            Arithmetic::Int8 => Precision::Int8,
        }
    }

    pub(super) fn format(self) -> Format {
        match self {
            Arithmetic::F32 => Format::F32,
            Arithmetic::Bf16 => Format::Bf16,
            Arithmetic::Int8 => Format::Int8,
        }
    }

    /// What a person should know who has asked for it on this machine.
    pub fn warning(self) -> Option<String> {
        let engine = Engine::best(self.format());
        (!engine.is_fast()).then(|| {
            format!(
                "this processor has no instructions for {}; it is computed without them, many \
                 times slower than network.precision = \"f32\"",
                self.format().name()
            )
        })
    }
}
