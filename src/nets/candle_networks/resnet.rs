//! ResNet.
//!
//! Source: He et al. 2015 (arXiv:1512.03385).

use candle_transformers::models::resnet::*;

use super::layers::{Layers, Map};
use super::{Family, POOLED, Sides, Size, pooled};
use crate::nets::error::Loaded;
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
    nodes,
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

fn nodes(layers: &mut Layers, _: &str, pictures: &Map) -> Loaded<Vec<Map>> {
    let x = layers.conv_norm(pictures, "conv1", "bn1", 2)?;
    let x = layers.relu(&x);
    // After ReLU no number is below the zeros of the padding.
    let value = layers.graph.max_pool(&x.value, 3, 2, 1);
    let mut x = Map { value, side: (x.side - 1) / 2 + 1, ..x };
    for layer in 1..=4 {
        for block in 0.. {
            let block = format!("layer{layer}.{block}");
            if !layers.has(&format!("{block}.conv1.weight")) {
                break;
            }
            let stride = if layer > 1 && block.ends_with(".0") { 2 } else { 1 };
            x = residual(layers, &x, &block, stride)?;
        }
    }
    Ok(vec![layers.pooled(&x)])
}

/// Two convolutions, or three of which the one in the middle has the stride.
fn residual(layers: &mut Layers, input: &Map, block: &str, stride: usize) -> Loaded<Map> {
    let has_third = layers.has(&format!("{block}.conv3.weight"));
    let convs: &[(usize, usize)] =
        if has_third { &[(1, 1), (2, stride), (3, 1)] } else { &[(1, stride), (2, 1)] };
    let mut x = input.clone();
    for (number, stride) in convs {
        let [conv, norm] = ["conv", "bn"].map(|kind| format!("{block}.{kind}{number}"));
        x = layers.conv_norm(&x, &conv, &norm, *stride)?;
        if *number < convs.len() {
            x = layers.relu(&x);
        }
    }
    let input = match layers.has(&format!("{block}.downsample.0.weight")) {
        true => {
            let [conv, norm] = [0, 1].map(|part| format!("{block}.downsample.{part}"));
            layers.conv_norm(input, &conv, &norm, stride)?
        }
        false => input.clone(),
    };
    let sum = layers.sum(&input, &x);
    Ok(layers.relu(&sum))
}
