//! The features kept on disk of one network, with one preprocessing, decode rule and arithmetic.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::cache_error::CacheError;
use super::claim::Claim;
use super::kept::{KeptFeatures, Place};
use super::key::RowKey;
use super::shard::Shard;
use crate::store::Fault;

/// `cache/FEATURE_KEY/*.safetensors`, indexed. Features stay on disk until they are read.
pub struct Cache {
    folder: PathBuf,
    feature_len: usize,
    shards: Vec<Arc<Shard>>,
    /// Where each feature is. In a hash table a million of them took twice the memory.
    rows: BTreeMap<RowKey, Place>,
    damaged: Vec<String>,
    /// Numbers of the shards that were compared with their names.
    checked: BTreeSet<usize>,
    /// Nobody deletes what is in the folder for as long as it is open.
    _claim: Option<Claim>,
}

impl Cache {
    /// Opens, and makes where it is missing, the folder `key` in `cache`.
    ///
    /// A file that is not a whole shard is left alone and named in [`Cache::damaged`]; its features
    /// are computed again.
    pub fn open(cache: &Path, key: &str, feature_len: usize) -> Result<Cache, CacheError> {
        let folder = cache.join(key);
        let fail = |source| CacheError::Folder { path: folder.clone(), source };
        let claim = Claim::take(&folder).map_err(fail)?;
        let mut paths = Vec::new();
        for entry in fs::read_dir(&folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            let hidden =
                path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if !hidden && path.extension().is_some_and(|ending| ending == "safetensors") {
                paths.push(path);
            }
        }
        paths.sort();
        let (shards, rows, damaged, checked) = Default::default();
        let mut cache =
            Cache { folder, feature_len, shards, rows, damaged, checked, _claim: claim };
        // Together, which packs them closely.
        let mut rows = Vec::new();
        for path in paths {
            if let Err(err) = cache.open_shard(&path).map(|found| rows.extend(found)) {
                if let Some(Fault::TooManyFiles | Fault::Unreachable) = Fault::of(&err) {
                    return Err(CacheError::Read { path, source: err });
                }
                cache.damaged.push(format!(
                    "{} is no whole shard ({err}); its features are computed again",
                    path.display()
                ));
            }
        }
        cache.rows = rows.into_iter().collect();
        Ok(cache)
    }

    /// The shard's rows, to be added to those that are known.
    fn open_shard(
        &mut self,
        path: &Path,
    ) -> io::Result<impl Iterator<Item = (RowKey, Place)> + use<>> {
        let shard = Shard::open(path, self.feature_len)?;
        let keys = shard.keys()?;
        let number = self.shards.len() as u32;
        self.shards.push(Arc::new(shard));
        Ok(keys.into_iter().zip(0..).map(move |(key, row)| (key, Place { shard: number, row })))
    }

    /// Compares the shards that hold features of `keys` with the hashes in their names, each of them once
    /// for as long as the cache is open.
    /// One that differs is left alone, named in [`Cache::damaged`], and its features are missing:
    /// wrong ones would pass for a photo's in every run to come.
    pub fn check(&mut self, keys: impl Iterator<Item = RowKey>) {
        let wanted: BTreeSet<usize> = keys
            .filter_map(|key| self.rows.get(&key))
            .map(|place| place.shard as usize)
            .filter(|shard| !self.checked.contains(shard))
            .collect();
        let differs = |&shard: &usize| Some((shard, self.shards[shard].check().err()?));
        let differing: Vec<(usize, io::Error)> = wanted.par_iter().filter_map(differs).collect();
        self.checked.extend(wanted);
        for (number, err) in differing {
            self.rows.retain(|_, place| place.shard as usize != number);
            self.damaged.push(format!(
                "{} was damaged ({err}); its features are computed again",
                self.shards[number].path.display()
            ));
        }
    }

    /// Files in the folder that could not be used, in words.
    pub fn damaged(&self) -> &[String] {
        &self.damaged
    }

    /// Whether the feature is in a shard that is not known to be damaged; no file is read.
    pub fn contains(&self, key: &RowKey) -> bool {
        self.rows.contains_key(key)
    }

