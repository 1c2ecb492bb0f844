//! How long the features of a run will take, told before it starts where that is long.

use std::path::Path;

use super::experiment::Distort;
use crate::nets::{self, NetError, NetworkSettings};

/// About how many seconds this machine takes for the features of so many photos, on `trained_on` of
/// which a head is trained, if none is in the cache; `None` where the network is fast enough for
/// that not to matter. Errors when the weights cannot be those of the network.
pub fn expected_seconds(
    network: &NetworkSettings,
    root: &Path,
    distort: &Distort,
    photos: usize,
    trained_on: usize,
    threads: usize,
) -> Result<Option<f64>, NetError> {
    let seconds = nets::expected_seconds(network, root)?;
    let copies = if distort.is_off() { 0 } else { distort.copies };
    let pictures = photos + trained_on * copies;
    Ok(seconds.map(|seconds| seconds * pictures as f64 / threads as f64))
}

/// What testing in folds costs, for a person.
pub fn heads_in_words(folds: usize) -> String {
    format!(
        "each fold is tested by a head trained on the others, then one is trained on all: {} heads, \
         so training takes about {} times as long; features are made once",
        folds + 1,
        folds + 1
    )
}

/// How long features take, for a person.
pub fn expected_in_words(seconds: f64) -> String {
    format!(
        "features take some {} on this CPU the first time: the network is not one of the fast ones",
        crate::words::duration(seconds)
    )
}
