//! ConvNeXt, both versions.
//!
//! Source: Liu et al. 2022 (arXiv:2201.03545); version 2: Woo et al. 2023 (arXiv:2301.00808).

use candle_core::Result;
use candle_nn::{VarBuilder, layer_norm};
use candle_transformers::models::convnext::{Config, convnext_no_final_layer};

use super::{Family, Maps, POOLED, Sides, Size, pooled};
use crate::nets::network::Network;

pub(in crate::nets) const NETWORK: Network =
    network!("convnext", "ConvNeXt, version 1 or 2, with weights from a file");

pub(super) static FAMILY: Family = Family {
    name: "ConvNeXt",
    backbone: "convnext",
    sizes: SIZES,
    sides: Sides::From(32),
    taps: POOLED,
    classifier: &["head.fc."],
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
