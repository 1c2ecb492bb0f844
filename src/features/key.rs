//! What a feature depends on, as names: of the cache's folder and of each row in it.

use crate::nets::Identity;
use crate::spec::{Distort, Resize};

/// Names one feature: the BLAKE3 hash of the photo's bytes, or of that and a distortion.
pub type RowKey = [u8; 32];

/// Counts the changes of decoding and resizing that change a feature of the same photo: a feature
/// of an older rule must not be taken for one of a newer.
///
/// 2: large JPEGs are read at a fraction of their size before the antialias rule.
fn decode_rule(resize: Resize) -> u32 {
    match resize {
        Resize::Antialias => 2,
        Resize::Legacy | Resize::HalfPixel => 1,
    }
}

/// Name of the cache folder for a network, a resize rule and the network's arithmetic, such as
/// `inception_v3-5b1f0c6a92de4d10`: the hash of everything that a feature depends on but the photo.
pub(super) fn feature_key(identity: &Identity, resize: Resize, arithmetic: &str) -> String {
    let facts = format!(
        "{}\nresize={}\ndecode_rule={}\narithmetic={arithmetic}\n",
        identity.key(),
        resize.name(),
        decode_rule(resize)
    );
    let hash = blake3::hash(facts.as_bytes()).to_hex();
    format!("{}-{}", identity.backbone, &hash[..16])
}

/// The rows of a photo's features: of `variants` distorted variants, or, when that is 0, of the
/// photo as it is.
pub fn row_keys(photo: &blake3::Hash, distort: &Distort, variants: usize) -> Vec<RowKey> {
    match variants {
        0 => vec![plain_row(photo)],
        n => (0..n).map(|variant| distorted_row(photo, distort, variant)).collect(),
    }
}

/// The row of a photo as it is.
pub fn plain_row(photo: &blake3::Hash) -> RowKey {
    *photo.as_bytes()
}

/// The row of one distorted variant of a photo.
fn distorted_row(photo: &blake3::Hash, distort: &Distort, variant: usize) -> RowKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"distorted");
    hasher.update(photo.as_bytes());
    hasher.update(&[u8::from(distort.flip)]);
    for percent in [distort.crop_percent, distort.scale_percent, distort.brightness_percent] {
        hasher.update(&percent.to_le_bytes());
    }
    hasher.update(&(variant as u64).to_le_bytes());
    *hasher.finalize().as_bytes()
}
