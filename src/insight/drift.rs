//! Whether photos that come in are, as a whole, further from the training photos than photos of one's own.
//!
//! The test is exact, whatever photos are like and however few were held out: where new photos are like
//! those that were held out, each of them is among the furthest of all as probably as any other.
//! `docs/likeness.md` has the figures.

use std::collections::VecDeque;

use super::beta::ln_gamma;
use crate::words::{counted, grouped};

/// New photos that are looked at together.
const RECENT: usize = 100;
/// Fewer are no whole.
const FEWEST: usize = 10;
/// Numbers of usual photos that are kept: with more the test tells no more.
const MOST_USUAL: usize = 1000;
/// Recent photos that are looked for among the furthest; and at most so many are the furthest, or this share
/// of all: to look at more finds more by chance than is there.
const MOST_AMONG: usize = 40;
const FEW_FURTHEST: usize = 15;
const FURTHEST_SHARE: f64 = 0.12;
/// Chances below these are drift: the first for as long as all usual photos were held out, the second once
/// photos that came in are among them. Looks that share all their usual photos differ little from each other,
/// so that more of the false alarms that are allowed can be spent on them. Simulated, see the example `drift`.
const EARLY_CHANCE: f64 = 1.0 / 600.0;
const LATER_CHANCE: f64 = 1.0 / 12_000.0;
/// From here on they are like the others again: far enough from the limits not to waver.
const QUIET_CHANCE: f64 = 0.05;

/// Recent photos among those that are furthest off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Furthest {
    /// Photos that came in last.
    pub recent: usize,
    /// Photos that they are compared with.
    pub usual: usize,
    /// So many of all are furthest off.
    pub furthest: usize,
    /// These of them are recent.
    pub recent_among: usize,
    /// That so many or more of them are, were all alike: the hypergeometric distribution.
    pub chance: f64,
}

impl Furthest {
    /// How many of the furthest would be recent, were all alike.
    pub fn expected(&self) -> f64 {
        (self.furthest * self.recent) as f64 / (self.recent + self.usual) as f64
    }
}

/// Among as many of the furthest as show it most clearly, how many are `recent`. `usual` is in order; of
/// equal numbers the usual photo counts as further off. `None` without recent photos.
pub fn furthest(usual: &[f32], recent: impl IntoIterator<Item = f32>) -> Option<Furthest> {
    let mut recent: Vec<f32> = recent.into_iter().collect();
    recent.sort_by(|a, b| b.total_cmp(a));
    let share = FURTHEST_SHARE * (recent.len() + usual.len()) as f64;
    let most = FEW_FURTHEST.max(share as usize);
    let counted = |(place, unlike): (usize, &f32)| {
        let recent_among = place + 1;
        let further = usual.len() - usual.partition_point(|usual| usual < unlike);
        let furthest = recent_among + further;
        let is_few = place == 0 || furthest <= most;
        is_few.then(|| Furthest {
            recent: recent.len(),
            usual: usual.len(),
            furthest,
            recent_among,
            chance: chance(recent.len(), usual.len(), recent_among, further),
        })
    };
    let looked_at = recent.iter().enumerate().take(MOST_AMONG).map_while(counted);
    looked_at.min_by(|a, b| a.chance.total_cmp(&b.chance))
}

/// That of `among + further` drawn of `recent` and `usual` photos `among` or more are recent.
fn chance(recent: usize, usual: usize, among: usize, further: usize) -> f64 {
    let ln_factorial = |n: usize| ln_gamma(n as f64 + 1.0);
    let ln_choose = |n: usize, k: usize| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let drawn = among + further;
    let mut term = (ln_choose(recent, among) + ln_choose(usual, further)
        - ln_choose(recent + usual, drawn))
    .exp();
    let mut sum = term;
    for x in among..recent.min(drawn) {
        let (more, fewer) = ((recent - x) * (drawn - x), (x + 1) * (usual + x + 1 - drawn));
        term *= more as f64 / fewer as f64;
        sum += term;
    }
    sum.min(1.0)
}

/// What is to be said of photos as they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DriftNews {
    /// The recent photos are unlike the usual ones.
    Noticed(Furthest),
    /// They are so no more.
    Gone,
}

/// Compares photos as they come with usual ones: those that were held out in training and, with time, those
/// that came before the recent ones.
pub struct Drift {
    /// In order.
    usual: Vec<f32>,
    recent: VecDeque<f32>,
    limit: f64,
    is_noticed: bool,
}

impl Drift {
    /// `held_out`: how unlike photos of one's own are, from which nothing was learned.
    pub fn new(held_out: &[f32]) -> Drift {
        let mut usual = held_out.to_vec();
        usual.sort_by(f32::total_cmp);
        Drift { usual, recent: VecDeque::new(), limit: EARLY_CHANCE, is_noticed: false }
    }

    /// How unlike the next photo is, by the same measure.
    pub fn add(&mut self, unlike: f32) -> Option<DriftNews> {
        if self.recent.len() == RECENT
            && let Some(oldest) = self.recent.pop_front()
            // What came while they are unlike is not usual.
            && !self.is_noticed
            && self.usual.len() < MOST_USUAL
        {
            let place = self.usual.partition_point(|usual| usual.total_cmp(&oldest).is_lt());
            self.usual.insert(place, oldest);
            self.limit = LATER_CHANCE;
        }
        self.recent.push_back(unlike);
        if self.recent.len() < FEWEST {
            return None;
        }
        let found = furthest(&self.usual, self.recent.iter().copied())?;
        match self.is_noticed {
            false if found.chance < self.limit => {
                self.is_noticed = true;
                Some(DriftNews::Noticed(found))
            }
            true if found.chance > QUIET_CHANCE => {
                self.is_noticed = false;
                Some(DriftNews::Gone)
            }
            _ => None,
        }
    }
}

/// For who reads the answers as they come.
pub fn drift_in_words(news: &DriftNews) -> String {
    let DriftNews::Noticed(found) = news else {
        return "no drift any more: the last photos are like the training photos again".to_owned();
    };
    format!(
        "drift: the last {} are unlike the training photos as a whole: of the {} that are furthest from \
         these, among them and {} usual ones, {} came last, {:.1} would by chance; look at them, and \
         if more of their kind will come, train again with some",
        counted(found.recent, "photo"),
        grouped(found.furthest),
        grouped(found.usual),
        grouped(found.recent_among),
        found.expected(),
    )
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
