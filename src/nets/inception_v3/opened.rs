//! A weights file that has been opened as an Inception v3.

use std::path::Path;

use super::options::Options;
use super::variant::Variant;
use super::{blocked, description};
use crate::kernels::Graph;
use crate::nets::error::Loaded;
use crate::nets::identity::Identity;
use crate::nets::network::NetworkSettings;
use crate::nets::on_cpu::Blueprint;
use crate::nets::preprocess::Preprocess;
use crate::nets::settings::Weights;
use crate::nets::weights::WeightsFile;

/// The built-in weights.
const BUILT_IN: &[u8] = include_bytes!("../../../assets/inception_v3-nsfwjs.u8.safetensors");

/// The largest value of each map of the built-in network, with all its blocks, at the calibration
/// pictures: a JSON list in the order in which the maps are made.
const BUILT_IN_LARGEST: &str = include_str!("../../../assets/inception_v3-nsfwjs.largest.json");

/// Weights and rules of one Inception v3: all that is needed to build it, on any device.
pub(super) struct Opened {
    pub file: WeightsFile,
    pub variant: Variant,
    /// Follows from the file and the variant.
    pub identity: Identity,
}

impl Opened {
    /// Opens the weights that an experiment names; a file is sought below `root`.
    pub fn open(network: &NetworkSettings, root: &Path) -> Loaded<Opened> {
        let file = WeightsFile::open(&network.weights, BUILT_IN, root)?;
        let variant = Variant::resolve(&Options::of(&network.options), &network.taps, &file)?;
        let weights = match &network.weights {
            Weights::BuiltIn => "built-in".to_owned(),
            Weights::File(path) => {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
        };
        let blake3 = file.blake3().to_owned();
        let identity = description::identity(weights, blake3, &variant, network.resize);
        Ok(Opened { file, variant, identity })
    }
}

impl Blueprint for Opened {
    fn preprocess(&self) -> &Preprocess {
        &self.identity.preprocess
    }

    fn graph(&self) -> Loaded<Graph> {
        blocked::graph(&self.file, &self.variant, &self.identity.preprocess)
    }

    fn known_largest(&self, graph: &Graph) -> Option<Vec<f32>> {
        if !self.file.is_built_in() || !self.variant.is_the_files_own(&self.file) {
            return None;
        }
        let largest: Vec<f32> =
            serde_json::from_str(BUILT_IN_LARGEST).expect("a file of the program's own");
        // With other taps the network may end before its last block.
        Some(largest[..graph.map_count()].to_vec())
    }
}
