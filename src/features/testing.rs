//! What the tests of this area share.

use crate::nets::{Crop, Identity, Preprocess, Resize};

/// A made-up network of pictures of this side.
pub fn identity(side: usize) -> Identity {
    Identity {
        backbone: "fake".into(),
        weights: "none".into(),
        weights_blake3: "00".into(),
        preprocess: Preprocess {
            side,
            resize: Resize::HalfPixel,
            crop: Crop::Squash,
            mean: [0.0; 3],
            std: [255.0; 3],
        },
        preprocess_source: None,
        properties: Vec::new(),
    }
}
