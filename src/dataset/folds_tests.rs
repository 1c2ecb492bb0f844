use std::collections::HashMap;

use serde::Deserialize;

use super::*;
use crate::spec::SplitRule;

const ORACLE: &str = include_str!("../../tests/golden/folds.json");

#[derive(Deserialize)]
struct Oracle {
    cases: Vec<Case>,
}

/// A line of `make_folds.py`.
#[derive(Deserialize)]
struct Case {
    folds: usize,
    /// Sizes of the groups of each category.
    groups: Vec<Vec<usize>>,
    /// Photos of each category in each fold.
    photos: Vec<Vec<usize>>,
}

fn rule(folds: usize, validation_percent: f64) -> Split {
    Split {
        by: SplitRule::Seed,
        validation_percent,
        test_percent: 10.0,
        folds,
        seed: 3,
        ..Split::default()
    }
}

/// Photos of a category in groups by name.
fn named(groups: &[usize]) -> Vec<Vec<u8>> {
    let photos = groups.iter().enumerate().flat_map(|(group, &size)| {
        (0..size).map(move |photo| format!("a/{group}_nohash_{photo}.jpg").into_bytes())
    });
    photos.collect()
}

/// Each with content of its own.
fn with_content(names: &[Vec<u8>]) -> Vec<(&[u8], blake3::Hash)> {
    names.iter().map(|name| (&name[..], blake3::hash(name))).collect()
}

fn sizes(dealt: &[Fold], folds: usize) -> Vec<usize> {
    (0..folds).map(|fold| dealt.iter().filter(|photo| photo.number == fold).count()).collect()
}

fn spread(sizes: &[usize]) -> usize {
    sizes.iter().max().unwrap() - sizes.iter().min().unwrap()
}

#[test]
fn folds_are_as_even_as_those_of_scikit_learn() {
    let oracle: Oracle = serde_json::from_str(ORACLE).unwrap();
    assert_eq!(oracle.cases.len(), 10);
    for Case { folds, groups, photos } in oracle.cases {
        let rule = rule(folds, 10.0);
        let mut dealer = Dealer::new(&rule);
        let alone = groups.iter().flatten().all(|&size| size == 1);
        for (category, (groups, expected)) in groups.iter().zip(&photos).enumerate() {
            let names = named(groups);
            let dealt = dealer.deal(&category.to_string(), &with_content(&names));
            let mut sizes = sizes(&dealt, folds);
            assert_eq!(sizes.iter().sum::<usize>(), expected.iter().sum::<usize>());
            assert!(spread(&sizes) <= spread(expected), "{sizes:?}, theirs {expected:?}");
            assert!(spread(&sizes) <= *groups.iter().max().unwrap(), "{sizes:?}");
            if alone {
                let mut expected = expected.clone();
                sizes.sort_unstable();
                expected.sort_unstable();
                assert_eq!(sizes, expected);
            }
        }
        if alone {
            assert!(spread(&dealer.dealt) <= 1, "{:?}", dealer.dealt);
        }
    }
}

#[test]
fn every_photo_is_tested_once_and_never_trained_on_there() {
    for kept_is_watched in [false, true] {
        let folds = Folds { count: 5, kept_is_watched };
        for fold in (0..5).flat_map(|number| [false, true].map(|watches| Fold { number, watches }))
        {
            let sets: Vec<Set> = (0..5).map(|tested| folds.set(fold, Some(tested))).collect();
            let elsewhere = if fold.watches { Set::Validation } else { Set::Training };
            for (tested, set) in sets.into_iter().enumerate() {
                let expected = if tested == fold.number { Set::Test } else { elsewhere };
                assert_eq!(set, expected);
            }
            let kept = folds.set(fold, None);
            let watches = fold.watches && kept_is_watched;
            assert_eq!(kept, if watches { Set::Validation } else { Set::Training });
        }
    }
}

