//! What the change from one run to another comes from, as the screens have it.

use std::ffi::OsStr;
use std::path::Path;

use serde::Deserialize;

use super::other_process::ask;
use crate::store::RunFolder;

/// What came of taking a change apart.
#[derive(Clone, Debug)]
pub struct ExplainedNews {
    /// The name of the run before the change.
    pub first: String,
    /// The name of the run after it.
    pub second: String,
    /// The error is a sentence.
    pub explained: Result<Explained, String>,
}

/// What `retrain explain-change --json` prints, as far as it is shown.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Explained {
    /// The final test accuracy that each run reported, 0 to 1.
    pub accuracy: [f64; 2],
    /// The whole in a sentence.
    pub in_words: String,
    /// The largest first.
    pub parts: Vec<Part>,
    /// What is left, in points.
    pub luck_points: f64,
    /// What that is.
    pub luck_in_words: String,
    /// What it was computed from, a line each.
    pub notes: Vec<String>,
}

/// A cause's part of the change.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Part {
    /// With the values of settings.
    pub in_words: String,
    /// In points, to a tenth, so that all parts and the luck add up as they are read.
    pub points: f64,
    /// The 95% interval of its mean over training seeds reaches as far on either side, 0 to 1.
    pub reach_95: f64,
}

/// Runs `program explain-change --json FIRST SECOND` and waits for it.
pub fn explain(program: &Path, first: &RunFolder, second: &RunFolder) -> ExplainedNews {
    let (first, second) = (first.id(), second.id());
    let args = ["explain-change", "--json", "--", &first, &second].map(OsStr::new);
    let explained = ask(program, &args, |_| false);
    ExplainedNews { first, second, explained }
}
