//! Frozen networks behind [`Backbone`], the list of them, their settings, and the formats their
//! weights come in.
//!
//! A further network is a folder here, with its own options, and a line in `list`.
//!
//! Not here: photos (a backbone takes pixel values), how a photo is resized, and the head.

#[cfg(feature = "cuda")]
mod cuda;
mod device;
mod error;
mod folding;
mod identity;
mod inception_v3;
mod list;
mod numbers;
mod pickle;
mod pth;
mod reader;
mod settings;
mod variant;
mod weights;

use std::path::Path;

use candle_core::{Device, Tensor};

pub use device::{DeviceError, Place, is_out_of_memory};
pub use error::NetError;
pub use identity::{Identity, Source, Stated};
pub use inception_v3::{InceptionV3, InputRange, LastPool, Options, PlainInceptionV3, PoolPadding};
pub use list::{Load, NETWORK_NAMES, NETWORKS, Network, network};
pub use settings::{DeviceChoice, NetworkSettings, OptionValues, Precision, Resize, Weights};
pub use variant::Variant;

/// A frozen network that turns pictures into features.
pub trait Backbone: Send + Sync {
    /// Width and height of the picture it takes, in pixels.
    fn side(&self) -> usize;

    /// Numbers in one picture's feature.
    fn feature_len(&self) -> usize;

    /// What this network is, and where each of its properties is known from.
    fn identity(&self) -> &Identity;

    /// The precision it computes in: never [`Precision::Auto`].
    fn precision(&self) -> Precision;

    /// Device and precision, as they stand in the key of its features: other arithmetic, other last
    /// digits.
    fn arithmetic(&self) -> &str;

    /// What a person who has asked for this precision should know on this machine.
    fn warning(&self) -> Option<String> {
        None
    }

    /// Pictures that it best takes at a time. Above 1 it wants whole batches, and may be out of
    /// memory ([`is_out_of_memory`]); smaller ones work as well.
    fn batch(&self) -> usize {
        1
    }

    /// `[n, 3, side, side]` RGB, pixel values 0 to 255 in f32, to features `[n, feature_len]` in
    /// f32; both on the CPU.
    fn features(&self, pixels: &Tensor) -> candle_core::Result<Tensor>;
}

/// Pictures to find the range of values in a network by: given `side`, each `[3, side, side]`, RGB,
/// pixel values 0 to 255.
pub type Calibration = fn(usize) -> Vec<Vec<f32>>;

/// Loads the backbone that an experiment names onto `device`; a weights file is sought below `root`,
/// the project folder.
pub fn load(
    settings: &NetworkSettings,
    root: &Path,
    device: &Device,
    calibration: Calibration,
) -> Result<Box<dyn Backbone>, NetError> {
    (settings.backbone.load)(settings, root, device, calibration)
}
