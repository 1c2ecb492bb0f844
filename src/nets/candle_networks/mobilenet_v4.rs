//! MobileNet V4.
//!
//! Source: Qin et al. 2024 (arXiv:2404.10518).

use candle_transformers::models::mobilenetv4::{Config, mobilenetv4_no_final_layer};

use super::layers::{Border, Layers, Map};
use super::{Family, POOLED, Sides, Size, pooled};
use crate::nets::error::Loaded;
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
    nodes,
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

type Activate = fn(&mut Layers, &Map) -> Map;

fn nodes(layers: &mut Layers, size: &str, pictures: &Map) -> Loaded<Vec<Map>> {
    let activation: Activate = match size {
        "mobilenetv4_hybrid_large" => |layers, x| layers.gelu(x),
        _ => |layers, x| layers.relu(x),
    };
    let x = layers.conv_norm(pictures, "conv_stem", "bn1", 2)?;
    let mut x = activation(layers, &x);
    for stage in 0..5 {
        for number in 0.. {
            let block = format!("blocks.{stage}.{number}");
            let has = |layers: &Layers, part: &str| layers.has(&format!("{block}.{part}.weight"));
            let stride = if number == 0 && stage < 4 { 2 } else { 1 };
            x = if has(layers, "conv") {
                let [conv, norm] = ["conv", "bn1"].map(|part| format!("{block}.{part}"));
                let x = layers.conv_norm(&x, &conv, &norm, stride)?;
                activation(layers, &x)
            } else if has(layers, "conv_exp") {
                let part = |part: &str| format!("{block}.{part}");
                let x = layers.conv_norm(&x, &part("conv_exp"), &part("bn1"), stride)?;
                let x = activation(layers, &x);
                layers.conv_norm(&x, &part("conv_pwl"), &part("bn2"), 1)?
            } else if has(layers, "attn.query.proj") {
                attention(layers, &x, &block)?
            } else if has(layers, "pw_exp.conv") {
                bottleneck(layers, &x, &block, stride, activation)?
            } else {
                break;
            };
        }
    }
    Ok(vec![layers.pooled(&x)])
}

/// The universal inverted bottleneck: a convolution of each channel by itself before it widens, inside,
/// at both places or at none.
fn bottleneck(
    layers: &mut Layers,
    input: &Map,
    block: &str,
    stride: usize,
    activation: Activate,
) -> Loaded<Map> {
    let part = |name: &str| ["conv", "bn"].map(|kind| format!("{block}.{name}.{kind}"));
    let has = |layers: &Layers, name: &str| layers.has(&format!("{block}.{name}.conv.weight"));
    let mut x = input.clone();
    if has(layers, "dw_start") {
        let [conv, norm] = part("dw_start");
        let stride = if has(layers, "dw_mid") { 1 } else { stride };
        x = layers.conv_norm(&x, &conv, &norm, stride)?;
    }
    let [conv, norm] = part("pw_exp");
    x = layers.conv_norm(&x, &conv, &norm, 1)?;
    x = activation(layers, &x);
    if has(layers, "dw_mid") {
        let [conv, norm] = part("dw_mid");
        x = layers.conv_norm(&x, &conv, &norm, stride)?;
        x = activation(layers, &x);
    }
    let [conv, norm] = part("pw_proj");
    x = layers.conv_norm(&x, &conv, &norm, 1)?;
    joined(layers, &x, input, block)
}

/// Scaled where the block scales, and added to its input where that has the same shape.
fn joined(layers: &mut Layers, x: &Map, input: &Map, block: &str) -> Loaded<Map> {
    let scale = format!("{block}.layer_scale.gamma");
    let x = if layers.has(&scale) { layers.scaled(x, &scale)? } else { x.clone() };
    let is_same = (x.channels, x.side) == (input.channels, input.side);
    Ok(if is_same { layers.sum(&x, input) } else { x })
}

/// Attention with many queries and a single key and value for all of them.
fn attention(layers: &mut Layers, input: &Map, block: &str) -> Loaded<Map> {
    let x = layers.batch_norm(input, &format!("{block}.norm"))?;
    let attn = format!("{block}.attn");
    let queries = layers.conv(&x, &format!("{attn}.query.proj"), 1, Border::Bare)?;
    let mut others = Vec::new();
    for name in ["key", "value"] {
        let mut x = x.clone();
        let down = format!("{attn}.{name}.down_conv");
        if layers.has(&format!("{down}.weight")) {
            x = layers.conv_norm(&x, &down, &format!("{attn}.{name}.norm"), 2)?;
        }
        others.push(layers.conv(&x, &format!("{attn}.{name}.proj"), 1, Border::Bare)?);
    }
    let head = others[0].channels;
    let heads = (queries.channels / head) as i64;
    let split = layers.graph.reshape(&queries.value, &[0, heads, head as i64, -1]);
    let split = layers.graph.transpose(&split, &[0, 1, 3, 2]);
    let keys = layers.graph.reshape(&others[0].value, &[0, 1, head as i64, -1]);
    let values = layers.graph.reshape(&others[1].value, &[0, 1, head as i64, -1]);
    let values = layers.graph.transpose(&values, &[0, 1, 3, 2]);
    let attended = layers.attended(&split, &keys, &values, head);
    let attended = layers.graph.transpose(&attended, &[0, 1, 3, 2]);
    let (channels, side) = (queries.channels as i64, queries.side as i64);
    let value = layers.graph.reshape(&attended, &[0, channels, side, side]);
    let attended = Map { value, ..queries };
    let x = layers.conv(&attended, &format!("{attn}.output.proj"), 1, Border::Bare)?;
    joined(layers, &x, input, block)
}
