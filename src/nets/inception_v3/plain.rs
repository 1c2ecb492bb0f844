//! The trunk in plain candle operations: the obvious version.

use candle_core::{D, DType, Device, Result, Tensor};

use super::Loaded;
use super::layers::{Block, ConvSpec, Step, conv_shapes, find_taps, key, layers};
use crate::nets::folding;
use crate::nets::variant::{LastPool, PoolPadding, Variant};
use crate::nets::weights::WeightsFile;

/// The convolutions with their weights: normalised pictures in, the maps of the taps out. This is
/// the obvious version; a faster one is built of the same layers and weights, and replaces it here.
pub struct Trunk {
    /// Up to the last tap.
    blocks: Vec<Vec<Vec<Op>>>,
    /// Indices of the tapped blocks, in the order of the taps.
    taps: Vec<usize>,
    pub(super) tap_channels: Vec<usize>,
}

impl Trunk {
    /// `dtype` is that of the weights and of all maps.
    pub(super) fn new(
        file: &WeightsFile,
        variant: &Variant,
        device: &Device,
        dtype: DType,
    ) -> Loaded<Trunk> {
        let layers = layers();
        let taps = find_taps(&variant.taps.value, &layers)?;
        folding::check(file, &conv_shapes(&layers))?;
        let load = Loader { file, variant, device, dtype };
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

    /// `[n, 3, 299, 299]` in the input range, on the device and of the type of the weights, to one map `[n, channels, height, width]` a tap.
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
    Tensor::from_vec(map, (1, 1, height, width), x.device())?.to_dtype(x.dtype())
}

struct Loader<'a> {
    file: &'a WeightsFile,
    variant: &'a Variant,
    device: &'a Device,
    dtype: DType,
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
            weight: weight.to_device(self.device)?.to_dtype(self.dtype)?,
            bias: bias.to_device(self.device)?.to_dtype(self.dtype)?,
            stride: conv.stride,
            padding: if conv.padded { [height / 2, width / 2] } else { [0, 0] },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec;

    /// In f64, as Candle multiplies no bf16 on the CPU: what is of another type fails in either.
    #[test]
    fn the_trunk_computes_in_the_type_that_it_was_loaded_in() {
        let network = spec::parse("images = 'p'", Path::new("x")).unwrap().experiment.network;
        let file = WeightsFile::open(&network.weights, Path::new("")).unwrap();
        let mut variant = Variant::resolve(&network, &file).unwrap();
        variant.taps.value = vec!["Mixed_7c".into()];
        let stripes = |at: usize| ((at / 7) % 61 + (at / 299) % 97) as f32 / 156.0;
        let picture = (0..3 * 299 * 299).map(stripes).collect();
        let picture = Tensor::from_vec(picture, (1, 3, 299, 299), &Device::Cpu).unwrap();
        let feature = |variant: &Variant, dtype: DType| -> Vec<f64> {
            let trunk = Trunk::new(&file, variant, &Device::Cpu, dtype).unwrap();
            let maps = trunk.forward(&picture.to_dtype(dtype).unwrap()).unwrap();
            assert_eq!(maps[0].dtype(), dtype);
            let pooled = maps[0].to_dtype(DType::F64).unwrap().mean((2, 3)).unwrap();
            pooled.flatten_all().unwrap().to_vec1().unwrap()
        };
        // The average and the maximum in the last block, so that every kind of step is there.
        for last_pool in [LastPool::Average, LastPool::Max] {
            variant.last_pool.value = last_pool;
            let (single, double) = (feature(&variant, DType::F32), feature(&variant, DType::F64));
            let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            let off: Vec<f64> = single.iter().zip(&double).map(|(a, b)| a - b).collect();
            let error = length(&off) / length(&double);
            assert!(error > 0.0 && error < 1e-5, "f32 is off by {error}");
        }
    }
}
