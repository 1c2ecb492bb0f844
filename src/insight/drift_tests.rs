use serde_json::Value;

use super::*;
use crate::random::Rng;

fn golden() -> Value {
    serde_json::from_str(include_str!("../../tests/golden/drift.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

#[test]
fn the_furthest_are_counted_and_their_chance_is_as_scipy_has_it() {
    for case in golden()["furthest"].as_array().unwrap() {
        let mut usual = numbers(&case["usual"]);
        usual.sort_by(f32::total_cmp);
        let found = furthest(&usual, numbers(&case["recent"])).unwrap();
        assert_eq!(case["furthest"], found.furthest);
        assert_eq!(case["among"], found.recent_among);
        let chance = case["chance"].as_f64().unwrap();
        assert!((found.chance / chance - 1.0).abs() < 1e-9, "{found:?}, expected {chance}");
    }
    assert_eq!(furthest(&[1.0], []), None);
}

#[test]
fn drift_is_noticed_and_gone_at_the_photos_at_which_python_has_it() {
    for case in golden()["series"].as_array().unwrap() {
        let mut drift = Drift::new(&numbers(&case["usual"]));
        let mut said = Vec::new();
        for (place, unlike) in numbers(&case["series"]).into_iter().enumerate() {
            if let Some(news) = drift.add(unlike) {
                let what = if news == DriftNews::Gone { "gone" } else { "noticed" };
                said.push(serde_json::json!([place + 1, what]));
            }
        }
        assert_eq!(case["said"], Value::Array(said));
    }
}

#[test]
fn at_most_5_of_100_quiet_series_of_500_photos_raise_an_alarm_however_few_were_held_out() {
    let alarms = [25, 200].map(|held_out| {
        let mut rng = Rng::new(held_out);
        let is_alarmed = |_: &usize| {
            let held_out: Vec<f32> = (0..held_out).map(|_| rng.uniform() as f32).collect();
            let mut drift = Drift::new(&held_out);
            (0..500).any(|_| drift.add(rng.uniform() as f32).is_some())
        };
        (0..100).filter(is_alarmed).count()
    });
    assert!(alarms.iter().all(|&alarms| alarms <= 5) && alarms != [0, 0], "{alarms:?}");
}

#[test]
fn photos_that_all_come_from_elsewhere_are_noticed_at_once_and_never_taken_for_usual() {
    let usual: Vec<f32> = (0..200).map(|number| number as f32).collect();
    let mut drift = Drift::new(&usual);
    let said: Vec<(usize, DriftNews)> =
        (1..=1000).filter_map(|number| Some((number, drift.add(500.0)?))).collect();
    let [(10, DriftNews::Noticed(found))] = said[..] else { panic!("{said:?}") };
    assert_eq!((found.recent, found.usual, found.furthest, found.recent_among), (10, 200, 10, 10));
    assert_eq!(
        drift_in_words(&said[0].1),
        "drift: the last 10 photos are unlike the training photos as a whole: of the 10 that are \
         furthest from these, among them and 200 usual ones, 10 came last, 0.5 would by chance; look at \
         them, and if more of their kind will come, train again with some"
    );
    let back: Vec<DriftNews> =
        (0..200).filter_map(|number| drift.add((number * 37 % 200) as f32)).collect();
    assert_eq!(back, [DriftNews::Gone]);
}

#[test]
fn what_is_kept_does_not_grow_with_the_photos() {
    let number = |place: usize| (place * 37 % 101) as f32;
    let mut drift = Drift::new(&(0..20).map(number).collect::<Vec<_>>());
    (0..3 * MOST_USUAL).for_each(|place| assert_eq!(drift.add(number(place)), None));
    assert_eq!((drift.usual.len(), drift.recent.len()), (MOST_USUAL, RECENT));
}
