//! What Keras calls the network's parts: it numbers convolutions and batch normalisations in the order
//! in which it made them, which is that of `layers`.

use std::collections::{BTreeMap, HashMap};

use super::layers::{Step, key, layers};
use crate::nets::folding::Named;
use crate::nets::weights::WeightsFile;

/// The place of each convolution in the order of making, as Keras 3 numbers them in its files: by how
/// far a layer is from the network's end.
///
/// Source: Keras 3.15's `Functional` on `keras.applications.InceptionV3`.
const KERAS_3: [usize; 94] = [
    0, 1, 2, 3, 4, 8, 6, 9, 5, 7, 10, 11, 15, 13, 16, 12, 14, 17, 18, 22, 20, 23, 19, 21, 24, 25,
    27, 28, 26, 29, 34, 35, 31, 36, 32, 37, 30, 33, 38, 39, 44, 45, 41, 46, 42, 47, 40, 43, 48, 49,
    54, 55, 51, 56, 52, 57, 50, 53, 58, 59, 64, 65, 61, 66, 62, 67, 60, 63, 68, 69, 72, 73, 70, 74,
    71, 75, 80, 77, 81, 78, 79, 82, 83, 76, 84, 89, 86, 90, 87, 88, 91, 92, 85, 93,
];

/// The file's name of each tensor of the network; of those that are there.
pub(super) fn names(file: &WeightsFile) -> HashMap<String, String> {
    let convolutions: Vec<Named> = layers()
        .iter()
        .flat_map(|block| {
            let steps = block.branches.iter().flatten().flat_map(Step::convs);
            steps.map(|conv| Named::of(&key(block, conv))).collect::<Vec<_>>()
        })
        .collect();
    let kernels = numbered(file, "conv2d");
    let norms = numbered(file, "batch_normalization");
    let is_keras_3 = |folder: &str| folder.ends_with("/vars");
    let made = |n: usize, folder: &str| match is_keras_3(folder) {
        true => KERAS_3.get(n).copied(),
        false => Some(n),
    };
    let mut names = HashMap::new();
    for (n, folder) in kernels.iter().enumerate() {
        let Some(named) = made(n, folder).and_then(|n| convolutions.get(n)) else { continue };
        let kernel = if is_keras_3(folder) { "0" } else { "kernel" };
        names.extend(found(file, folder, kernel).map(|name| (named.weight.clone(), name)));
    }
    for (n, folder) in norms.iter().enumerate() {
        let Some(named) = made(n, folder).and_then(|n| convolutions.get(n)) else { continue };
        let parts = match (is_keras_3(folder), found(file, folder, "3").is_some()) {
            (false, _) => ["gamma", "beta", "moving_mean", "moving_variance"],
            (true, true) => ["0", "1", "2", "3"],
            (true, false) => ["", "0", "1", "2"],
        };
        for (own, part) in ["weight", "bias", "running_mean", "running_var"].iter().zip(parts) {
            let own = format!("{}.{own}", named.batch_norm);
            names.extend(found(file, folder, part).map(|name| (own, name)));
        }
    }
    names
}

/// The folders with the tensors of the layers `kind`, `kind_1`, `kind_2` and so on, by their numbers:
/// `.../conv2d_1/conv2d_1`, or `.../conv2d_1/vars`.
fn numbered(file: &WeightsFile, kind: &str) -> Vec<String> {
    let number = |layer: &str| match layer.strip_prefix(kind)? {
        "" => Some(0),
        rest => rest.strip_prefix('_')?.parse::<u32>().ok(),
    };
    let mut folders = BTreeMap::new();
    for name in file.names() {
        let mut parts = name.rsplit('/').skip(1);
        let (Some(inner), Some(outer)) = (parts.next(), parts.next()) else { continue };
        let layer = if inner == "vars" { outer } else { inner };
        if let (Some(number), Some((folder, _))) = (number(layer), name.rsplit_once('/')) {
            folders.entry(number).or_insert_with(|| folder.to_owned());
        }
    }
    folders.into_values().collect()
}

/// The tensor of this name in a folder; Keras 2 put `:0` behind.
fn found(file: &WeightsFile, folder: &str, part: &str) -> Option<String> {
    let name = format!("{folder}/{part}");
    let names = [name.clone() + ":0", name];
    names.into_iter().find(|name| file.shape(name).is_some())
}
