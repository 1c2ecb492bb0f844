//! Inception v3 without its classifiers: `layers` is the whole network as data. The kernels compute
//! it on the CPU; plain candle operations compute it elsewhere, and are what the kernels are
//! measured by.

mod blocked;
mod layers;
mod plain;

use std::path::Path;

use candle_core::{Device, Result, Tensor};

use super::arithmetic::Arithmetic;
use super::error::NetError;
use super::identity::Identity;
use super::variant::Variant;
use super::weights::WeightsFile;
use super::{Backbone, Calibration};
use crate::kernels::{Engine, Format, Graph, InstructionSet, Plan, Steps, Trunk};
use crate::spec::{Network, Weights};

pub use plain::PlainInceptionV3;

/// Width and height of the picture, in pixels.
const SIDE: usize = 299;

/// Inception v3 with its weights: pixel values in, pooled features of its taps out.
pub struct InceptionV3 {
    compute: Compute,
    identity: Identity,
    feature_len: usize,
}

enum Compute {
    Kernels(Trunk),
    Plain(PlainInceptionV3),
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
        if !device.is_cpu() {
            let plain = PlainInceptionV3::new(&file, &identity.variant, device)?;
            let feature_len = plain.feature_len();
            return Ok(InceptionV3 { compute: Compute::Plain(plain), identity, feature_len });
        }
        let graph = blocked::graph(&file, &identity.variant, SIDE)?;
        let engine = Engine::best(identity.arithmetic.format());
        let trunk = trunk(&graph, engine, calibration);
        Ok(InceptionV3 {
            compute: Compute::Kernels(trunk),
            identity,
            feature_len: graph.feature_len(),
        })
    }

    /// The network on each engine of this processor, the slow ones too.
    pub fn on_every_engine(
        network: &Network,
        root: &Path,
        calibration: Calibration<'_>,
    ) -> Loaded<Vec<Trunk>> {
        let (file, identity) = open(network, root)?;
        let graph = blocked::graph(&file, &identity.variant, SIDE)?;
        let engines = [Format::F32, Format::Bf16, Format::Int8].into_iter().flat_map(|format| {
            InstructionSet::ALL.into_iter().filter_map(move |set| Engine::new(format, set))
        });
        Ok(engines.map(|engine| trunk(&graph, engine, calibration)).collect())
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
        arithmetic: Arithmetic::on_cpu(network.precision),
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

    fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        match &self.compute {
            Compute::Kernels(trunk) => pixels.apply_op1_no_bwd(trunk),
            Compute::Plain(plain) => plain.features(pixels),
        }
    }
}

type Loaded<T> = std::result::Result<T, NetError>;
