//! What a feature depends on, as names: of the cache's folder and of each row in it.

use crate::dataset::DecodeRule;
use crate::nets::Identity;
use crate::spec::{Distort, Resize};

/// Names one feature: the BLAKE3 hash of the photo's bytes, or of that and a distortion.
pub type RowKey = [u8; 32];

/// The number of the rule by which photos become pixels: a feature of an older one must not be taken
/// for one of a newer. Before rule 3 each way of resizing had its own.
fn rule_number(rule: DecodeRule, resize: Resize) -> u32 {
    match resize {
        Resize::Legacy | Resize::HalfPixel if rule == DecodeRule::BEFORE => 1,
        _ => rule.number(),
    }
}

/// Name of the cache folder for a network, the rule of decoding and the arithmetic, such as
/// `inception-v3-5b1f0c6a92de4d10`: the hash of everything that a feature depends on but the photo.
pub(super) fn feature_key(identity: &Identity, rule: DecodeRule, arithmetic: &str) -> String {
    let resize = identity.preprocess.resize;
    let facts = format!(
        "{}\nresize={}\ndecode_rule={}\narithmetic={arithmetic}\n",
        identity.key(),
        resize.name(),
        rule_number(rule, resize)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{Crop, Preprocess, Property, Source};

    /// Inception v3 with the built-in weights.
    fn identity(resize: Resize, properties: [(&str, &str); 5]) -> Identity {
        let property = |(name, value): (&str, &str)| Property {
            name: name.into(),
            value: value.into(),
            source: Source::Setting,
        };
        Identity {
            backbone: "inception-v3".into(),
            weights: "built-in".into(),
            weights_blake3: "1ec597042bfe464ef4d09cc3253277a843890dd75b9e99fb00b5c4ec9b6ab76c"
                .into(),
            preprocess: Preprocess {
                side: 299,
                resize,
                crop: Crop::Squash,
                mean: [0.0; 3],
                std: [255.0; 3],
            },
            preprocess_source: None,
            properties: properties.map(property).to_vec(),
        }
    }

    /// Otherwise the features of everybody's photos would be computed anew.
    #[test]
    fn cache_folders_have_the_names_that_version_0_1_0_gave_them() {
        let plain = identity(
            Resize::Antialias,
            [
                ("taps", "Conv2d_1a_3x3"),
                ("input_range", "zero-to-one"),
                ("average_pool_padding", "excluded"),
                ("last_pool", "average"),
                ("batch_norm_epsilon", "0.001"),
            ],
        );
        let before = DecodeRule::BEFORE;
        let key = feature_key(&plain, before, "int8, calibration 1");
        assert_eq!(key, "inception-v3-f6ba27006899c774");
        let with_settings = identity(
            Resize::Legacy,
            [
                ("taps", "MaxPool_3a_3x3, Conv2d_1a_3x3"),
                ("input_range", "retrain-py"),
                ("average_pool_padding", "counted"),
                ("last_pool", "max"),
                ("batch_norm_epsilon", "0.01"),
            ],
        );
        assert_eq!(feature_key(&with_settings, before, "f32"), "inception-v3-ac5f1866457cfed0");
    }
}
