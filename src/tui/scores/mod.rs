//! Images with their scores: where they come from, and all of them in little memory.

mod calibrate;
mod filters;
mod predict;
mod read;
mod table;

use std::path::PathBuf;
use std::sync::Arc;

pub use calibrate::calibrate;
pub use filters::{Chosen, Filters, next_category, next_set};
pub use predict::predict;
pub use read::{images_folder, read};
pub use table::{Image, ScoreTable};

use crate::insight::Calibrated;
use crate::store::RunFolder;

/// Whose images they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// All images of a run.
    Run(RunFolder),
    /// A file or folder that the network of a run never saw.
    Unseen(RunFolder, PathBuf),
}

impl Source {
    pub fn run(&self) -> &RunFolder {
        match self {
            Source::Run(run) | Source::Unseen(run, _) => run,
        }
    }
}

/// What came of reading or scoring them.
#[derive(Clone, Debug)]
pub struct ScoresNews {
    pub source: Source,
    /// The error is a sentence.
    pub table: Result<Arc<ScoreTable>, String>,
}

/// What came of fitting a temperature to scores.
#[derive(Clone, Debug)]
pub struct CalibratedNews {
    /// Those that it was fitted to.
    pub table: Arc<ScoreTable>,
    /// The error is a sentence.
    pub calibrated: Result<Arc<Calibrated>, String>,
}
