//! From the bytes of a photo to its feature.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::key::feature_key;
use crate::dataset::{self, DecodeRule, Detail, OpenError, Unreadable};
use crate::nets::{Backbone, Preprocess, to_planes};
use crate::random::Rng;
use crate::spec::{Distort, Resize};
use crate::store::Fault;

/// A network with all that must be done to a photo before it.
#[derive(Clone)]
pub struct Extractor {
    /// The network, whose identity says how it takes photos.
    pub backbone: Arc<dyn Backbone>,
    /// Larger photos are not read.
    pub max_megapixels: usize,
    /// How photos become pixels.
    pub decode_rule: DecodeRule,
}

/// Why there is no feature of a photo.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The photo's fault: it is left out.
    #[error(transparent)]
    Photo(#[from] Unreadable),
    /// The machine's fault, not the photo's: the run fails.
    #[error("{0}")]
    Machine(#[source] Fault),
    /// The network's fault: the run fails.
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
    /// A feature holds NaN or an infinity: the run fails.
    #[error(
        "the network gave a feature that is not finite; the weights do not fit the settings: check \
         the experiment's table [network] and those below it"
    )]
    NotFinite,
}

impl From<OpenError> for ExtractError {
    fn from(err: OpenError) -> ExtractError {
        match err {
            OpenError::Photo(reason) => ExtractError::Photo(reason),
            OpenError::Machine(fault) => ExtractError::Machine(fault),
        }
    }
}

impl Extractor {
    fn preprocess(&self) -> &Preprocess {
        &self.backbone.identity().preprocess
    }

    /// How much of a photo `distort` and the network can make use of.
    ///
    /// Twice the pixels that are needed leave the filter its work; the rules without a filter pick
    /// single pixels of the whole photo and must find them.
    pub fn detail(&self, distort: &Distort) -> Detail {
        let preprocess = self.preprocess();
        match preprocess.resize {
            Resize::Antialias | Resize::Bicubic => {
                let square = dataset::largest_square(distort, preprocess.side);
                Detail::Least(2 * preprocess.shorter_side(square))
            }
            Resize::Legacy | Resize::HalfPixel => Detail::Full,
        }
    }

    /// Name of the cache folder of these features.
    pub fn feature_key(&self) -> String {
        let (identity, arithmetic) = (self.backbone.identity(), self.backbone.arithmetic());
        feature_key(identity, self.decode_rule, arithmetic)
    }

    /// A decoded photo as the network takes it: `[3, side, side]`, 0 to 255.
    pub fn picture(&self, photo: &image::RgbImage) -> Vec<f32> {
        self.preprocess().picture(photo)
    }

    /// One distorted variant of it, drawn by `rng`.
    pub fn distorted(&self, photo: &image::RgbImage, distort: &Distort, rng: &mut Rng) -> Vec<f32> {
        to_planes(&dataset::distort(photo, distort, self.preprocess(), rng))
    }

    /// The features of pictures, `feature_len` numbers each. The network is given `batch` pictures,
    /// black ones after those that are there: what it computes of a picture does not depend on how
    /// many others there are.
    pub fn features(
        &self,
        pictures: &[&[f32]],
        batch: usize,
    ) -> Result<Vec<Vec<f32>>, ExtractError> {
        let side = self.preprocess().side;
        let mut planes = pictures.concat();
        planes.resize(batch * 3 * side * side, 0.0);
        let input = Tensor::from_vec(planes, (batch, 3, side, side), &Device::Cpu)?;
        let features = self.backbone.features(&input)?.narrow(0, 0, pictures.len())?;
        let features = features.to_vec2::<f32>()?;
        if features.iter().flatten().all(|value| value.is_finite()) {
            Ok(features)
        } else {
            Err(ExtractError::NotFinite)
        }
    }
}
