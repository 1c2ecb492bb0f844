//! Sets and folds of groups of photos that are kept together (`split.groups`), whatever the rule that
//! deals them.
//!
//! A group may be of several categories: a burst that shows fire at its end. It is dealt once.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::joined::Joined;
use super::split::{self, without_nohash};
use super::{Fold, Photo};
use crate::random::Rng;
use crate::spec::{Grouping, Set, Split};

/// Photos that are kept together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// Their places in the data set, in order.
    pub photos: Vec<usize>,
    /// What it is called, where its photos are dealt by names; else by that of the first photo.
    pub name: Option<Vec<u8>>,
    /// Photos of each category.
    pub counts: BTreeMap<usize, usize>,
}

/// The groups of all photos, in the order of their first ones. `folders` are those of the categories,
/// and `near` pairs of near copies. Photos with the same bytes or of one `_nohash_` name are always
/// together.
pub(super) fn groups(
    photos: &[Photo],
    grouping: &Grouping,
    folders: &[&Path],
    near: &[[usize; 2]],
) -> Vec<Group> {
    let name = |place: usize| match grouping {
        Grouping::None | Grouping::Near => None,
        Grouping::Folder => folder_below(&photos[place].path, folders[place]),
        Grouping::Name { is_last, mark } => name_before(&photos[place].path, mark, *is_last),
    };
    let mut joined = Joined::new(photos.len());
    joined.join_by((0..photos.len()).map(name));
    joined.join_by(photos.iter().map(|photo| Some(photo.hash)));
    joined.join_by(photos.iter().map(|p| Some(without_nohash(p.path.as_os_str().as_bytes()))));
    near.iter().for_each(|&[a, b]| joined.join(a, b));
    let group = |members: Vec<usize>| {
        let mut counts = BTreeMap::new();
        for &place in &members {
            *counts.entry(photos[place].category).or_default() += 1;
        }
        Group { name: name(members[0]), photos: members, counts }
    };
    joined.groups().into_iter().map(group).collect()
}

/// The folder of the photo right below that of its category; `None` where it lies in that itself.
fn folder_below(photo: &Path, category: &Path) -> Option<Vec<u8>> {
    let mut below = photo.strip_prefix(category).ok()?.components();
    let folder: PathBuf = category.join(below.next()?);
    below.next().is_some().then(|| folder.as_os_str().as_bytes().to_vec())
}

/// The name without its ending up to the mark; all of it where nothing is before the mark, or it is not
/// in the name.
fn name_before(photo: &Path, mark: &str, is_last: bool) -> Option<Vec<u8>> {
    let (name, mark) = (photo.file_stem()?.as_bytes(), mark.as_bytes());
    let mut windows = name.windows(mark.len());
    let found = match is_last {
        true => windows.rposition(|window| window == mark),
        false => windows.position(|window| window == mark),
    };
    let end = found.filter(|&at| at > 0).unwrap_or(name.len());
    Some(name[..end].to_vec())
}

/// The set of each group by the rule's seed. Where every group is of one category, the validation and
/// the test set of each differ from the size asked for by less than its largest group.
pub(super) fn sets_by_seed(groups: &[Group], rule: &Split) -> Vec<Set> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    Rng::for_purpose(rule.seed, "split groups").shuffle(&mut order);
    let mut totals: BTreeMap<usize, usize> = BTreeMap::new();
    for (category, count) in groups.iter().flat_map(|group| &group.counts) {
        *totals.entry(*category).or_default() += count;
    }
    let mut sets = vec![Set::Training; groups.len()];
    for (set, later) in [(Set::Validation, 2), (Set::Test, 1)] {
        // Photos of each category that are still asked for; less than 0 where there are more.
        let mut asked: BTreeMap<usize, i64> = totals
            .iter()
            .map(|(&category, &total)| (category, split::sizes(total, rule)[set as usize]))
            .collect();
        let wanted = asked.clone();
        let mut take = |group: usize, asked: &mut BTreeMap<usize, i64>| {
            sets[group] = set;
            for (category, &count) in &groups[group].counts {
                *asked.get_mut(category).expect("it was counted") -= count as i64;
            }
        };
        let mut left = Vec::new();
        for &group in &order {
            if is_nearer(&groups[group], &asked) {
                take(group, &mut asked);
            } else {
                left.push(group);
            }
        }
        for (category, &wanted) in &wanted {
            let mut of_category: Vec<usize> = left
                .iter()
                .copied()
                .filter(|&group| groups[group].counts.contains_key(category))
                .collect();
            if wanted > 0 && asked[category] == wanted && of_category.len() > later {
                of_category.sort_by_key(|&group| groups[group].photos.len());
                take(of_category[0], &mut asked);
                left.retain(|&group| group != of_category[0]);
            }
        }
        order = left;
    }
    sets
}

