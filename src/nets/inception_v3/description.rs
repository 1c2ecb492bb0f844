//! What an Inception v3 is, as an identity: made of its variant, and turned back into the settings
//! that load the same network again.

use serde::Deserialize;

use super::layers::SIDE;
use super::options::Options;
use super::variant::Variant;
use crate::nets::error::Loaded;
use crate::nets::identity::Identity;
use crate::nets::network::OwnSettings;
use crate::nets::preprocess::{Crop, Preprocess};
use crate::nets::settings::Resize;

/// `weights`: `built-in`, or the file's name.
pub(super) fn identity(
    weights: String,
    weights_blake3: String,
    variant: &Variant,
    resize: Resize,
) -> Identity {
    let (mean, std) = variant.input_range.value.mean_and_std();
    Identity {
        backbone: "inception-v3".to_owned(),
        weights,
        weights_blake3,
        preprocess: Preprocess {
            side: SIDE,
            resize,
            crop: Crop::Squash,
            mean: [mean; 3],
            std: [std; 3],
        },
        preprocess_source: None,
        properties: variant.properties(),
    }
}

/// What an identity says of the settings that only Inception v3 has.
pub(super) fn own_settings(identity: &Identity) -> Loaded<OwnSettings> {
    let Variant { average_pool, last_pool, input_range, batch_norm_epsilon, taps } =
        Variant::of(identity)?;
    let options = Options {
        average_pool: Some(average_pool.value),
        last_pool: Some(last_pool.value),
        input_range: Some(input_range.value),
        batch_norm_epsilon: Some(batch_norm_epsilon.value),
    };
    Ok(OwnSettings { taps: taps.value, options: options.to_values() })
}

/// An identity as head files of version 1 have it, which knew no other network.
#[derive(Deserialize)]
struct FirstIdentity {
    backbone: String,
    weights: String,
    weights_blake3: String,
    side: usize,
    variant: Variant,
}

/// The identity in a head file of version 1, where the resize rule stood beside it.
pub(in crate::nets) fn identity_of_first_heads(
    json: serde_json::Value,
    resize: Resize,
) -> serde_json::Result<Identity> {
    let FirstIdentity { backbone, weights, weights_blake3, side, variant } =
        serde_json::from_value(json)?;
    let mut identity = identity(weights, weights_blake3, &variant, resize);
    // What stands there, so that a head of a network that never was is refused, not used.
    identity.backbone = backbone;
    identity.preprocess.side = side;
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::identity::{Source, Stated};
    use crate::nets::inception_v3::{InputRange, LastPool, PoolPadding};

    fn variant() -> Variant {
        Variant {
            average_pool: Stated { value: PoolPadding::Excluded, source: Source::Metadata },
            last_pool: Stated { value: LastPool::Max, source: Source::Tensors },
            input_range: Stated { value: InputRange::ZeroToOne, source: Source::Setting },
            batch_norm_epsilon: Stated { value: 1e-3, source: Source::Assumed },
            taps: Stated {
                value: vec!["Mixed_7c".into(), "Mixed_5b".into()],
                source: Source::Assumed,
            },
        }
    }

    fn described(variant: &Variant) -> Identity {
        identity("built-in".into(), "00ff".into(), variant, Resize::Legacy)
    }

    #[test]
    fn a_variant_is_read_back_from_its_properties() {
        for range in [InputRange::ZeroToOne, InputRange::MinusOneToOne, InputRange::RetrainPy] {
            for epsilon in [1e-3, 1e-5, 1.0 / 3.0, 1e-300] {
                let mut variant = variant();
                variant.input_range.value = range;
                variant.batch_norm_epsilon.value = epsilon;
                assert_eq!(Variant::of(&described(&variant)).unwrap(), variant);
            }
        }
    }

    #[test]
    fn a_property_that_is_missing_or_unknown_is_named() {
        let mut identity = described(&variant());
        identity.properties[3].value = "median".into();
        let error = Variant::of(&identity).unwrap_err().to_string();
        assert_eq!(
            error,
            "inception-v3: its property last_pool is 'median', which this program does not know; \
             use the retrain that wrote it"
        );
        identity.properties.clear();
        let error = Variant::of(&identity).unwrap_err().to_string();
        assert!(error.contains("is missing"), "{error}");
    }

    #[test]
    fn an_identity_as_settings_says_all_of_the_variant() {
        let own = own_settings(&described(&variant())).unwrap();
        assert_eq!(own.taps, ["Mixed_7c", "Mixed_5b"]);
        let options = Options {
            average_pool: Some(PoolPadding::Excluded),
            last_pool: Some(LastPool::Max),
            input_range: Some(InputRange::ZeroToOne),
            batch_norm_epsilon: Some(1e-3),
        };
        assert_eq!(Options::of(&own.options), options);
    }

    #[test]
    fn an_identity_of_the_first_heads_is_the_one_that_would_be_made_today() {
        let json = serde_json::json!({
            "backbone": "inception-v3", "weights": "built-in", "weights_blake3": "00ff", "side": 299,
            "variant": {
                "average_pool": {"value": "excluded", "source": "metadata"},
                "last_pool": {"value": "max", "source": "tensors"},
                "input_range": {"value": "zero-to-one", "source": "setting"},
                "batch_norm_epsilon": {"value": 0.001, "source": "assumed"},
                "taps": {"value": ["Mixed_7c", "Mixed_5b"], "source": "assumed"},
            },
        });
        let read = identity_of_first_heads(json, Resize::Legacy).unwrap();
        assert_eq!(read, described(&variant()));
    }
}
