//! Inception v3 without its classifiers, in plain candle operations.
//!
//! Source: Szegedy et al. 2015 (arXiv:1512.00567), in torchvision's layout and names, which timm
//! and pytorch-fid share. [`layers`] is the whole network as data; [`Trunk`] computes it.

use std::path::Path;

use candle_core::{D, Device, Result, Tensor};

use super::Backbone;
use super::error::NetError;
use super::folding;
use super::identity::Identity;
use super::variant::{LastPool, PoolPadding, Variant};
use super::weights::WeightsFile;
use crate::spec::{Network, Weights};

/// Width and height of the picture, in pixels.
const SIDE: usize = 299;

/// Inception v3 with its weights: pixel values in, pooled features of its taps out.
pub struct InceptionV3 {
    trunk: Trunk,
    identity: Identity,
    /// `(factor, offset)` that bring pixel values to the input range.
    input: (f64, f64),
}

impl InceptionV3 {
    /// Loads the weights that an experiment names; a file is sought below `root`.
    pub fn load(network: &Network, root: &Path, device: &Device) -> Loaded<InceptionV3> {
        let file = WeightsFile::open(&network.weights, root)?;
        let variant = Variant::resolve(network, &file)?;
        let trunk = Trunk::new(&file, &variant, device)?;
        let weights = match &network.weights {
            Weights::BuiltIn => "built-in".to_owned(),
            Weights::File(path) => {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
        };
        let input = variant.input_range.value.factor_and_offset();
        let identity = Identity {
            backbone: "inception-v3".to_owned(),
            weights,
            weights_blake3: file.blake3().to_owned(),
            side: SIDE,
            variant,
        };
        Ok(InceptionV3 { trunk, identity, input })
    }

    /// The network below pixel values and pooling.
    pub fn trunk(&self) -> &Trunk {
        &self.trunk
    }
}

impl Backbone for InceptionV3 {
    fn side(&self) -> usize {
        SIDE
    }

    fn feature_len(&self) -> usize {
        self.trunk.tap_channels.iter().sum()
    }

    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        let (_, channels, height, width) = pixels.dims4()?;
        if (channels, height, width) != (3, SIDE, SIDE) {
            candle_core::bail!(
                "Inception v3 takes pictures of 3 x {SIDE} x {SIDE}, not {channels} x {height} x \
                 {width}"
            );
        }
        let (factor, offset) = self.input;
        let maps = self.trunk.forward(&pixels.affine(factor, offset)?)?;
        // [n, channels] each
        let pooled: Vec<Tensor> = maps.iter().map(|map| map.mean((2, 3))).collect::<Result<_>>()?;
        Tensor::cat(&pooled, 1) // [n, feature_len]
    }
}

type Loaded<T> = std::result::Result<T, NetError>;

// ---- the network as data

/// One step along a branch.
enum Step {
    Conv(ConvSpec),
    /// Two convolutions of the same input, concatenated.
    Fork([ConvSpec; 2]),
    /// 3x3, stride 2, no padding.
    MaxPool,
    /// 3x3, stride 1, padded.
    AveragePool,
    /// 3x3, stride 1, padded: average or maximum, in which published weights differ.
    LastPool,
}

/// A convolution with batch normalisation and ReLU. Its input channels follow from the layout.
struct ConvSpec {
    /// Below the block's name; empty for a convolution of the stem.
    name: &'static str,
    channels: usize,
    /// Height and width.
    kernel: [usize; 2],
    stride: usize,
    /// Padded with zeros so that stride 1 keeps the size.
    padded: bool,
}

/// Branches of the same input, concatenated. Any block can be a tap.
struct Block {
    name: &'static str,
    branches: Vec<Vec<Step>>,
}

fn spec(name: &'static str, channels: usize, kernel: [usize; 2]) -> ConvSpec {
    ConvSpec { name, channels, kernel, stride: 1, padded: true }
}

fn conv(name: &'static str, channels: usize, kernel: [usize; 2]) -> Step {
    Step::Conv(spec(name, channels, kernel))
}

/// 3x3 without padding.
fn valid(name: &'static str, channels: usize, stride: usize) -> Step {
    Step::Conv(ConvSpec { stride, padded: false, ..spec(name, channels, [3, 3]) })
}

fn stem(name: &'static str, step: Step) -> Block {
    Block { name, branches: vec![vec![step]] }
}

fn block(name: &'static str, branches: Vec<Vec<Step>>) -> Block {
    Block { name, branches }
}

