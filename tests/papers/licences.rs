//! The list of licences that a release carries can be made, and misses nothing that is linked.

use std::process::Command;

use super::{read, root};
use crate::skip::skipped;

#[test]
fn every_package_that_is_linked_has_its_licence_in_a_release() {
    let made = Command::new("python3").arg("packaging/licences.py").current_dir(root()).output();
    let Ok(made) = made else { return skipped("there is no python3") };
    let (list, said) =
        (String::from_utf8(made.stdout).unwrap(), String::from_utf8_lossy(&made.stderr));
    assert!(made.status.success(), "{said}");
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    for name in manifest["dependencies"].as_table().unwrap().keys() {
        // A part of this project has the licence of the project.
        let is_ours = name == "retrain-kernels";
        assert_eq!(list.contains(&format!("\n{name} ")), !is_ours, "{name}");
    }
}
