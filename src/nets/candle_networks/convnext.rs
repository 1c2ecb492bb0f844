//! ConvNeXt, both versions.
//!
//! Source: Liu et al. 2022 (arXiv:2201.03545); version 2: Woo et al. 2023 (arXiv:2301.00808).

use candle_core::Result;
use candle_nn::{VarBuilder, layer_norm};
use candle_transformers::models::convnext::{Config, convnext_no_final_layer};

use super::layers::{Border, Layers, Map};
use super::{Family, Maps, POOLED, Sides, Size, pooled};
use crate::nets::error::Loaded;
use crate::nets::network::Network;
use crate::onnx::Attribute;

pub(in crate::nets) const NETWORK: Network =
    network!("convnext", "ConvNeXt, version 1 or 2, with weights from a file");

pub(super) static FAMILY: Family = Family {
    name: "ConvNeXt",
    backbone: "convnext",
    sizes: SIZES,
    sides: Sides::From(32),
    taps: POOLED,
    classifier: &["head.fc."],
    nodes,
};

/// The network, pooled and normalised as its classifier takes it.
fn build(vb: VarBuilder<'static>, config: &Config, channels: usize) -> Result<Maps> {
    let network = convnext_no_final_layer(config, vb.clone())?;
    let norm = layer_norm(channels, 1e-6, vb.pp("head.norm"))?;
    Ok(pooled(candle_nn::Func::new(move |pictures| pictures.apply(&network)?.apply(&norm))))
}

/// `width`: channels of the first stage; `last`: the last block of the third stage.
macro_rules! size {
    ($name:literal, $config:ident, $width:literal, $last:literal, $beyond:literal, $seconds:literal, $own:literal: $own_shape:expr, not $other:literal) => {
        Size {
            name: $name,
            marks: &[
                ("stem.0.weight", &[$width, 3, 4, 4]),
                (concat!("stages.2.blocks.", $last, ".conv_dw.weight"), &[4 * $width, 1, 7, 7]),
                (concat!("stages.0.blocks.0.", $own), &[$own_shape]),
            ],
            lacks: &[
                concat!("stages.2.blocks.", $beyond, ".conv_dw.weight"),
                concat!("stages.0.blocks.0.", $other),
            ],
            channels: 8 * $width,
            seconds: $seconds,
            build: |vb| build(vb, &Config::$config(), 8 * $width),
        }
    };
}

macro_rules! v1 {
    ($name:literal, $config:ident, $width:literal, $last:literal, $beyond:literal, $seconds:literal) => {
        size!($name, $config, $width, $last, $beyond, $seconds, "gamma": $width, not "mlp.grn.weight")
    };
}

macro_rules! v2 {
    ($name:literal, $config:ident, $width:literal, $last:literal, $beyond:literal, $seconds:literal) => {
        size!($name, $config, $width, $last, $beyond, $seconds, "mlp.grn.weight": 4 * $width, not "gamma")
    };
}

const SIZES: &[Size] = &[
    v1!("convnext_atto", atto, 40, 5, 6, 0.11),
    v1!("convnext_femto", femto, 48, 5, 6, 0.14),
    v1!("convnext_pico", pico, 64, 5, 6, 0.18),
    v1!("convnext_nano", nano, 80, 7, 8, 0.27),
    v1!("convnext_tiny", tiny, 96, 8, 9, 0.41),
    v1!("convnext_small", small, 96, 26, 27, 0.66),
    v1!("convnext_base", base, 128, 26, 27, 1.3),
    v1!("convnext_large", large, 192, 26, 27, 2.6),
    v1!("convnext_xlarge", xlarge, 256, 26, 27, 4.6),
    v2!("convnextv2_atto", atto, 40, 5, 6, 0.11),
    v2!("convnextv2_femto", femto, 48, 5, 6, 0.15),
    v2!("convnextv2_pico", pico, 64, 5, 6, 0.21),
    v2!("convnextv2_nano", nano, 80, 7, 8, 0.28),
    v2!("convnextv2_tiny", tiny, 96, 8, 9, 0.49),
    v2!("convnextv2_small", small, 96, 26, 27, 0.84),
    v2!("convnextv2_base", base, 128, 26, 27, 1.1),
    v2!("convnextv2_large", large, 192, 26, 27, 2.6),
    v2!("convnextv2_huge", huge, 352, 26, 27, 8.0),
];

fn nodes(layers: &mut Layers, _: &str, pictures: &Map) -> Loaded<Vec<Map>> {
    let x = layers.conv(pictures, "stem.0", 4, Border::Bare)?;
    let mut x = layers.channel_norm(&x, "stem.1")?;
    for stage in 0..4 {
        let stage = format!("stages.{stage}");
        if layers.has(&format!("{stage}.downsample.1.weight")) {
            x = layers.channel_norm(&x, &format!("{stage}.downsample.0"))?;
            x = layers.conv(&x, &format!("{stage}.downsample.1"), 2, Border::Bare)?;
        }
        for block in 0.. {
            let block = format!("{stage}.blocks.{block}");
            if !layers.has(&format!("{block}.conv_dw.weight")) {
                break;
            }
            x = residual(layers, &x, &block)?;
        }
    }
    let x = layers.pooled(&x);
    Ok(vec![layers.channel_norm(&x, "head.norm")?])
}

fn residual(layers: &mut Layers, input: &Map, block: &str) -> Loaded<Map> {
    let x = layers.conv(input, &format!("{block}.conv_dw"), 1, Border::Padded)?;
    let x = layers.channel_norm(&x, &format!("{block}.norm"))?;
    let x = layers.conv(&x, &format!("{block}.mlp.fc1"), 1, Border::Bare)?;
    let mut x = layers.gelu(&x);
    if layers.has(&format!("{block}.mlp.grn.weight")) {
        x = response_norm(layers, &x, &format!("{block}.mlp.grn"))?;
    }
    let mut x = layers.conv(&x, &format!("{block}.mlp.fc2"), 1, Border::Bare)?;
    if layers.has(&format!("{block}.gamma")) {
        x = layers.scaled(&x, &format!("{block}.gamma"))?;
    }
    Ok(layers.sum(&x, input))
}

/// Global response normalisation, of version 2.
fn response_norm(layers: &mut Layers, x: &Map, name: &str) -> Loaded<Map> {
    let squared = layers.graph.pair("Mul", &x.value, &x.value);
    let places = layers.graph.integers(&[2, 3]);
    let sum = layers.graph.node("ReduceSum", &[&squared, &places], &[]);
    let length = layers.graph.node("Sqrt", &[&sum], &[]); // [n, channels, 1, 1]
    let axes = [("axes", Attribute::Ints(vec![1]))];
    let mean = layers.graph.node("ReduceMean", &[&length], &axes);
    let least = layers.graph.number(1e-6);
    let mean = layers.graph.pair("Add", &mean, &least);
    let share = layers.graph.pair("Div", &length, &mean);
    let value = layers.graph.pair("Mul", &x.value, &share);
    let scaled = layers.scaled(&Map { value, ..x.clone() }, &format!("{name}.weight"))?;
    let bias = layers.tensor(&format!("{name}.bias"), &[1, x.channels, 1, 1])?;
    let value = layers.graph.pair("Add", &scaled.value, &bias);
    Ok(layers.sum(&Map { value, ..x.clone() }, x))
}
