//! The photos that a run was trained on, with their features from the cache.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};

use super::{Neighbour, nearest};
use crate::features::{Cache, CacheError, KeptFeatures, RowKey, plain_row};
use crate::spec;
use crate::spec::Set;
use crate::store::{ListedPhoto, Run, RunFolder, read_photos};

/// Training photos; their features stay in the cache.
pub struct Trained {
    /// In the order in which the run trained on them.
    pub photos: Vec<ListedPhoto>,
    /// The folder that their files are in.
    pub images: PathBuf,
    /// `[photos, d]`
    features: KeptFeatures,
}

impl Trained {
    /// Reads the features of the training photos; with folds these are all photos. `cache` is the
    /// folder of the cache.
    ///
    /// Errors when the run has not come so far, and when a feature is not in the cache any more.
    pub fn read(folder: &RunFolder, run: &Run, cache: &Path) -> Result<Trained> {
        let network = run.network.as_ref().with_context(|| {
            format!("{} does not say yet which network makes its features", folder.id())
        })?;
        let has_folds = spec::folds(&run.settings) > 0;
        let mut photos = read_photos(folder).map_err(|reason| anyhow!(reason))?;
        photos.retain(|photo| has_folds || photo.set == Set::Training);
        let rows = photos.iter().map(row).collect::<Result<Vec<RowKey>>>()?;
        let missing = |count: usize| {
            anyhow!(
                "the features of {count} of the {} training photos of {} are not in the cache any \
                 more; a new run computes them: 'retrain run {}'",
                photos.len(),
                folder.id(),
                run.source.display()
            )
        };
        if !cache.join(&network.feature_key).is_dir() {
            return Err(missing(photos.len()));
        }
        let cache = Cache::open(cache, &network.feature_key, network.feature_len)?;
        match rows.iter().filter(|row| !cache.contains(row)).count() {
            0 => {}
            count => return Err(missing(count)),
        }
        let features = cache.kept(rows.into_iter());
        Ok(Trained { photos, images: folder.place(run, &run.images), features })
    }

    /// The photos that are most like one with this feature, and how far each is; as [`nearest`].
    /// Errors when the cache can no longer be read.
    pub fn nearest(
        &self,
        feature: &[f32],
        count: usize,
    ) -> Result<Vec<(&ListedPhoto, f32)>, CacheError> {
        let photo = |near: Neighbour| (&self.photos[near.row], near.distance);
        let (rows, read) = (self.features.count(), |rows| self.features.read(rows));
        Ok(nearest(rows, read, feature, count)?.into_iter().map(photo).collect())
    }
}

fn row(photo: &ListedPhoto) -> Result<RowKey> {
    match blake3::Hash::from_hex(&photo.hash) {
        Ok(hash) => Ok(plain_row(&hash)),
        Err(_) => bail!("{} is no hash of a photo, in photos.csv", photo.hash),
    }
}
