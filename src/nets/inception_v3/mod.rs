//! Inception v3 without its classifiers: `layers` is the whole network as data, [`Trunk`] computes
//! it.

mod layers;
mod plain;

use std::path::Path;

use candle_core::{Device, Result, Tensor};

use super::Backbone;
use super::error::NetError;
use super::identity::Identity;
use super::variant::Variant;
use super::weights::WeightsFile;
use crate::spec::{Network, Weights};

pub use plain::Trunk;

/// Width and height of the picture, in pixels.
const SIDE: usize = 299;

/// Inception v3 with its weights: pixel values in, pooled features of its taps out.
pub struct InceptionV3 {
    trunk: Trunk,
    identity: Identity,
    /// `(factor, offset)` that bring pixel values to the input range.
    input: (f64, f64),
}

impl InceptionV3 {
    /// Loads the weights that an experiment names; a file is sought below `root`.
    pub fn load(network: &Network, root: &Path, device: &Device) -> Loaded<InceptionV3> {
        let file = WeightsFile::open(&network.weights, root)?;
        let variant = Variant::resolve(network, &file)?;
        let trunk = Trunk::new(&file, &variant, device)?;
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
        Ok(InceptionV3 { trunk, identity, input })
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

    fn features(&self, pixels: &Tensor) -> Result<Tensor> {
        let (_, channels, height, width) = pixels.dims4()?;
        if (channels, height, width) != (3, SIDE, SIDE) {
            candle_core::bail!(
                "Inception v3 takes pictures of 3 x {SIDE} x {SIDE}, not {channels} x {height} x \
                 {width}"
            );
        }
        let (factor, offset) = self.input;
        let maps = self.trunk.forward(&pixels.affine(factor, offset)?)?;
        // [n, channels] each
        let pooled: Vec<Tensor> = maps.iter().map(|map| map.mean((2, 3))).collect::<Result<_>>()?;
        Tensor::cat(&pooled, 1) // [n, feature_len]
    }
}

type Loaded<T> = std::result::Result<T, NetError>;
