//! The scores of a run's photos.

use anyhow::Result;
use candle_core::{Device, Tensor};

use super::work::Prepared;
use crate::dataset::Photo;
use crate::features::plain_row;
use crate::store::ImageScore;
use crate::train::{Head, evaluate};

/// Photos whose features are in memory at a time.
const CHUNK: usize = 4096;

/// The scores of `photos`, in their order; in memory are those of a few thousand at a time.
pub(super) fn score<'a>(
    prepared: &'a Prepared,
    head: &'a Head,
    mut photos: impl Iterator<Item = &'a Photo> + 'a,
) -> impl Iterator<Item = Result<ImageScore>> + 'a {
    let score = move |photos: Vec<&'a Photo>| -> Result<Vec<Result<ImageScore>>> {
        let rows: Vec<_> = photos.iter().map(|photo| plain_row(&photo.hash)).collect();
        let features = prepared.cache.read(&rows)?;
        let shape = (rows.len(), prepared.feature_len);
        let features = Tensor::from_vec(features, shape, &Device::Cpu)?;
        let scores = evaluate(head, &features)?;
        let image = |(photo, scores): (&Photo, _)| {
            let (file, set, category) = (photo.path.clone(), photo.set, photo.category);
            Ok(ImageScore { file, set, category, scores })
        };
        Ok(photos.into_iter().zip(scores).map(image).collect())
    };
    let chunks = std::iter::from_fn(move || {
        let chunk: Vec<&Photo> = photos.by_ref().take(CHUNK).collect();
        (!chunk.is_empty()).then_some(chunk)
    });
    chunks.flat_map(move |chunk| score(chunk).unwrap_or_else(|err| vec![Err(err)]))
}
