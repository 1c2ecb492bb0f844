use serde_json::Value;

use super::measure::Measure;
use super::*;

/// As `number` in `tests/golden/make_likeness.py`.
fn number(row: u32, column: u32) -> f64 {
    let v = row.wrapping_mul(2_654_435_761).wrapping_add(column.wrapping_mul(2_246_822_519));
    let mut v = v.wrapping_add(374_761_393);
    v ^= v >> 15;
    v = v.wrapping_mul(2_246_822_519);
    f64::from(v ^ (v >> 13)) / 2f64.powi(32)
}

/// As `feature` there, of `d` numbers.
fn feature(row: u32, d: u32) -> Vec<f32> {
    let bump = if row < 1003 { 0.05 } else { 0.3 };
    let value = |j| {
        let own = if j % 7 == row % 3 && j >= row % 3 { bump } else { 0.0 };
        ((number(row, j) - 0.1) / (1.0 + f64::from(j) / 10.0) + own) as f32
    };
    (0..d).map(value).collect()
}

/// `count` photos of three categories.
fn training(count: u32, d: u32) -> (Vec<f32>, Vec<u32>) {
    ((0..count).flat_map(|row| feature(row, d)).collect(), (0..count).map(|row| row % 3).collect())
}

fn fit(features: &[f32], labels: &[u32]) -> Option<Likeness> {
    let feature_len = features.len() / labels.len();
    Likeness::fit(&Photos { features, feature_len, labels }).unwrap()
}

#[test]
fn the_measures_are_those_of_numpy_with_all_eigenvectors() {
    let golden: Value =
        serde_json::from_str(include_str!("../../tests/golden/likeness.json")).unwrap();
    let [n, d] = ["n", "d"].map(|key| golden[key].as_u64().unwrap() as u32);
    let (features, labels) = training(n, d);
    let photos = Photos { features: &features, feature_len: d as usize, labels: &labels };
    let measure = Measure::fit(&photos).unwrap();
    assert_eq!(measure.directions(), 64);
    for photo in golden["photos"].as_array().unwrap() {
        let row = photo["row"].as_u64().unwrap() as u32;
        let measured = measure.of(&feature(row, d)).unwrap()[0];
        for (seen, key) in [(measured.distance, "distance"), (-measured.minus_gap, "gap")] {
            let expected = photo[key].as_f64().unwrap();
            let off = (seen - expected).abs() / expected;
            assert!(off < 0.01, "{key} of {row}: {seen}, expected {expected}");
        }
    }
}

