//! Inception v3 without its classifiers: `layers` is the whole network as data, [`Trunk`] computes
//! it.

mod layers;
mod plain;

use std::path::Path;

use candle_core::{DType, Device, Result, Tensor};

use super::Backbone;
use super::error::NetError;
use super::identity::Identity;
use super::variant::Variant;
use super::weights::WeightsFile;
use crate::spec::{Network, Precision, Weights};

pub use plain::Trunk;

/// Width and height of the picture, in pixels.
const SIDE: usize = 299;

/// Pictures that a GPU takes at a time: the largest of its maps, unfolded for a matrix product, are
/// 1.6 GB in f32.
const GPU_BATCH: usize = 64;

/// Inception v3 with its weights: pixel values in, pooled features of its taps out.
pub struct InceptionV3 {
    trunk: Trunk,
    identity: Identity,
    /// `(factor, offset)` that bring pixel values to the input range.
    input: (f64, f64),
    device: Device,
    precision: Precision,
}

impl InceptionV3 {
    /// Loads the weights that an experiment names; a file is sought below `root`.
    pub fn load(network: &Network, root: &Path, device: &Device) -> Loaded<InceptionV3> {
        let file = WeightsFile::open(&network.weights, root)?;
        let variant = Variant::resolve(network, &file)?;
        let precision = precision_on(device, network.precision)?;
        let trunk = Trunk::new(&file, &variant, device, dtype(precision))?;
        // Candle gives each thread a queue of its own on a GPU; another one's may run first.
        device.synchronize()?;
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
        Ok(InceptionV3 { trunk, identity, input, device: device.clone(), precision })
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

    fn precision(&self) -> Precision {
        self.precision
    }

    fn arithmetic(&self) -> &str {
        match (self.device.is_cuda(), self.precision) {
            (true, Precision::Bf16) => "cuda-bf16",
            (true, _) => "cuda-f32",
            (false, _) => "f32",
        }
    }

    fn batch(&self) -> usize {
        if self.device.is_cuda() { GPU_BATCH } else { 1 }
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
        let picture = pixels.to_device(&self.device)?.affine(factor, offset)?;
        let maps = self.trunk.forward(&picture.to_dtype(dtype(self.precision))?)?;
        // [n, channels] each
        let pool = |map: &Tensor| map.to_dtype(DType::F32)?.mean((2, 3));
        let pooled: Vec<Tensor> = maps.iter().map(pool).collect::<Result<_>>()?;
        Tensor::cat(&pooled, 1)?.to_device(&Device::Cpu) // [n, feature_len]
    }
}

/// What is computed in where this was asked for. On a GPU f32 is f32: products are not rounded to
/// TF32, which Candle does only when told to.
fn precision_on(device: &Device, asked: Precision) -> Loaded<Precision> {
    match asked {
        Precision::Int8 if device.is_cuda() => Err(NetError::Int8OnGpu),
        Precision::Bf16 if device.is_cuda() => Ok(Precision::Bf16),
        _ => Ok(Precision::F32),
    }
}

fn dtype(precision: Precision) -> DType {
    match precision {
        Precision::Bf16 => DType::BF16,
        _ => DType::F32,
    }
}

type Loaded<T> = std::result::Result<T, NetError>;