/// The network, first to last; the shape of each output `[channels, height, width]` in the margin.
fn layers() -> Vec<Block> {
    vec![
        stem("Conv2d_1a_3x3", valid("", 32, 2)),     // [32, 149, 149]
        stem("Conv2d_2a_3x3", valid("", 32, 1)),     // [32, 147, 147]
        stem("Conv2d_2b_3x3", conv("", 64, [3, 3])), // [64, 147, 147]
        stem("MaxPool_3a_3x3", Step::MaxPool),       // [64, 73, 73]
        stem("Conv2d_3b_1x1", conv("", 80, [1, 1])), // [80, 73, 73]
        stem("Conv2d_4a_3x3", valid("", 192, 1)),    // [192, 71, 71]
        stem("MaxPool_5a_3x3", Step::MaxPool),       // [192, 35, 35]
        block("Mixed_5b", inception_a(32)),          // [256, 35, 35]
        block("Mixed_5c", inception_a(64)),          // [288, 35, 35]
        block("Mixed_5d", inception_a(64)),          // [288, 35, 35]
        block("Mixed_6a", inception_b()),            // [768, 17, 17]
        block("Mixed_6b", inception_c(128)),         // [768, 17, 17]
        block("Mixed_6c", inception_c(160)),         // [768, 17, 17]
        block("Mixed_6d", inception_c(160)),         // [768, 17, 17]
        block("Mixed_6e", inception_c(192)),         // [768, 17, 17]
        block("Mixed_7a", inception_d()),            // [1280, 8, 8]
        block("Mixed_7b", inception_e(Step::AveragePool)), // [2048, 8, 8]
        block("Mixed_7c", inception_e(Step::LastPool)), // [2048, 8, 8]
    ]
}

fn inception_a(pooled: usize) -> Vec<Vec<Step>> {
    vec![
        vec![conv("branch1x1", 64, [1, 1])],
        vec![conv("branch5x5_1", 48, [1, 1]), conv("branch5x5_2", 64, [5, 5])],
        vec![
            conv("branch3x3dbl_1", 64, [1, 1]),
            conv("branch3x3dbl_2", 96, [3, 3]),
            conv("branch3x3dbl_3", 96, [3, 3]),
        ],
        vec![Step::AveragePool, conv("branch_pool", pooled, [1, 1])],
    ]
}

fn inception_b() -> Vec<Vec<Step>> {
    vec![
        vec![valid("branch3x3", 384, 2)],
        vec![
            conv("branch3x3dbl_1", 64, [1, 1]),
            conv("branch3x3dbl_2", 96, [3, 3]),
            valid("branch3x3dbl_3", 96, 2),
        ],
        vec![Step::MaxPool],
    ]
}

fn inception_c(inner: usize) -> Vec<Vec<Step>> {
    vec![
        vec![conv("branch1x1", 192, [1, 1])],
        vec![
            conv("branch7x7_1", inner, [1, 1]),
            conv("branch7x7_2", inner, [1, 7]),
            conv("branch7x7_3", 192, [7, 1]),
        ],
        vec![
            conv("branch7x7dbl_1", inner, [1, 1]),
            conv("branch7x7dbl_2", inner, [7, 1]),
            conv("branch7x7dbl_3", inner, [1, 7]),
            conv("branch7x7dbl_4", inner, [7, 1]),
            conv("branch7x7dbl_5", 192, [1, 7]),
        ],
        vec![Step::AveragePool, conv("branch_pool", 192, [1, 1])],
    ]
}

fn inception_d() -> Vec<Vec<Step>> {
    vec![
        vec![conv("branch3x3_1", 192, [1, 1]), valid("branch3x3_2", 320, 2)],
        vec![
            conv("branch7x7x3_1", 192, [1, 1]),
            conv("branch7x7x3_2", 192, [1, 7]),
            conv("branch7x7x3_3", 192, [7, 1]),
            valid("branch7x7x3_4", 192, 2),
        ],
        vec![Step::MaxPool],
    ]
}

fn inception_e(pool: Step) -> Vec<Vec<Step>> {
    vec![
        vec![conv("branch1x1", 320, [1, 1])],
        vec![
            conv("branch3x3_1", 384, [1, 1]),
            Step::Fork([spec("branch3x3_2a", 384, [1, 3]), spec("branch3x3_2b", 384, [3, 1])]),
        ],
        vec![
            conv("branch3x3dbl_1", 448, [1, 1]),
            conv("branch3x3dbl_2", 384, [3, 3]),
            Step::Fork([
                spec("branch3x3dbl_3a", 384, [1, 3]),
                spec("branch3x3dbl_3b", 384, [3, 1]),
            ]),
        ],
        vec![pool, conv("branch_pool", 192, [1, 1])],
    ]
}