#[test]
fn the_same_photos_give_the_same_numbers_to_the_bit() {
    let (features, labels) = training(150, 120);
    let bits = || {
        let likeness = fit(&features, &labels).unwrap();
        let parts = likeness.parts().into_iter();
        parts.flat_map(|part| part.2.iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect()
    };
    let first: Vec<u32> = bits();
    assert_eq!(first, bits());
}

#[test]
fn about_one_of_twenty_new_photos_of_ones_own_is_flagged_and_most_others() {
    let (features, labels) = training(300, 60);
    let likeness = fit(&features, &labels).unwrap();
    let flagged = |features: &[f32]| {
        let judged = likeness.judge(features).unwrap();
        judged.iter().filter(|judgement| judgement.is_none_of_these).count()
    };
    let own: Vec<f32> = (400..1000).flat_map(|row| feature(row, 60)).collect();
    // 5% of 600 within four deviations.
    assert!((10..=52).contains(&flagged(&own)), "{}", flagged(&own));
    let others: Vec<f32> = own.chunks(60).flat_map(|row| row.iter().rev().copied()).collect();
    assert!(flagged(&others) > 300, "{}", flagged(&others));
    let mut alone = [0.0; 60];
    alone[59] = 1.0;
    let judged = likeness.judge(&alone).unwrap()[0];
    assert_eq!((judged.less_like_than, judged.is_none_of_these), (1.0, true));
}

#[test]
fn new_photos_are_held_against_distances_and_by_a_head_of_before_against_what_it_has() {
    let (features, labels) = training(300, 60);
    let likeness = fit(&features, &labels).unwrap();
    let of_before = Likeness::from_parts(
        |name| {
            let parts = likeness.parts().into_iter();
            let mut parts = parts.filter(|(name, ..)| *name != "held_out_distances");
            parts.find(|part| part.0 == name).map(|(_, shape, numbers)| (shape, numbers.to_vec()))
        },
        60,
    );
    let of_before = of_before.unwrap().unwrap();
    let own: Vec<f32> = (400..1000).flat_map(|row| feature(row, 60)).collect();
    let mut differ = false;
    for likeness in [&likeness, &of_before] {
        let (judged, usual) = (likeness.judge(&own).unwrap(), likeness.usual());
        let beyond = |share: f64| {
            let limit = usual[(share * usual.len() as f64) as usize];
            judged.iter().filter(|judgement| judgement.far_off > limit).count() as f64 / 600.0
        };
        assert!((beyond(0.5) - 0.5).abs() < 0.15 && (beyond(0.9) - 0.1).abs() < 0.08);
        differ |= judged[0].far_off != of_before.judge(&own[..60]).unwrap()[0].far_off;
    }
    assert!(differ);
}

#[test]
fn too_few_photos_have_no_likeness_and_one_category_has() {
    let (features, labels) = training(20, 10);
    assert!(fit(&features, &labels).is_some());
    assert!(fit(&features[..190], &labels[..19]).is_none());
    let alone: Vec<u32> = (0..20).collect();
    assert!(fit(&features, &alone).is_none(), "no category has two photos");
    let likeness = fit(&features, &[7; 20]).unwrap();
    assert!(likeness.unlikeness(&features).unwrap().iter().all(|x| x.is_finite()));
}

#[test]
fn photos_that_are_all_the_same_and_features_of_zeros_do_no_harm() {
    for same in [0.0f32, 0.25] {
        let likeness = fit(&[same; 200], &[0, 1].repeat(10));
        if let Some(likeness) = likeness {
            let unlike = likeness.unlikeness(&[1.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
            assert!(unlike.unwrap()[0].is_finite());
        }
    }
}

#[test]
fn of_categories_with_nothing_in_common_each_is_noticed_when_it_is_left_out() {
    // Each category has numbers of its own.
    let value = |row: u32, j: u32| match j % 3 == row % 3 {
        true => number(row, j) as f32 + 1.0,
        false => 0.05 * number(row, j) as f32,
    };
    let features: Vec<f32> = (0..90).flat_map(|row| (0..24).map(move |j| value(row, j))).collect();
    let labels: Vec<u32> = (0..90).map(|row| row % 3).collect();
    let photos = Photos { features: &features, feature_len: 24, labels: &labels };
    assert_eq!(share_noticed(&photos).unwrap(), Some(1.0));
    // With categories that were drawn, as many are noticed as one's own are flagged by mistake.
    let drawn: Vec<u32> = (0..90).map(|row| (number(row, 99) * 3.0) as u32).collect();
    let noticed = share_noticed(&Photos { labels: &drawn, ..photos.clone() }).unwrap().unwrap();
    assert!(noticed < 0.2, "{noticed}");
    let two = [4, 7].repeat(45);
    assert_eq!(share_noticed(&Photos { labels: &two, ..photos }).unwrap(), None);
}

#[test]
fn photos_are_taken_evenly_of_the_categories() {
    let labels = [vec![1; 30], vec![0; 60], vec![2; 10]].concat();
    let rows = spread(&labels, 20);
    let of = |label| rows.iter().filter(|&&row| labels[row] == label).count();
    assert_eq!([0, 1, 2].map(of), [12, 6, 2]);
    assert_eq!(spread(&labels, 1000).len(), 100);
}

fn kinds_golden() -> Value {
    serde_json::from_str(include_str!("../../tests/golden/kinds.json")).unwrap()
}

fn rows_of(value: &Value) -> Vec<Vec<f64>> {
    let numbers = |row: &Value| -> Vec<f64> {
        row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    value.as_array().unwrap().iter().map(numbers).collect()
}

#[test]
fn the_first_directions_of_a_space_are_those_of_scikit_learns_principal_components() {
    let golden = &kinds_golden()["map"];
    let [n, d] = ["n", "d"].map(|key| golden[key].as_u64().unwrap() as u32);
    let (features, labels) = training(n, d);
    let photos = Photos { features: &features, feature_len: d as usize, labels: &labels };
    let space = Space::fit(&photos).unwrap().unwrap();
    let explained = golden["explained"].as_array().unwrap();
    for (seen, expected) in space.explained().iter().zip(explained) {
        assert!((seen - expected.as_f64().unwrap()).abs() < 1e-6, "{seen}, expected {expected}");
    }
    let places = space.places(&features).unwrap();
    for (seen, expected) in places.iter().zip(rows_of(&golden["places"])) {
        for (seen, expected) in seen.iter().zip(expected) {
            assert!((seen - expected).abs() < 2e-5, "{seen}, expected {expected}");
        }
    }
}

#[test]
fn a_contrast_makes_short_what_other_categories_vary_in_as_numpy_has_it() {
    let golden = &kinds_golden()["contrast"];
    let places = rows_of(&golden["places"]);
    let labels: Vec<u32> =
        golden["labels"].as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect();
    let found = contrast(&places, &labels, 0);
    let expected = rows_of(&golden["contrast"]);
    assert_eq!(found.len(), expected.len());
    for (seen, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((seen - expected).abs() < 1e-9, "{seen}, expected {expected}");
    }
}

#[test]
fn a_space_is_the_same_to_the_bit_and_there_is_none_of_photos_that_are_the_same() {
    let (features, labels) = training(90, 60);
    let photos = Photos { features: &features, feature_len: 60, labels: &labels };
    let space = || Space::fit(&photos).unwrap().unwrap();
    assert_eq!(space(), space());
    assert_eq!(space().places(&features).unwrap(), space().places(&features).unwrap());
    let same = vec![0.5f32; 10 * 60];
    let photos = Photos { features: &same, feature_len: 60, labels: &[0; 10] };
    assert!(Space::fit(&photos).unwrap().is_none());
    let few = Photos { features: &features[..180], feature_len: 60, labels: &labels[..3] };
    assert!(Space::fit(&few).unwrap().is_none());
}
