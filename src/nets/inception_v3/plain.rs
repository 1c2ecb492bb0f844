//! The network by candle's own operations: slow, but easy to check against the paper.

use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::{D, DType, Device, Result, Tensor};

use super::layers::{Block, ConvSpec, SIDE, Step, key};
use super::opened::Opened;
use super::options::{LastPool, PoolPadding};
use super::variant::Variant;
use crate::nets::compute::{self, Plain};
use crate::nets::error::Loaded;
use crate::nets::folding::{self, Named};
use crate::nets::network::NetworkSettings;
use crate::nets::preprocess::Preprocess;
use crate::nets::weights::WeightsFile;

/// Inception v3 by candle's own operations: the reference for the kernels, and what runs on a GPU.
pub struct PlainInceptionV3 {
    /// Blocks, their branches and the steps of each, up to the last tap.
    blocks: Vec<Vec<Vec<Op>>>,
    /// Indices of the tapped blocks, in the order of the taps.
    taps: Vec<usize>,
    preprocess: Preprocess,
    device: Device,
    dtype: DType,
}

impl PlainInceptionV3 {
    /// Loads the weights that an experiment names; a file is sought below `root`.
    pub fn load(
        network: &NetworkSettings,
        root: &Path,
        device: &Device,
    ) -> Loaded<PlainInceptionV3> {
        PlainInceptionV3::new(&Opened::open(network, root)?, device, DType::F32)
    }

    /// `dtype` is that of the weights and of all maps.
    pub(super) fn new(opened: &Opened, device: &Device, dtype: DType) -> Loaded<PlainInceptionV3> {
        let Opened { file, variant, taps, layers, identity } = opened;
        let load = Loader { file, variant, device, dtype };
        let blocks = layers.iter().map(|block| load.block(block)).collect::<Loaded<_>>()?;
        // On a GPU candle gives each thread its own queue: another thread's work could start before
        // the weights are there.
        device.synchronize()?;
        let (taps, preprocess, device) = (taps.clone(), identity.preprocess, device.clone());
        Ok(PlainInceptionV3 { blocks, taps, preprocess, device, dtype })
    }

    /// How it takes photos.
    pub fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    /// `[n, 3, side, side]`, pixel values 0 to 255 in f32, to `[n, feature_len]` in f32; both on the
    /// CPU.
    pub fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        compute::pooled(&self.maps(&self.input(pixels)?)?)
    }

    /// `[3, side, side]`, pixel values 0 to 255 in f32, to a map `[channels, rows, columns]` in f32
    /// for each tap; all on the CPU.
    pub fn maps_of(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        compute::single(&self.maps(&self.input(&picture.unsqueeze(0)?)?)?)
    }

    /// Pixel values to what the first convolution takes, on the device.
    fn input(&self, pixels: &Tensor) -> Result<Tensor> {
        let (_, channels, height, width) = pixels.dims4()?;
        if (channels, height, width) != (3, SIDE, SIDE) {
            candle_core::bail!(
                "Inception v3 takes pictures of 3 x {SIDE} x {SIDE}, not {channels} x {height} x \
                 {width}"
            );
        }
        // The ranges of Inception are the same for every colour.
        let [(factor, offset), ..] = self.preprocess.factors_and_offsets();
        pixels.to_device(&self.device)?.affine(factor, offset)?.to_dtype(self.dtype)
    }

    /// `[n, 3, 299, 299]` in the input range, on the device and of the type of the weights, to a map
    /// `[n, channels, rows, columns]` for each tap.
    pub fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        self.run(picture, &mut |_, _| {})
    }

    /// Runs `picture` through the network, and gives the name of each convolution and the time that it
    /// took with its bias and ReLU.
    pub fn timed(&self, picture: &Tensor) -> Result<Vec<(String, Duration)>> {
        let mut times = Vec::new();
        self.run(picture, &mut |conv, time| times.push((conv.to_owned(), time)))?;
        Ok(times)
    }

    fn run(&self, picture: &Tensor, time: OnConv<'_>) -> Result<Vec<Tensor>> {
        let mut maps = vec![None; self.taps.len()];
        let mut x = picture.clone();
        for (index, branches) in self.blocks.iter().enumerate() {
            let along =
                |branch: &Vec<Op>| branch.iter().try_fold(x.clone(), |x, op| op.forward(&x, time));
            let outputs: Vec<Tensor> = branches.iter().map(along).collect::<Result<_>>()?;
            x = Tensor::cat(&outputs, 1)?;
            for (map, _) in maps.iter_mut().zip(&self.taps).filter(|(_, tap)| **tap == index) {
                *map = Some(x.clone());
            }
        }
        Ok(maps.into_iter().flatten().collect())
    }
}

