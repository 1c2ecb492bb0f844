//! Near copies among the photos of a data set.

use std::collections::HashMap;

use super::{KnownThumbnails, Thumbnail, find};
use crate::dataset::threads::for_each;
use crate::dataset::{Dataset, DecodeRule, Detail, Photo, PhotoReader};

/// Two photos that show the same picture and are not the same bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearCopy {
    /// Their places in [`Dataset::photos`]; of several photos with the same bytes the first.
    pub photos: [usize; 2],
    /// One is the mirror image of the other.
    pub is_mirrored: bool,
}

/// How much harm a near copy can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// In two sets, or two folds: what is learned from one is tested on the other.
    TwoSets,
    /// In one set, under two categories: at most one of them is right.
    TwoCategories,
    /// In one set and one category.
    Harmless,
}

impl NearCopy {
    /// How much harm it can do in this data set.
    pub fn severity(&self, dataset: &Dataset) -> Severity {
        let [a, b] = self.photos.map(|place| &dataset.photos[place]);
        let fold = |photo: &Photo| photo.fold.map(|fold| fold.number);
        if (a.set, fold(a)) != (b.set, fold(b)) {
            Severity::TwoSets
        } else if a.category != b.category {
            Severity::TwoCategories
        } else {
            Severity::Harmless
        }
    }
}

/// The near copies of which both thumbnails are known, the most harmful first, then by their photos.
pub fn near_copies(
    dataset: &Dataset,
    thumbnails: &KnownThumbnails,
    threads: usize,
) -> Vec<NearCopy> {
    let mut first: HashMap<blake3::Hash, usize> = HashMap::new();
    let known = dataset.photos.iter().enumerate().filter_map(|(place, photo)| {
        let is_first = *first.entry(photo.hash).or_insert(place) == place;
        is_first.then_some((place, thumbnails.get(&photo.hash)?))
    });
    let (places, known): (Vec<usize>, Vec<_>) = known.unzip();
    let mut copies: Vec<NearCopy> = find(&known, threads)
        .into_iter()
        .map(|near| NearCopy {
            photos: near.places.map(|place| places[place]),
            is_mirrored: near.is_mirrored,
        })
        .collect();
    copies.sort_by_key(|copy| (copy.severity(dataset), copy.photos));
    copies
}

/// Makes the thumbnails that are not known yet, on `threads` threads. A photo that cannot be decoded
/// has none. `progress` gets photos looked at and photos there are.
pub(in crate::dataset) fn make_thumbnails(
    dataset: &Dataset,
    thumbnails: &mut KnownThumbnails,
    max_megapixels: usize,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize),
) {
    let reader = PhotoReader::new(DecodeRule::CURRENT, max_megapixels);
    let photos = &dataset.photos;
    let unknown: Vec<usize> =
        (0..photos.len()).filter(|&place| thumbnails.get(&photos[place].hash).is_none()).collect();
    let make = |number: usize| {
        let file = dataset.file(&photos[unknown[number]]);
        let decoded = reader.read(&file, Detail::Least(Thumbnail::LEAST_PIXELS));
        decoded.ok().map(|photo| Thumbnail::of(&photo.pixels))
    };
    let mut done = 0;
    for_each(unknown.len(), threads, make, |number, made| {
        if let Some(made) = made {
            thumbnails.insert(photos[unknown[number]].hash, made);
        }
        done += 1;
        progress(done, unknown.len());
    });
}
