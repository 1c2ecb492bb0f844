//! Inception v3 behind [`Backbone`], and the formats its weights come in.
//!
//! Not here: photos (a backbone takes pixel values), the resize rule, and the head.

mod arithmetic;
mod error;
mod folding;
mod identity;
mod inception_v3;
mod numbers;
mod pickle;
mod pth;
mod reader;
mod variant;
mod weights;

use std::path::Path;

use candle_core::{Device, Tensor};

use crate::spec::{BackboneKind, Network};

pub use arithmetic::Arithmetic;
pub use error::NetError;
pub use identity::{Identity, Source, Stated};
pub use inception_v3::{InceptionV3, PlainInceptionV3};
pub use variant::{InputRange, LastPool, PoolPadding, Variant};

/// A frozen network that turns pictures into features.
pub trait Backbone: Send + Sync {
    /// Width and height of the picture it takes, in pixels.
    fn side(&self) -> usize;

    /// Numbers in one picture's feature.
    fn feature_len(&self) -> usize;

    /// What this network is, and where each of its properties is known from.
    fn identity(&self) -> &Identity;

    /// `[n, 3, side, side]` RGB, pixel values 0 to 255 in f32, to features `[n, feature_len]`.
    fn features(&self, pixels: &Tensor) -> candle_core::Result<Tensor>;
}

/// Pictures to find the range of values in a network by: given `side`, each `[3, side, side]`, RGB,
/// pixel values 0 to 255.
pub type Calibration<'a> = &'a dyn Fn(usize) -> Vec<Vec<f32>>;

/// Loads the backbone that an experiment names; a weights file is sought below `root`, the project
/// folder.
pub fn load(
    network: &Network,
    root: &Path,
    device: &Device,
    calibration: Calibration<'_>,
) -> Result<Box<dyn Backbone>, NetError> {
    match network.backbone {
        BackboneKind::InceptionV3 => {
            Ok(Box::new(InceptionV3::load(network, root, device, calibration)?))
        }
    }
}
