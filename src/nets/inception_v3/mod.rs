//! Inception v3 without its classifiers: `layers` is the whole network as data. The kernels compute
//! it on the CPU; plain candle operations compute it elsewhere, and are what the kernels are
//! measured by.

mod blocked;
mod layers;
mod on_cpu;
mod options;
mod plain;

use std::path::Path;

use candle_core::{DType, Device, Result, Tensor};

use super::error::NetError;
use super::folding;
use super::identity::{Identity, Source, Stated};
use super::list::Network;
use super::settings::{NetworkSettings, Precision, Weights};
use super::variant::Variant;
use super::weights::WeightsFile;
use super::{Backbone, Calibration};
use crate::kernels::{Engine, Format, Trunk};

use layers::Block;
use on_cpu::{OnCpu, Parts};
pub use options::{InputRange, LastPool, Options, PoolPadding};
pub use plain::PlainInceptionV3;

/// As it stands in the list of networks.
pub(super) const NETWORK: Network = Network {
    name: "inception_v3",
    meaning: "Inception v3, 299 by 299 pixels",
    options: options::FIELDS,
    load: |settings, root, device, calibration| {
        Ok(Box::new(InceptionV3::load(settings, root, device, calibration)?))
    },
};

/// Width and height of the picture, in pixels.
const SIDE: usize = 299;

/// Pictures that a GPU takes at a time: the largest of its maps, unfolded for a matrix product, are
/// 1.6 GB in f32.
const GPU_BATCH: usize = 64;

/// Inception v3 with its weights: pixel values in, pooled features of its taps out.
pub struct InceptionV3 {
    compute: Compute,
    identity: Identity,
    precision: Precision,
    feature_len: usize,
}

enum Compute {
    Cpu(OnCpu),
    Cuda(PlainInceptionV3),
}

impl InceptionV3 {
    /// Loads the weights that an experiment names; a file is sought below `root`.
    pub fn load(
        network: &NetworkSettings,
        root: &Path,
        device: &Device,
        calibration: Calibration,
    ) -> Loaded<InceptionV3> {
        let (file, identity) = open(network, root)?;
        let precision = precision_on(device, network)?;
        let layers = layers::layers();
        let taps = taps(&file, &identity.variant.taps, &layers)?;
        folding::check(&file, &layers::conv_shapes(&layers))?;
        let leaving = layers::leaving(&layers);
        let feature_len = taps.into_iter().map(|tap| leaving[tap]).sum();
        let variant = identity.variant.clone();
        let compute = if device.is_cuda() {
            Compute::Cuda(PlainInceptionV3::new(&file, &variant, device, dtype(precision))?)
        } else {
            let parts = Parts { file, variant, calibration };
            Compute::Cpu(OnCpu::new(parts, Engine::best(format(precision))))
        };
        Ok(InceptionV3 { compute, identity, precision, feature_len })
    }

    /// What the network does on the CPU, by these instructions.
    pub fn on_engine(
        network: &NetworkSettings,
        root: &Path,
        engine: Engine,
        calibration: Calibration,
    ) -> Loaded<Trunk> {
        parts(network, root, calibration)?.trunk(engine)
    }

    /// The largest value of each map at the calibration pictures, for 8-bit integers.
    pub fn largest(
        network: &NetworkSettings,
        root: &Path,
        calibration: Calibration,
    ) -> Loaded<Vec<f32>> {
        let parts = parts(network, root, calibration)?;
        Ok(parts.largest(&parts.graph()?))
    }
}

/// Places of the taps in `layers`; a mistake in the file's metadata names the file.
fn taps(file: &WeightsFile, taps: &Stated<Vec<String>>, layers: &[Block]) -> Loaded<Vec<usize>> {
    layers::find_taps(&taps.value, layers).map_err(|err| match taps.source {
        Source::Metadata => NetError::Metadata {
            file: file.name().to_owned(),
            key: "taps",
            found: taps.value.join(", "),
            expected: "blocks of Inception v3, none of them twice",
            setting: "network.taps",
        },
        _ => err,
    })
}

fn parts(network: &NetworkSettings, root: &Path, calibration: Calibration) -> Loaded<Parts> {
    let (file, identity) = open(network, root)?;
    Ok(Parts { file, variant: identity.variant, calibration })
}

fn open(network: &NetworkSettings, root: &Path) -> Loaded<(WeightsFile, Identity)> {
    let file = WeightsFile::open(&network.weights, root)?;
    let variant = Variant::resolve(network, &file)?;
    let weights = match &network.weights {
        Weights::BuiltIn => "built-in".to_owned(),
        Weights::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let identity = Identity {
        backbone: "inception-v3".to_owned(),
        weights,
        weights_blake3: file.blake3().to_owned(),
        side: SIDE,
        variant,
    };
    Ok((file, identity))
}

impl Backbone for InceptionV3 {
    fn side(&self) -> usize {
        SIDE
    }

    fn feature_len(&self) -> usize {
        self.feature_len
    }

    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn precision(&self) -> Precision {
        self.precision
    }

    fn arithmetic(&self) -> &str {
        match (&self.compute, self.precision) {
            (Compute::Cuda(_), Precision::Bf16) => "cuda-bf16",
            (Compute::Cuda(_), _) => "cuda-f32",
            (Compute::Cpu(_), Precision::Bf16) => "bf16",
            (Compute::Cpu(_), Precision::Int8) => INT8,
            (Compute::Cpu(_), _) => "f32",
        }
    }

    fn warning(&self) -> Option<String> {
        let Compute::Cpu(OnCpu { engine, .. }) = &self.compute else { return None };
        (!engine.is_fast()).then(|| {
            format!(
                "this processor has no instructions for {}, so that features take many times as \
                 long as with network.precision = \"f32\"",
                engine.format().name()
            )
        })
    }

    fn batch(&self) -> usize {
        match self.compute {
            Compute::Cpu(_) => 1,
            Compute::Cuda(_) => GPU_BATCH,
        }
    }

    fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        match &self.compute {
            Compute::Cpu(cpu) => cpu.features(pixels),
            Compute::Cuda(plain) => plain.features(pixels),
        }
    }
}

/// 8-bit integers, and the rule by which their steps are found: features of an older rule must not
/// be taken for those of a newer.
const INT8: &str = "int8, calibration 1";

/// What is computed in where this was asked for. On a GPU f32 is f32: products are not rounded to
/// TF32, which Candle does only when told to.
///
/// `auto` is 8-bit integers only where they are fast and their accuracy was measured, which is on
/// the built-in weights (benches/README.md).
fn precision_on(device: &Device, network: &NetworkSettings) -> Loaded<Precision> {
    let int8 = network.weights == Weights::BuiltIn && Engine::best(Format::Int8).is_fast();
    match network.precision {
        Precision::Int8 if device.is_cuda() => Err(NetError::Int8OnGpu),
        Precision::Auto if int8 && device.is_cpu() => Ok(Precision::Int8),
        Precision::Auto => Ok(Precision::F32),
        asked => Ok(asked),
    }
}

fn dtype(precision: Precision) -> DType {
    match precision {
        Precision::Bf16 => DType::BF16,
        _ => DType::F32,
    }
}

fn format(precision: Precision) -> Format {
    match precision {
        Precision::Bf16 => Format::Bf16,
        Precision::Int8 => Format::Int8,
        Precision::F32 | Precision::Auto => Format::F32,
    }
}

type Loaded<T> = std::result::Result<T, NetError>;
