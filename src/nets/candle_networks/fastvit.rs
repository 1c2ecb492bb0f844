//! FastViT, and the image networks of MobileCLIP, which are of its kind.
//!
//! Source: Vasu et al. 2023 (arXiv:2303.14189); MobileCLIP: Vasu et al. 2024 (arXiv:2311.17049).

use candle_core::Result;
use candle_nn::VarBuilder;
use candle_transformers::models::fastvit::{Config, fastvit_no_final_layer};

use super::{Family, Maps, POOLED, Sides, Size};
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
