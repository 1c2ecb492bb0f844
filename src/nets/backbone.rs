//! What every network can do.

use candle_core::{Result, Tensor};

use super::identity::Identity;
use super::settings::Precision;
use crate::kernels::Rounding;

/// A frozen network that turns pictures into features.
///
/// A picture is what [`Preprocess::picture`](super::Preprocess::picture) makes of a photo by this
/// network's [`Identity`]: pixel values 0 to 255. Mean and deviation are the network's to apply.
pub trait Backbone: Send + Sync {
    /// What this network is, how it takes photos, and where each of its properties is known from.
    fn identity(&self) -> &Identity;

    /// Numbers in one picture's feature.
    fn feature_len(&self) -> usize;

    /// The precision it computes in: never [`Precision::Auto`].
    fn precision(&self) -> Precision;

    /// How it rounds 8-bit integers, where it computes in them.
    fn rounding(&self) -> Option<Rounding> {
        None
    }

    /// Device, precision and rounding, as they stand in the key of its features: other arithmetic, other last
    /// digits.
    fn arithmetic(&self) -> &str;

    /// What a person who has asked for this precision should know on this machine.
    fn warning(&self) -> Option<String> {
        None
    }

    /// Pictures that it best takes at a time. Above 1 it wants whole batches, and may be out of
    /// memory ([`is_out_of_memory`](super::is_out_of_memory)); smaller ones work as well.
    fn batch(&self) -> usize {
        1
    }

    /// Pictures `[n, 3, side, side]` in f32 to features `[n, feature_len]` in f32; both on the CPU.
    ///
    /// Errors when the pictures have another size, and when the device fails.
    fn features(&self, pictures: &Tensor) -> Result<Tensor>;

    /// One picture `[3, side, side]` in f32 to the maps that its feature is pooled from, one
    /// `[channels, rows, columns]` in f32 for each tap, in the order of the taps; all on the CPU.
    ///
    /// The mean of each channel over rows and columns, one map after the other, is the feature, up to
    /// the rounding of f32: they differ by less than 1e-5 of the feature's length. Errors as
    /// [`Backbone::features`].
    fn maps(&self, picture: &Tensor) -> Result<Vec<Tensor>>;
}
