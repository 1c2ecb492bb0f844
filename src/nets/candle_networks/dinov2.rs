//! DINOv2, with or without register tokens.
//!
//! candle-transformers has it, too, but with another activation and epsilon than it was trained with,
//! and gives its class token to nobody. So its layers stand here.
//!
//! Source: Oquab et al. 2023 (arXiv:2304.07193); registers: Darcet et al. 2023 (arXiv:2309.16588).

use candle_core::{D, IndexOp, Result, Tensor};
use candle_nn::{Conv2d, Conv2dConfig, LayerNorm, Linear, VarBuilder, conv2d, layer_norm, linear};

use super::layers::{Border, Layers, Map};
use super::{Family, Maps, Sides, Size};
use crate::nets::error::Loaded;
use crate::nets::network::Network;
use crate::onnx::{Attribute, Value};

pub(in crate::nets) const NETWORK: Network =
    network!("dinov2", "DINOv2, a vision transformer, with weights from a file");

pub(super) static FAMILY: Family = Family {
    name: "DINOv2",
    backbone: "dinov2",
    sizes: SIZES,
    sides: Sides::Only(PATCH * PATCHES),
    taps: &["class_token", "patch_tokens"],
    classifier: &["head.", "mask_token"],
    nodes,
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

fn nodes(layers: &mut Layers, _: &str, pictures: &Map) -> Loaded<Vec<Map>> {
    let patches = layers.conv(pictures, "patch_embed.proj", PATCH, Border::Bare)?;
    let width = patches.channels;
    let tokens = layers.tokens(&patches);
    let class = layers.tensor("cls_token", &[1, 1, width])?;
    let class = for_each(layers, &tokens, &class, 1, width);
    let places = layers.shape("pos_embed")?;
    let positions = layers.tensor("pos_embed", &places)?;
    let mut x = if layers.has("reg_token") {
        let registers = layers.tensor("reg_token", &[1, REGISTERS, width])?;
        let registers = for_each(layers, &tokens, &registers, REGISTERS, width);
        let tokens = layers.graph.pair("Add", &tokens, &positions);
        layers.graph.concat(&[class, registers, tokens], 1)
    } else {
        let tokens = layers.graph.concat(&[class, tokens], 1);
        layers.graph.pair("Add", &tokens, &positions)
    };
    for block in 0.. {
        let block = format!("blocks.{block}");
        if !layers.has(&format!("{block}.ls1.gamma")) {
            break;
        }
        x = transformed(layers, &x, &block, width)?;
    }
    let x = layers.layer_norm(&x, "norm", -1, &[width])?;
    let zero = layers.graph.integer(0);
    let class = layers.graph.node("Gather", &[&x, &zero], &[("axis", Attribute::Int(1))]);
    let value = layers.graph.reshape(&class, &[0, width as i64, 1, 1]);
    let class = Map { value, channels: width, side: 1 };
    let [start, end, axis] = [-((PATCHES * PATCHES) as i64), i64::from(i32::MAX), 1]
        .map(|integer| layers.graph.integers(&[integer]));
    let tokens = layers.graph.node("Slice", &[&x, &start, &end, &axis], &[]);
    Ok(vec![class, layers.maps(&tokens, &patches)])
}

/// Tokens `[1, count, width]` for each picture of `like`, `[n, any, width]`.
fn for_each(
    layers: &mut Layers,
    like: &Value,
    tokens: &Value,
    count: usize,
    width: usize,
) -> Value {
    let shape = layers.graph.node("Shape", &[like], &[]);
    let first = layers.graph.integers(&[0]);
    let n = layers.graph.node("Gather", &[&shape, &first], &[]);
    let rest = layers.graph.integers(&[count as i64, width as i64]);
    let shape = layers.graph.concat(&[n, rest], 0);
    layers.graph.node("Expand", &[tokens, &shape], &[])
}

fn transformed(layers: &mut Layers, x: &Value, block: &str, width: usize) -> Loaded<Value> {
    let normal = layers.layer_norm(x, &format!("{block}.norm1"), -1, &[width])?;
    let attended = layers.attention(&normal, &format!("{block}.attn"), [width, HEAD])?;
    let scale = layers.tensor(&format!("{block}.ls1.gamma"), &[width])?;
    let attended = layers.graph.pair("Mul", &attended, &scale);
    let x = layers.graph.pair("Add", x, &attended);
    let normal = layers.layer_norm(&x, &format!("{block}.norm2"), -1, &[width])?;
    let inner = layers.linear(&normal, &format!("{block}.mlp.fc1"))?;
    let inner = layers.gelu_of(&inner);
    let changed = layers.linear(&inner, &format!("{block}.mlp.fc2"))?;
    let scale = layers.tensor(&format!("{block}.ls2.gamma"), &[width])?;
    let changed = layers.graph.pair("Mul", &changed, &scale);
    Ok(layers.graph.pair("Add", &x, &changed))
}
