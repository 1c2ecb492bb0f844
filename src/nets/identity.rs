//! What a backbone is: all that its features depend on, and where each property is known from.

use serde::{Deserialize, Serialize};

use super::preprocess::{Crop, Preprocess};

/// Where a property of the weights is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The experiment says so, or the head for which the network is loaded again.
    Setting,
    /// The weights file says so.
    Metadata,
    /// The `config.json` beside the weights file says so.
    Config,
    /// Published weights of the file's name are known to be so.
    Published,
    /// The file's tensors are those of a published network that is known to be so.
    Tensors,
    /// Nothing says so; it is what most such weights need.
    Assumed,
}

impl Source {
    /// As it is shown behind a value.
    pub fn name(self) -> &'static str {
        match self {
            Source::Setting => "setting",
            Source::Metadata => "metadata",
            Source::Config => "config.json",
            Source::Published => "known of the published weights of this name",
            Source::Tensors => "tensors",
            Source::Assumed => "assumed",
        }
    }
}

/// A value, and where it is known from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stated<T> {
    /// What it is.
    pub value: T,
    /// Who says so.
    pub source: Source,
}

/// One property that only this kind of network has, as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// One word, as `batch_norm_epsilon`.
    pub name: String,
    /// On one line; the network that wrote it reads it again.
    pub value: String,
    /// Who says so.
    pub source: Source,
}

/// A backbone as it stands in a run and in a head file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The network's name in experiments, as `inception-v3`.
    pub backbone: String,
    /// `built-in`, or the file's name.
    pub weights: String,
    /// BLAKE3 of the weights file, in hexadecimal.
    pub weights_blake3: String,
    /// What happens to a photo before the first layer.
    pub preprocess: Preprocess,
    /// Where that is known from; `None`: it is the same for all weights of the network, or
    /// `properties` say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preprocess_source: Option<Source>,
    /// What else its features depend on, in the order in which it is shown.
    pub properties: Vec<Property>,
}

/// The property by which networks of before name mean and deviation together; where it is there,
/// the two are not stated again.
pub(super) const RANGE_PROPERTY: &str = "input_range";

impl Identity {
    /// `(name, value)` of each property, with its source, to show.
    pub fn lines(&self) -> Vec<(String, String)> {
        let head = [
            ("backbone", &self.backbone),
            ("weights", &self.weights),
            ("weights_blake3", &self.weights_blake3),
        ];
        let mut lines: Vec<_> =
            head.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        lines.extend(self.facts().into_iter().map(|(name, value, source)| {
            let value = match source {
                Some(source) => format!("{value} ({})", source.name()),
                None => value,
            };
            (name.to_owned(), value)
        }));
        lines
    }

    /// What a feature depends on besides the resize rule, and nothing else: two backbones with equal
    /// keys give equal features, whatever their weights files are called and however their
    /// properties were found.
    ///
    /// The cache of features is named by it, so a line that changes here makes every feature anew.
    pub fn key(&self) -> String {
        let mut key = format!("backbone={}\nweights={}\n", self.backbone, self.weights_blake3);
        for (name, value, _) in self.facts() {
            key += &format!("{name}={value}\n");
        }
        key
    }

    /// A property of this network by its name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Name, value and source of everything but the weights and the resize rule. A squashed photo
    /// has no line of its own: it is how every network took photos before there was another way.
    fn facts(&self) -> Vec<(&str, String, Option<Source>)> {
        let Preprocess { side, crop, mean, std, .. } = &self.preprocess;
        let source = self.preprocess_source;
        let mut facts = vec![("side", side.to_string(), source)];
        if self.property(RANGE_PROPERTY).is_none() {
            let list = |values: &[f64; 3]| values.map(|value| value.to_string()).join(", ");
            facts.push(("mean", list(mean), source));
            facts.push(("std", list(std), source));
        }
        if let Crop::Centre { shorter_side } = crop {
            facts.push(("crop", format!("centre of {shorter_side}"), source));
        }
        facts.extend(self.properties.iter().map(|property| {
            (property.name.as_str(), property.value.clone(), Some(property.source))
        }));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::settings::Resize;

    fn property(name: &str, value: &str, source: Source) -> Property {
        Property { name: name.into(), value: value.into(), source }
    }

    fn identity() -> Identity {
        Identity {
            backbone: "inception-v3".into(),
            weights: "built-in".into(),
            weights_blake3: "00ff".into(),
            preprocess: Preprocess {
                side: 299,
                resize: Resize::Antialias,
                crop: Crop::Squash,
                mean: [0.0; 3],
                std: [255.0; 3],
            },
            preprocess_source: None,
            properties: vec![
                property("taps", "Mixed_7c", Source::Assumed),
                property("input_range", "zero-to-one", Source::Setting),
                property("average_pool_padding", "excluded", Source::Metadata),
                property("last_pool", "average", Source::Tensors),
                property("batch_norm_epsilon", "0.001", Source::Assumed),
            ],
        }
    }

    fn lines(identity: &Identity) -> Vec<String> {
        let lines = identity.lines().into_iter();
        lines.map(|(name, value)| format!("{name}: {value}")).collect()
    }

    #[test]
    fn every_line_says_where_its_value_is_known_from() {
        assert_eq!(
            lines(&identity()),
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
    fn the_key_is_the_text_that_features_of_the_first_version_were_kept_under() {
        assert_eq!(
            identity().key(),
            "backbone=inception-v3\nweights=00ff\nside=299\ntaps=Mixed_7c\n\
             input_range=zero-to-one\naverage_pool_padding=excluded\nlast_pool=average\n\
             batch_norm_epsilon=0.001\n"
        );
    }

    #[test]
    fn what_no_property_names_has_a_line_of_its_own() {
        let mut other = identity();
        other.preprocess.mean = [123.675, 116.28, 103.53];
        other.preprocess.std = [58.395, 57.12, 57.375];
        other.preprocess.crop = Crop::Centre { shorter_side: 256 };
        other.properties.truncate(1);
        assert_eq!(
            lines(&other)[3..],
            [
                "side: 299",
                "mean: 123.675, 116.28, 103.53",
                "std: 58.395, 57.12, 57.375",
                "crop: centre of 256",
                "taps: Mixed_7c (assumed)",
            ]
        );
    }

    #[test]
    fn the_key_depends_on_values_alone() {
        let mut other = identity();
        other.weights = "copy.safetensors".into();
        other.properties[3].source = Source::Setting;
        assert_eq!(other.key(), identity().key());
        other.properties[3].value = "max".into();
        assert_ne!(other.key(), identity().key());
    }

    #[test]
    fn an_identity_survives_being_written_as_json() {
        let text = serde_json::to_string(&identity()).unwrap();
        assert_eq!(serde_json::from_str::<Identity>(&text).unwrap(), identity());
    }
}
