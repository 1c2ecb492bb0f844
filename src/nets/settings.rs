//! The settings that every network has: where its weights are, how photos are resized, precision and
//! device.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::setting::{FieldType, TextRule, Value, Words, choices};

/// Where the weights of a network are.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// In this program.
    BuiltIn,
    /// In a file, relative to the project folder.
    File(PathBuf),
}

const BUILT_IN: &str = "built-in";

impl FieldType for Weights {
    fn from_value(value: &Value) -> Option<Self> {
        match value.as_text()? {
            BUILT_IN => Some(Weights::BuiltIn),
            path => Some(Weights::File(path.into())),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Weights::BuiltIn => Value::Text(BUILT_IN.to_owned()),
            Weights::File(path) => path.to_value(),
        }
    }
}

/// How a photo is brought to the network's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resize {
    /// TensorFlow 1's bilinear, as retrain.py: corner-aligned grid, no filter when shrinking.
    Legacy,
    /// Bilinear with half-pixel centres, no filter when shrinking.
    HalfPixel,
    /// Triangle filter that widens when shrinking.
    Antialias,
    /// Cubic filter (a = -0.5) that widens when shrinking, as Pillow's.
    Bicubic,
}

choices! { Resize {
    Antialias = "antialias": "triangle filter that widens when shrinking: smoothest",
    Bicubic = "bicubic": "cubic filter that widens when shrinking, as Pillow and timm",
    HalfPixel = "half_pixel": "bilinear with half-pixel centres, no filter when shrinking",
    Legacy = "legacy": "bilinear as TensorFlow 1 and retrain.py",
} }

impl Resize {
    /// What may be written for the rule: one of them, or that of the weights.
    pub const OR_AUTO: Words = &[
        ("auto", "as the weights were trained; those in the program: antialias"),
        Resize::CHOICES[0],
        Resize::CHOICES[1],
        Resize::CHOICES[2],
        Resize::CHOICES[3],
    ];
}

/// The arithmetic in which the network computes features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// The fastest that keeps the accuracy on the device.
    Auto,
    /// Single precision, the reference.
    F32,
    /// Brain floating point: the range of f32, about 3 decimal digits.
    Bf16,
    /// Integers of 8 bits.
    Int8,
}

choices! { Precision {
    Auto = "auto": "the fastest that keeps the accuracy",
    F32 = "f32": "single precision: the reference",
    Bf16 = "bf16": "half the bytes and about 3 digits, where the machine computes with it",
    Int8 = "int8": "whole numbers of 8 bits: the fastest on most CPUs, the least exact",
} }

/// Where the network computes features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU where one can be used, else the CPU.
    Auto,
    /// The processor.
    Cpu,
    /// The GPU of this number, from 0.
    Cuda(usize),
}

impl DeviceChoice {
    /// What may be written for a device.
    pub const RULE: &'static TextRule = &TextRule {
        expected: "\"auto\", \"cpu\", or \"cuda:N\" with a GPU's number N from 0",
        examples: &[
            ("auto", "the first GPU where one can be used, else the CPU"),
            ("cpu", "the processor, also where there is a GPU"),
            ("cuda:0", "the first NVIDIA GPU"),
        ],
        holds: |name| DeviceChoice::from_name(name).is_some(),
    };

    /// As written in TOML.
    pub fn name(self) -> String {
        match self {
            Self::Auto => "auto".into(),
            Self::Cpu => "cpu".into(),
            Self::Cuda(number) => format!("cuda:{number}"),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "cpu" => Some(Self::Cpu),
            _ => {
                let choice = Self::Cuda(name.strip_prefix("cuda:")?.parse().ok()?);
                (choice.name() == name).then_some(choice)
            }
        }
    }
}

impl FieldType for DeviceChoice {
    fn from_value(value: &Value) -> Option<Self> {
        Self::from_name(value.as_text()?)
    }

    fn to_value(&self) -> Value {
        Value::Text(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_auto_cpu_or_a_gpu_by_its_number_and_is_written_as_it_is_read() {
        for (name, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:0", DeviceChoice::Cuda(0)),
            ("cuda:12", DeviceChoice::Cuda(12)),
        ] {
            assert_eq!(DeviceChoice::from_name(name), Some(choice));
            assert_eq!(choice.name(), name);
        }
        for name in ["", "gpu", "cuda", "cuda:", "cuda:-1", "cuda:+1", "cuda:01", "CPU", "cuda:x"] {
            assert_eq!(DeviceChoice::from_name(name), None, "{name}");
        }
        let largest = format!("cuda:{}0", usize::MAX);
        assert_eq!(DeviceChoice::from_name(&largest), None);
    }

    #[test]
    fn every_word_for_a_device_is_one() {
        for (word, _) in DeviceChoice::RULE.examples {
            assert!(DeviceChoice::from_name(word).is_some(), "{word}");
        }
    }
}
