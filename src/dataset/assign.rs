//! Gives every photo its set, or its fold, by the experiment's rule.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;

use super::folds::{self, Dealer};
use super::{Dataset, Folds, Photo, split};
use crate::config::expand_home;
use crate::spec::{Experiment, Set, Split, SplitRule};

/// `missing`: the sets without a folder.
pub(super) fn assign_sets(dataset: &mut Dataset, experiment: &Experiment, missing: &[Set]) {
    let rule = &experiment.split;
    if rule.folds > 0 {
        let kept_is_watched = experiment.train.early_stop > 0;
        dataset.folds = Some(Folds { count: rule.folds, kept_is_watched });
        return assign_folds(dataset, experiment);
    }
    match rule.by {
        SplitRule::Folders => fill_missing_sets(dataset, rule, missing),
        SplitRule::Base27 | SplitRule::Path27 | SplitRule::Path16 => {
            for photo in &mut dataset.photos {
                let (name, mask) = hashed(photo, experiment);
                photo.set = split::by_hash(&name, mask, rule);
            }
        }
        SplitRule::Seed => {
            for photos in dataset.photos.chunk_by_mut(|a, b| a.category == b.category) {
                let category = &dataset.categories[photos[0].category];
                split_by_seed(&mut photos.iter_mut().collect::<Vec<_>>(), category, rule);
            }
        }
    }
}

/// With folds every photo is tested.
fn assign_folds(dataset: &mut Dataset, experiment: &Experiment) {
    let rule = &experiment.split;
    let mut dealer = Dealer::new(rule);
    for photos in dataset.photos.chunk_by_mut(|a, b| a.category == b.category) {
        let dealt = match rule.by {
            SplitRule::Base27 | SplitRule::Path27 | SplitRule::Path16 => photos
                .iter()
                .map(|photo| {
                    let (name, mask) = hashed(photo, experiment);
                    folds::by_hash(&name, mask, rule)
                })
                .collect(),
            // Checking refuses folds of given sets.
            SplitRule::Seed | SplitRule::Folders => {
                let category = &dataset.categories[photos[0].category];
                let named = photos.iter().map(|p| (p.path.as_os_str().as_bytes(), p.hash));
                dealer.deal(category, &named.collect::<Vec<_>>())
            }
        };
        for (photo, fold) in photos.iter_mut().zip(dealt) {
            (photo.set, photo.fold) = (Set::Test, Some(fold));
        }
    }
}

/// The name by whose hash a photo is placed, and the mask of the buckets.
fn hashed<'a>(photo: &'a Photo, experiment: &Experiment) -> (Cow<'a, [u8]>, u32) {
    let by = experiment.split.by;
    if by == SplitRule::Base27 {
        let name = photo.path.file_name().unwrap_or_default();
        return (name.as_bytes().into(), split::BUCKETS_27);
    }
    let mask = if by == SplitRule::Path16 { split::BUCKETS_16 } else { split::BUCKETS_27 };
    let images = expand_home(&experiment.images);
    let path = photo.path.as_os_str().as_bytes();
    (split::typed_path(images.as_os_str().as_bytes(), path).into(), mask)
}

fn split_by_seed(photos: &mut [&mut Photo], category: &str, rule: &Split) {
    let paths: Vec<&[u8]> = photos.iter().map(|photo| photo.path.as_os_str().as_bytes()).collect();
    let sets = split::by_seed(&paths, category, rule);
    for (photo, set) in photos.iter_mut().zip(sets) {
        photo.set = set;
    }
}

/// Takes the photos of a set that has no folder from those for training, by percent and seed.
fn fill_missing_sets(dataset: &mut Dataset, rule: &Split, missing: &[Set]) {
    if missing.is_empty() {
        return;
    }
    let asked = |set, percent| if missing.contains(&set) { percent } else { 0.0 };
    let rule = Split {
        validation_percent: asked(Set::Validation, rule.validation_percent),
        test_percent: asked(Set::Test, rule.test_percent),
        ..rule.clone()
    };
    for photos in dataset.photos.chunk_by_mut(|a, b| a.category == b.category) {
        let category = &dataset.categories[photos[0].category];
        let training = photos.iter_mut().filter(|photo| photo.set == Set::Training);
        split_by_seed(&mut training.collect::<Vec<_>>(), category, &rule);
    }
    for (set, percent) in
        [(Set::Validation, rule.validation_percent), (Set::Test, rule.test_percent)]
    {
        if missing.contains(&set) {
            dataset.warnings.push(format!(
                "there is no folder of {0} photos with the categories in it: {percent}% of the \
                 training photos are taken for {0}",
                set.name()
            ));
        }
    }
}
