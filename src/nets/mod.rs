//! Frozen networks behind [`Backbone`], how each of them takes a photo ([`Preprocess`]), what an
//! experiment may say of them ([`NetworkSettings`]), and the formats that their weights come in.
//!
//! Not here: reading and decoding photos, the cache of features, and the head.
//!
//! # Adding a network
//!
//! A folder here and a line in [`NETWORKS`] (`list.rs`). The folder holds
//!
//! - a [`Network`]: its name, its own options as fields of the table `[network.NAME]`, how it is loaded,
//!   how its settings are read back from an [`Identity`], and how its layers are written into an ONNX
//!   file for other programs (`nodes`);
//! - a type that is a [`Backbone`]. Its identity says how it takes photos and whatever else its features
//!   depend on: that names the folder of its features in the cache, stands in runs and head files, and
//!   is all that is needed to load it again.
//!
//! What computes by the kernels only has to give them a graph (`on_cpu.rs`); 8-bit integers come with
//! that. `tiny`, which exists in tests only, is the smallest example: another size of picture, another
//! cut, another normalisation and an option of its own.

mod backbone;
mod calibration;
mod candle_networks;
mod compute;
#[cfg(feature = "cuda")]
mod cuda;
mod device;
pub mod efficientnet_lite2;
mod error;
mod folding;
mod identity;
mod inspect;
pub mod inception_v3;
mod list;
mod network;
mod on_cpu;
mod place;
mod preprocess;
mod settings;
mod taps;
#[cfg(test)]
mod tiny;
mod weights;

use std::path::Path;

use candle_core::Device;

use crate::onnx::{Graph, Value};
pub use backbone::Backbone;
pub use calibration::calibration_pictures;
pub use compute::{Computed, is_bf16_by_amx, is_bf16_without_amx, rounding_of};
pub use device::{DeviceError, is_out_of_memory};
pub use error::NetError;
pub use identity::{Identity, Property, Source, Stated};
pub use inspect::{Inspected, expected_seconds, inspect, inspect_built_in, licence};
pub use list::{NETWORK_NAMES, NETWORKS, network};
pub use network::{Load, Network, NetworkSettings, OptionValues, OwnSettings, Recognized};
pub use place::Place;
pub use preprocess::{Crop, Preprocess, to_planes};
pub use settings::{DeviceChoice, Precision, Resize, Weights};
pub use weights::Format;
use weights::WeightsFile;

/// Loads the backbone that an experiment names onto `device`; a weights file is sought below `root`,
/// the project folder.
pub fn load(
    settings: &NetworkSettings,
    root: &Path,
    device: &Device,
) -> Result<Box<dyn Backbone>, NetError> {
    (settings.backbone.load)(settings, root, device).map_err(|error| match error {
        NetError::Tensors { .. } | NetError::UnknownSize { .. } => {
            of_another_network(settings, root).unwrap_or(error)
        }
        error => error,
    })
}

/// That the weights are those of another network, where they are.
fn of_another_network(settings: &NetworkSettings, root: &Path) -> Option<NetError> {
    let file = WeightsFile::open(&settings.weights, &[], root).ok()?;
    let (network, found) = list::recognized(&file)?;
    (network != settings.backbone).then(|| NetError::OtherNetwork {
        file: file.name().to_owned(),
        found: found.name,
        backbone: settings.backbone.name,
        instead: network.name,
    })
}

/// The settings with which [`load`] gives the network of this identity again, whatever its weights
/// file says by then, rounded as this processor is fast at; `weights_file`: where its weights are, `None` for the built-in ones.
pub fn settings(
    identity: &Identity,
    weights_file: Option<&Path>,
    precision: Precision,
    device: DeviceChoice,
) -> Result<NetworkSettings, NetError> {
    let backbone = list::of_identity(identity)?;
    let OwnSettings { taps, options } = (backbone.own_settings)(identity)?;
    Ok(NetworkSettings {
        backbone,
        weights: match weights_file {
            None => Weights::BuiltIn,
            Some(path) => Weights::File(path.to_owned()),
        },
        taps,
        resize: Some(identity.preprocess.resize),
        precision,
        device,
        options,
        rounding: None,
        bf16_without_amx: false,
        preprocess: Some(identity.preprocess),
    })
}

/// Adds the network of an identity to an ONNX graph, from RGB pictures of any size, u8 `[n, rows,
/// columns, 3]`, to features in f32, `[n, feature_len]`. Whether the weights are those of the identity is
/// told by loading it.
pub fn nodes(
    identity: &Identity,
    weights_file: Option<&Path>,
    graph: &mut Graph,
    pictures: &Value,
) -> Result<Value, NetError> {
    let settings = settings(identity, weights_file, Precision::F32, DeviceChoice::Cpu)?;
    let normalised = identity.preprocess.nodes(graph, pictures);
    let maps = (settings.backbone.nodes)(&settings, Path::new(""), graph, &normalised)?;
    let means: Vec<Value> = maps.iter().map(|map| graph.mean(map)).collect();
    Ok(graph.concat(&means, 1))
}

/// The identity that a head file of version 1 holds as `json`; its resize rule stood elsewhere.
pub fn identity_of_first_heads(
    json: serde_json::Value,
    resize: Resize,
) -> serde_json::Result<Identity> {
    inception_v3::identity_of_first_heads(json, resize)
}