/// Whether with the group the sizes come nearer to those asked for.
fn is_nearer(group: &Group, asked: &BTreeMap<usize, i64>) -> bool {
    let gain = |(category, &count): (&usize, &usize)| {
        asked[category].abs() - (asked[category] - count as i64).abs()
    };
    group.counts.iter().map(gain).sum::<i64>() > 0
}

/// The fold of each group by the rule's seed: the largest first, each to the fold with the fewest
/// photos of its categories. Of groups of one category each, two folds differ by at most the largest.
pub(super) fn folds_by_seed(groups: &[Group], rule: &Split) -> Vec<Fold> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    Rng::for_purpose(rule.seed, "fold groups").shuffle(&mut order);
    order.sort_by_key(|&group| Reverse(groups[group].photos.len()));
    let mut here: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut totals: BTreeMap<usize, usize> = BTreeMap::new();
    let mut dealt = vec![0; rule.folds];
    let mut folds = vec![Fold { number: 0, watches: false }; groups.len()];
    for &group in &order {
        let Group { photos, counts, .. } = &groups[group];
        let so_far = |fold: usize| -> usize {
            let of = |(&category, count): (&usize, &usize)| {
                count * here.get(&(category, fold)).unwrap_or(&0)
            };
            counts.iter().map(of).sum()
        };
        let number = (0..rule.folds).min_by_key(|&fold| (so_far(fold), dealt[fold]));
        folds[group].number = number.expect("there are folds");
        dealt[folds[group].number] += photos.len();
        for (&category, count) in counts {
            *here.entry((category, folds[group].number)).or_default() += count;
            *totals.entry(category).or_default() += count;
        }
    }
    for (category, total) in totals {
        let asked = (total as f64 * rule.validation_percent / 100.0).round() as usize;
        choose_watchers(groups, &order, &mut folds, category, asked, rule.folds);
    }
    folds
}

/// Chooses groups of a category that watch, smaller ones first, evenly from all folds: of so many
/// photos, and of two folds at least, as a fold that is tested does not watch.
fn choose_watchers(
    groups: &[Group],
    order: &[usize],
    folds: &mut [Fold],
    category: usize,
    asked: usize,
    count: usize,
) {
    let of_category = |group: usize| groups[group].counts.get(&category).copied().unwrap_or(0);
    loop {
        let mut watching = vec![0; count];
        for (group, fold) in folds.iter().enumerate() {
            watching[fold.number] += if fold.watches { of_category(group) } else { 0 };
        }
        let in_folds = watching.iter().filter(|&&photos| photos > 0).count();
        if watching.iter().sum::<usize>() >= asked && in_folds >= 2 {
            return;
        }
        // From the end, where the smaller ones are.
        let left = order.iter().rev().filter(|&&g| !folds[g].watches && of_category(g) > 0);
        let Some(&group) = left.min_by_key(|&&group| watching[folds[group].number]) else { return };
        folds[group].watches = true;
    }
}

#[cfg(test)]
#[path = "groups_tests.rs"]
mod tests;
