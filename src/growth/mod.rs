//! What more photos would bring: heads are trained on a part of a run's photos, and how the accuracy
//! grows with their number says how it may go on.
//!
//! Not here: how it is shown.

mod gain;
mod subsets;

use std::collections::BTreeMap;

use crate::config::Config;
use crate::insight::predict;
use crate::past::{FOLDS, Folded, PastRun, on_all_cores};
use crate::store::RunFolder;
use crate::words::{counted, grouped};

pub use gain::Gain;
use gain::continued;
use subsets::Subsets;

/// Shares of the training photos on which heads are trained.
const SHARES: [f64; 6] = [0.05, 0.1, 0.2, 0.4, 0.7, 1.0];
/// How many times as many photos as all the curve is continued to, step by step.
const CONTINUED: [f64; 4] = [1.25, 1.5, 1.75, 2.0];
/// Random parts of each size.
const REPEATS: usize = 5;

/// How the accuracy of a run grows with its photos. Accuracies are shares of 1, over all photos, each
/// tested by a head that never saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Photos that were tested.
    pub photos: usize,
    /// From few training photos to all.
    pub sizes: Vec<Size>,
    /// Foretold: from more than all to twice as many.
    pub continued: Vec<Size>,
    /// With twice as many photos of all categories.
    pub of_all: Gain,
    /// With twice as many of one category, the largest gain first: its name, and how many these would be
    /// more.
    pub of_categories: Vec<(String, usize, Gain)>,
    /// Heads that were trained.
    pub heads: usize,
}

/// A number of training photos, and what heads trained on so many came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Of the training photos; above 1 more than there are.
    pub share: f64,
    /// Training photos of a head, on the mean.
    pub photos: f64,
    /// One a repeat, each over all photos.
    pub accuracies: Vec<f64>,
}

impl Size {
    /// Of the repeats.
    pub fn mean(&self) -> f64 {
        self.accuracies.iter().sum::<f64>() / self.accuracies.len() as f64
    }
}

impl Growth {
    /// The answer in a sentence: what twice as many of all would bring, and of which category alone the
    /// most.
    pub fn in_words(&self) -> String {
        let all = self.of_all.in_words();
        let seen = self.of_categories.iter().find(|(_, _, gain)| gain.is_seen());
        let most = match seen {
            Some((name, more, gain)) => {
                format!("{} more of {name} alone: {}", grouped(*more), gain.in_words())
            }
            None => "of none alone is anything to be seen".to_owned(),
        };
        format!("twice as many photos of all categories: {all}; {most}")
    }

    /// What the accuracies were measured on.
    pub fn measured_in_words(&self) -> String {
        format!(
            "accuracy on {}, each tested by a head that never saw it",
            counted(self.photos, "photo")
        )
    }

    /// What the gains are of, and what they do not say.
    pub fn notes(&self) -> String {
        format!(
            "of {}, {REPEATS} random parts of each size; the gain is what the error loses if it goes on \
             falling as it did up to now. Photos of a kind that is missing can bring more.",
            counted(self.heads, "head")
        )
    }
}

/// A head that is to be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    /// On a share of the photos, by its place.
    Share(usize),
    /// On all photos but half of those of a category.
    Half(usize),
}

/// Trains heads on parts of a run's photos, with its settings, on the features in the cache; `progress`
/// is told how many of how many are trained. The error is a sentence that says why it cannot be done.
pub fn growth(
    config: &Config,
    run: &RunFolder,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Growth, String> {
    let past = PastRun::read(run)?;
    let folded = Folded::read(config, &past)?;
    let categories = past.categories.len();
    let wishes: Vec<Wish> =
        (0..SHARES.len()).map(Wish::Share).chain((0..categories).map(Wish::Half)).collect();
    let subsets: Vec<Subsets> =
        (0..REPEATS).map(|repeat| Subsets::draw(folded.labels(), repeat as u64)).collect();
    let seed = past.experiment.train.seed;
    let heads = wishes.len() * REPEATS * FOLDS;
    let right = on_all_cores(
        config.threads,
        heads,
        |number| {
            let (wish, rest) = (wishes[number / (REPEATS * FOLDS)], number % (REPEATS * FOLDS));
            let (repeat, fold) = (rest / FOLDS, rest % FOLDS);
            let used = subsets[repeat].used(&folded, fold, wish, &SHARES);
            let scores =
                folded.scores(fold, seed.wrapping_add(repeat as u64), |place| used[place])?;
            let labels = folded.labels();
            let right = scores
                .iter()
                .filter(|(place, scores)| predict(scores) == labels[*place] as usize)
                .count();
            let trained = used.iter().filter(|used| **used).count();
            Ok::<_, String>((right, trained))
        },
        progress,
    )?;
    let mut found: BTreeMap<Wish, Vec<f64>> = BTreeMap::new();
    let mut trained: BTreeMap<Wish, usize> = BTreeMap::new();
    for (number, of_repeat) in right.chunks(FOLDS).enumerate() {
        let wish = wishes[number / REPEATS];
        let right: usize = of_repeat.iter().map(|(right, _)| right).sum();
        found.entry(wish).or_default().push(right as f64 / past.photos.len() as f64);
        *trained.entry(wish).or_default() += of_repeat.iter().map(|(_, n)| n).sum::<usize>();
    }
    let sizes: Vec<Size> = SHARES
        .iter()
        .enumerate()
        .map(|(place, &share)| Size {
            share,
            photos: trained[&Wish::Share(place)] as f64 / (REPEATS * FOLDS) as f64,
            accuracies: found[&Wish::Share(place)].clone(),
        })
        .collect();
    let all = &found[&Wish::Share(SHARES.len() - 1)];
    let of_categories = past.categories.iter().enumerate().map(|(category, name)| {
        let own = folded.labels().iter().filter(|label| **label as usize == category).count();
        (name.clone(), own, Gain::of_doubling(&found[&Wish::Half(category)], all))
    });
    let mut of_categories: Vec<(String, usize, Gain)> = of_categories.collect();
    of_categories.sort_by(|a, b| b.2.mean.total_cmp(&a.2.mean));
    Ok(Growth {
        photos: past.photos.len(),
        of_all: Gain::of_sizes(&sizes),
        of_categories,
        continued: CONTINUED.map(|times| continued(&sizes, times)).to_vec(),
        sizes,
        heads,
    })
}
