//! The statistics against numbers of independent programs, and against their own symmetries.

use proptest::prelude::*;
use retrain::insight::{
    CategoryMetrics, Column, Comparison, Evaluation, Outcome, Resampled, Scored, Tested,
    at_temperature, clopper_pearson, doubts, fewest_to_show, fit_temperature, mcnemar, pair,
    paired_interval, predict, rounded_to_sum, shapley, t_p_value, t_reach, told_by, wilson,
};
use retrain::random::Rng;
use serde_json::Value;

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/metrics.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn counts(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(count).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn table<'a>(truth: &[usize], scores: &'a [Vec<f64>]) -> Vec<Scored<'a, f64>> {
    truth.iter().zip(scores).map(|(&truth, scores)| Scored { truth, scores }).collect()
}

#[track_caller]
fn same(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-9, "{found} is not {expected}");
}

#[track_caller]
fn same_metrics(found: &CategoryMetrics, expected: &Value) {
    same(found.precision, &expected["precision"]);
    same(found.recall, &expected["recall"]);
    same(found.f1, &expected["f1"]);
}

#[test]
fn every_statistic_agrees_with_scikit_learn() {
    let golden = golden();
    let truth = counts(&golden["truth"]);
    for name in ["table_a", "table_b"] {
        let scores = rows(&golden[name]["scores"]);
        let expected = &golden[name]["expected"];
        let found = Evaluation::of(table(&truth, &scores), 4);

        assert_eq!(found.images, count(&expected["n"]));
        assert_eq!(found.correct, count(&expected["correct"]));
        let predictions: Vec<usize> = scores.iter().map(|row| predict(row)).collect();
        assert_eq!(predictions, counts(&expected["predictions"]));
        for (row, of_row) in expected["confusion"].as_array().unwrap().iter().enumerate() {
            let found: Vec<usize> =
                (0..4).map(|column| found.confusion.count(row, column)).collect();
            assert_eq!(found, counts(of_row));
        }
        same(found.accuracy(), &expected["accuracy"]);
        same(found.top_k_accuracy(2), &expected["top2_accuracy"]);
        for (category, of_category) in expected["per_class"].as_array().unwrap().iter().enumerate()
        {
            assert_eq!(found.categories[category].support, count(&of_category["support"]));
            same_metrics(&found.categories[category], of_category);
        }
        same_metrics(&found.macro_mean(), &expected["macro"]);
        same_metrics(&found.weighted_mean(), &expected["weighted"]);
        same(found.confusion.balanced_accuracy(), &expected["balanced_accuracy"]);
        same(found.log_loss, &expected["log_loss"]);
        let (low, high) = found.accuracy_interval().unwrap();
        same(low, &expected["wilson_95"][0]);
        same(high, &expected["wilson_95"][1]);
    }
}

#[test]
fn calibration_agrees_bin_by_bin() {
    let golden = golden();
    let truth = counts(&golden["truth"]);
    for name in ["table_a", "table_b"] {
        let scores = rows(&golden[name]["scores"]);
        let expected = &golden[name]["expected"];
        let found = Evaluation::of(table(&truth, &scores), 4).calibration;
        same(found.ece(), &expected["ece_15"]);
        same(found.mean_confidence(), &expected["mean_confidence"]);
        let bins = expected["calibration_bins"].as_array().unwrap();
        assert_eq!(found.bins.len(), bins.len());
        for (bin, expected) in found.bins.iter().zip(bins) {
            same(bin.low, &expected["low"]);
            same(bin.high, &expected["high"]);
            assert_eq!(bin.images, count(&expected["count"]));
            assert_eq!(bin.confidence().is_none(), expected["confidence"].is_null());
            if let (Some(confidence), Some(accuracy)) = (bin.confidence(), bin.accuracy()) {
                same(confidence, &expected["confidence"]);
                same(accuracy, &expected["accuracy"]);
            }
        }
    }
}

