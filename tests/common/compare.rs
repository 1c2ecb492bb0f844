//! Whether two runs are the same to the bit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use retrain::store::RunFolder;
use safetensors::SafeTensors;

/// What the log says of the training, word for word but for the times.
pub fn training(run: &RunFolder) -> Vec<String> {
    let log = fs::read_to_string(run.events()).unwrap();
    let kinds = [r#""event":"step""#, r#""event":"evaluation""#];
    log.lines()
        .filter(|line| kinds.iter().any(|kind| line.contains(kind)))
        .map(|line| line.split_once(r#""event""#).unwrap().1.to_owned())
        .collect()
}

/// Weights and bias, to the bit.
pub fn head(run: &RunFolder) -> Vec<Vec<u8>> {
    tensors(&run.head())
}

/// Weights and bias of a head file.
pub fn tensors(path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    ["weights", "bias"].map(|name| file.tensor(name).unwrap().data().to_vec()).to_vec()
}

pub fn assert_same_result(one: &RunFolder, other: &RunFolder) {
    assert!(head(one) == head(other), "the heads differ");
    assert_eq!(fs::read(one.scores()).unwrap(), fs::read(other.scores()).unwrap());
    assert_eq!(one.replay().unwrap().test(), other.replay().unwrap().test());
}

/// Every feature in a cache by its key, in bytes; none may be there twice, and every shard whole.
pub fn features(cache: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut features = BTreeMap::new();
    for path in shards(cache) {
        let bytes = fs::read(&path).unwrap();
        let file = SafeTensors::deserialize(&bytes).expect("a shard is whole");
        let (keys, rows) = (file.tensor("keys").unwrap(), file.tensor("features").unwrap());
        let width = rows.data().len() / keys.shape()[0];
        for (key, row) in keys.data().chunks(32).zip(rows.data().chunks(width)) {
            let before = features.insert(key.to_vec(), row.to_vec());
            assert!(before.is_none(), "a photo has two features in the cache");
        }
    }
    features
}

/// The shards of all networks in a cache.
pub fn shards(cache: &Path) -> Vec<std::path::PathBuf> {
    let Ok(networks) = fs::read_dir(cache) else { return Vec::new() };
    let files = networks.flatten().flat_map(|network| fs::read_dir(network.path()).unwrap());
    let is_shard = |path: &std::path::PathBuf| {
        !is_hidden(path) && path.extension().is_some_and(|ending| ending == "safetensors")
    };
    files.map(|file| file.unwrap().path()).filter(is_shard).collect()
}

pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