impl Plain for PlainInceptionV3 {
    fn features(&self, pictures: &Tensor) -> Result<Tensor> {
        self.features(pictures)
    }

    fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>> {
        self.maps_of(picture)
    }
}

/// Is called with the name and the time of each convolution.
type OnConv<'a> = &'a mut dyn FnMut(&str, Duration);

/// A step with its weights and its pooling rule.
enum Op {
    Conv(Conv),
    Fork([Conv; 2]),
    MaxPool,
    AveragePool(PoolPadding),
    LastMaxPool,
}

impl Op {
    fn forward(&self, x: &Tensor, time: OnConv<'_>) -> Result<Tensor> {
        match self {
            Op::Conv(conv) => conv.timed(x, time),
            Op::Fork([one, other]) => Tensor::cat(&[one.timed(x, time)?, other.timed(x, time)?], 1),
            Op::MaxPool => x.max_pool2d_with_stride(3, 2),
            Op::AveragePool(padding) => average_pool(x, *padding),
            // After ReLU no number is below the zeros of the padding.
            Op::LastMaxPool => pad(x, [1, 1])?.max_pool2d_with_stride(3, 1),
        }
    }
}

/// A convolution with its batch normalisation folded in, and ReLU.
struct Conv {
    name: String,
    weight: Tensor, // [out, in, height, width]
    bias: Tensor,   // [1, out, 1, 1]
    stride: usize,
    /// Zeros before and after, in height and width.
    padding: [usize; 2],
}

impl Conv {
    fn timed(&self, x: &Tensor, time: OnConv<'_>) -> Result<Tensor> {
        let start = Instant::now();
        let y = self.forward(x)?;
        time(&self.name, start.elapsed());
        Ok(y)
    }

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

/// Factors `[1, 1, height, width]` that turn a sum divided by 9 into one divided by the number of
/// pixels inside the map.
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
        let name = key(block, conv);
        let (weight, bias) = folding::convolution(self.file, &Named::of(&name), epsilon)?;
        let [height, width] = conv.kernel;
        Ok(Conv {
            name,
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

    /// On the CPU candle has no products in bf16, so f64 stands for it: a tensor that was left in f32
    /// fails in either.
    #[test]
    fn the_trunk_computes_in_the_type_that_it_was_loaded_in() {
        let network = NetworkSettings::default();
        let mut opened = Opened::open(&network, Path::new("")).unwrap();
        opened.variant.taps.value = vec!["Mixed_7c".into()];
        let stripes = |at: usize| ((at / 7) % 61 + (at / 299) % 97) as f32 / 156.0;
        let picture = (0..3 * 299 * 299).map(stripes).collect();
        let picture = Tensor::from_vec(picture, (1, 3, 299, 299), &Device::Cpu).unwrap();
        let feature = |opened: &Opened, dtype: DType| -> Vec<f64> {
            let trunk = PlainInceptionV3::new(opened, &Device::Cpu, dtype).unwrap();
            let maps = trunk.maps(&picture.to_dtype(dtype).unwrap()).unwrap();
            assert_eq!(maps[0].dtype(), dtype);
            let pooled = maps[0].to_dtype(DType::F64).unwrap().mean((2, 3)).unwrap();
            pooled.flatten_all().unwrap().to_vec1().unwrap()
        };
        // The average and the maximum in the last block, so that every kind of step is there.
        for last_pool in [LastPool::Average, LastPool::Max] {
            opened.variant.last_pool.value = last_pool;
            let (single, double) = (feature(&opened, DType::F32), feature(&opened, DType::F64));
            let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            let off: Vec<f64> = single.iter().zip(&double).map(|(a, b)| a - b).collect();
            let error = length(&off) / length(&double);
            assert!(error > 0.0 && error < 1e-5, "f32 is off by {error}");
        }
    }
}
