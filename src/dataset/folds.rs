//! Which fold a photo is in, where every photo is tested once: by a head that was trained on the
//! other folds.
//!
//! By hash: a photo's fold depends on its name alone, so it stays when others come or go. By seed: in
//! every category the folds have the same size, to one group of photos that stay together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::joined::Joined;
use super::split::{percent, without_nohash};
use crate::random::Rng;
use crate::spec::{Set, Split};

/// How the photos of a data set are tested in folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folds {
    /// How many folds there are, 2 or more.
    pub count: usize,
    /// The training of the head that is kept is watched, as early stopping needs it; else that head
    /// is trained on all photos.
    pub kept_is_watched: bool,
}

/// The place of a photo among the folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// From 0.
    pub number: usize,
    /// Where another fold is tested it watches the training, and is not trained on.
    pub watches: bool,
}

impl Folds {
    /// What a photo is used for while a head is trained: the one that is tested on the fold
    /// `tested`, or with `None` the one that is kept, which is tested on no photo.
    pub(super) fn set(self, fold: Fold, tested: Option<usize>) -> Set {
        match tested {
            Some(tested) if tested == fold.number => Set::Test,
            Some(_) if fold.watches => Set::Validation,
            None if fold.watches && self.kept_is_watched => Set::Validation,
            _ => Set::Training,
        }
    }
}

/// The fold of the photo of this name, or path, by its SHA-1; `mask` as for
/// [`split::by_hash`](super::split::by_hash). Folds are equal parts of the buckets.
pub(super) fn by_hash(name: &[u8], mask: u32, rule: &Split) -> Fold {
    let place = percent(name, mask) / 100.0 * rule.folds as f64;
    // A hash of its own: else the photos that watch would all be in the first folds.
    let watching = percent(&[b"validation ", name].concat(), mask);
    Fold {
        // The last bucket lies at 100 percent.
        number: (place as usize).min(rule.folds - 1),
        watches: watching < rule.validation_percent,
    }
}

/// The folds of photos by the rule's seed, each with its category, the bytes of its path, and the hash of
/// its content; photos of equal content stay together, whatever their categories.
pub fn deal_folds(rule: &Split, photos: &[(&str, &[u8], blake3::Hash)]) -> Vec<Fold> {
    let mut by_category: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, (category, ..)) in photos.iter().enumerate() {
        by_category.entry(category).or_default().push(place);
    }
    let mut folds = vec![Fold { number: 0, watches: false }; photos.len()];
    let mut dealer = Dealer::new(rule);
    for (category, places) in by_category {
        let named: Vec<_> =
            places.iter().map(|&place| (photos[place].1, photos[place].2)).collect();
        for (&place, fold) in places.iter().zip(dealer.deal(category, &named)) {
            folds[place] = fold;
        }
    }
    let mut first = HashMap::new();
    for (place, (.., hash)) in photos.iter().enumerate() {
        folds[place] = folds[*first.entry(*hash).or_insert(place)];
    }
    folds
}

/// Deals photos to folds by the seed, one category after the other.
pub(super) struct Dealer<'a> {
    rule: &'a Split,
    /// Photos in each fold so far, and of them those that watch.
    dealt: Vec<usize>,
    watching: Vec<usize>,
}

/// Photos that stay together, by their places in the category.
type Group = Vec<usize>;

impl Dealer<'_> {
    pub fn new(rule: &Split) -> Dealer<'_> {
        let none = vec![0; rule.folds];
        Dealer { rule, dealt: none.clone(), watching: none }
    }

    /// The folds of the photos of one category, each with the bytes of its path and the hash of its
    /// content. Photos of equal content or of one `_nohash_` name stay together. The largest groups
    /// are dealt first, each to the fold with the fewest photos, so that the numbers of two folds
    /// differ by at most the largest group.
    pub fn deal(&mut self, category: &str, photos: &[(&[u8], blake3::Hash)]) -> Vec<Fold> {
        let mut groups = groups(photos);
        let purpose = format!("folds {category}");
        Rng::for_purpose(self.rule.seed, &purpose).shuffle(&mut groups);
        groups.sort_by_key(|group| Reverse(group.len()));
        let mut here = vec![0; self.rule.folds];
        let mut folds: Vec<Vec<Group>> = vec![Vec::new(); self.rule.folds];
        for group in groups {
            let fold = (0..folds.len()).min_by_key(|&fold| (here[fold], self.dealt[fold]));
            let fold = fold.expect("there are folds");
            here[fold] += group.len();
            self.dealt[fold] += group.len();
            folds[fold].push(group);
        }
        let mut dealt = vec![Fold { number: 0, watches: false }; photos.len()];
        for (number, groups) in folds.iter().enumerate() {
            groups.iter().flatten().for_each(|&place| dealt[place].number = number);
        }
        for place in self.watchers(photos.len(), folds) {
            dealt[place].watches = true;
        }
        dealt
    }

    /// Chooses the photos of a category that watch, evenly from all folds, smaller groups first: as
    /// many as were asked for, and of two folds at least, as a fold that is tested does not watch.
    fn watchers(&mut self, photos: usize, mut folds: Vec<Vec<Group>>) -> Vec<usize> {
        let asked = (photos as f64 * self.rule.validation_percent / 100.0).round() as usize;
        let mut here = vec![0; folds.len()];
        let mut watchers = Vec::new();
        while watchers.len() < asked || here.iter().filter(|&&count| count > 0).count() < 2 {
            let left = (0..folds.len()).filter(|&fold| !folds[fold].is_empty());
            let Some(fold) = left.min_by_key(|&fold| (here[fold], self.watching[fold])) else {
                break;
            };
            let group = folds[fold].pop().expect("a fold with groups was chosen");
            here[fold] += group.len();
            self.watching[fold] += group.len();
            watchers.extend(group);
        }
        watchers
    }
}

/// The photos that stay together, in the order of the first path of each.
fn groups(photos: &[(&[u8], blake3::Hash)]) -> Vec<Group> {
    let mut order: Vec<usize> = (0..photos.len()).collect();
    order.sort_by_key(|&place| photos[place].0);
    let in_order = || order.iter().map(|&place| photos[place]);
    let mut joined = Joined::new(photos.len());
    joined.join_by(in_order().map(|(path, _)| Some(without_nohash(path))));
    joined.join_by(in_order().map(|(_, content)| Some(content)));
    let places = |group: Vec<usize>| group.into_iter().map(|at| order[at]).collect();
    joined.groups().into_iter().map(places).collect()
}

#[cfg(test)]
#[path = "folds_tests.rs"]
mod tests;
