//! The network by candle's own operations: slow, but easy to check against the paper.

use std::path::Path;

use candle_core::{D, DType, Device, Result, Tensor};

use super::layers::{self, Block, EPSILON, SIDE, blocks, conv_shapes, head, same_padding, stem};
use super::opened::Opened;
use crate::nets::compute::{self, Plain};
use crate::nets::error::Loaded;
use crate::nets::folding::{self, Named};
use crate::nets::network::NetworkSettings;
use crate::nets::preprocess::Preprocess;

/// EfficientNet-Lite2 by candle's own operations: the reference for the kernels, and what runs on a
/// GPU.
pub struct PlainEfficientNetLite2 {
    stem: Conv,
    blocks: Vec<Inverted>,
    head: Conv,
    /// Places among the steps, in the order of the taps.
    taps: Vec<usize>,
    preprocess: Preprocess,
    device: Device,
    dtype: DType,
}

impl PlainEfficientNetLite2 {
    /// Loads the weights that an experiment names; a file is sought below `root`.
    pub fn load(
        network: &NetworkSettings,
        root: &Path,
        device: &Device,
    ) -> Loaded<PlainEfficientNetLite2> {
        PlainEfficientNetLite2::new(&Opened::open(network, root)?, device, DType::F32)
    }

    /// `dtype` is that of the weights and of all maps.
    pub(super) fn new(
        opened: &Opened,
        device: &Device,
        dtype: DType,
    ) -> Loaded<PlainEfficientNetLite2> {
        folding::check(&opened.file, layers::NAME, &conv_shapes())?;
        let conv = |named: &Named, stride: usize| -> Loaded<Conv> {
            let (weight, bias) = folding::convolution(&opened.file, named, EPSILON)?;
            Ok(Conv {
                weight: weight.to_device(device)?.to_dtype(dtype)?,
                bias: bias.to_device(device)?.to_dtype(dtype)?,
                stride,
            })
        };
        let block = |block: Block| -> Loaded<Inverted> {
            Ok(Inverted {
                expand: match block.expands() {
                    true => Some(conv(&block.expand(), 1)?),
                    false => None,
                },
                depthwise: conv(&block.depthwise(), block.stride)?,
                project: conv(&block.project(), 1)?,
                is_residual: block.is_residual(),
            })
        };
        let plain = PlainEfficientNetLite2 {
            stem: conv(&stem(), 2)?,
            blocks: blocks().into_iter().map(block).collect::<Loaded<_>>()?,
            head: conv(&head(), 1)?,
            taps: opened.taps.clone(),
            preprocess: opened.identity.preprocess,
            device: device.clone(),
            dtype,
        };
        // On a GPU candle gives each thread its own queue: another thread's work could start before
        // the weights are there.
        device.synchronize()?;
        Ok(plain)
    }

    /// Pictures `[n, 3, side, side]`, pixel values 0 to 255, to the output of each step, `[n,
    /// channels, rows, columns]`: the stem, each block, and the head.
    pub fn steps(&self, pixels: &Tensor) -> Result<Vec<Tensor>> {
        let (_, channels, height, width) = pixels.dims4()?;
        if (channels, height, width) != (3, SIDE, SIDE) {
            candle_core::bail!(
                "EfficientNet-Lite2 takes pictures of 3 x {SIDE} x {SIDE}, not {channels} x \
                 {height} x {width}"
            );
        }
        // The range is the same for every colour.
        let [(factor, offset), ..] = self.preprocess.factors_and_offsets();
        let input = pixels.to_device(&self.device)?.affine(factor, offset)?.to_dtype(self.dtype)?;
        let mut steps = vec![relu6(&self.stem.forward(&input)?)?];
        for block in &self.blocks {
            steps.push(block.forward(&steps[steps.len() - 1])?);
        }
        steps.push(relu6(&self.head.forward(&steps[steps.len() - 1])?)?);
        Ok(steps)
    }

    fn tapped(&self, pixels: &Tensor) -> Result<Vec<Tensor>> {
        let steps = self.steps(pixels)?;
        Ok(self.taps.iter().map(|tap| steps[*tap].clone()).collect())
    }
}

impl Plain for PlainEfficientNetLite2 {
    fn features(&self, pictures: &Tensor) -> Result<Tensor> {
        compute::pooled(&self.tapped(pictures)?)
    }

    fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        compute::single(&self.tapped(&picture.unsqueeze(0)?)?)
    }
}

struct Inverted {
    expand: Option<Conv>,
    depthwise: Conv,
    project: Conv,
    is_residual: bool,
}

impl Inverted {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let expanded = match &self.expand {
            Some(expand) => relu6(&expand.forward(input)?)?,
            None => input.clone(),
        };
        let inner = relu6(&self.depthwise.forward_depthwise(&expanded)?)?;
        let output = self.project.forward(&inner)?;
        if self.is_residual { output + input } else { Ok(output) }
    }
}

/// A convolution with its batch normalisation folded in, padded as TensorFlow's `SAME`.
struct Conv {
    weight: Tensor, // [out, in, kernel, kernel]
    bias: Tensor,   // [1, out, 1, 1]
    stride: usize,
}

impl Conv {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let padded = self.padded(x)?;
        padded.conv2d(&self.weight, 0, self.stride, 1, 1)?.broadcast_add(&self.bias)
    }

    /// Each channel by itself: candle would do one after the other, so each place of the kernel is
    /// multiplied for all of them at once.
    fn forward_depthwise(&self, x: &Tensor) -> Result<Tensor> {
        let (channels, _, kernel, _) = self.weight.dims4()?;
        let (_, _, height, width) = x.dims4()?;
        let padded = self.padded(x)?;
        let rows = self.places(height, kernel)?;
        let columns = self.places(width, kernel)?;
        let mut sum = self.bias.clone();
        for (y, rows) in rows.iter().enumerate() {
            let line = padded.index_select(rows, 2)?;
            for (x, columns) in columns.iter().enumerate() {
                let weight = self.weight.narrow(2, y, 1)?.narrow(3, x, 1)?;
                let weight = weight.reshape((1, channels, 1, 1))?;
                sum = line.index_select(columns, 3)?.broadcast_mul(&weight)?.broadcast_add(&sum)?;
            }
        }
        Ok(sum)
    }

    /// For each place of the kernel along one axis, the rows of the padded map that it meets.
    fn places(&self, size: usize, kernel: usize) -> Result<Vec<Tensor>> {
        let (out, _) = same_padding(size, kernel, self.stride);
        let device = self.weight.device();
        (0..kernel)
            .map(|place| {
                let rows = (0..out).map(|at| (at * self.stride + place) as u32);
                Tensor::from_iter(rows, device)
            })
            .collect()
    }

    fn padded(&self, x: &Tensor) -> Result<Tensor> {
        let (_, _, kernel, _) = self.weight.dims4()?;
        let (_, _, height, width) = x.dims4()?;
        let zeros = |size: usize| {
            let (out, before) = same_padding(size, kernel, self.stride);
            (before, ((out - 1) * self.stride + kernel).saturating_sub(size + before))
        };
        let ((top, bottom), (left, right)) = (zeros(height), zeros(width));
        x.pad_with_zeros(D::Minus2, top, bottom)?.pad_with_zeros(D::Minus1, left, right)
    }
}

fn relu6(x: &Tensor) -> Result<Tensor> {
    x.clamp(0.0, 6.0)
}
