//! Which features of the cache a head is trained on, or watched by.

use crate::dataset::Dataset;
use crate::features::{RowKey, row_keys};
use crate::spec::{Distort, Set};

/// Rows of the features of the photos in `set`, and the category of each, for the head that is tested
/// on the fold `tested`; see [`Dataset::set`]. Photos that are trained on have changed copies.
pub(super) fn rows(
    dataset: &Dataset,
    set: Set,
    tested: Option<usize>,
    distort: &Distort,
) -> impl Iterator<Item = (RowKey, u32)> {
    let variants = if set == Set::Training && !distort.is_off() { distort.copies } else { 0 };
    let photos = dataset.photos.iter().filter(move |photo| dataset.set(photo, tested) == set);
    photos.flat_map(move |photo| {
        let category = photo.category as u32;
        let rows = row_keys(&photo.hash, distort, variants);
        rows.into_iter().map(move |row| (row, category))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::dataset::{Fold, Folds, Photo};

    /// 40 photos of two categories in 4 folds; every fifth watches, and the last two have the bytes
    /// of the first two, and so are in their folds.
    fn dataset(kept_is_watched: bool) -> Dataset {
        let photo = |n: usize| {
            let content = if n >= 38 { n - 38 } else { n };
            let fold = Fold { number: content % 4, watches: content % 5 == 0 };
            Photo {
                path: format!("{n}.jpg").into(),
                category: n / 20,
                set: Set::Test,
                fold: Some(fold),
                hash: blake3::hash(&content.to_le_bytes()),
                stamp: None,
                was_read: true,
            }
        };
        Dataset {
            images: "photos".into(),
            categories: vec!["a".into(), "b".into()],
            photos: (0..40).map(photo).collect(),
            folds: Some(Folds { count: 4, kept_is_watched }),
            skipped: Vec::new(),
            left_out: Vec::new(),
            relabelled: 0,
            duplicates: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn distorted() -> Distort {
        Distort { flip: true, copies: 3, ..Distort::OFF }
    }

    #[test]
    fn neither_a_tested_photo_nor_a_changed_copy_of_it_is_trained_on_or_watches() {
        let (dataset, distort) = (dataset(false), distorted());
        let every = |photo: &Photo| -> HashSet<RowKey> {
            row_keys(&photo.hash, &distort, 0)
                .into_iter()
                .chain(row_keys(&photo.hash, &distort, distort.copies))
                .collect()
        };
        let mut tested_once = vec![0; 40];
        for fold in 0..4 {
            let of = |set| -> (Vec<RowKey>, Vec<u32>) {
                rows(&dataset, set, Some(fold), &distort).unzip()
            };
            let [(training, labels), (validation, _), (test, _)] = Set::ALL.map(of);
            assert_eq!(training.len(), labels.len());
            assert_eq!(training.len() % 3, 0);
            let used: HashSet<RowKey> = training.iter().chain(&validation).copied().collect();
            for (place, photo) in dataset.photos.iter().enumerate() {
                if dataset.set(photo, Some(fold)) == Set::Test {
                    tested_once[place] += 1;
                    assert!(every(photo).is_disjoint(&used), "{:?}", photo.path);
                }
            }
            assert_eq!(training.len() / 3 + validation.len() + test.len(), 40);
        }
        assert_eq!(tested_once, [1; 40]);
    }

    #[test]
    fn the_head_that_is_kept_is_trained_on_all_photos_unless_some_must_watch() {
        let all = rows(&dataset(false), Set::Training, None, &Distort::OFF).count();
        assert_eq!(all, 40);
        let most = rows(&dataset(true), Set::Training, None, &Distort::OFF).count();
        let watching = rows(&dataset(true), Set::Validation, None, &Distort::OFF).count();
        assert_eq!((most, watching), (31, 9));
    }
}