#[test]
fn two_tables_are_compared_by_the_exact_test() {
    let golden = golden();
    let truth = counts(&golden["truth"]);
    let (a, b) = (rows(&golden["table_a"]["scores"]), rows(&golden["table_b"]["scores"]));
    let right = |scores| table(&truth, scores).into_iter().map(|image| image.is_correct());
    let found = Comparison::of(right(&a).zip(right(&b)));
    let expected = &golden["mcnemar_a_b"];
    assert_eq!(found.both_right, count(&expected["both_right"]));
    assert_eq!(found.only_first_right, count(&expected["only_first_right"]));
    assert_eq!(found.only_second_right, count(&expected["only_second_right"]));
    assert_eq!(found.both_wrong, count(&expected["both_wrong"]));
    same(found.p_value(), &expected["p_exact"]);
    for case in golden["mcnemar_cases"].as_array().unwrap() {
        let p = mcnemar(count(&case["only_first_right"]), count(&case["only_second_right"]));
        same(p, &case["p_exact"]);
    }
}

#[test]
fn intervals_are_those_of_wilson() {
    for case in golden()["wilson_cases"].as_array().unwrap() {
        match wilson(count(&case["correct"]), count(&case["n"])) {
            None => assert!(case["low"].is_null() && case["high"].is_null()),
            Some((low, high)) => {
                same(low, &case["low"]);
                same(high, &case["high"]);
            }
        }
    }
}

#[test]
fn equal_and_extreme_scores_have_a_fixed_answer() {
    for case in golden()["edge_cases"].as_array().unwrap() {
        let scores = numbers(&case["scores"]);
        let image = Scored { truth: count(&case["truth"]), scores: &scores };
        assert_eq!(image.predicted(), count(&case["prediction"]), "{case}");
        assert_eq!(image.truth_rank() < 2, case["top2"].as_bool().unwrap(), "{case}");
        same(image.loss(), &case["log_loss"]);
        let evaluation = Evaluation::of([image], 4);
        assert_eq!(evaluation.top_k_accuracy(2), f64::from(u8::from(image.truth_rank() < 2)));
    }
}

const CATEGORIES: usize = 4;

/// Images with distinct scores in each row, so that no tie asks for the order of categories.
fn images() -> impl Strategy<Value = Vec<(usize, Vec<f64>)>> {
    let units = prop::collection::btree_set(1u32..1000, CATEGORIES);
    let shuffled = units.prop_map(|units| units.into_iter().collect::<Vec<_>>()).prop_shuffle();
    let row = shuffled.prop_map(|units| {
        let total = f64::from(units.iter().sum::<u32>());
        units.into_iter().map(|unit| f64::from(unit) / total).collect::<Vec<f64>>()
    });
    prop::collection::vec((0..CATEGORIES, row), 0..30)
}

fn evaluate(images: &[(usize, Vec<f64>)]) -> Evaluation {
    let images = images.iter().map(|(truth, scores)| Scored { truth: *truth, scores });
    Evaluation::of(images, CATEGORIES)
}

/// Everything that is one number.
fn totals(of: &Evaluation) -> Vec<f64> {
    let (equal, weighted) = (of.macro_mean(), of.weighted_mean());
    let mut totals = vec![of.accuracy(), of.log_loss, of.top_k_accuracy(2)];
    totals.extend([of.calibration.ece(), of.calibration.mean_confidence()]);
    totals.push(of.confusion.balanced_accuracy());
    for mean in [equal, weighted] {
        totals.extend([mean.precision, mean.recall, mean.f1]);
    }
    totals
}

