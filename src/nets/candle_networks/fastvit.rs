//! FastViT, and the image networks of MobileCLIP, which are of its kind.
//!
//! Source: Vasu et al. 2023 (arXiv:2303.14189); MobileCLIP: Vasu et al. 2024 (arXiv:2311.17049).

use candle_core::Result;
use candle_nn::VarBuilder;
use candle_transformers::models::fastvit::{Config, fastvit_no_final_layer};

use super::layers::{Border, Layers, Map};
use super::{Family, Maps, POOLED, Sides, Size};
use crate::nets::error::Loaded;
use crate::nets::network::Network;

pub(in crate::nets) const NETWORK: Network =
    network!("fastvit", "FastViT or MobileCLIP's image network, with weights from a file");

pub(super) static FAMILY: Family = Family {
    name: "FastViT",
    backbone: "fastvit",
    sizes: SIZES,
    sides: Sides::Multiples(32),
    taps: POOLED,
    classifier: &["head."],
    nodes,
};

/// Its maps are not pooled.
fn build(vb: VarBuilder<'static>, config: &Config) -> Result<Maps> {
    let network = fastvit_no_final_layer(config, vb)?;
    Ok(Box::new(move |pictures| Ok(vec![pictures.apply(&network)?])))
}

/// `width`: channels of the stem; `ratio`: how much wider the inside of a block is; `last`: the last
/// block of the third stage; whether the fourth stage has attention.
macro_rules! size {
    ($name:literal, $config:ident, $width:literal, $ratio:literal, $last:literal, $beyond:literal, $seconds:literal, attention) => {
        size!($name, $config, $width, $ratio, $last, $beyond, $seconds,
            [("stages.3.blocks.0.token_mixer.qkv.weight", &[24 * $width, 8 * $width])], [])
    };
    ($name:literal, $config:ident, $width:literal, $ratio:literal, $last:literal, $beyond:literal, $seconds:literal, no attention) => {
        size!($name, $config, $width, $ratio, $last, $beyond, $seconds,
            [], ["stages.3.blocks.0.token_mixer.qkv.weight"])
    };
    ($name:literal, $config:ident, $width:literal, $ratio:literal, $last:literal, $beyond:literal, $seconds:literal, [$($mark:expr)?], [$($lack:expr)?]) => {
        Size {
            name: $name,
            marks: &[
                (
                    concat!("stages.2.blocks.", $last, ".mlp.fc1.weight"),
                    &[4 * $width * $ratio, 4 * $width, 1, 1],
                ),
                $($mark)?
            ],
            lacks: &[concat!("stages.2.blocks.", $beyond, ".mlp.fc1.weight"), $($lack)?],
            channels: 16 * $width,
            seconds: $seconds,
            build: |vb| build(vb, &Config::$config()),
        }
    };
}

const SIZES: &[Size] = &[
    size!("fastvit_t8", t8, 48, 3, 3, 4, 0.26, no attention),
    size!("fastvit_t12", t12, 64, 3, 5, 6, 0.39, no attention),
    size!("fastvit_s12", s12, 64, 4, 5, 6, 0.42, no attention),
    size!("fastvit_sa12", sa12, 64, 4, 5, 6, 0.4, attention),
    size!("fastvit_sa24", sa24, 64, 4, 11, 12, 0.71, attention),
    size!("fastvit_sa36", sa36, 64, 4, 17, 18, 1.0, attention),
    size!("fastvit_ma36", ma36, 76, 4, 17, 18, 1.2, attention),
    size!("fastvit_mci0", mci0, 64, 3, 9, 10, 0.59, attention),
    size!("fastvit_mci1", mci1, 64, 3, 19, 20, 1.1, attention),
    size!("fastvit_mci2", mci2, 80, 3, 23, 24, 1.4, attention),
];

/// Numbers that a head of attention has of each token.
const HEAD: usize = 32;

fn nodes(layers: &mut Layers, size: &str, pictures: &Map) -> Loaded<Vec<Map>> {
    let mut x = pictures.clone();
    for (number, stride) in [2, 2, 1].into_iter().enumerate() {
        x = mobile_one(layers, &x, &format!("stem.{number}"), stride)?;
        x = layers.gelu(&x);
    }
    for stage in 0..4 {
        let stage = format!("stages.{stage}");
        if layers.has(&format!("{stage}.downsample.proj.0.large_conv.conv.weight")) {
            x = patches(layers, &x, &format!("{stage}.downsample.proj"), size.contains("_mci"))?;
        }
        if layers.has(&format!("{stage}.pos_emb.pos_enc.weight")) {
            let places = layers.conv(&x, &format!("{stage}.pos_emb.pos_enc"), 1, Border::Padded)?;
            x = layers.sum(&x, &places);
        }
        for block in 0.. {
            let block = format!("{stage}.blocks.{block}");
            if !layers.has(&format!("{block}.mlp.fc1.weight")) {
                break;
            }
            let is_attention = layers.has(&format!("{block}.token_mixer.qkv.weight"));
            x = if is_attention {
                attention(layers, &x, &block)?
            } else {
                mixer(layers, &x, &block)?
            };
        }
    }
    let x = mobile_one(layers, &x, "final_conv", 1)?;
    Ok(vec![layers.gelu(&x)])
}

