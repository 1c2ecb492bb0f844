//! From the bytes of a photo to its feature.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use crate::dataset::{self, Detail, Unreadable};
use crate::nets::Backbone;
use crate::random::Rng;
use crate::spec::{Distort, Resize};

/// A network with all that must be done to a photo before it.
#[derive(Clone)]
pub struct Extractor {
    pub backbone: Arc<dyn Backbone>,
    pub resize: Resize,
    pub max_megapixels: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The photo's fault: it is left out.
    #[error(transparent)]
    Photo(#[from] Unreadable),
    /// The network's fault: the run fails.
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
    #[error(
        "the network gave a feature that is not finite; the weights do not fit the settings \
         (network.input_range, network.batch_norm_epsilon)"
    )]
    NotFinite,
}

impl Extractor {
    /// Decodes a photo: RGB, upright, of all the detail that `distort` can make use of.
    pub fn decode(&self, bytes: &[u8], distort: &Distort) -> Result<image::RgbImage, ExtractError> {
        Ok(dataset::decode(bytes, self.max_megapixels, self.detail(distort))?)
    }

    /// What [`Extractor::decode`] takes of memory, about.
    pub fn decoding_bytes(&self, bytes: &[u8], distort: &Distort) -> Result<u64, ExtractError> {
        Ok(dataset::decoding_bytes(bytes, self.max_megapixels, self.detail(distort))?)
    }

    /// Twice the pixels that are needed leave the filter its work; the rules without a filter pick
    /// single pixels of the whole photo and must find them.
    fn detail(&self, distort: &Distort) -> Detail {
        match self.resize {
            Resize::Antialias => {
                Detail::Least(2 * dataset::largest_square(distort, self.backbone.side()))
            }
            Resize::Legacy | Resize::HalfPixel => Detail::Full,
        }
    }

    /// A decoded photo as the network takes it: `[side, side, 3]`, 0 to 255.
    pub fn pixels(&self, photo: &image::RgbImage) -> Vec<f32> {
        dataset::resize(photo, self.resize, self.backbone.side())
    }

    /// The feature of one distorted variant, drawn by `rng`.
    pub fn distorted(
        &self,
        photo: &image::RgbImage,
        distort: &Distort,
        rng: &mut Rng,
    ) -> Result<Vec<f32>, ExtractError> {
        let side = self.backbone.side();
        self.feature(&dataset::distort(photo, distort, self.resize, side, rng))
    }

    /// The feature of `[side, side, 3]` pixels, 0 to 255: `feature_len` numbers.
    pub fn feature(&self, pixels: &[f32]) -> Result<Vec<f32>, ExtractError> {
        let side = self.backbone.side();
        let planes = dataset::to_planes(pixels, side);
        let input = Tensor::from_vec(planes, (1, 3, side, side), &Device::Cpu)?;
        let feature = self.backbone.features(&input)?.flatten_all()?.to_vec1::<f32>()?;
        if feature.iter().all(|value| value.is_finite()) {
            Ok(feature)
        } else {
            Err(ExtractError::NotFinite)
        }
    }
}
