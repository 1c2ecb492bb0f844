//! Inception v3 without its classifiers, on pictures of 299 by 299 pixels.
//!
//! `layers` is the network as data. `blocked` makes a graph of it for the kernels, which compute it on
//! the CPU; `plain` computes it by candle's own operations, on a GPU and as the reference for the
//! kernels; `nodes` writes it into a file for other programs. `options` is what an experiment may say of it, `variant` what is known of a weights file,
//! `frozen_graph` and `keras` what others call its parts, and `description` the identity that stands in runs
//! and head files.

mod blocked;
mod description;
mod frozen_graph;
mod keras;
mod layers;
mod nodes;
mod opened;
mod options;
mod plain;
mod variant;

use std::path::Path;

use candle_core::Device;

use super::compute::{Compute, Computed, dtype, precision_on};
use super::error::Loaded;
use super::network::{Network, NetworkSettings};
use super::on_cpu::{self, Blueprint, OnCpu};
use crate::kernels::{Engine, Trunk};

pub(super) use description::identity_of_first_heads;
pub use layers::NAME;
use opened::Opened;
pub use options::{InputRange, LastPool, Options, PoolPadding};
pub use plain::PlainInceptionV3;

/// As it stands in the list of networks.
pub(super) const NETWORK: Network = Network {
    name: "inception_v3",
    meaning: "Inception v3, 299 by 299 pixels",
    measured: Some("retrain.py's network; 76% of flowers right"),
    built_in: Some(opened::BUILT_IN),
    options: options::FIELDS,
    load: |settings, root, device| Ok(Box::new(load(settings, root, device)?)),
    nodes: |settings, root, graph, pictures| {
        nodes::nodes(&Opened::open(settings, root)?, graph, pictures)
    },
    check: |_| Ok(()),
    recognize: opened::recognize,
    own_settings: description::own_settings,
};

/// Pictures that a GPU is given at a time. The largest maps of that many, unfolded for a matrix
/// product, take 1.6 GB in f32.
const GPU_BATCH: usize = 64;

/// Loads the weights that an experiment names; a file is sought below `root`.
pub fn load(network: &NetworkSettings, root: &Path, device: &Device) -> Loaded<Computed> {
    let opened = Opened::open(network, root)?;
    let precision = precision_on(device, network, opened.is_int8_measured())?;
    let (identity, feature_len) = (opened.identity.clone(), opened.feature_len());
    let compute = if device.is_cuda() {
        let plain = PlainInceptionV3::new(&opened, device, dtype(precision))?;
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
