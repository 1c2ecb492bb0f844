//! The networks that there are: a further one is a folder here and a line in [`NETWORKS`].

use std::fmt;
use std::path::Path;

use candle_core::Device;

use super::{Backbone, Calibration, NetError, NetworkSettings, inception_v3};
use crate::setting::Field;

/// Makes a network of its settings; a weights file is sought below the path, the project folder.
pub type Load =
    fn(&NetworkSettings, &Path, &Device, Calibration) -> Result<Box<dyn Backbone>, NetError>;

/// A network that an experiment can choose as its backbone.
pub struct Network {
    /// As `network.backbone` has it, and the table `[network.NAME]` of its own options.
    pub name: &'static str,
    /// One short line.
    pub meaning: &'static str,
    /// Its own options, with keys that start with `network.NAME.`; none: there is no such table.
    pub options: &'static [Field],
    /// Loads it.
    pub load: Load,
}

/// Every network that an experiment can choose; the first one is the default.
pub const NETWORKS: &[Network] = &[inception_v3::NETWORK];

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

/// A network is known by its name.
impl PartialEq for Network {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
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
}
