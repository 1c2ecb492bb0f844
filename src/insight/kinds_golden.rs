//! Known answers about kinds of photos, for tests.

use serde_json::Value;

/// The cases of this name.
pub fn golden(name: &str) -> Vec<Value> {
    let golden: Value =
        serde_json::from_str(include_str!("../../tests/golden/kinds.json")).unwrap();
    golden[name].as_array().unwrap().clone()
}
