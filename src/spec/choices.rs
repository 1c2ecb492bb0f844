//! The words that stand for choices in an experiment file, each with its meaning.

use super::{
    AveragePool, BackboneKind, InputRange, LastPool, Optimizer, Resize, Schedule, SplitRule,
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

/// Words of `train.class_weights`, which may also be a list of numbers.
pub(super) const CLASS_WEIGHTS: Words = &[
    ("none", "every photo counts the same"),
    ("balanced", "photos of rare categories count more, in inverse proportion to their number"),
];
