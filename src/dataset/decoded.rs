//! What decoding gives.

use image::RgbImage;

use super::Remark;

/// The pixels of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Upright, RGB.
    pub pixels: RgbImage,
    /// What is unusual about it, each once.
    pub remarks: Vec<Remark>,
}
