//! The networks that there are: a further one is a folder here and a line in [`NETWORKS`].

use super::candle_networks;
use super::efficientnet_lite2;
use super::error::{Loaded, NetError};
use super::identity::Identity;
use super::inception_v3;
use super::network::{Network, NetworkSettings, OptionValues, Recognized};
use super::settings::{DeviceChoice, Precision, Weights};
#[cfg(test)]
use super::tiny;
use super::weights::WeightsFile;
use crate::setting::{FieldType, Value};

/// Every network that an experiment can choose; the first one is the default.
pub const NETWORKS: &[Network] = &[
    inception_v3::NETWORK,
    efficientnet_lite2::NETWORK,
    candle_networks::CONVNEXT,
    candle_networks::RESNET,
    candle_networks::MOBILENET_V4,
    candle_networks::FASTVIT,
    candle_networks::DINOV2,
    candle_networks::REPVGG,
    #[cfg(test)]
    tiny::NETWORK,
];

/// `(name, meaning)` of each network.
pub const NETWORK_NAMES: &[(&str, &str)] = &{
    let mut names = [("", ""); NETWORKS.len()];
    let mut n = 0;
    while n < NETWORKS.len() {
        names[n] = (NETWORKS[n].name, NETWORKS[n].meaning);
        n += 1;
    }
    names
};

/// The listed network of this name.
pub fn network(name: &str) -> Option<&'static Network> {
    NETWORKS.iter().find(|network| network.name == name)
}

/// The network that a weights file is of.
pub(super) fn recognized(file: &WeightsFile) -> Option<(&'static Network, Recognized)> {
    NETWORKS.iter().find_map(|network| Some((network, (network.recognize)(file)?)))
}

/// The listed network that an identity is of. In identities, and so in the names of cache folders,
/// words are joined by hyphens.
pub(super) fn of_identity(identity: &Identity) -> Loaded<&'static Network> {
    network(&identity.backbone.replace('-', "_"))
        .ok_or_else(|| NetError::Unknown { backbone: identity.backbone.clone() })
}

impl Default for NetworkSettings {
    fn default() -> Self {
        NetworkSettings {
            backbone: &NETWORKS[0],
            weights: Weights::BuiltIn,
            taps: Vec::new(),
            resize: None,
            precision: Precision::Auto,
            device: DeviceChoice::Auto,
            options: OptionValues::default(),
            rounding: None,
            bf16_without_amx: false,
            preprocess: None,
        }
    }
}

impl FieldType for &'static Network {
    fn from_value(value: &Value) -> Option<Self> {
        network(value.as_text()?)
    }

    fn to_value(&self) -> Value {
        Value::Text(self.name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_options_stand_in_the_table_of_their_network() {
        for (n, listed) in NETWORKS.iter().enumerate() {
            assert!(NETWORKS[..n].iter().all(|other| other != listed));
            assert_eq!(network(listed.name), Some(listed));
            for option in listed.options {
                assert_eq!(option.section(), format!("network.{}", listed.name), "{}", option.key);
                assert!(option.default_value().is_some(), "{} has no default", option.key);
            }
        }
    }

    #[test]
    fn an_option_set_to_its_default_is_as_if_it_had_not_been_set() {
        let Some(option) = NETWORKS[0].options.first() else { return };
        let mut values = OptionValues::default();
        values.set(option, Value::Text("other".to_owned()));
        assert_ne!(values, OptionValues::default());
        values.set(option, option.default_value().unwrap());
        assert_eq!(values, OptionValues::default());
    }
}
