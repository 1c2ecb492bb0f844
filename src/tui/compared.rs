//! Two runs photo by photo, as the screens have it.

use std::sync::Arc;

use super::scores::{ScoreTable, images_folder};
use crate::compare::{Repeats, TwoRuns};
use crate::insight::{Comparison, Pairs, Resampled};
use crate::spec::Set;
use crate::store::{RunFolder, TestedPhotos};

/// What came of comparing two runs.
#[derive(Clone, Debug)]
pub struct ComparedNews {
    /// The name of the run that is measured against.
    pub first: String,
    /// The name of the one that is measured.
    pub second: String,
    /// The error is a sentence.
    pub compared: Result<Arc<Compared>, String>,
}

/// What came of comparing the repeats of two runs.
#[derive(Clone, Debug)]
pub struct ComparedRepeats {
    /// The names of those that are measured against.
    pub first: Vec<String>,
    /// The names of those that are measured.
    pub second: Vec<String>,
    /// The error is a sentence.
    pub compared: Result<ComparedMeans, String>,
}

/// The mean accuracies of two sets of repeats.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedMeans {
    /// Those of the second less those of the first, on the same seeds.
    pub difference: Resampled,
    /// What it does not say, where it does not.
    pub caveat: Option<&'static str>,
}

/// Reads repeats, each the oldest first, and compares their accuracies.
pub fn compare_repeats(first: &[RunFolder], second: &[RunFolder]) -> ComparedRepeats {
    let read = |runs: &[RunFolder]| match runs.first() {
        Some(run) => Repeats::of(run, runs),
        None => Err("there is no run".to_owned()),
    };
    let compare = || {
        let before = read(first)?;
        let difference = before.compared_with(&read(second)?)?;
        Ok(ComparedMeans { difference, caveat: before.caveat() })
    };
    let names = |runs: &[RunFolder]| runs.iter().map(RunFolder::id).collect();
    ComparedRepeats { first: names(first), second: names(second), compared: compare() }
}

/// The photos that two runs tested.
#[derive(Debug)]
pub struct Compared {
    /// What became of each; its places are those in the tables.
    pub pairs: Pairs,
    /// How often each happened.
    pub comparison: Comparison,
    /// On which photos, in words.
    pub ground: String,
    /// How the photos of all their sets differ, in words; empty where they do not.
    pub changes: String,
    /// What the first and the second run tested, with the scores.
    pub tables: [ScoreTable; 2],
}

/// Reads what both runs tested.
pub fn compare(first: &RunFolder, second: &RunFolder) -> ComparedNews {
    let compared = TwoRuns::read(first, second).and_then(|two| {
        let ground = two.ground();
        let changes = match two.photos.is_empty() {
            true => String::new(),
            false => two.photos.in_words(),
        };
        let tables = [table(first, two.first)?, table(second, two.second)?];
        let comparison = two.pairs.comparison();
        Ok(Arc::new(Compared { pairs: two.pairs, comparison, ground, changes, tables }))
    });
    ComparedNews { first: first.id(), second: second.id(), compared }
}

fn table(run: &RunFolder, tested: TestedPhotos) -> Result<ScoreTable, String> {
    let mut table = ScoreTable::new(tested.categories, images_folder(run)?);
    for photo in tested.photos {
        table.add(&photo.file, Some(Set::Test), Some(photo.category), &photo.scores);
    }
    Ok(table)
}
