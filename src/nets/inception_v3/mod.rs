//! Inception v3 without its classifiers: `layers` is the whole network as data. The kernels compute
//! it on the CPU; plain candle operations compute it elsewhere, and are what the kernels are
//! measured by.

mod blocked;
mod layers;
mod plain;

use std::path::Path;

use candle_core::{DType, Device, Result, Tensor};

use super::error::NetError;
use super::identity::Identity;
use super::variant::Variant;
use super::weights::WeightsFile;
use super::{Backbone, Calibration};
use crate::kernels::{Engine, Format, Graph, Plan, Steps, Trunk};
use crate::spec::{Network, Precision, Weights};

pub use plain::PlainInceptionV3;

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
    Kernels(Trunk),
    Cuda(PlainInceptionV3),
}

impl InceptionV3 {
    /// Loads the weights that an experiment names; a file is sought below `root`.
    pub fn load(
        network: &Network,
        root: &Path,
        device: &Device,
        calibration: Calibration<'_>,
    ) -> Loaded<InceptionV3> {
        let (file, identity) = open(network, root)?;
        let precision = precision_on(device, network.precision)?;
        if device.is_cuda() {
            let plain = PlainInceptionV3::new(&file, &identity.variant, device, dtype(precision))?;
            let feature_len = plain.feature_len();
            return Ok(InceptionV3 {
                compute: Compute::Cuda(plain),
                identity,
                precision,
                feature_len,
            });
        }
        let graph = blocked::graph(&file, &identity.variant, SIDE)?;
        let trunk = trunk(&graph, Engine::best(format(precision)), calibration);
        let feature_len = graph.feature_len();
        Ok(InceptionV3 { compute: Compute::Kernels(trunk), identity, precision, feature_len })
    }

    /// What the network does on the CPU, by these instructions.
    pub fn on_engine(
        network: &Network,
        root: &Path,
        engine: Engine,
        calibration: Calibration<'_>,
    ) -> Loaded<Trunk> {
        let (file, identity) = open(network, root)?;
        Ok(trunk(&blocked::graph(&file, &identity.variant, SIDE)?, engine, calibration))
    }
}

fn trunk(graph: &Graph, engine: Engine, calibration: Calibration<'_>) -> Trunk {
    let steps = (engine.format() == Format::Int8).then(|| calibrate(graph, calibration));
    Trunk::new(Plan::new(graph, engine, steps.as_ref()))
}

/// Steps from the largest values that the maps hold at the pictures of `calibration`.
fn calibrate(graph: &Graph, calibration: Calibration<'_>) -> Steps {
    let exact = Trunk::new(Plan::new(graph, Engine::best(Format::F32), None));
    Steps::from_largest(graph, exact.largest(&calibration(SIDE)))
}

fn open(network: &Network, root: &Path) -> Loaded<(WeightsFile, Identity)> {
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
            (Compute::Kernels(_), Precision::Bf16) => "bf16",
            (Compute::Kernels(_), Precision::Int8) => INT8,
            (Compute::Kernels(_), _) => "f32",
        }
    }

    fn warning(&self) -> Option<String> {
        let Compute::Kernels(trunk) = &self.compute else { return None };
        let engine = trunk.plan().engine();
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
            Compute::Kernels(_) => 1,
            Compute::Cuda(_) => GPU_BATCH,
        }
    }

    fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        match &self.compute {
            Compute::Kernels(trunk) => pixels.apply_op1_no_bwd(trunk),
            Compute::Cuda(plain) => plain.features(pixels),
        }
    }
}

/// 8-bit integers, and the rule by which their steps are found: features of an older rule must not
/// be taken for those of a newer.
const INT8: &str = "int8, calibration 1";

/// What is computed in where this was asked for. On a GPU f32 is f32: products are not rounded to
/// TF32, which Candle does only when told to.
fn precision_on(device: &Device, asked: Precision) -> Loaded<Precision> {
    match asked {
        Precision::Int8 if device.is_cuda() => Err(NetError::Int8OnGpu),
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