fn are_close(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

proptest! {
    #[test]
    fn the_order_of_the_images_changes_nothing(
        (images, shuffled) in images().prop_flat_map(|images| {
            (Just(images.clone()), Just(images).prop_shuffle())
        })
    ) {
        let (first, second) = (evaluate(&images), evaluate(&shuffled));
        prop_assert_eq!(&first.confusion, &second.confusion);
        prop_assert_eq!(&first.categories, &second.categories);
        prop_assert!(are_close(&totals(&first), &totals(&second)));
    }

    #[test]
    fn renaming_categories_moves_the_cells_of_the_confusion_matrix_and_no_total(
        images in images(),
        place in Just((0..CATEGORIES).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let renamed: Vec<_> = images
            .iter()
            .map(|(truth, scores)| {
                let mut moved = vec![0.0; CATEGORIES];
                scores.iter().enumerate().for_each(|(c, &score)| moved[place[c]] = score);
                (place[*truth], moved)
            })
            .collect();
        let (first, second) = (evaluate(&images), evaluate(&renamed));
        for truth in 0..CATEGORIES {
            prop_assert_eq!(first.categories[truth], second.categories[place[truth]]);
            for predicted in 0..CATEGORIES {
                prop_assert_eq!(
                    first.confusion.count(truth, predicted),
                    second.confusion.count(place[truth], place[predicted])
                );
            }
        }
        prop_assert!(are_close(&totals(&first), &totals(&second)));
    }
}

#[test]
fn the_interval_of_a_paired_difference_is_the_score_interval() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/paired.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let counts = ["only_first", "only_second", "images"].map(|key| count(&case[key]));
        let (low, high) = paired_interval(counts[0], counts[1], counts[2]).unwrap();
        // The oracle maximises likelihoods numerically.
        for (found, expected) in [(low, &case["low"]), (high, &case["high"])] {
            let expected = expected.as_f64().unwrap();
            assert!((found - expected).abs() < 2e-6, "{case}: {found}");
        }
    }
    assert_eq!(paired_interval(0, 0, 0), None);
}

proptest! {
    #[test]
    fn a_paired_interval_holds_the_difference_and_turns_with_the_runs(
        lost in 0usize..200, gained in 0usize..200, same in 0usize..400,
    ) {
        let images = lost + gained + same;
        prop_assume!(images > 0);
        let (low, high) = paired_interval(lost, gained, images).unwrap();
        let seen = (gained as f64 - lost as f64) / images as f64;
        prop_assert!(-1.0 <= low && low <= seen + 1e-9 && seen - 1e-9 <= high && high <= 1.0);
        let (turned_low, turned_high) = paired_interval(gained, lost, images).unwrap();
        prop_assert!((low + turned_high).abs() < 1e-9 && (high + turned_low).abs() < 1e-9);
    }

    #[test]
    fn counts_of_pairs_add_up_whatever_the_runs_tested(
        first in proptest::collection::vec((0u8..40, 0u8..3, any::<bool>()), 0..60),
        second in proptest::collection::vec((0u8..40, 0u8..3, any::<bool>()), 0..60),
    ) {
        let text = |n: u8| n.to_string();
        let rows = |run: &[(u8, u8, bool)]| -> Vec<(String, String, bool)> {
            run.iter().map(|(content, truth, right)| (text(*content), text(*truth), *right)).collect()
        };
        let (first, second) = (rows(&first), rows(&second));
        fn views(run: &[(String, String, bool)]) -> Vec<Tested<'_>> {
            run.iter()
                .map(|(content, truth, is_right)| Tested {
                    content, truth, is_right: *is_right, true_score: f64::from(u8::from(*is_right)),
                })
                .collect()
        }
        let found = pair(&views(&first), &views(&second));
        let distinct = |run: &[(String, String, bool)]| {
            run.iter().map(|(content, ..)| content).collect::<std::collections::BTreeSet<_>>().len()
        };
        let both = found.pairs.len() + found.relabelled;
        prop_assert_eq!(both + found.only_first, distinct(&first));
        prop_assert_eq!(both + found.only_second, distinct(&second));
        let of_outcomes: usize = Outcome::ALL.iter().map(|outcome| found.of(*outcome).len()).sum();
        prop_assert_eq!(of_outcomes, found.pairs.len());
        prop_assert_eq!(found.comparison().images(), found.pairs.len());
    }
}

