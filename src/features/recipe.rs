//! What must be known to make the same features again: it goes into the head file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::calibration;
use super::extract::Extractor;
use crate::nets::{self, Identity, NetError};
use crate::spec::{Network, Resize, Weights};

/// The network, to every property, and what is done to a photo before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    pub network: Identity,
    /// Where the weights were; `None`: built in.
    pub weights_file: Option<PathBuf>,
    pub resize: Resize,
    pub max_megapixels: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    #[error(transparent)]
    Network(#[from] NetError),
    #[error(
        "the head was trained on features of {expected}, but {found} is there now; \
         bring the old weights file back, or train again"
    )]
    OtherNetwork { expected: String, found: String },
}

impl Recipe {
    /// Loads the network of an experiment; `root` is the project folder.
    pub fn prepare(
        network: &Network,
        max_megapixels: usize,
        root: &Path,
    ) -> Result<(Recipe, Extractor), NetError> {
        let backbone: Arc<dyn nets::Backbone> =
            nets::load(network, root, &Device::Cpu, &calibration::pictures)?.into();
        let recipe = Recipe {
            network: backbone.identity().clone(),
            weights_file: match &network.weights {
                Weights::BuiltIn => None,
                Weights::File(path) => Some(root.join(path)),
            },
            resize: network.resize,
            max_megapixels,
        };
        let extractor = Extractor { backbone, resize: network.resize, max_megapixels };
        Ok((recipe, extractor))
    }

    /// Loads the very network that the recipe was made with, or says that it is not there.
    pub fn open(&self) -> Result<Extractor, RecipeError> {
        let network = self.network.as_settings(self.weights_file.as_deref(), self.resize);
        let (now, extractor) = Recipe::prepare(&network, self.max_megapixels, Path::new(""))?;
        if now.network.key() != self.network.key() {
            return Err(RecipeError::OtherNetwork {
                expected: short(&self.network),
                found: short(&now.network),
            });
        }
        Ok(extractor)
    }
}

fn short(network: &Identity) -> String {
    format!("{} with weights {} ({})", network.backbone, network.weights, &network.weights_blake3)
}
