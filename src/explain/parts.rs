//! The parts of a change, from what the mixtures got right.

use super::SEEDS;
use super::causes::{Cause, Causes};
use super::mixture::{Bench, Other, Right, TestPhotos};
use super::trials::Trials;
use crate::insight::{rounded_to_sum, shapley, t_reach};
use crate::past::PastRun;
use crate::words::{counted, percent, points};

/// A change of the final test accuracy, taken apart. Accuracies and changes are shares of 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The final test accuracy that each run reported.
    pub reported: [f64; 2],
    /// The same of the heads that were trained again with the runs' own seeds: as a rule to the bit
    /// the same; not after another version of the program or on another machine.
    pub again: [f64; 2],
    /// Test photos that both runs have, as the same category.
    pub common: usize,
    /// The largest first. Together with `luck` they are the whole change.
    pub parts: Vec<Part>,
    /// What is left: these two runs' seeds instead of the mean over seeds.
    pub luck: f64,
    /// With other training seeds alone a change between two runs like these would lie within this of
    /// its mean, 19 times in 20.
    pub chance: f64,
    /// Heads that were trained.
    pub heads: usize,
}

/// A cause's part of the change.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// In a few words: `learning_rate`, `12 new test photos`.
    pub name: String,
    /// With the values of settings: `learning_rate = 0.01, then 0.1`.
    pub in_words: String,
    /// The mean over training seeds.
    pub change: f64,
    /// The 95% interval of that mean reaches as far on either side.
    pub reach: f64,
}

/// Fewer test photos in common than this say little of a cause: each is ten points or more.
const FEW: usize = 10;

/// What is left of a change, in words.
pub const LUCK: &str = "luck: these two training seeds, not others";

/// What test photos that are not common to both are, and the runs that have them.
const OTHERS: [(Other, &[usize], [&str; 2]); 3] = [
    (Other::Alone, &[1], ["new test photo", ""]),
    (Other::Alone, &[0], ["former test photo", ""]),
    (Other::Relabelled, &[0, 1], ["test photo", " in another category"]),
];

impl Explanation {
    /// The change of the reported final test accuracy.
    pub fn change(&self) -> f64 {
        self.reported[1] - self.reported[0]
    }

    /// The parts and at last the luck in tenths of a point, which add up as they are read.
    pub fn tenths(&self) -> Vec<i64> {
        let parts = self.parts.iter().map(|part| part.change).chain([self.luck]);
        rounded_to_sum(&parts.map(|change| change * 1000.0).collect::<Vec<_>>())
    }

    /// `-2.1 points: -1.6 from 12 new test photos, -0.4 from learning_rate, -0.1 from luck; by chance
    /// alone ±0.8`
    pub fn in_words(&self) -> String {
        let names = self.parts.iter().map(|part| &*part.name).chain(["luck"]);
        let parts: Vec<String> = self
            .tenths()
            .iter()
            .zip(names)
            .map(|(tenths, name)| format!("{} from {name}", points(*tenths as f64 / 1000.0)))
            .collect();
        format!(
            "{} points: {}; by chance alone ±{:.1}",
            points(self.tenths().iter().sum::<i64>() as f64 / 1000.0),
            parts.join(", "),
            self.chance * 100.0
        )
    }

    /// What it was computed from, and where it does not agree with what the runs of these names
    /// reported; a line each.
    pub fn notes(&self, ids: &[String; 2]) -> Vec<String> {
        let mut notes = vec![format!(
            "of {}, each part the mean of {SEEDS} training seeds; on {} of both runs",
            counted(self.heads, "head"),
            counted(self.common, "test photo"),
        )];
        if self.common < FEW {
            notes.push(
                "with so few test photos in common the parts of settings and of training photos say \
                 little"
                    .to_owned(),
            );
        }
        for ((id, again), reported) in ids.iter().zip(self.again).zip(self.reported) {
            if again != reported {
                notes.push(format!(
                    "trained again here, {id} has {}: what differs from what it reported counts as \
                     luck",
                    percent(again)
                ));
            }
        }
        notes
    }
}

