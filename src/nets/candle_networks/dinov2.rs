//! DINOv2, with or without register tokens.
//!
//! candle-transformers has it, too, but with another activation and epsilon than it was trained with,
//! and gives its class token to nobody. So its layers stand here.
//!
//! Source: Oquab et al. 2023 (arXiv:2304.07193); registers: Darcet et al. 2023 (arXiv:2309.16588).

use candle_core::{D, IndexOp, Result, Tensor};
use candle_nn::{Conv2d, Conv2dConfig, LayerNorm, Linear, VarBuilder, conv2d, layer_norm, linear};

use super::{Family, Maps, Sides, Size};
use crate::nets::network::Network;

pub(in crate::nets) const NETWORK: Network =
    network!("dinov2", "DINOv2, a vision transformer, with weights from a file");

pub(super) static FAMILY: Family = Family {
    name: "DINOv2",
    backbone: "dinov2",
    sizes: SIZES,
    sides: Sides::Only(PATCH * PATCHES),
    taps: &["class_token", "patch_tokens"],
    classifier: &["head.", "mask_token"],
};

const PATCH: usize = 14;
/// Patches along a side of the picture of 518 pixels that it was trained for.
const PATCHES: usize = 37;
const EPSILON: f64 = 1e-6;
/// Numbers that a head of attention has of each token.
const HEAD: usize = 64;
const REGISTERS: usize = 4;

macro_rules! size {
    ($name:literal, $width:literal, $depth:literal, $last:literal, $seconds:literal, $positions:expr, $lacks:expr) => {
        Size {
            name: $name,
            marks: &[
                ("patch_embed.proj.weight", &[$width, 3, PATCH, PATCH]),
                ("pos_embed", &[1, $positions, $width]),
                (concat!("blocks.", $last, ".ls1.gamma"), &[$width]),
            ],
            lacks: &$lacks,
            channels: $width,
            seconds: $seconds,
            build: |vb| build(vb, $width, $depth),
        }
    };
}

const SIZES: &[Size] = &[
    size!(
        "vit_small_patch14_dinov2",
        384,
        12,
        "11",
        2.5,
        PATCHES * PATCHES + 1,
        ["blocks.12.ls1.gamma"]
    ),
    size!(
        "vit_base_patch14_dinov2",
        768,
        12,
        "11",
        5.7,
        PATCHES * PATCHES + 1,
        ["blocks.12.ls1.gamma"]
    ),
    size!(
        "vit_large_patch14_dinov2",
        1024,
        24,
        "23",
        19.0,
        PATCHES * PATCHES + 1,
        ["blocks.24.ls1.gamma"]
    ),
    size!(
        "vit_small_patch14_reg4_dinov2",
        384,
        12,
        "11",
        2.4,
        PATCHES * PATCHES,
        ["blocks.12.ls1.gamma"]
    ),
    size!(
        "vit_base_patch14_reg4_dinov2",
        768,
        12,
        "11",
        5.7,
        PATCHES * PATCHES,
        ["blocks.12.ls1.gamma"]
    ),
    size!(
        "vit_large_patch14_reg4_dinov2",
        1024,
        24,
        "23",
        19.0,
        PATCHES * PATCHES,
        ["blocks.24.ls1.gamma"]
    ),
];

fn build(vb: VarBuilder<'static>, width: usize, depth: usize) -> Result<Maps> {
    let config = Conv2dConfig { stride: PATCH, ..Conv2dConfig::default() };
    let patches = conv2d(3, width, PATCH, config, vb.pp("patch_embed.proj"))?;
    let registers = match vb.contains_tensor("reg_token") {
        true => Some(vb.get((1, REGISTERS, width), "reg_token")?),
        false => None,
    };
    // With registers, the class token has no place.
    let places = PATCHES * PATCHES + usize::from(registers.is_none());
    let network = Dinov2 {
        patches,
        class_token: vb.get((1, 1, width), "cls_token")?,
        positions: vb.get((1, places, width), "pos_embed")?,
        registers,
        blocks: (0..depth)
            .map(|n| Block::new(vb.pp(format!("blocks.{n}")), width))
            .collect::<Result<_>>()?,
        norm: layer_norm(width, EPSILON, vb.pp("norm"))?,
    };
    Ok(Box::new(move |pictures| network.maps(pictures)))
}

