//! EfficientNet-Lite2 without its classifier, on pictures of 260 by 260 pixels.
//!
//! `layers` is the network as data. `blocked` makes a graph of it for the kernels, which compute it on
//! the CPU; `plain` computes it by candle's own operations, on a GPU and as the reference for the
//! kernels; `nodes` writes it into a file for other programs. `opened` is a weights file with the identity that stands in runs and head files.

mod blocked;
mod layers;
mod nodes;
mod opened;
mod plain;

use std::path::Path;

use candle_core::Device;

use super::compute::{Compute, Computed, dtype, precision_on};
use super::error::Loaded;
use super::folding;
use super::network::{Network, NetworkSettings};
use super::on_cpu::{self, Blueprint, OnCpu};
use super::settings::Weights;
use crate::kernels::{Engine, Trunk};

pub use layers::NAME;
use opened::Opened;
pub use opened::preprocess;
pub use plain::PlainEfficientNetLite2;

/// As it stands in the list of networks.
pub(super) const NETWORK: Network = Network {
    name: "efficientnet_lite2",
    meaning: "EfficientNet-Lite2, 260 by 260 pixels",
    measured: Some("89% right, and 2 to 5 times as fast"),
    built_in: Some(opened::BUILT_IN),
    options: &[],
    load: |settings, root, device| Ok(Box::new(load(settings, root, device)?)),
    nodes: |settings, root, graph, pictures| {
        let opened = Opened::open(settings, root)?;
        folding::check(&opened.file, layers::NAME, &layers::conv_shapes())?;
        nodes::nodes(&opened, graph, pictures)
    },
    check: |_| Ok(()),
    recognize: opened::recognize,
    own_settings: opened::own_settings,
};

/// Pictures that a GPU is given at a time.
const GPU_BATCH: usize = 64;

/// Loads the weights that an experiment names; a file is sought below `root`.
pub fn load(network: &NetworkSettings, root: &Path, device: &Device) -> Loaded<Computed> {
    let opened = Opened::open(network, root)?;
    // Measured with the built-in weights (benches/README.md).
    let precision = precision_on(device, network, network.weights == Weights::BuiltIn)?;
    folding::check(&opened.file, layers::NAME, &layers::conv_shapes())?;
    let (identity, feature_len) = (opened.identity.clone(), opened.feature_len);
    let compute = if device.is_cuda() {
        let plain = PlainEfficientNetLite2::new(&opened, device, dtype(precision))?;
        Compute::Cuda(Box::new(plain), GPU_BATCH)
    } else {
        Compute::Cpu(OnCpu::new(opened, on_cpu::engine(precision, network)))
    };
    Ok(Computed { compute, identity, precision, feature_len })
}

/// The network as the CPU computes it with one set of instructions, to measure and compare.
pub fn on_engine(network: &NetworkSettings, root: &Path, engine: Engine) -> Loaded<Trunk> {
    on_cpu::trunk(&Opened::open(network, root)?, engine)
}

/// The largest value of each map at the calibration pictures, for 8-bit integers.
pub fn largest(network: &NetworkSettings, root: &Path) -> Loaded<Vec<f32>> {
    let opened = Opened::open(network, root)?;
    Ok(on_cpu::largest(&opened.identity.preprocess, &opened.graph()?))
}
