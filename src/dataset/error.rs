//! Why there is nothing to train on.

use std::path::PathBuf;

use super::Unreadable;
use crate::spec::Set;
use crate::store::{Fault, shown};

#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("{}: {reason}; set 'images' to the folder that holds one folder of photos a category",
            shown(.folder))]
    NoFolder { folder: PathBuf, reason: Unreadable },
    #[error("{}: {source}", shown(.path))]
    Fault { path: PathBuf, source: Fault },
    #[error("{}: found {found}, training needs at least two categories; put the photos of each \
             category into a folder of its own in there{hint}", shown(.folder))]
    TooFewCategories { folder: PathBuf, found: String, hint: String },
    #[error("{}: there is no folder '{name}'{}; correct 'categories' or make the folder",
            shown(.folder), nearest_hint(.nearest))]
    NoSuchCategory { folder: PathBuf, name: String, nearest: Option<String> },
    #[error("{}: there is no folder 'training' or 'train' with photos of the categories; with \
             split.by = \"folders\" they stand in training/CATEGORY, validation/CATEGORY and \
             test/CATEGORY", shown(.folder))]
    NoTrainingFolder { folder: PathBuf },
    #[error("{}: the folders {names} look like sets with the categories in them, not like \
             categories; set split.by = \"folders\", or list 'categories' if they are",
            shown(.folder))]
    SetsAsCategories { folder: PathBuf, names: String },
    #[error(
        "category '{category}' has no images ({skipped} files in it could not be read); add \
             photos, or list 'categories' without it"
    )]
    EmptyCategory { category: String, skipped: usize },
    #[error("category '{category}' has no {} photo: its {total} photos are {} training, {} \
             validation and {} test; {}", .set.name(), .counts[0], .counts[1], .counts[2],
            empty_set_cure(*.set))]
    EmptySet { category: String, set: Set, total: usize, counts: [usize; 3] },
    #[error("{skipped} of {files} files ({percent:.1}%) could not be read, at most {max_percent}% \
             are put up with, the first is {}: {reason}; repair or remove them, or raise \
             data.max_unreadable_percent", shown(.first))]
    TooManyUnreadable {
        skipped: usize,
        files: usize,
        percent: f64,
        max_percent: f64,
        first: PathBuf,
        reason: Unreadable,
    },
}

fn nearest_hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(", the nearest is '{name}'")).unwrap_or_default()
}

fn empty_set_cure(set: Set) -> &'static str {
    match set {
        Set::Training => {
            "lower split.validation_percent or split.test_percent, set split.by = \"seed\", or add \
             photos"
        }
        Set::Validation => "raise split.validation_percent, set split.by = \"seed\", or add photos",
        Set::Test => "raise split.test_percent, set split.by = \"seed\", or add photos",
    }
}
