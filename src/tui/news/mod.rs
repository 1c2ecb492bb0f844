//! What happened outside: threads watch the run folders and send it; nothing here knows screens.

mod follow;
mod runs;

use std::path::PathBuf;
use std::sync::Arc;

pub use follow::Follower;
pub use runs::RunsWatcher;

use super::experiments::ExperimentNews;
use super::known::KnownRun;
use super::preview::{Graphics, Picture};
use super::scores::ScoresNews;
use crate::store::{Record, RunFolder};

#[derive(Clone, Debug)]
pub enum News {
    /// Run folders that appeared, changed or went.
    Runs(RunsNews),
    /// The run that is followed said more.
    Followed(FollowedNews),
    /// A run folder went to the trash, and can come back.
    Trashed(Trashed),
    /// A folder or a file came back.
    Restored(Trashed),
    /// Pictures are drawn so from now on.
    Graphics(Graphics),
    /// The terminal was taken away and given back: it has no pictures any more.
    PicturesForgotten,
    /// A picture that was wanted.
    Picture(Arc<Picture>),
    /// Images with their scores, or why there are none.
    Scores(ScoresNews),
    Experiment(ExperimentNews),
    /// Something to tell the person.
    Said(Toast),
}

#[derive(Clone, Debug, Default)]
pub struct RunsNews {
    pub changed: Vec<KnownRun>,
    /// Names of the runs whose folder is not there any more.
    pub gone: Vec<String>,
    /// Every run has been read once.
    pub complete: bool,
}

#[derive(Clone, Debug)]
pub struct FollowedNews {
    pub run: RunFolder,
    /// `records` begin with the first of the log.
    pub from_start: bool,
    /// What was written since the last time.
    pub records: Arc<Vec<Record>>,
}

/// A folder or a file that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trashed {
    pub from: PathBuf,
    pub to: PathBuf,
}

/// A line shown until the next key, and kept in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub is_error: bool,
    pub text: String,
}

impl Toast {
    pub fn good(text: impl Into<String>) -> Toast {
        Toast { is_error: false, text: text.into() }
    }

    pub fn error(text: impl Into<String>) -> Toast {
        Toast { is_error: true, text: text.into() }
    }
}
