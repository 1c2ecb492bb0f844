//! MobileNet V4.
//!
//! Source: Qin et al. 2024 (arXiv:2404.10518).

use candle_transformers::models::mobilenetv4::{Config, mobilenetv4_no_final_layer};

use super::{Family, POOLED, Sides, Size, pooled};
use crate::nets::network::Network;

pub(in crate::nets) const NETWORK: Network =
    network!("mobilenet_v4", "MobileNet V4, convolutional or hybrid, with weights from a file");

pub(super) static FAMILY: Family = Family {
    name: "MobileNet V4",
    backbone: "mobilenet-v4",
    sizes: SIZES,
    sides: Sides::From(32),
    taps: POOLED,
    classifier: &["conv_head.", "norm_head.", "classifier."],
};

macro_rules! size {
    ($name:literal, $config:ident, $seconds:literal, $mark:literal: $shape:expr, $lacks:expr) => {
        Size {
            name: $name,
            marks: &[("blocks.4.0.bn1.weight", &[960]), ($mark, &$shape)],
            lacks: &$lacks,
            channels: 960,
            seconds: $seconds,
            build: |vb| Ok(pooled(mobilenetv4_no_final_layer(&Config::$config(), vb)?)),
        }
    };
}

const SIZES: &[Size] = &[
    size!("mobilenetv4_conv_small", small, 0.05, "blocks.3.5.pw_exp.conv.weight": [512, 128, 1, 1], []),
    size!("mobilenetv4_conv_medium", medium, 0.36, "blocks.3.10.dw_start.conv.weight": [256, 1, 5, 5],
        ["blocks.3.11.pw_exp.conv.weight"]),
    size!("mobilenetv4_conv_large", large, 0.4, "blocks.3.12.dw_start.conv.weight": [512, 1, 5, 5], []),
    size!("mobilenetv4_hybrid_medium", hybrid_medium, 0.22,
        "blocks.3.10.attn.key.proj.weight": [64, 256, 1, 1], []),
    size!("mobilenetv4_hybrid_large", hybrid_large, 0.8,
        "blocks.3.10.attn.key.proj.weight": [64, 512, 1, 1], []),
];