#[test]
fn parts_of_a_change_and_student_s_t_agree_with_orders_gone_through_and_scipy() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/causes.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for game in golden["games"].as_array().unwrap() {
        let found = shapley(&numbers(&game["values"]));
        assert_eq!(found.len(), game["parts"].as_array().unwrap().len());
        found.iter().zip(game["parts"].as_array().unwrap()).for_each(|(part, e)| same(*part, e));
    }
    for case in golden["reaches"].as_array().unwrap() {
        same(t_reach(case[0].as_f64().unwrap()), &case[1]);
    }
    for case in rows(&golden["chances"]) {
        let found = t_p_value(case[0], case[1]);
        assert!((found - case[2]).abs() < 1e-11, "{found} is not {} of {case:?}", case[2]);
    }
}

proptest! {
    #[test]
    fn parts_add_up_to_the_change_and_so_do_rounded_ones(
        values in (0usize..6).prop_flat_map(|n| prop::collection::vec(-1.0f64..1.0, 1 << n)),
    ) {
        let parts = shapley(&values);
        let change = values[values.len() - 1] - values[0];
        prop_assert!((parts.iter().sum::<f64>() - change).abs() < 1e-12);
        let thousandths: Vec<f64> = parts.iter().map(|part| part * 1000.0).collect();
        let rounded = rounded_to_sum(&thousandths);
        prop_assert_eq!(rounded.iter().sum::<i64>(), thousandths.iter().sum::<f64>().round() as i64);
        for (part, rounded) in thousandths.iter().zip(rounded) {
            prop_assert!((part - rounded as f64).abs() < 1.0);
        }
    }

    #[test]
    fn a_cause_that_does_nothing_has_no_part(values in prop::collection::vec(-1.0f64..1.0, 8)) {
        let with_idle: Vec<f64> = (0..16).map(|mask| values[mask & 7]).collect();
        prop_assert!(shapley(&with_idle)[3].abs() < 1e-12);
    }
}

#[test]
fn means_over_splits_agree_with_scipy() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/resampled.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in golden.as_array().unwrap() {
        let found =
            Resampled::of(&numbers(&case["numbers"]), case["test_to_training"].as_f64().unwrap())
                .unwrap();
        same(found.mean, &case["mean"]);
        same(found.deviation, &case["deviation"]);
        same(found.reach, &case["reach"]);
        same(found.p_value, &case["p_value"]);
    }
}

/// How often two equally good learners are told apart, on five random splits of 120 photos: by the
/// corrected test, and by a plain t-test. Each learner sees two of four numbers of a photo and takes
/// the category with the nearer mean.
fn false_alarms(simulations: usize) -> [f64; 2] {
    const PHOTOS: usize = 120;
    const TESTED: usize = 24;
    let mut rng = Rng::new(20_261_129);
    let mut alarms = [0; 2];
    for _ in 0..simulations {
        let mut photos: Vec<(usize, [f64; 4])> = (0..PHOTOS)
            .map(|number| {
                let at = if number % 2 == 0 { 0.5 } else { -0.5 };
                (number % 2, std::array::from_fn(|_| at + rng.normal()))
            })
            .collect();
        let differences: Vec<f64> = (0..5)
            .map(|_| {
                rng.shuffle(&mut photos);
                let (test, training) = photos.split_at(TESTED);
                let right = [0, 2].map(|own| {
                    let mean = |category: usize, at: usize| {
                        let of = || training.iter().filter(|(truth, _)| *truth == category);
                        of().map(|(_, photo)| photo[at]).sum::<f64>() / of().count() as f64
                    };
                    let means =
                        [0, 1].map(|category| [mean(category, own), mean(category, own + 1)]);
                    let distance = |photo: &[f64; 4], category: usize| -> f64 {
                        (0..2).map(|i| (photo[own + i] - means[category][i]).powi(2)).sum()
                    };
                    let is_right = |(truth, photo): &&(usize, [f64; 4])| {
                        distance(photo, *truth) < distance(photo, 1 - truth)
                    };
                    test.iter().filter(is_right).count() as f64 / TESTED as f64
                });
                right[1] - right[0]
            })
            .collect();
        let corrected = TESTED as f64 / (PHOTOS - TESTED) as f64;
        for (alarms, correction) in alarms.iter_mut().zip([corrected, 0.0]) {
            let found = Resampled::of(&differences, correction).unwrap();
            *alarms += usize::from(found.p_value < 0.05);
        }
    }
    alarms.map(|alarms| alarms as f64 / simulations as f64)
}

