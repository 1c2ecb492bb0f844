//! Features of many photos that stay on disk.

use std::path::PathBuf;
use std::sync::Arc;

use super::cache_error::CacheError;
use super::shard::Shard;

/// Where a feature is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Its number among the shards.
    pub shard: u32,
    /// Its number in the shard.
    pub row: u32,
}

/// Features of the cache in an order of their own, each read when it is wanted: the rows of a table that
/// may be larger than memory.
#[derive(Clone, Debug)]
pub struct KeptFeatures {
    pub(super) folder: PathBuf,
    pub(super) feature_len: usize,
    pub(super) shards: Vec<Arc<Shard>>,
    pub(super) places: Vec<Place>,
}

impl KeptFeatures {
    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// Numbers in a row.
    pub fn feature_len(&self) -> usize {
        self.feature_len
    }

    /// A table of these rows, in this order.
    pub fn chosen(&self, rows: impl Iterator<Item = usize>) -> KeptFeatures {
        KeptFeatures {
            folder: self.folder.clone(),
            feature_len: self.feature_len,
            shards: self.shards.clone(),
            places: rows.map(|row| self.places[row]).collect(),
        }
    }

    /// These rows, one after the other.
    pub fn read(&self, rows: impl ExactSizeIterator<Item = usize>) -> Result<Vec<f32>, CacheError> {
        let mut features = vec![0.0; rows.len() * self.feature_len];
        for (row, feature) in rows.zip(features.chunks_exact_mut(self.feature_len)) {
            let Place { shard, row } = self.places[row];
            self.shards[shard as usize]
                .read(row as usize, feature)
                .map_err(|source| CacheError::Read { path: self.folder.clone(), source })?;
        }
        Ok(features)
    }
}
