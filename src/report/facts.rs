//! What a report is about: all that its text is made of.

use jiff::tz::TimeZone;

use super::curves::Curves;
use super::picture::Picture;
use crate::insight::{Comparison, Evaluation};
use crate::spec::differing_settings;
use crate::store::{Run, RunSetting, State, Timestamp};

/// One run or several, of which the first is the baseline.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order in which they were asked for; never empty.
    pub runs: Vec<RunFacts>,
    /// Each further run against the first, in their order.
    pub versus: Vec<Versus>,
    /// When the facts were gathered.
    pub at: Timestamp,
    /// Where moments are told.
    pub zone: TimeZone,
}

/// One run.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// The run's name.
    pub id: String,
    /// The experiment's description; where it has none, its name.
    pub question: String,
    /// With what only a look from outside tells: queued, lost.
    pub state: State,
    /// What it has reported.
    pub run: Run,
    /// All its settings.
    pub settings: Vec<RunSetting>,
    /// Loss and accuracy over the iterations.
    pub curves: Curves,
    /// What goes wrong in its training; see `training_trouble`.
    pub trouble: Option<String>,
    /// What its scores say of the test set, or why there are none.
    pub scores: Result<TestScores, String>,
    /// Those of its test photos that are worth a look, the worst first.
    pub photos: Vec<PhotoCard>,
    /// Files that were left out, with the reason: the first of them.
    pub skipped: Vec<(String, String)>,
}

/// The scores of a test set.
#[derive(Clone, Debug)]
pub struct TestScores {
    /// Names, in the order of the scores.
    pub categories: Vec<String>,
    /// What they come to.
    pub evaluation: Evaluation,
}

/// A photo with what was made of it.
#[derive(Clone, Debug)]
pub struct PhotoCard {
    /// Below the folder of photos.
    pub file: String,
    /// Its true category.
    pub truth: String,
    /// What the run predicted; in a comparison what the first did and then the other.
    pub guesses: Vec<Guess>,
    /// Or why there is none.
    pub picture: Result<Picture, String>,
}

/// What a run predicted of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The category with the highest score.
    pub category: String,
    /// That score.
    pub score: f64,
    /// The score of the true category.
    pub true_score: f64,
    /// Whether the two categories are one.
    pub is_right: bool,
}

/// A run against the first one, photo by photo.
#[derive(Clone, Debug)]
pub struct Versus {
    /// Or the reason why they cannot be compared.
    pub difference: Result<Difference, String>,
}

/// What two runs made of the photos that both tested.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The counts, and what may be said of them.
    pub comparison: Comparison,
    /// Which photos were compared.
    pub ground: String,
    /// How the photos of all sets differ, in words; empty where they are the same.
    pub photos: String,
    /// Photos that the first had wrong and the other has right, largest change first: the first of
    /// them.
    pub fixed: Vec<PhotoCard>,
    /// The reverse.
    pub broken: Vec<PhotoCard>,
}

impl Report {
    /// Each run after the first, with its comparison.
    pub fn others(&self) -> impl Iterator<Item = (&RunFacts, &Versus)> {
        self.runs.iter().skip(1).zip(&self.versus)
    }

    /// The settings that are not the same in all runs: key, and the value in each.
    pub fn differing(&self) -> Vec<(String, Vec<String>)> {
        let settings: Vec<_> = self.runs.iter().map(|facts| &facts.run.settings).collect();
        let mut rows = std::collections::BTreeMap::new();
        for (place, other) in settings.iter().enumerate().skip(1) {
            for (key, [first, here]) in differing_settings(settings[0], other) {
                // Runs that do not differ from the first have its value.
                let row = rows.entry(key).or_insert_with(|| vec![first; settings.len()]);
                row[place] = here;
            }
        }
        rows.into_iter().collect()
    }
}
