//! How long the features of a run will take, told before it starts where that is long.

use std::path::Path;

use super::experiment::Distort;
use crate::nets::{self, NetError, NetworkSettings};

/// About how many seconds this machine takes for the features of so many photos for training,
/// validation and test, if none is in the cache; `None` where the network is fast enough for that
/// not to matter. Errors when the weights cannot be those of the network.
pub fn expected_seconds(
    network: &NetworkSettings,
    root: &Path,
    distort: &Distort,
    photos: [usize; 3],
    threads: usize,
) -> Result<Option<f64>, NetError> {
    let seconds = nets::expected_seconds(network, root)?;
    let [training, ..] = photos;
    let copies = if distort.is_off() { 0 } else { distort.copies };
    let pictures = photos.iter().sum::<usize>() + training * copies;
    Ok(seconds.map(|seconds| seconds * pictures as f64 / threads as f64))
}

/// That, for a person.
pub fn expected_in_words(seconds: f64) -> String {
    format!(
        "features take some {} on this CPU the first time: the network is not one of the fast ones",
        crate::words::duration(seconds)
    )
}
