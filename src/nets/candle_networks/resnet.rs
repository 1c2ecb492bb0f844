//! ResNet.
//!
//! Source: He et al. 2015 (arXiv:1512.03385).

use candle_transformers::models::resnet::*;

use super::{Family, POOLED, Sides, Size, pooled};
use crate::nets::network::Network;

pub(in crate::nets) const NETWORK: Network =
    network!("resnet", "ResNet 18 to 152, with weights from a file");

pub(super) static FAMILY: Family = Family {
    name: "ResNet",
    backbone: "resnet",
    sizes: SIZES,
    sides: Sides::From(32),
    taps: POOLED,
    classifier: &["fc."],
};

/// `third`: a tensor of the last block of the third layer, `beyond`: one of a block after it.
macro_rules! size {
    ($name:literal, $build:ident, $channels:literal, $seconds:literal, $third:literal: $shape:expr, $beyond:literal) => {
        Size {
            name: $name,
            marks: &[("conv1.weight", &[64, 3, 7, 7]), ($third, $shape)],
            lacks: &[$beyond],
            channels: $channels,
            seconds: $seconds,
            build: |vb| Ok(pooled($build(vb)?)),
        }
    };
}

const SIZES: &[Size] = &[
    size!("resnet18", resnet18_no_final_layer, 512, 0.12,
        "layer3.1.conv2.weight": &[256, 256, 3, 3], "layer3.2.conv2.weight"),
    size!("resnet34", resnet34_no_final_layer, 512, 0.21,
        "layer3.5.conv2.weight": &[256, 256, 3, 3], "layer3.0.conv3.weight"),
    size!("resnet50", resnet50_no_final_layer, 2048, 0.21,
        "layer3.5.conv3.weight": &[1024, 256, 1, 1], "layer3.6.conv3.weight"),
    size!("resnet101", resnet101_no_final_layer, 2048, 0.29,
        "layer3.22.conv3.weight": &[1024, 256, 1, 1], "layer3.23.conv3.weight"),
    size!("resnet152", resnet152_no_final_layer, 2048, 0.42,
        "layer3.35.conv3.weight": &[1024, 256, 1, 1], "layer3.36.conv3.weight"),
];
