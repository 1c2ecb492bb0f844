//! Gives every photo its set, or its fold, by the experiment's rule.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;

use super::folds::{self, Dealer};
use super::groups::{self, Group};
use super::{Dataset, Folds, Photo, split};
use crate::config::expand_home;
use crate::spec::{Experiment, Set, Split, SplitRule};
use crate::words;

/// `groups`: photos that are kept together, where `split.groups` asks for that; `missing`: the sets
/// without a folder.
pub(super) fn assign_sets(
    dataset: &mut Dataset,
    experiment: &Experiment,
    groups: Option<&[Group]>,
    missing: &[Set],
) {
    let rule = &experiment.split;
    if rule.folds > 0 {
        let kept_is_watched = experiment.train.early_stop > 0;
        dataset.folds = Some(Folds { count: rule.folds, kept_is_watched });
    }
    match groups {
        Some(groups) if rule.folds > 0 => assign_folds_of_groups(dataset, experiment, groups),
        Some(groups) => assign_sets_of_groups(dataset, experiment, groups, missing),
        None if rule.folds > 0 => assign_folds(dataset, experiment),
        None => assign_sets_of_photos(dataset, experiment, missing),
    }
}

fn assign_sets_of_photos(dataset: &mut Dataset, experiment: &Experiment, missing: &[Set]) {
    let rule = &experiment.split;
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

fn assign_folds_of_groups(dataset: &mut Dataset, experiment: &Experiment, groups: &[Group]) {
    let rule = &experiment.split;
    let folds = match rule.by {
        SplitRule::Base27 | SplitRule::Path27 | SplitRule::Path16 => groups
            .iter()
            .map(|group| {
                let (name, mask) = hashed_group(group, dataset, experiment);
                folds::by_hash(&name, mask, rule)
            })
            .collect(),
        SplitRule::Seed | SplitRule::Folders => groups::folds_by_seed(groups, rule),
    };
    for (group, fold) in groups.iter().zip(folds) {
        for &place in &group.photos {
            (dataset.photos[place].set, dataset.photos[place].fold) = (Set::Test, Some(fold));
        }
    }
}

fn assign_sets_of_groups(
    dataset: &mut Dataset,
    experiment: &Experiment,
    groups: &[Group],
    missing: &[Set],
) {
    let rule = &experiment.split;
    let sets = match rule.by {
        SplitRule::Base27 | SplitRule::Path27 | SplitRule::Path16 => groups
            .iter()
            .map(|group| {
                let (name, mask) = hashed_group(group, dataset, experiment);
                split::by_hash(&name, mask, rule)
            })
            .collect(),
        SplitRule::Seed => groups::sets_by_seed(groups, rule),
        SplitRule::Folders => sets_by_folders(dataset, rule, groups, missing),
    };
    let mut moved = 0;
    for (group, set) in groups.iter().zip(sets) {
        let given = dataset.photos[group.photos[0]].set;
        for &place in &group.photos {
            let photo = &mut dataset.photos[place];
            moved += usize::from(photo.set != given);
            photo.set = set;
        }
    }
    if rule.by == SplitRule::Folders && moved > 0 {
        dataset.warnings.push(format!(
            "{} in another set than their folder's, with the first of their group (split.groups)",
            words::counted(moved, "photo")
        ));
    }
}

/// Each group is in the set of its first photo; sets without a folder are drawn from the groups for
/// training.
fn sets_by_folders(
    dataset: &mut Dataset,
    rule: &Split,
    groups: &[Group],
    missing: &[Set],
) -> Vec<Set> {
    let mut sets: Vec<Set> =
        groups.iter().map(|group| dataset.photos[group.photos[0]].set).collect();
    if !missing.is_empty() {
        let training: Vec<usize> =
            (0..groups.len()).filter(|&group| sets[group] == Set::Training).collect();
        let drawn_from: Vec<Group> = training.iter().map(|&group| groups[group].clone()).collect();
        let drawn = groups::sets_by_seed(&drawn_from, &only_missing(rule, missing));
        training.into_iter().zip(drawn).for_each(|(group, set)| sets[group] = set);
        warn_of_missing(dataset, rule, missing);
    }
    sets
}

/// The name by whose hash a group is placed.
fn hashed_group<'a>(
    group: &'a Group,
    dataset: &'a Dataset,
    experiment: &Experiment,
) -> (Cow<'a, [u8]>, u32) {
    let (name, mask) = hashed(&dataset.photos[group.photos[0]], experiment);
    (group.name.as_deref().map_or(name, Cow::from), mask)
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
    let drawn = only_missing(rule, missing);
    for photos in dataset.photos.chunk_by_mut(|a, b| a.category == b.category) {
        let category = &dataset.categories[photos[0].category];
        let training = photos.iter_mut().filter(|photo| photo.set == Set::Training);
        split_by_seed(&mut training.collect::<Vec<_>>(), category, &drawn);
    }
    warn_of_missing(dataset, rule, missing);
}

/// The rule that draws them alone.
fn only_missing(rule: &Split, missing: &[Set]) -> Split {
    let asked = |set, percent| if missing.contains(&set) { percent } else { 0.0 };
    Split {
        validation_percent: asked(Set::Validation, rule.validation_percent),
        test_percent: asked(Set::Test, rule.test_percent),
        ..rule.clone()
    }
}

fn warn_of_missing(dataset: &mut Dataset, rule: &Split, missing: &[Set]) {
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