/// Takes the measured mixtures together.
pub fn explanation(
    sides: &[PastRun; 2],
    bench: &Bench,
    causes: Causes,
    trials: &Trials,
) -> Explanation {
    let test = &bench.test;
    let by_seed: Vec<Vec<f64>> =
        trials.right.iter().map(|mixtures| parts_of_seed(test, mixtures)).collect();
    let names = causes.0.iter().map(|cause: &Cause| (cause.name(), cause.in_words()));
    let others = OTHERS.iter().map(|&(why, sides, [thing, more])| {
        let name = counted(count(test, sides, why), thing) + more;
        (name.clone(), name)
    });
    let mut parts: Vec<Part> = names
        .chain(others)
        .enumerate()
        .map(|(number, (name, in_words))| {
            let numbers: Vec<f64> = by_seed.iter().map(|parts| parts[number]).collect();
            let (mean, deviation) = mean_and_deviation(&numbers);
            let reach = t_reach(SEEDS as f64 - 1.0) * deviation / (SEEDS as f64).sqrt();
            Part { name, in_words, change: mean, reach }
        })
        .collect();
    let explained: f64 = parts.iter().map(|part| part.change).sum();
    // Those of test photos that are all common say nothing.
    let is_there = OTHERS.map(|(why, sides, _)| count(test, sides, why) > 0);
    let mut keep = causes.0.iter().map(|_| true).chain(is_there);
    parts.retain(|_| keep.next() == Some(true));
    parts.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
    let reported = sides.each_ref().map(|side| side.test.accuracy);
    let last = trials.right[0].len() - 1;
    let totals = |side: usize, mixture: usize| -> Vec<f64> {
        trials.right.iter().map(|mixtures| whole(&mixtures[mixture], side)).collect()
    };
    let deviations = [totals(0, 0), totals(1, last)].map(|totals| mean_and_deviation(&totals).1);
    Explanation {
        reported,
        again: [whole(&trials.right[0][0], 0), whole(&trials.second, 1)],
        common: test.common.len(),
        luck: reported[1] - reported[0] - explained,
        chance: t_reach(2.0 * (SEEDS as f64 - 1.0)) * deviations[0].hypot(deviations[1]),
        heads: trials.right.iter().map(Vec::len).sum::<usize>() + 1,
        parts,
    }
}

/// The parts of the causes on the common test photos, then those of the others as in [`OTHERS`]. They
/// add up to the change of the accuracy on all test photos.
fn parts_of_seed(test: &TestPhotos, mixtures: &[Right]) -> Vec<f64> {
    let common: Vec<f64> = mixtures.iter().map(|right| share(&right.common)).collect();
    let mut parts = shapley(&common);
    let ends = [&mixtures[0], &mixtures[mixtures.len() - 1]];
    for (why, sides, _) in OTHERS {
        let moved = sides.iter().map(|&side| {
            let right = &ends[side].others[side];
            let all = (test.common.len() + right.len()) as f64;
            let common = share(&ends[side].common);
            // Each photo moves the accuracy from that on the common ones by its own share.
            let moved: f64 = test.others[side]
                .iter()
                .zip(right)
                .filter(|((_, of), _)| *of == why)
                .map(|(_, &is_right)| (f64::from(u8::from(is_right)) - common) / all)
                .sum();
            if side == 1 { moved } else { -moved }
        });
        parts.push(moved.sum());
    }
    parts
}

/// Photos of this kind in the later of the runs that have them.
fn count(test: &TestPhotos, sides: &[usize], why: Other) -> usize {
    let side = sides[sides.len() - 1];
    test.others[side].iter().filter(|(_, of)| *of == why).count()
}

fn share(right: &[bool]) -> f64 {
    right.iter().filter(|right| **right).count() as f64 / right.len() as f64
}

/// The accuracy on all test photos of a run.
fn whole(right: &Right, side: usize) -> f64 {
    let all: Vec<bool> = right.common.iter().chain(&right.others[side]).copied().collect();
    share(&all)
}

/// With the deviation of a sample: divided by one less than there are.
fn mean_and_deviation(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}