struct Dinov2 {
    patches: Conv2d,
    class_token: Tensor, // [1, 1, width]
    positions: Tensor,   // [1, places, width]
    registers: Option<Tensor>,
    blocks: Vec<Block>,
    norm: LayerNorm,
}

impl Dinov2 {
    /// The class token as a map of one place, and the tokens of the patches as a map of theirs.
    fn maps(&self, pictures: &Tensor) -> Result<Vec<Tensor>> {
        let patches = pictures.apply(&self.patches)?;
        let (n, width, rows, columns) = patches.dims4()?;
        let patches = patches.flatten_from(2)?.transpose(1, 2)?; // [n, patches, width]
        let class = self.class_token.broadcast_as((n, 1, width))?;
        let mut tokens = match &self.registers {
            None => Tensor::cat(&[&class, &patches], 1)?.broadcast_add(&self.positions)?,
            Some(registers) => {
                let patches = patches.broadcast_add(&self.positions)?;
                let registers = registers.broadcast_as((n, REGISTERS, width))?;
                Tensor::cat(&[&class, &registers, &patches], 1)?
            }
        };
        for block in &self.blocks {
            tokens = block.forward(&tokens)?;
        }
        let tokens = tokens.apply(&self.norm)?;
        let class = tokens.i((.., 0))?.reshape((n, width, 1, 1))?;
        let patches = tokens.narrow(1, tokens.dim(1)? - rows * columns, rows * columns)?;
        let patches = patches.transpose(1, 2)?.reshape((n, width, rows, columns))?;
        Ok(vec![class, patches])
    }
}

struct Block {
    norm_1: LayerNorm,
    queries_keys_values: Linear,
    projection: Linear,
    scale_1: Tensor,
    norm_2: LayerNorm,
    widen: Linear,
    narrow: Linear,
    scale_2: Tensor,
}

impl Block {
    fn new(vb: VarBuilder, width: usize) -> Result<Block> {
        Ok(Block {
            norm_1: layer_norm(width, EPSILON, vb.pp("norm1"))?,
            queries_keys_values: linear(width, 3 * width, vb.pp("attn.qkv"))?,
            projection: linear(width, width, vb.pp("attn.proj"))?,
            scale_1: vb.get(width, "ls1.gamma")?,
            norm_2: layer_norm(width, EPSILON, vb.pp("norm2"))?,
            widen: linear(width, 4 * width, vb.pp("mlp.fc1"))?,
            narrow: linear(4 * width, width, vb.pp("mlp.fc2"))?,
            scale_2: vb.get(width, "ls2.gamma")?,
        })
    }

    /// `[n, tokens, width]` to the same.
    fn forward(&self, tokens: &Tensor) -> Result<Tensor> {
        let attended = self.attention(&tokens.apply(&self.norm_1)?)?;
        let tokens = (tokens + attended.broadcast_mul(&self.scale_1)?)?;
        let inner = tokens.apply(&self.norm_2)?.apply(&self.widen)?.gelu_erf()?;
        let changed = inner.apply(&self.narrow)?.broadcast_mul(&self.scale_2)?;
        tokens + changed
    }

    fn attention(&self, tokens: &Tensor) -> Result<Tensor> {
        let (n, count, width) = tokens.dims3()?;
        let parts = tokens.apply(&self.queries_keys_values)?;
        let parts = parts.reshape((n, count, 3, width / HEAD, HEAD))?.permute((2, 0, 3, 1, 4))?;
        // [n, heads, tokens, HEAD]
        let part = |which: usize| parts.i(which)?.contiguous();
        let (queries, keys, values) = (part(0)?, part(1)?, part(2)?);
        let queries = (queries * (1.0 / (HEAD as f64).sqrt()))?;
        let weights = candle_nn::ops::softmax(&queries.matmul(&keys.t()?)?, D::Minus1)?;
        let heads = weights.matmul(&values)?.transpose(1, 2)?.reshape((n, count, width))?;
        heads.apply(&self.projection)
    }
}