    /// Writes new features as one shard: `features` holds `keys.len()` rows.
    pub fn insert(&mut self, keys: &[RowKey], features: &[f32]) -> Result<(), CacheError> {
        let path = Shard::write(&self.folder, self.feature_len, keys, features)
            .map_err(CacheError::Write)?;
        let rows = self.open_shard(&path).map_err(|source| CacheError::Read { path, source })?;
        self.rows.extend(rows);
        Ok(())
    }

    /// The features of `keys`, row by row: `keys.len()` times the feature's length.
    ///
    /// Panics when a key is not there: callers fill the cache first.
    pub fn read(&self, keys: &[RowKey]) -> Result<Vec<f32>, CacheError> {
        self.kept(keys.iter().copied()).read(0..keys.len())
    }

    /// The features of `keys`, to be read when they are wanted.
    ///
    /// Panics when a key is not there: callers fill the cache first.
    pub fn kept(&self, keys: impl Iterator<Item = RowKey>) -> KeptFeatures {
        KeptFeatures {
            folder: self.folder.clone(),
            feature_len: self.feature_len,
            shards: self.shards.clone(),
            places: keys.map(|key| self.rows[&key]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [RowKey; 2] = [[1; 32], [2; 32]];

    #[test]
    fn features_come_back_to_the_bit_from_a_cache_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(folder.path(), "net", 3).unwrap();
        assert!(!cache.contains(&KEYS[0]));
        cache.insert(&KEYS, &[0.1, 0.2, 0.3, 1e-40, -0.0, 7.0]).unwrap();
        for cache in [cache, Cache::open(folder.path(), "net", 3).unwrap()] {
            let features = cache.read(&[KEYS[1], KEYS[0]]).unwrap();
            let bits: Vec<u32> = features.iter().map(|v| v.to_bits()).collect();
            assert_eq!(bits, [1e-40f32, -0.0, 7.0, 0.1, 0.2, 0.3].map(f32::to_bits));
        }
    }

    #[test]
    fn a_shard_torn_anywhere_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(folder.path(), "net", 3).unwrap();
        cache.insert(&KEYS, &[0.5; 6]).unwrap();
        drop(cache);
        let path = fs::read_dir(folder.path().join("net")).unwrap().next().unwrap().unwrap().path();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let cache = Cache::open(folder.path(), "net", 3).unwrap();
            assert!(!cache.contains(&KEYS[0]), "cut at {length} of {}", whole.len());
            assert_eq!(cache.damaged().len(), 1);
            assert!(path.exists());
        }
    }

    #[test]
    fn no_byte_of_a_shard_changes_unnoticed() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Cache::open(folder.path(), "net", 3).unwrap();
        open().insert(&KEYS, &[0.5; 6]).unwrap();
        let path = fs::read_dir(folder.path().join("net")).unwrap().next().unwrap().unwrap().path();
        let whole = fs::read(&path).unwrap();
        let lacks = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let mut cache = open();
            cache.check(KEYS.into_iter());
            let lacks = KEYS.iter().any(|key| !cache.contains(key));
            assert!(!lacks || cache.damaged().iter().all(|words| words.contains("net/")));
            lacks
        };
        assert!(!lacks(&whole));
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            assert!(lacks(&flipped), "byte {at} of {}", whole.len());
        }
        assert!(lacks(&[&whole[..], b"\0"].concat()));
        // Computed again, the same features mend the file.
        open().insert(&KEYS, &[0.5; 6]).unwrap();
        assert!(!lacks(&fs::read(&path).unwrap()));
    }

    #[test]
    fn lengths_in_a_shard_are_checked_before_memory_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("net")).unwrap();
        let path = folder.path().join("net/x.safetensors");
        let header = br#"{"keys":{"dtype":"U8","shape":[9000000000000000000,32],"data_offsets":[0,9]},"features":{"dtype":"F32","shape":[9000000000000000000,3],"data_offsets":[9,10]}}"#;
        for length in [header.len() as u64, u64::MAX, 1 << 40] {
            let mut bytes = length.to_le_bytes().to_vec();
            bytes.extend(header);
            fs::write(&path, bytes).unwrap();
            assert_eq!(Cache::open(folder.path(), "net", 3).unwrap().damaged().len(), 1);
        }
    }

    #[test]
    fn features_of_another_length_are_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        Cache::open(folder.path(), "net", 3).unwrap().insert(&KEYS, &[0.5; 6]).unwrap();
        assert!(!Cache::open(folder.path(), "net", 2).unwrap().contains(&KEYS[0]));
    }
}
