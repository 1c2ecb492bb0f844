//! How well photos that are none of the categories are noticed: prints what `docs/likeness.md` states.
//!
//!     retrain features flowers.toml -o flowers.safetensors
//!     retrain features fire.toml -o fire.safetensors
//!     cargo run --release --example likeness -- flowers.safetensors fire.safetensors
//!
//! Each split takes half of every category's photos for training and the rest for the test. *Other
//! kinds*: the photos of one file before the other's categories. *Left out*: one category before the
//! others of its file. Both as the area under the ROC curve (AUROC), the mean over the splits.

#[path = "feature_sets/mod.rs"]
mod feature_sets;

use std::env;
use std::hint::black_box;
use std::time::Instant;

use feature_sets::Set;
use retrain::insight::wilson;
use retrain::likeness::{Likeness, Photos, nearest, share_noticed};
use retrain::random::Rng;

const SPLITS: u64 = 20;

fn auroc(own: &[f32], others: &[f32]) -> f64 {
    let above = |other: &f32| -> f64 {
        own.iter().map(|own| if other > own { 1.0 } else { f64::from(other == own) / 2.0 }).sum()
    };
    others.iter().map(above).sum::<f64>() / (own.len() * others.len()) as f64
}

/// Counts of photos, and how many of them were called none of the categories.
#[derive(Default)]
struct Flagged {
    photos: usize,
    flagged: usize,
}

impl Flagged {
    fn add(&mut self, likeness: &Likeness, photos: &Set) {
        let judged = likeness.judge(&photos.features).unwrap();
        self.photos += judged.len();
        self.flagged += judged.iter().filter(|judgement| judgement.is_none_of_these).count();
    }

    fn say(&self, what: &str) {
        let (low, high) = wilson(self.flagged, self.photos).unwrap();
        println!(
            "  {what}: {} of {} flagged, {:.1}% (95% interval {:.1} to {:.1}%)",
            self.flagged,
            self.photos,
            100.0 * self.flagged as f64 / self.photos as f64,
            100.0 * low,
            100.0 * high
        );
    }
}

fn measure(set: &Set, other: &Set) -> Vec<f64> {
    println!("{} ({} photos of {} numbers)", set.name, set.labels.len(), set.feature_len);
    let (mut areas, mut own, mut foreign) = (0.0, Flagged::default(), Flagged::default());
    let mut left_out: Vec<(f64, Flagged)> =
        set.categories().iter().map(|_| (0.0, Flagged::default())).collect();
    for seed in 0..SPLITS {
        let (training, test) = set.halves(seed);
        let likeness = Likeness::fit(&training.photos()).unwrap().expect("enough photos");
        let unlike = |set: &Set| likeness.unlikeness(&set.features).unwrap();
        areas += auroc(&unlike(&test), &unlike(other)) / SPLITS as f64;
        own.add(&likeness, &test);
        foreign.add(&likeness, other);
        for (category, (area, flagged)) in set.categories().into_iter().zip(&mut left_out) {
            let [kept, tested] =
                [&training, &test].map(|half| half.some(|row| half.labels[row] != category));
            let strange = set.some(|row| set.labels[row] == category);
            let likeness = Likeness::fit(&kept.photos()).unwrap().expect("enough photos");
            let unlike = |set: &Set| likeness.unlikeness(&set.features).unwrap();
            *area += auroc(&unlike(&tested), &unlike(&strange)) / SPLITS as f64;
            flagged.add(&likeness, &strange);
        }
    }
    println!("  {} before it: AUROC {areas:.3}", other.name);
    foreign.say("other kinds");
    own.say("its own test photos (false alarms)");
    for (category, (area, flagged)) in left_out.iter().enumerate() {
        flagged.say(&format!("category {category} left out: AUROC {area:.3}"));
    }
    let start = Instant::now();
    let likeness = Likeness::fit(&set.photos()).unwrap();
    let fit = start.elapsed();
    let noticed = share_noticed(&set.photos()).unwrap();
    println!(
        "  all photos: fitted in {fit:.1?}, would notice {:.0}% of an unknown kind ({:.1?})",
        100.0 * noticed.unwrap_or(f64::NAN),
        start.elapsed() - fit
    );
    black_box(likeness);
    left_out.into_iter().map(|(area, _)| area).collect()
}

/// Of random features, as what they are does not matter here.
fn times() {
    let mut rng = Rng::new(0);
    let d = 2048;
    let features: Vec<f32> = (0..50_000 * d).map(|_| rng.uniform() as f32).collect();
    for n in [300, 3_000, 50_000] {
        let labels: Vec<u32> = (0..n as u32).map(|row| row % 5).collect();
        let photos = Photos { features: &features[..n * d], feature_len: d, labels: &labels };
        let start = Instant::now();
        black_box(Likeness::fit(&photos).unwrap());
        let fit = start.elapsed();
        black_box(share_noticed(&photos).unwrap());
        let all = start.elapsed();
        let read = |rows: std::ops::Range<usize>| {
            Ok::<_, std::convert::Infallible>(features[rows.start * d..rows.end * d].to_vec())
        };
        let Ok(_) = nearest(n, read, &features[..d], 10);
        let start = Instant::now();
        let Ok(_) = black_box(nearest(n, read, &features[..d], 10));
        println!(
            "{n} photos of {d} numbers: fit {fit:.2?}, with the share of an unknown kind {all:.2?}; \
             the 10 nearest {:.1?}",
            start.elapsed()
        );
    }
}

fn main() {
    let files: Vec<String> = env::args().skip(1).collect();
    if let [first, second] = &files[..] {
        let (first, second) = (Set::read(first), Set::read(second));
        let mut areas = measure(&first, &second);
        areas.extend(measure(&second, &first));
        println!(
            "one category left out, {} cases: mean AUROC {:.3}",
            areas.len(),
            areas.iter().sum::<f64>() / areas.len() as f64
        );
    } else {
        println!("no features to measure with: name two files of 'retrain features'");
    }
    times();
}
