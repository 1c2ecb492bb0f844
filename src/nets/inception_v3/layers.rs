//! The layers of Inception v3 as data, in torchvision's layout and names, which timm and pytorch-fid
//! share.
//!
//! Source: Szegedy et al. 2015 (arXiv:1512.00567), table 1.

use crate::nets::error::Loaded;
use crate::nets::folding::Named;
use crate::nets::taps;
use crate::nets::weights::WeightsFile;

/// The network's name in messages.
pub const NAME: &str = "Inception v3";

/// Width and height of the picture, in pixels.
pub(super) const SIDE: usize = 299;

/// One step along a branch.
pub(super) enum Step {
    Conv(ConvSpec),
    /// Two convolutions of the same input, concatenated.
    Fork([ConvSpec; 2]),
    /// 3x3, stride 2, no padding.
    MaxPool,
    /// 3x3, stride 1, padded.
    AveragePool,
    /// 3x3, stride 1, padded: an average or a maximum, depending on the weights.
    LastPool,
}

/// A convolution with batch normalisation and ReLU. Its input channels follow from the layout.
pub(super) struct ConvSpec {
    /// Its name inside the block; empty for a convolution of the stem, which is the whole block.
    pub name: &'static str,
    pub channels: usize,
    /// Height and width.
    pub kernel: [usize; 2],
    pub stride: usize,
    /// Whether it is padded with zeros, so that with stride 1 the size stays the same.
    pub padded: bool,
}

/// Branches of the same input, concatenated. Any block can be a tap.
pub(super) struct Block {
    pub name: &'static str,
    pub branches: Vec<Vec<Step>>,
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

/// The network, first block to last; beside each the shape of its output, `[channels, rows, columns]`.
pub(super) fn layers() -> Vec<Block> {
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
    pub fn convs(&self) -> &[ConvSpec] {
        match self {
            Step::Conv(conv) => std::slice::from_ref(conv),
            Step::Fork(convs) => convs,
            Step::MaxPool | Step::AveragePool | Step::LastPool => &[],
        }
    }

    /// Channels of the output for an input of `channels`.
    pub fn channels(&self, channels: usize) -> usize {
        let convs = self.convs();
        if convs.is_empty() { channels } else { convs.iter().map(|conv| conv.channels).sum() }
    }
}

impl Block {
    /// Channels of the output for an input of `channels`.
    pub fn channels(&self, channels: usize) -> usize {
        let branch =
            |steps: &Vec<Step>| steps.iter().fold(channels, |sum, step| step.channels(sum));
        self.branches.iter().map(branch).sum()
    }
}

/// The name of a convolution in the weights file, to which `.conv.weight`, `.bn.bias` and so on are
/// appended.
pub(super) fn key(block: &Block, conv: &ConvSpec) -> String {
    if conv.name.is_empty() {
        block.name.to_owned()
    } else {
        format!("{}.{}", block.name, conv.name)
    }
}

/// Every convolution's tensors and the shape of its weights `[out, in, height, width]`.
pub(super) fn conv_shapes(blocks: &[Block]) -> Vec<(Named, [usize; 4])> {
    let mut shapes = Vec::new();
    let mut channels = 3;
    for block in blocks {
        for branch in &block.branches {
            let mut entering = channels;
            for step in branch {
                for conv in step.convs() {
                    let [height, width] = conv.kernel;
                    let shape = [conv.channels, entering, height, width];
                    shapes.push((Named::of(&key(block, conv)), shape));
                }
                entering = step.channels(entering);
            }
        }
        channels = block.channels(channels);
    }
    shapes
}

/// The blocks that the file has, where it has all of each and nothing of those that follow.
pub(super) fn present<'a>(file: &WeightsFile, blocks: &'a [Block]) -> Option<&'a [Block]> {
    let weights = |block: &Block| -> Vec<bool> {
        let convs = block.branches.iter().flatten().flat_map(Step::convs);
        let names = convs.map(|conv| Named::of(&key(block, conv)).weight);
        names.map(|name| file.shape(&name).is_some()).collect()
    };
    let is_whole = |block: &&Block| weights(block).iter().all(|is_there| *is_there);
    let (there, rest) = blocks.split_at(blocks.iter().take_while(is_whole).count());
    let begins = |block: &Block| weights(block).contains(&true);
    (!rest.iter().any(begins)).then_some(there)
}

/// Indices of the taps in `layers`.
pub(super) fn find_taps(taps: &[String], layers: &[Block]) -> Loaded<Vec<usize>> {
    let names: Vec<&str> = layers.iter().map(|block| block.name).collect();
    taps::find(NAME, taps, &names)
}

/// The number of channels of each block's output.
pub(super) fn leaving(layers: &[Block]) -> Vec<usize> {
    let mut channels = 3;
    let mut leave = |block: &Block| {
        channels = block.channels(channels);
        channels
    };
    layers.iter().map(&mut leave).collect()
}
