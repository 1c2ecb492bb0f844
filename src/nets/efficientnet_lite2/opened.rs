//! A weights file that has been opened as an EfficientNet-Lite2.

use std::path::Path;

use super::blocked;
use super::layers::{self, SIDE};
use crate::kernels::Graph;
use crate::nets::error::{Loaded, NetError};
use crate::nets::folding;
use crate::nets::identity::{Identity, Property, Source};
use crate::nets::network::{NetworkSettings, OptionValues, OwnSettings, Recognized};
use crate::nets::on_cpu::Blueprint;
use crate::nets::preprocess::{Crop, Preprocess};
use crate::nets::settings::Weights;
use crate::nets::taps;
use crate::nets::weights::WeightsFile;

/// The built-in weights.
pub(super) const BUILT_IN: &[u8] =
    include_bytes!("../../../assets/efficientnet_lite2.u8.safetensors");

/// The largest value of each map of the built-in network at the calibration pictures: a JSON list in
/// the order in which the maps are made.
const BUILT_IN_LARGEST: &str = include_str!("../../../assets/efficientnet_lite2.largest.json");

const TAPS: &str = "taps";
const BETWEEN_TAPS: &str = ", ";

/// Weights and taps of one EfficientNet-Lite2: all that is needed to build it, on any device.
pub(super) struct Opened {
    pub file: WeightsFile,
    /// Places among the network's steps.
    pub taps: Vec<usize>,
    /// Numbers in a feature.
    pub feature_len: usize,
    pub identity: Identity,
}

/// What a file holds, where it is this network.
pub(super) fn recognize(file: &WeightsFile) -> Option<Recognized> {
    let conv_shapes = layers::conv_shapes();
    let fits =
        |(conv, shape): &(folding::Named, [usize; 4])| file.shape(&conv.weight) == Some(&shape[..]);
    let recognized = Recognized { name: layers::NAME, seconds: None };
    conv_shapes.iter().all(fits).then_some(recognized)
}

impl Opened {
    /// Opens the weights that an experiment names; a file is sought below `root`.
    pub fn open(network: &NetworkSettings, root: &Path) -> Loaded<Opened> {
        let file = WeightsFile::open(&network.weights, BUILT_IN, root)?;
        let (names, source) = match network.taps.is_empty() {
            true => (layers::default_taps(), Source::Assumed),
            false => (network.taps.clone(), Source::Setting),
        };
        let steps = layers::steps();
        // The kernels compute means of whole blocks of channels.
        let can_be_tap = |place: &usize| steps[*place].1.is_multiple_of(blocked::BLOCK);
        let places: Vec<usize> = (0..steps.len()).filter(can_be_tap).collect();
        let known: Vec<&String> = places.iter().map(|place| &steps[*place].0).collect();
        let found = taps::find(layers::NAME, &names, &known)?;
        let taps: Vec<usize> = found.into_iter().map(|tap| places[tap]).collect();
        let feature_len = taps.iter().map(|tap| steps[*tap].1).sum();
        let weights = match &network.weights {
            Weights::BuiltIn => "built-in".to_owned(),
            Weights::File(path) => {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
        };
        let identity = Identity {
            backbone: "efficientnet-lite2".to_owned(),
            weights,
            weights_blake3: file.blake3().to_owned(),
            preprocess: preprocess(network),
            preprocess_source: None,
            properties: vec![Property {
                name: TAPS.to_owned(),
                value: names.join(BETWEEN_TAPS),
                source,
            }],
        };
        Ok(Opened { file, taps, feature_len, identity })
    }
}

/// How the network takes photos.
pub fn preprocess(network: &NetworkSettings) -> Preprocess {
    Preprocess {
        side: SIDE,
        resize: network.resize_of_built_in(),
        crop: Crop::Squash,
        mean: [127.0; 3],
        std: [128.0; 3],
    }
}

/// What an identity says of the settings that this network has.
pub(super) fn own_settings(identity: &Identity) -> Loaded<OwnSettings> {
    let taps = identity.property(TAPS).ok_or_else(|| NetError::property(identity, TAPS))?;
    let taps = taps.value.split(BETWEEN_TAPS).map(str::to_owned).collect();
    Ok(OwnSettings { taps, options: OptionValues::default() })
}

impl Blueprint for Opened {
    fn preprocess(&self) -> &Preprocess {
        &self.identity.preprocess
    }

    fn graph(&self) -> Loaded<Graph> {
        blocked::graph(&self.file, &self.identity.preprocess, &self.taps)
    }

    fn known_largest(&self, graph: &Graph) -> Option<Vec<f32>> {
        if !self.file.is_built_in() {
            return None;
        }
        let largest: Vec<f32> =
            serde_json::from_str(BUILT_IN_LARGEST).expect("a file of the program's own");
        // With other taps the network may end before its head.
        largest.get(..graph.map_count()).map(<[f32]>::to_vec)
    }
}