/// `docs/runs.md` states these rates.
#[test]
fn equally_good_learners_are_told_apart_by_chance_about_as_often_as_is_said() {
    let [corrected, plain] = false_alarms(4000);
    let line = format!("{:.1}% and {:.1}%", corrected * 100.0, plain * 100.0);
    assert!(corrected < 0.08 && plain > 0.1, "{line}");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/runs.md");
    let page = std::fs::read_to_string(page).unwrap().replace('\n', " ");
    assert!(page.contains(&line), "docs/runs.md does not say {line}");
}

#[test]
fn doubted_labels_are_cleanlabs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/wrong_labels.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let (labels, scores) = (counts(&case["labels"]), rows(&case["scores"]));
        let found = doubts(&table(&labels, &scores));
        for doubt in &found {
            same(doubt.quality, &case["quality"][doubt.photo]);
        }
        let wrong: Vec<usize> =
            found.iter().filter(|doubt| doubt.is_wrong).map(|doubt| doubt.photo).collect();
        assert_eq!(wrong, counts(&case["issues"]));
    }
}

#[test]
fn columns_tell_the_categories_as_scikit_learns_ridge_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/shortcuts.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let column = |values: &Value| {
        let values = values.as_array().unwrap();
        match values[0].is_string() {
            true => Column::Kinds(values.iter().map(|v| v.as_str().unwrap().to_owned()).collect()),
            false => Column::Numbers(values.iter().map(|v| v.as_f64().unwrap()).collect()),
        }
    };
    for case in cases.as_array().unwrap() {
        let columns: Vec<Column> = case["columns"].as_array().unwrap().iter().map(column).collect();
        let told = told_by(&columns, &counts(&case["labels"]), count(&case["categories"]));
        let seconds =
            |pairs: &[(usize, usize)]| pairs.iter().map(|pair| pair.1).collect::<Vec<_>>();
        assert_eq!(seconds(&told.right), counts(&case["right"]));
        assert_eq!(seconds(&told.taken), counts(&case["taken"]));
    }
}

fn sure() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/sure.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn exact_bounds_are_those_of_clopper_and_pearson() {
    assert_eq!(clopper_pearson(0, 0, 0.025), 0.0);
    for case in sure()["bounds"].as_array().unwrap() {
        let tail = case["tail"].as_f64().unwrap();
        same(clopper_pearson(count(&case["right"]), count(&case["n"]), tail), &case["low"]);
    }
    for share in [0.5, 0.8, 0.9, 0.95, 0.99] {
        let n = fewest_to_show(share, 0.0125);
        let low = |n| clopper_pearson(n, n, 0.0125);
        assert!(low(n) >= share && low(n - 1) < share, "{n} for {share}");
    }
}

#[test]
fn temperatures_are_where_scipy_finds_the_least_cross_entropy() {
    for case in sure()["temperatures"].as_array().unwrap() {
        let truth = counts(&case["truth"]);
        let scores: Vec<Vec<f32>> = rows(&case["scores"])
            .into_iter()
            .map(|row| row.into_iter().map(|score| score as f32).collect())
            .collect();
        let images = |scores: &'_ [Vec<f32>]| -> f64 {
            let images = truth.iter().zip(scores);
            let images = images.map(|(&truth, scores)| Scored { truth, scores });
            Evaluation::of(images, scores[0].len()).log_loss
        };
        let scored: Vec<Scored> =
            truth.iter().zip(&scores).map(|(&truth, scores)| Scored { truth, scores }).collect();
        let found = fit_temperature(&scored);
        assert!((found - case["temperature"].as_f64().unwrap()).abs() < 1e-6, "{found}");
        let after: Vec<Vec<f32>> = scores.iter().map(|row| at_temperature(row, found)).collect();
        for (found, expected) in [(images(&scores), "loss_before"), (images(&after), "loss")] {
            assert!((found - case[expected].as_f64().unwrap()).abs() < 1e-6, "{found}");
        }
    }
}
