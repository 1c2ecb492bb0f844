//! RepVGG.
//!
//! Source: Ding et al. 2021 (arXiv:2101.03697).

use candle_transformers::models::repvgg::{Config, repvgg_no_final_layer};

use super::layers::{Layers, Map};
use super::{Family, POOLED, Sides, Size, pooled};
use crate::nets::error::Loaded;
use crate::nets::network::Network;

pub(in crate::nets) const NETWORK: Network = network!("repvgg", "RepVGG, with weights from a file");

pub(super) static FAMILY: Family = Family {
    name: "RepVGG",
    backbone: "repvgg",
    sizes: SIZES,
    sides: Sides::From(32),
    taps: POOLED,
    classifier: &["head."],
    nodes,
};

/// `width`: channels of the third stage, `entering`: of each input of its second block, which those
/// with groups divide; `last`: its last block; `channels`: of the fourth stage.
macro_rules! size {
    ($name:literal, $config:ident, $seconds:literal, $width:literal, $entering:literal, $last:literal, $beyond:literal, $channels:literal) => {
        Size {
            name: $name,
            marks: &[
                ("stages.2.1.conv_kxk.conv.weight", &[$width, $entering, 3, 3]),
                (concat!("stages.2.", $last, ".conv_kxk.bn.weight"), &[$width]),
                ("stages.3.0.conv_kxk.bn.weight", &[$channels]),
            ],
            lacks: &[concat!("stages.2.", $beyond, ".conv_kxk.bn.weight")],
            channels: $channels,
            seconds: $seconds,
            build: |vb| Ok(pooled(repvgg_no_final_layer(&Config::$config(), vb)?)),
        }
    };
}

const SIZES: &[Size] = &[
    size!("repvgg_a0", a0, 0.07, 192, 192, 13, 14, 1280),
    size!("repvgg_a1", a1, 0.1, 256, 256, 13, 14, 1280),
    size!("repvgg_a2", a2, 0.17, 384, 384, 13, 14, 1408),
    size!("repvgg_b0", b0, 0.15, 256, 256, 15, 16, 1280),
    size!("repvgg_b1", b1, 0.39, 512, 512, 15, 16, 2048),
    size!("repvgg_b1g4", b1g4, 0.31, 512, 128, 15, 16, 2048),
    size!("repvgg_b2", b2, 0.54, 640, 640, 15, 16, 2560),
    size!("repvgg_b2g4", b2g4, 0.42, 640, 160, 15, 16, 2560),
    size!("repvgg_b3", b3, 0.71, 768, 768, 15, 16, 2560),
    size!("repvgg_b3g4", b3g4, 0.54, 768, 192, 15, 16, 2560),
];

fn nodes(layers: &mut Layers, _: &str, pictures: &Map) -> Loaded<Vec<Map>> {
    let mut x = block(layers, pictures, "stem", 2)?;
    for stage in 0..4 {
        for number in 0.. {
            let name = format!("stages.{stage}.{number}");
            if !layers.has(&format!("{name}.conv_kxk.conv.weight")) {
                break;
            }
            x = block(layers, &x, &name, if number == 0 { 2 } else { 1 })?;
        }
    }
    Ok(vec![layers.pooled(&x)])
}

fn block(layers: &mut Layers, x: &Map, name: &str, stride: usize) -> Loaded<Map> {
    let convs = ["conv_kxk", "conv_1x1"].map(|conv| format!("{name}.{conv}"));
    let x = layers.fused(x, &convs, &format!("{name}.identity"), stride)?;
    Ok(layers.relu(&x))
}
