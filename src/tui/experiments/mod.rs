//! Experiment files and their photos, as the screens see them: what is known, how it is learnt
//! (threads that watch and count), and what is done with them (effects).
//!
//! Not here: what a file means (`spec`), which photos count (`dataset`), and how it looks
//! (`screens`).

mod counter;
mod files;
mod known;
mod pause;
mod performer;
mod photos;
mod watcher;

use std::path::PathBuf;

pub use files::{Completion, PathKind, Saved};
pub use known::{Check, Counting, KnownExperiment, KnownExperiments, Scanned, count_key};
pub use performer::{ExperimentEffect, ExperimentPerformer};

use super::keys::names::{BACK, SAVE_AND_RUN, UNDO};
use super::toast::Toast;
use crate::store::trash::Trashed;

/// What happened to experiment files.
#[derive(Clone, Debug)]
pub enum ExperimentNews {
    /// Files that appeared, changed or went; or that the folder cannot be read.
    Files {
        changed: Vec<KnownExperiment>,
        gone: Vec<PathBuf>,
        problem: Option<String>,
    },
    /// More is known of the photos that belong to `key`.
    Counted {
        key: String,
        more: Counted,
    },
    /// A file's text; `None`: there is no such file.
    Text {
        path: PathBuf,
        text: Result<Option<String>, String>,
    },
    Saved {
        path: PathBuf,
        saved: Saved,
    },
    /// A first text for a file that does not exist yet.
    Drafted {
        path: PathBuf,
        text: String,
    },
    /// A new file was written.
    Made(PathBuf),
    /// A new file with a sweep was written.
    Varied(PathBuf),
    Trashed(Trashed),
    Completed(Completion),
    /// Nothing was typed for a moment; the number is that of the request.
    Paused(u64),
}

/// One step of counting photos: first by names, then by content.
#[derive(Clone, Debug)]
pub enum Counted {
    Quick(Vec<(String, usize)>),
    Reading { read: usize, found: usize },
    Scanned(Result<Scanned, String>),
}

impl ExperimentNews {
    /// What a person is told of it.
    pub fn words(&self) -> Option<Toast> {
        match self {
            ExperimentNews::Trashed(trashed) => {
                let name = trashed.from.file_name()?.to_string_lossy();
                Some(Toast::good(format!("{name} is in the trash; {UNDO} brings it back")))
            }
            ExperimentNews::Varied(path) => Some(Toast::good(format!(
                "made {}; {SAVE_AND_RUN} runs it, {BACK} leaves it for later",
                path.display()
            ))),
            ExperimentNews::Made(path) => Some(Toast::good(format!("made {}", path.display()))),
            _ => None,
        }
    }
}