impl Step {
    fn convs(&self) -> &[ConvSpec] {
        match self {
            Step::Conv(conv) => std::slice::from_ref(conv),
            Step::Fork(convs) => convs,
            Step::MaxPool | Step::AveragePool | Step::LastPool => &[],
        }
    }

    /// Channels that leave the step, when `channels` enter.
    fn channels(&self, channels: usize) -> usize {
        let convs = self.convs();
        if convs.is_empty() { channels } else { convs.iter().map(|conv| conv.channels).sum() }
    }
}

impl Block {
    /// Channels that leave the block, when `channels` enter.
    fn channels(&self, channels: usize) -> usize {
        let branch =
            |steps: &Vec<Step>| steps.iter().fold(channels, |sum, step| step.channels(sum));
        self.branches.iter().map(branch).sum()
    }
}

/// Name, in the weights file, of a convolution; `.conv.weight` and `.bn.bias` and so on follow.
fn key(block: &Block, conv: &ConvSpec) -> String {
    if conv.name.is_empty() {
        block.name.to_owned()
    } else {
        format!("{}.{}", block.name, conv.name)
    }
}

/// Every convolution's key and the shape of its weights `[out, in, height, width]`.
fn conv_shapes(blocks: &[Block]) -> Vec<(String, [usize; 4])> {
    let mut shapes = Vec::new();
    let mut channels = 3;
    for block in blocks {
        for branch in &block.branches {
            let mut entering = channels;
            for step in branch {
                for conv in step.convs() {
                    let [height, width] = conv.kernel;
                    shapes.push((key(block, conv), [conv.channels, entering, height, width]));
                }
                entering = step.channels(entering);
            }
        }
        channels = block.channels(channels);
    }
    shapes
}

// ---- the network at work

/// The convolutions with their weights: normalised pictures in, the maps of the taps out. This is
/// the obvious version; a faster one is built of the same layers and weights, and replaces it here.
pub struct Trunk {
    /// Up to the last tap.
    blocks: Vec<Vec<Vec<Op>>>,
    /// Indices of the tapped blocks, in the order of the taps.
    taps: Vec<usize>,
    tap_channels: Vec<usize>,
}

impl Trunk {
    fn new(file: &WeightsFile, variant: &Variant, device: &Device) -> Loaded<Trunk> {
        let layers = layers();
        let taps = find_taps(&variant.taps.value, &layers)?;
        folding::check(file, &conv_shapes(&layers))?;
        let load = Loader { file, variant, device };
        let last = taps.iter().max().copied().unwrap_or_default();
        let blocks =
            layers[..=last].iter().map(|block| load.block(block)).collect::<Loaded<_>>()?;
        let mut channels = 3;
        let leaving: Vec<usize> = layers
            .iter()
            .map(|block| {
                channels = block.channels(channels);
                channels
            })
            .collect();
        let tap_channels = taps.iter().map(|&tap| leaving[tap]).collect();
        Ok(Trunk { blocks, taps, tap_channels })
    }

    /// `[n, 3, 299, 299]` in the input range to one map `[n, channels, height, width]` a tap.
    pub fn forward(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        let mut maps = vec![None; self.taps.len()];
        let mut x = picture.clone();
        for (index, branches) in self.blocks.iter().enumerate() {
            let outputs: Vec<Tensor> =
                branches.iter().map(|branch| along(branch, &x)).collect::<Result<_>>()?;
            x = Tensor::cat(&outputs, 1)?;
            for (map, _) in maps.iter_mut().zip(&self.taps).filter(|(_, tap)| **tap == index) {
                *map = Some(x.clone());
            }
        }
        Ok(maps.into_iter().flatten().collect())
    }
}

fn along(branch: &[Op], x: &Tensor) -> Result<Tensor> {
    branch.iter().try_fold(x.clone(), |x, op| op.forward(&x))
}

/// A step with its weights and its pooling rule.
enum Op {
    Conv(Conv),
    Fork([Conv; 2]),
    MaxPool,
    AveragePool(PoolPadding),
    LastMaxPool,
}

