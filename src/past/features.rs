//! Features of a run's photos that are still in the cache.

use std::collections::HashMap;

use super::PastRun;
use crate::config::Config;
use crate::features::{Cache, KeptFeatures, RowKey, row_keys};
use crate::spec::{Distort, Set};
use crate::store::ListedPhoto;
use crate::train;

/// Features that stay in the cache.
#[derive(Debug, Default)]
pub struct Features {
    /// `[n, d]`; `None` of no photo.
    table: Option<KeptFeatures>,
    rows: HashMap<RowKey, u32>,
}

impl Features {
    /// Finds those with these keys, or how many of them are not in the cache. The other error is a sentence.
    pub fn find(
        config: &Config,
        run: &PastRun,
        keys: Vec<RowKey>,
    ) -> Result<Result<Features, usize>, String> {
        let fail = |err: &dyn std::fmt::Display| err.to_string();
        let mut cache = Cache::open(&config.cache, &run.feature_key, run.feature_len)
            .map_err(|err| fail(&err))?;
        cache.check(keys.iter().copied());
        let missing = keys.iter().filter(|key| !cache.contains(key)).count();
        if missing > 0 {
            return Ok(Err(missing));
        }
        let table = cache.kept(keys.iter().copied());
        let rows = keys.into_iter().zip(0..).collect();
        Ok(Ok(Features { table: Some(table), rows }))
    }

    /// `[keys, d]`, of keys that were found. The error is a sentence.
    pub fn of(&self, keys: &[RowKey]) -> Result<train::Features, String> {
        let table = self.table.as_ref().ok_or("no features were found")?;
        Ok(train::Features::Kept(table.chosen(self.rows_of(keys))))
    }

    /// `[keys, d]`, row by row, of keys that were found. The error is a sentence.
    pub fn read(&self, keys: &[RowKey]) -> Result<Vec<f32>, String> {
        let table = self.table.as_ref().ok_or("no features were found")?;
        table.read(self.rows_of(keys)).map_err(|err| err.to_string())
    }

    fn rows_of(&self, keys: &[RowKey]) -> impl ExactSizeIterator<Item = usize> {
        keys.iter().map(|key| self.rows[key] as usize)
    }
}

/// The hash that a row of `photos.csv` has in hexadecimal.
pub fn hash(hex: &str) -> Result<blake3::Hash, String> {
    blake3::Hash::from_hex(hex).map_err(|err| format!("'{hex}' in photos.csv is no hash: {err}"))
}

/// The rows of a photo's features in its set.
pub fn rows(photo: &ListedPhoto, distort: &Distort) -> Result<Vec<RowKey>, String> {
    let variants = if photo.set == Set::Training && !distort.is_off() { distort.copies } else { 0 };
    Ok(row_keys(&hash(&photo.hash)?, distort, variants))
}
