//! How soon drift is noticed, and how often for nothing: prints what `docs/likeness.md` states.
//!
//!     retrain features flowers.toml -o flowers.safetensors
//!     retrain features fire.toml -o fire.safetensors
//!     cargo run --release --example drift -- flowers.safetensors fire.safetensors
//!
//! First of numbers that are all drawn alike; of files each way round. Heads know half of each category's
//! photos; series are drawn from the other half, each photo once where there are enough.

#[path = "feature_sets/mod.rs"]
mod feature_sets;

use std::env;

use feature_sets::Set;
use retrain::insight::{Drift, DriftNews};
use retrain::likeness::Likeness;
use retrain::random::Rng;

/// Photos of a quiet series.
const QUIET: usize = 500;
/// Photos of a series with some from elsewhere, and how many these are.
const MIXED: usize = 100;
const FROM_ELSEWHERE: usize = 10;
/// Heads, and series of each.
const HEADS: u64 = 20;
const SERIES: usize = 50;

/// After how many of these numbers drift is noticed.
fn noticed(held_out: &[f32], series: &[f32]) -> Option<usize> {
    let mut drift = Drift::new(held_out);
    let is_noticed = |unlike: &f32| matches!(drift.add(*unlike), Some(DriftNews::Noticed(_)));
    series.iter().position(is_noticed).map(|place| place + 1)
}

fn simulated() {
    println!("false alarms in quiet series of {QUIET} numbers, by how many were held out:");
    for held_out in [20, 50, 90, 144, 200, 240] {
        let mut rng = Rng::new(held_out);
        let mut draw =
            |count: usize| -> Vec<f32> { (0..count).map(|_| rng.uniform() as f32).collect() };
        let series = 4000;
        let alarms =
            (0..series).filter(|_| noticed(&draw(held_out as usize), &draw(QUIET)).is_some());
        println!("  {held_out}: {:.1}%", 100.0 * alarms.count() as f64 / f64::from(series));
    }
}

/// `count` of these numbers, each once where there are enough.
fn drawn(numbers: &[f32], count: usize, rng: &mut Rng) -> Vec<f32> {
    if numbers.len() < count {
        return (0..count).map(|_| numbers[rng.below(numbers.len())]).collect();
    }
    let mut numbers = numbers.to_vec();
    for place in 0..count {
        let other = place + rng.below(numbers.len() - place);
        numbers.swap(place, other);
    }
    numbers.truncate(count);
    numbers
}

fn measure(set: &Set, other: &Set) {
    let (mut alarms, mut at_once, mut later) = (Vec::new(), Vec::new(), Vec::new());
    let mut held_out = 0;
    for seed in 0..HEADS {
        let (training, test) = set.halves(seed);
        let likeness = Likeness::fit(&training.photos()).unwrap().expect("enough photos");
        let far_off = |set: &Set| -> Vec<f32> {
            let judged = likeness.judge(&set.features).unwrap();
            judged.iter().map(|judgement| judgement.far_off).collect()
        };
        let (own, elsewhere) = (far_off(&test), far_off(other));
        let usual = likeness.usual();
        held_out = usual.len();
        let mut rng = Rng::new(1000 + seed);
        for _ in 0..SERIES {
            alarms.push(noticed(usual, &drawn(&own, QUIET, &mut rng)));
            let own = drawn(&own, 2 * MIXED + MIXED - FROM_ELSEWHERE, &mut rng);
            let (before, own) = own.split_at(2 * MIXED);
            let mixed = [own, &drawn(&elsewhere, FROM_ELSEWHERE, &mut rng)[..]].concat();
            let mixed = drawn(&mixed, MIXED, &mut rng);
            at_once.push(noticed(usual, &mixed));
            let all = noticed(usual, &[before, &mixed].concat());
            later.push(all.filter(|&place| place > 2 * MIXED).map(|place| place - 2 * MIXED));
        }
    }
    println!(
        "{} with {FROM_ELSEWHERE} of {MIXED} from {}; {held_out} held out, series from {} photos",
        set.name,
        other.name,
        set.labels.len() - set.halves(0).0.labels.len()
    );
    for (what, mut places) in [
        ("quiet, alarms", alarms),
        ("from the first photo on, noticed", at_once),
        ("after 200 quiet photos, noticed", later),
    ] {
        let count = places.iter().flatten().count();
        places.sort_by_key(|place| place.unwrap_or(usize::MAX));
        println!(
            "  {what}: {:.1}%, half of the series within {:?}",
            100.0 * count as f64 / places.len() as f64,
            places[places.len() / 2]
        );
    }
}

fn main() {
    let files: Vec<String> = env::args().skip(1).collect();
    if let [first, second] = &files[..] {
        let (first, second) = (Set::read(first), Set::read(second));
        measure(&first, &second);
        measure(&second, &first);
    } else {
        println!("no features to measure with: name two files of 'retrain features'");
        simulated();
    }
}
