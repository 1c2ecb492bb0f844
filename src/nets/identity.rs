//! What a backbone is: all that its features depend on, and where each property is known from.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::NETWORKS;
use super::inception_v3::Options;
use super::settings::{DeviceChoice, NetworkSettings, Precision, Resize, Weights};
use super::variant::Variant;

/// Where a property of the weights is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The experiment says so.
    Setting,
    /// The weights file says so.
    Metadata,
    /// The file's tensors are those of a published network that is known to be so.
    Tensors,
    /// Nothing says so; it is what most such weights need.
    Assumed,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Setting => "setting",
            Source::Metadata => "metadata",
            Source::Tensors => "tensors",
            Source::Assumed => "assumed",
        }
    }
}

/// A value, and where it is known from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stated<T> {
    pub value: T,
    pub source: Source,
}

/// A backbone as it stands in a run and in a head file. The resize rule is the caller's to add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    pub backbone: String,
    /// `built-in`, or the file's name.
    pub weights: String,
    /// BLAKE3 of the weights file, in hexadecimal.
    pub weights_blake3: String,
    /// Width and height of the picture, in pixels.
    pub side: usize,
    pub variant: Variant,
}

impl Identity {
    /// `(name, value)` of each property, with its source, to show.
    pub fn lines(&self) -> Vec<(String, String)> {
        let mut lines = vec![
            ("backbone".to_owned(), self.backbone.clone()),
            ("weights".to_owned(), self.weights.clone()),
            ("weights_blake3".to_owned(), self.weights_blake3.clone()),
        ];
        lines.extend(self.properties().into_iter().map(|(name, value, source)| {
            let value = match source {
                Some(source) => format!("{value} ({})", source.name()),
                None => value,
            };
            (name.to_owned(), value)
        }));
        lines
    }

    /// What a feature depends on and nothing else: two backbones with equal keys give equal
    /// features, whatever their weights files are called and however their properties were found.
    pub fn key(&self) -> String {
        let mut key = format!("backbone={}\nweights={}\n", self.backbone, self.weights_blake3);
        for (name, value, _) in self.properties() {
            key += &format!("{name}={value}\n");
        }
        key
    }

    /// The settings that load this very network again, whatever its file says by then;
    /// `weights_file`: where its weights are, `None` for the built-in ones.
    pub fn as_settings(
        &self,
        weights_file: Option<&Path>,
        resize: Resize,
        precision: Precision,
    ) -> NetworkSettings {
        let Variant { average_pool, last_pool, input_range, batch_norm_epsilon, taps } =
            &self.variant;
        let options = Options {
            average_pool: Some(average_pool.value),
            last_pool: Some(last_pool.value),
            input_range: Some(input_range.value),
            batch_norm_epsilon: Some(batch_norm_epsilon.value),
        };
        NetworkSettings {
            backbone: &NETWORKS[0],
            weights: match weights_file {
                None => Weights::BuiltIn,
                Some(path) => Weights::File(path.to_owned()),
            },
            taps: taps.value.clone(),
            resize,
            precision,
            device: DeviceChoice::Auto,
            options: options.to_values(),
        }
    }

    fn properties(&self) -> Vec<(&'static str, String, Option<Source>)> {
        let Variant { average_pool, last_pool, input_range, batch_norm_epsilon, taps } =
            &self.variant;
        vec![
            ("side", self.side.to_string(), None),
            ("taps", taps.value.join(", "), Some(taps.source)),
            ("input_range", word(&input_range.value), Some(input_range.source)),
            ("average_pool_padding", word(&average_pool.value), Some(average_pool.source)),
            ("last_pool", word(&last_pool.value), Some(last_pool.source)),
            (
                "batch_norm_epsilon",
                batch_norm_epsilon.value.to_string(),
                Some(batch_norm_epsilon.source),
            ),
        ]
    }
}

/// The word that serde writes for a value of an enum.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("an enum without fields is a word, not {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{InputRange, LastPool, PoolPadding};

    fn identity() -> Identity {
        Identity {
            backbone: "inception-v3".into(),
            weights: "built-in".into(),
            weights_blake3: "00ff".into(),
            side: 299,
            variant: Variant {
                average_pool: Stated { value: PoolPadding::Excluded, source: Source::Metadata },
                last_pool: Stated { value: LastPool::Average, source: Source::Tensors },
                input_range: Stated { value: InputRange::ZeroToOne, source: Source::Setting },
                batch_norm_epsilon: Stated { value: 1e-3, source: Source::Assumed },
                taps: Stated { value: vec!["Mixed_7c".into()], source: Source::Assumed },
            },
        }
    }

    #[test]
    fn every_line_says_where_its_value_is_known_from() {
        let lines: Vec<String> = identity()
            .lines()
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            lines,
            [
                "backbone: inception-v3",
                "weights: built-in",
                "weights_blake3: 00ff",
                "side: 299",
                "taps: Mixed_7c (assumed)",
                "input_range: zero-to-one (setting)",
                "average_pool_padding: excluded (metadata)",
                "last_pool: average (tensors)",
                "batch_norm_epsilon: 0.001 (assumed)",
            ]
        );
    }

    #[test]
    fn the_key_depends_on_values_alone() {
        let mut other = identity();
        other.weights = "copy.safetensors".into();
        other.variant.last_pool.source = Source::Setting;
        assert_eq!(other.key(), identity().key());
        other.variant.last_pool.value = LastPool::Max;
        assert_ne!(other.key(), identity().key());
    }

    #[test]
    fn an_identity_as_settings_loads_the_same_network_again() {
        let network = identity().as_settings(None, Resize::Antialias, Precision::F32);
        assert_eq!(network.precision, Precision::F32);
        assert_eq!(network.taps, ["Mixed_7c"]);
        let options = Options {
            average_pool: Some(PoolPadding::Excluded),
            last_pool: Some(LastPool::Average),
            input_range: Some(InputRange::ZeroToOne),
            batch_norm_epsilon: Some(1e-3),
        };
        assert_eq!(Options::of(&network.options), options);
    }

    #[test]
    fn an_identity_survives_being_written_as_json() {
        let text = serde_json::to_string(&identity()).unwrap();
        assert_eq!(serde_json::from_str::<Identity>(&text).unwrap(), identity());
    }
}