/// A block of MobileOne without its activation.
fn mobile_one(layers: &mut Layers, x: &Map, name: &str, stride: usize) -> Loaded<Map> {
    let convs = ["conv_kxk.0", "conv_scale"].map(|conv| format!("{name}.{conv}"));
    let x = layers.fused(x, &convs, &format!("{name}.identity"), stride)?;
    excited(layers, &x, &format!("{name}.se"))
}

/// Squeeze and excitation, where there is one of the name.
fn excited(layers: &mut Layers, x: &Map, name: &str) -> Loaded<Map> {
    if !layers.has(&format!("{name}.fc1.weight")) {
        return Ok(x.clone());
    }
    let mean = layers.pooled(x);
    let inner = layers.conv(&mean, &format!("{name}.fc1"), 1, Border::Bare)?;
    let inner = layers.relu(&inner);
    let logits = layers.conv(&inner, &format!("{name}.fc2"), 1, Border::Bare)?;
    let shares = layers.graph.node("Sigmoid", &[&logits.value], &[]);
    Ok(Map { value: layers.graph.pair("Mul", &x.value, &shares), ..x.clone() })
}

/// Halves the sides.
fn patches(layers: &mut Layers, x: &Map, name: &str, is_activated: bool) -> Loaded<Map> {
    let mut parts = Vec::new();
    for conv in ["large_conv", "small_conv"] {
        let [conv, norm] = ["conv", "bn"].map(|kind| format!("{name}.0.{conv}.{kind}"));
        if layers.has(&format!("{conv}.weight")) {
            parts.push(layers.conv_norm(x, &conv, &norm, 2)?);
        }
    }
    let mut x = match &parts[..] {
        [one, other] => layers.sum(one, other),
        _ => parts.remove(0),
    };
    x = excited(layers, &x, &format!("{name}.0.se"))?;
    if is_activated {
        x = layers.gelu(&x);
    }
    let x = mobile_one(layers, &x, &format!("{name}.1"), 1)?;
    Ok(layers.gelu(&x))
}

fn mixer(layers: &mut Layers, input: &Map, block: &str) -> Loaded<Map> {
    let mixer = format!("{block}.token_mixer");
    let mixed = mobile_one(layers, input, &format!("{mixer}.mixer"), 1)?;
    let norm = mobile_one(layers, input, &format!("{mixer}.norm"), 1)?;
    let value = layers.graph.pair("Sub", &mixed.value, &norm.value);
    let mixed = layers.scaled(&Map { value, ..mixed }, &format!("{mixer}.layer_scale.gamma"))?;
    let x = layers.sum(&mixed, input);
    let inner = perceptron(layers, &x, &format!("{block}.mlp"))?;
    let inner = layers.scaled(&inner, &format!("{block}.layer_scale.gamma"))?;
    Ok(layers.sum(&inner, &x))
}

fn attention(layers: &mut Layers, input: &Map, block: &str) -> Loaded<Map> {
    let x = layers.batch_norm(input, &format!("{block}.norm"))?;
    let tokens = layers.tokens(&x);
    let sizes = [x.channels, HEAD];
    let attended = layers.attention(&tokens, &format!("{block}.token_mixer"), sizes)?;
    let attended = layers.maps(&attended, &x);
    let attended = layers.scaled(&attended, &format!("{block}.layer_scale_1.gamma"))?;
    let x = layers.sum(input, &attended);
    let inner = perceptron(layers, &x, &format!("{block}.mlp"))?;
    let inner = layers.scaled(&inner, &format!("{block}.layer_scale_2.gamma"))?;
    Ok(layers.sum(&x, &inner))
}

fn perceptron(layers: &mut Layers, x: &Map, name: &str) -> Loaded<Map> {
    let [conv, norm] = ["conv", "bn"].map(|kind| format!("{name}.conv.{kind}"));
    let x = layers.conv_norm(x, &conv, &norm, 1)?;
    let x = layers.conv(&x, &format!("{name}.fc1"), 1, Border::Bare)?;
    let x = layers.gelu(&x);
    layers.conv(&x, &format!("{name}.fc2"), 1, Border::Bare)
}
