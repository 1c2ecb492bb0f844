//! What more photos of a run would bring, as the screens have it.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::other_process::ask;
use super::widgets::chart::Trace;
use crate::insight::{MeanPoint, mean_curve};
use crate::store::{RunFolder, Timestamp};

/// Heads are being trained to find it out, or were.
#[derive(Clone, Debug)]
pub struct GrowthNews {
    pub run: RunFolder,
    pub growth: Asked,
}

/// How far an answer is that takes its time.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Since then.
    AtWork(Timestamp),
    /// The error is a sentence.
    Answered(Result<Arc<Growth>, String>),
}

/// How the accuracy of a run grows with its photos.
#[derive(Clone, Debug)]
pub struct Growth {
    /// The answer.
    pub in_words: String,
    /// What the accuracies were measured on.
    pub measured_in_words: String,
    /// What the gains are of, and what they do not say.
    pub notes: String,
    /// From few training photos to all.
    pub measured: Curve,
    /// From all training photos to twice as many, foretold.
    pub continued: Curve,
    /// The largest gain first.
    pub of_categories: Vec<OfCategory>,
}

impl Growth {
    /// All numbers of training photos, measured and foretold.
    pub fn numbers(&self) -> Vec<f64> {
        let foretold = self.continued.spread.iter().skip(1);
        self.measured.spread.iter().chain(foretold).map(|point| point.x).collect()
    }
}

/// The mean accuracy over numbers of training photos, and how much the repeats differ.
#[derive(Clone, Debug)]
pub struct Curve {
    pub trace: Trace,
    pub spread: Vec<MeanPoint>,
}

/// What twice as many photos of one category alone would bring.
#[derive(Clone, Debug, PartialEq)]
pub struct OfCategory {
    pub category: String,
    /// How many these would be more.
    pub more: usize,
    pub in_words: String,
    /// It can be told from nothing.
    pub is_seen: bool,
}

/// What `retrain learning-curve --json` prints, as far as it is shown.
#[derive(Deserialize)]
struct Answer {
    in_words: String,
    measured: String,
    notes: String,
    sizes: Vec<SizeRow>,
    continued: Vec<SizeRow>,
    twice_as_many_of: Vec<CategoryRow>,
}

#[derive(Clone, Deserialize)]
struct SizeRow {
    photos: f64,
    accuracies: Vec<f64>,
}

#[derive(Deserialize)]
struct CategoryRow {
    category: String,
    more: usize,
    gain: GainRow,
}

#[derive(Deserialize)]
struct GainRow {
    in_words: String,
    is_seen: bool,
}

/// Runs `program learning-curve --json RUN` and waits for it.
pub fn find_growth(program: &Path, run: RunFolder) -> GrowthNews {
    let id = run.id();
    let args = ["learning-curve", "--json", "--", &id].map(OsStr::new);
    let growth = ask(program, &args, |_| false).map(read).map(Arc::new);
    GrowthNews { run, growth: Asked::Answered(growth) }
}

fn read(answer: Answer) -> Growth {
    let Answer { in_words, measured, notes, sizes, continued, twice_as_many_of } = answer;
    // The curve goes on from where it was measured last.
    let continued: Vec<SizeRow> = sizes.last().cloned().into_iter().chain(continued).collect();
    let of_categories = twice_as_many_of.into_iter().map(|CategoryRow { category, more, gain }| {
        let GainRow { in_words, is_seen } = gain;
        OfCategory { category, more, in_words, is_seen }
    });
    Growth {
        in_words,
        measured_in_words: measured,
        notes,
        measured: Curve::of(&sizes),
        continued: Curve::of(&continued),
        of_categories: of_categories.collect(),
    }
}

impl Curve {
    fn of(sizes: &[SizeRow]) -> Curve {
        let repeats = sizes.first().map_or(0, |size| size.accuracies.len());
        let curve = |repeat: usize| {
            let point = |size: &SizeRow| Some((size.photos, *size.accuracies.get(repeat)?));
            sizes.iter().filter_map(point).collect()
        };
        let spread = mean_curve(&(0..repeats).map(curve).collect::<Vec<_>>());
        let trace = Trace::from_points(spread.iter().map(|point| (point.x, point.mean)), 0.0);
        Curve { trace, spread }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::other_process::testing::answering;

    #[test]
    fn what_the_command_prints_is_what_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"test "$1 $2" = "learning-curve --json" || exit 3
cat <<'end'
{"in_words": "about +5.0 points", "measured": "accuracy on 120 photos", "notes": "of 50 heads",
 "sizes": [{"share": 0.5, "photos": 48.0, "accuracy": 0.8, "accuracies": [0.75, 0.85]},
   {"share": 1.0, "photos": 96.0, "accuracy": 0.9, "accuracies": [0.9, 0.9]}],
 "continued": [{"share": 2.0, "photos": 192.0, "accuracy": 0.95, "accuracies": [0.94, 0.96]}],
 "twice_as_many_of": [{"category": "fire", "more": 40, "gain": {"points": 1.5, "gain": 0.015,
   "reach_95": 0.01, "is_seen": true, "in_words": "about +1.5 points (+0.5 to +2.5)"}}]}
end"#;
        let program = answering(folder.path(), script);
        let news = find_growth(&program, RunFolder::at("runs/a"));
        let Asked::Answered(Ok(found)) = news.growth else { panic!("{news:?}") };
        assert_eq!(found.measured.trace.points(), [(48.0, 0.8), (96.0, 0.9)]);
        let [before, twice] = found.continued.trace.points() else { panic!("{found:?}") };
        assert!(*before == (96.0, 0.9) && twice.0 == 192.0 && (twice.1 - 0.95).abs() < 1e-12);
        assert!((found.measured.spread[0].deviation - 0.005f64.sqrt()).abs() < 1e-12);
        assert!(found.of_categories[0].is_seen && found.of_categories[0].more == 40);
    }
}