#[test]
fn photos_of_equal_content_or_of_one_name_stay_together_and_watch_together() {
    let names: Vec<Vec<u8>> = (0..60)
        .map(|n| match n % 3 {
            0 => format!("a/{}_nohash_{n}.jpg", n / 9).into_bytes(),
            _ => format!("a/{n}.jpg").into_bytes(),
        })
        .collect();
    // Some have the bytes of one of another name, which joins two groups.
    let content = |n: usize| if n.is_multiple_of(7) { n / 21 } else { 100 + n };
    let photos: Vec<(&[u8], blake3::Hash)> = names
        .iter()
        .enumerate()
        .map(|(n, name)| (&name[..], blake3::hash(&content(n).to_le_bytes())))
        .collect();
    let rule = rule(4, 20.0);
    let dealt = Dealer::new(&rule).deal("a", &photos);
    let (mut by_name, mut by_content) = (HashMap::new(), HashMap::new());
    for ((path, hash), fold) in photos.iter().zip(&dealt) {
        assert_eq!(by_name.entry(without_nohash(path)).or_insert(fold), &fold);
        assert_eq!(by_content.entry(hash).or_insert(fold), &fold);
    }
    assert!(by_name.len() < 60 && by_content.len() < 60);
    assert!(dealt.iter().any(|fold| fold.watches));
}

#[test]
fn the_seed_and_the_photos_alone_decide() {
    let names = named(&[1; 50]);
    let photos = with_content(&names);
    let deal = |rule: &Split, photos: &[(&[u8], blake3::Hash)]| Dealer::new(rule).deal("a", photos);
    let dealt = deal(&rule(5, 10.0), &photos);
    let mut shuffled: Vec<usize> = (0..50).collect();
    Rng::new(3).shuffle(&mut shuffled);
    let again: Vec<_> = shuffled.iter().map(|&place| photos[place]).collect();
    for (&place, fold) in shuffled.iter().zip(deal(&rule(5, 10.0), &again)) {
        assert_eq!(dealt[place], fold);
    }
    assert_ne!(dealt, deal(&Split { seed: 4, ..rule(5, 10.0) }, &photos));
}

#[test]
fn so_many_watch_as_were_asked_for_from_at_least_two_folds_evenly() {
    for (photos, percent, expected) in [(36, 10.0, 4), (50, 20.0, 10), (6, 10.0, 2), (9, 1.0, 2)] {
        let names = named(&vec![1; photos]);
        let rule = rule(5, percent);
        let dealt = Dealer::new(&rule).deal("a", &with_content(&names));
        let watching: Vec<Fold> = dealt.into_iter().filter(|fold| fold.watches).collect();
        assert_eq!(watching.len(), expected, "{photos} photos, {percent}%");
        assert!(spread(&sizes(&watching, 5)) <= 1);
    }
}

#[test]
fn by_hash_a_fold_depends_on_the_name_alone_and_those_that_watch_come_from_all_folds() {
    let rule = Split { by: SplitRule::Base27, ..rule(5, 20.0) };
    let mask = super::super::split::BUCKETS_27;
    let folds: Vec<Fold> =
        (0..2000).map(|n| by_hash(format!("{n}.jpg").as_bytes(), mask, &rule)).collect();
    // Binomial: 400 with a deviation of 18, and 80 of them with one of 8; five either way.
    for fold in 0..5 {
        let here: Vec<&Fold> = folds.iter().filter(|photo| photo.number == fold).collect();
        assert!((310..=490).contains(&here.len()), "fold {fold}: {}", here.len());
        let watching = here.iter().filter(|photo| photo.watches).count();
        assert!((40..=120).contains(&watching), "fold {fold}: {watching}");
    }
    let of = |name: &str| by_hash(name.as_bytes(), mask, &rule);
    assert_eq!(of("burst_nohash_1.jpg"), of("burst_nohash_2.jpg"));
}
