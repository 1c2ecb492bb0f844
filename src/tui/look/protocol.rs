//! What is asked of the process that keeps a network in memory, and what it answers: one JSON value a
//! line, a [`Question`] to its stdin and an [`Answer`] from its stdout.

use serde::{Deserialize, Serialize};

use crate::heatmap::{Frame, Grid};

/// About one photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its path, as `store::shown` writes it.
    pub photo: String,
    /// The categories whose maps are wanted; those that the head has not are passed over.
    pub categories: Vec<String>,
    /// How many of the training photos that are most like it.
    pub nearest: usize,
}

/// A sentence where the photo cannot be looked at.
pub type Answer = Result<Looked, String>;

/// What one pass through the network says of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    /// The part of the photo that the network sees.
    pub frame: Frame,
    /// In the order in which they were asked for; a sentence where the network's feature has no places.
    pub maps: Result<Vec<CategoryMap>, String>,
    /// Training photos, the most alike first, none with the photo's own bytes; a sentence where they
    /// cannot be compared.
    pub nearest: Result<Vec<Similar>, String>,
    /// `None`: the head cannot tell.
    pub verdict: Option<Verdict>,
}

/// Where the logit of a category comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoryMap {
    /// Its name.
    pub category: String,
    /// Its score, by the head that was kept.
    pub score: f32,
    /// The logit.
    pub logit: f64,
    /// What each place adds, each with its share of the bias.
    pub places: Grid,
}

/// A training photo that is like the one that was asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Similar {
    /// Below the folder of the run's images, as `store::shown` writes it.
    pub file: String,
    /// The whole path, written so too.
    pub path: String,
    /// What it was trained as.
    pub category: String,
    /// One minus the cosine of the angle between the features.
    pub distance: f32,
}

/// Whether it is any of the categories.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The share of one's own photos that are more like the training photos than this one.
    pub less_like_than: f64,
    /// Perhaps it is none of them.
    pub is_none_of_these: bool,
}
