use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// Groups, each with its photos of three categories.
fn made(sizes: &[[usize; 3]]) -> Vec<Group> {
    let mut next = 0;
    let mut groups = Vec::new();
    for of in sizes {
        let count: usize = of.iter().sum();
        let counts = of.iter().enumerate().filter(|(_, count)| **count > 0);
        groups.push(Group {
            photos: (next..next + count).collect(),
            name: None,
            counts: counts.map(|(category, &count)| (category, count)).collect(),
        });
        next += count;
    }
    groups
}

/// Of one category each.
fn of_one_category() -> impl Strategy<Value = Vec<[usize; 3]>> {
    let group = (0..3usize, 1..12usize).prop_map(|(category, count)| {
        let mut sizes = [0; 3];
        sizes[category] = count;
        sizes
    });
    prop::collection::vec(group, 1..120)
}

fn rule(validation_percent: f64, test_percent: f64, folds: usize, seed: u64) -> Split {
    Split { validation_percent, test_percent, folds, seed, ..Split::default() }
}

fn sum(groups: &[Group], category: usize, is_in: impl Fn(usize) -> bool) -> usize {
    let of = |(place, group): (usize, &Group)| match is_in(place) {
        true => group.counts.get(&category).copied().unwrap_or(0),
        false => 0,
    };
    groups.iter().enumerate().map(of).sum()
}

proptest! {
    #[test]
    fn sets_are_as_near_to_the_percentages_as_groups_allow(
        sizes in of_one_category(), validation in 1.0..40.0, test in 1.0..40.0, seed in 0..50u64,
    ) {
        let (groups, rule) = (made(&sizes), rule(validation, test, 0, seed));
        let sets = sets_by_seed(&groups, &rule);
        for category in 0..3 {
            let own: Vec<usize> = groups.iter().filter_map(|g| g.counts.get(&category).copied()).collect();
            let Some(&largest) = own.iter().max() else { continue };
            let asked = split::sizes(own.iter().sum(), &rule);
            for set in [Set::Validation, Set::Test] {
                let is = sum(&groups, category, |group| sets[group] == set);
                let off = (is as i64 - asked[set as usize]).unsigned_abs() as usize;
                let asked = asked[set as usize];
                prop_assert!(off < largest, "{set:?}: {is} for {asked}");
                if own.len() > 10 && asked > 0 {
                    prop_assert!(is > 0, "{set:?} of category {category} is empty");
                }
            }
        }
    }

    #[test]
    fn folds_differ_by_at_most_the_largest_group_and_two_watch(
        sizes in of_one_category(), folds in 2..8usize, seed in 0..50u64,
    ) {
        let (groups, rule) = (made(&sizes), rule(10.0, 10.0, folds, seed));
        let dealt = folds_by_seed(&groups, &rule);
        for category in 0..3 {
            let own: Vec<usize> = groups.iter().filter_map(|g| g.counts.get(&category).copied()).collect();
            let each: Vec<usize> = (0..folds)
                .map(|fold| sum(&groups, category, |group| dealt[group].number == fold))
                .collect();
            let spread = each.iter().max().unwrap() - each.iter().min().unwrap();
            prop_assert!(spread <= own.iter().copied().max().unwrap_or(0), "{each:?}");
            let watching: HashSet<usize> = (0..groups.len())
                .filter(|&g| dealt[g].watches && groups[g].counts.contains_key(&category))
                .map(|g| dealt[g].number)
                .collect();
            prop_assert_eq!(watching.len() >= 2, own.len() >= 2);
        }
    }
}

#[test]
fn single_photos_are_split_and_dealt_exactly() {
    let groups =
        made(&[[1, 0, 0]].repeat(60).into_iter().chain([[0, 1, 0]].repeat(40)).collect::<Vec<_>>());
    let sets = sets_by_seed(&groups, &rule(10.0, 20.0, 0, 3));
    for (category, expected) in [(0, [42, 6, 12]), (1, [28, 4, 8])] {
        let counts = Set::ALL.map(|set| sum(&groups, category, |group| sets[group] == set));
        assert_eq!(counts, expected);
    }
    let other = sets_by_seed(&groups, &rule(10.0, 20.0, 0, 4));
    assert_ne!(sets, other, "the seed decides");
    let folds = folds_by_seed(&groups, &rule(10.0, 10.0, 5, 3));
    let watching = folds.iter().filter(|fold| fold.watches).count();
    assert_eq!(watching, 10);
}

#[test]
fn three_large_groups_make_three_sets() {
    let groups = made(&[[20, 0, 0], [22, 0, 0], [21, 0, 0]]);
    let mut sets = sets_by_seed(&groups, &rule(10.0, 10.0, 0, 1));
    sets.sort();
    assert_eq!(sets, Set::ALL);
}

#[test]
fn a_name_is_that_before_the_mark_and_a_folder_the_first_below_the_category() {
    let before = |name: &str, mark, is_last| {
        String::from_utf8(name_before(Path::new(name), mark, is_last).unwrap()).unwrap()
    };
    assert_eq!(before("fire/IMG_20240101_003.jpg", "_", true), "IMG_20240101");
    assert_eq!(before("fire/cam7_20240101_003.jpg", "_", false), "cam7");
    assert_eq!(before("fire/barn (2).jpg", " (", true), "barn");
    assert_eq!(before("fire/barn.jpg", " (", true), "barn");
    assert_eq!(before("fire/_1.jpg", "_", true), "_1");
    let below = |photo| folder_below(Path::new(photo), Path::new("train/fire"));
    assert_eq!(below("train/fire/cam7/monday/1.jpg"), Some(b"train/fire/cam7".to_vec()));
    assert_eq!(below("train/fire/1.jpg"), None);
}