impl Op {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Op::Conv(conv) => conv.forward(x),
            Op::Fork([one, other]) => Tensor::cat(&[one.forward(x)?, other.forward(x)?], 1),
            Op::MaxPool => x.max_pool2d_with_stride(3, 2),
            Op::AveragePool(padding) => average_pool(x, *padding),
            // What enters comes from a ReLU, so the zeros of the padding never win.
            Op::LastMaxPool => pad(x, [1, 1])?.max_pool2d_with_stride(3, 1),
        }
    }
}

/// A convolution with its batch normalisation folded in, and ReLU.
struct Conv {
    weight: Tensor, // [out, in, height, width]
    bias: Tensor,   // [1, out, 1, 1]
    stride: usize,
    /// Zeros before and after, in height and width.
    padding: [usize; 2],
}

impl Conv {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        // candle's convolution pads both axes alike.
        let y = match self.padding {
            [height, width] if height == width => {
                x.conv2d(&self.weight, height, self.stride, 1, 1)?
            }
            padding => pad(x, padding)?.conv2d(&self.weight, 0, self.stride, 1, 1)?,
        };
        y.broadcast_add(&self.bias)?.relu()
    }
}

fn pad(x: &Tensor, [height, width]: [usize; 2]) -> Result<Tensor> {
    x.pad_with_zeros(D::Minus2, height, height)?.pad_with_zeros(D::Minus1, width, width)
}

/// 3x3, stride 1: `[n, channels, height, width]` keeps its shape.
fn average_pool(x: &Tensor, padding: PoolPadding) -> Result<Tensor> {
    let counted = pad(x, [1, 1])?.avg_pool2d_with_stride(3, 1)?; // divides by 9 everywhere
    match padding {
        PoolPadding::Counted => Ok(counted),
        PoolPadding::Excluded => counted.broadcast_mul(&nine_over_count(x)?),
    }
}

/// What turns a sum over 9 into one over the pixels inside the picture: `[1, 1, height, width]`.
fn nine_over_count(x: &Tensor) -> Result<Tensor> {
    let (_, _, height, width) = x.dims4()?;
    let inside = |at: usize, side: usize| (at + 2).min(side) - at.saturating_sub(1);
    let map: Vec<f32> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (y, x)))
        .map(|(y, x)| 9.0 / (inside(y, height) * inside(x, width)) as f32)
        .collect();
    Tensor::from_vec(map, (1, 1, height, width), x.device())
}

// ---- from the file to the network

fn find_taps(taps: &[String], layers: &[Block]) -> Loaded<Vec<usize>> {
    let known = || layers.iter().map(|block| block.name.to_owned()).collect();
    let mut found = Vec::new();
    for tap in taps {
        let index = layers.iter().position(|block| block.name == tap).ok_or_else(|| {
            NetError::Taps { reason: format!("there is no '{tap}'"), known: known() }
        })?;
        if found.contains(&index) {
            return Err(NetError::Taps {
                reason: format!("'{tap}' is named twice"),
                known: known(),
            });
        }
        found.push(index);
    }
    if found.is_empty() {
        return Err(NetError::Taps { reason: "none is named".to_owned(), known: known() });
    }
    Ok(found)
}

struct Loader<'a> {
    file: &'a WeightsFile,
    variant: &'a Variant,
    device: &'a Device,
}

impl Loader<'_> {
    fn block(&self, block: &Block) -> Loaded<Vec<Vec<Op>>> {
        let step = |step: &Step| {
            Ok(match step {
                Step::Conv(conv) => Op::Conv(self.conv(block, conv)?),
                Step::Fork([one, other]) => {
                    Op::Fork([self.conv(block, one)?, self.conv(block, other)?])
                }
                Step::MaxPool => Op::MaxPool,
                Step::AveragePool => Op::AveragePool(self.variant.average_pool.value),
                Step::LastPool => match self.variant.last_pool.value {
                    LastPool::Average => Op::AveragePool(self.variant.average_pool.value),
                    LastPool::Max => Op::LastMaxPool,
                },
            })
        };
        block.branches.iter().map(|branch| branch.iter().map(step).collect()).collect()
    }

    fn conv(&self, block: &Block, conv: &ConvSpec) -> Loaded<Conv> {
        let epsilon = self.variant.batch_norm_epsilon.value;
        let (weight, bias) = folding::convolution(self.file, &key(block, conv), epsilon)?;
        let [height, width] = conv.kernel;
        Ok(Conv {
            weight: weight.to_device(self.device)?,
            bias: bias.to_device(self.device)?,
            stride: conv.stride,
            padding: if conv.padded { [height / 2, width / 2] } else { [0, 0] },
        })
    }
}
