//! The words that stand for choices in an experiment file, each with its meaning.

use super::{
    AveragePool, BackboneKind, DeviceChoice, InputRange, LastPool, Optimizer, Precision, Resize,
    Schedule, SplitRule,
};

/// A value that is one of a few words.
pub(super) trait Choice: Sized {
    fn from_name(name: &str) -> Option<Self>;
}

/// `(word in TOML, meaning)`, as `Kind::Choice` holds them.
pub(super) type Words = &'static [(&'static str, &'static str)];

macro_rules! choices {
    ($type:ident { $($variant:ident = $name:literal: $meaning:literal,)+ }) => {
        impl $type {
            /// `(word in TOML, meaning)` of each value.
            pub const CHOICES: &'static [(&'static str, &'static str)] = &[$(($name, $meaning)),+];

            /// As written in TOML.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl Choice for $type {
            fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

choices! { SplitRule {
    Base27 = "base27": "hash of the file's name: survives moving the folder and adding photos",
    Path27 = "path27": "hash of the whole path, as retrain.py since September 2016",
    Path16 = "path16": "hash of the whole path, as retrain.py before",
    Seed = "seed": "drawn by split.seed in each category: exact percentages, good for few photos",
    Folders = "folders": "as the folders say: training/CATEGORY, validation/CATEGORY, test/CATEGORY",
} }

choices! { Optimizer {
    Sgd = "sgd": "plain gradient descent, as retrain.py",
    Momentum = "momentum": "gradient descent with momentum",
    Adam = "adam": "adapts the rate of each weight; 0.001 is a usual learning rate",
    AdamW = "adamw": "Adam with decoupled weight decay",
} }

choices! { Schedule {
    Constant = "constant": "the learning rate stays as it is",
    Cosine = "cosine": "falls along a cosine to 0 at the last iteration",
    Step = "step": "is multiplied by train.step_factor every train.step_every iterations",
} }

choices! { BackboneKind {
    InceptionV3 = "inception_v3": "Inception v3, 299 by 299 pixels",
} }

choices! { Resize {
    Antialias = "antialias": "triangle filter that widens when shrinking: smoothest",
    HalfPixel = "half_pixel": "bilinear with half-pixel centres, no filter when shrinking",
    Legacy = "legacy": "bilinear as TensorFlow 1 and retrain.py",
} }

choices! { AveragePool {
    Auto = "auto": "as the weights say",
    CountPadding = "count_padding": "averages divide by 9 at the border too",
    ExcludePadding = "exclude_padding": "averages divide by the pixels that are there",
} }

choices! { LastPool {
    Auto = "auto": "as the weights say",
    Average = "average": "average pooling",
    Max = "max": "max pooling, as the network of 2015",
} }

choices! { InputRange {
    Auto = "auto": "as the weights say",
    ZeroToOne = "0..1": "pixel / 255",
    MinusOneToOne = "-1..1": "pixel / 127.5 - 1",
    RetrainPy = "retrain.py": "(pixel - 128) / 128",
} }

choices! { Precision {
    Auto = "auto": "the fastest that keeps the accuracy",
    F32 = "f32": "single precision: the reference",
    Bf16 = "bf16": "half the bytes and about 3 digits, where the machine computes with it",
    Int8 = "int8": "whole numbers of 8 bits: the fastest on most CPUs, the least exact",
} }

impl DeviceChoice {
    /// Words that may be written, with their meanings; `cuda:1` and so on may be, too.
    pub const WORDS: &'static [(&'static str, &'static str)] = &[
        ("auto", "the first GPU where one can be used, else the CPU"),
        ("cpu", "the processor, also where there is a GPU"),
        ("cuda:0", "the first NVIDIA GPU"),
    ];

    /// As written in TOML.
    pub fn name(self) -> String {
        match self {
            Self::Auto => "auto".into(),
            Self::Cpu => "cpu".into(),
            Self::Cuda(number) => format!("cuda:{number}"),
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
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

/// Words of `train.class_weights`, which may also be a list of numbers.
pub(super) const CLASS_WEIGHTS: Words = &[
    ("none", "every photo counts the same"),
    ("balanced", "photos of rare categories count more, in inverse proportion to their number"),
];

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
        for (word, _) in DeviceChoice::WORDS {
            assert!(DeviceChoice::from_name(word).is_some(), "{word}");
        }
    }
}
