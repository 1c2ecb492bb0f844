//! Why there is nothing to train on.

use std::path::PathBuf;

use super::Unreadable;
use crate::spec::Set;
use crate::store::{CorrectionsError, Fault, shown};

/// Why the photos, their folders or their split into sets are not fit to train on.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The folder of 'images', or one of a set in it, is missing, no folder, or cannot be listed.
    #[error("{}: {reason}; set 'images' to the folder that holds one folder of photos a category",
            shown(.folder))]
    NoFolder {
        /// The folder that was to be listed.
        folder: PathBuf,
        /// Why it could not be listed.
        reason: Unreadable,
    },
    /// The machine is at fault, not a photo: a drive that went away, too many open files.
    #[error("{}: {source}", shown(.path))]
    Fault {
        /// The file or folder at which the fault showed.
        path: PathBuf,
        /// What is wrong with the machine.
        source: Fault,
    },
    /// What was decided about single photos cannot be used.
    #[error(transparent)]
    Corrections(#[from] CorrectionsError),
    /// Fewer than two categories were found: there is nothing to tell apart.
    #[error("{}: found {found}, training needs at least two categories; put the photos of each \
             category into a folder of its own in there{hint}", shown(.folder))]
    TooFewCategories {
        /// The folder in which the categories were looked for.
        folder: PathBuf,
        /// What is there instead, in words: `only 'rose'`.
        found: String,
        /// Where the categories may be instead, beginning with `; `; empty where there is no guess.
        hint: String,
    },
    /// The experiment lists a category in 'categories' that has no folder.
    #[error("{}: there is no folder '{name}'{}; correct 'categories' or make the folder",
            shown(.folder), nearest_hint(.nearest))]
    NoSuchCategory {
        /// The folder of 'images'.
        folder: PathBuf,
        /// The category as it was typed into 'categories'.
        name: String,
        /// The folder with the most similar name, where one is close enough to be meant.
        nearest: Option<String>,
    },
    /// The sets are given by folders, and none of them holds training photos of the categories.
    #[error("{}: there is no folder 'training' or 'train' with photos of the categories; with \
             split.by = \"folders\" they stand in training/CATEGORY, validation/CATEGORY and \
             test/CATEGORY", shown(.folder))]
    NoTrainingFolder {
        /// The folder of 'images'.
        folder: PathBuf,
    },
    /// The sets are not given by folders, but the folders have the names of sets.
    #[error("{}: the folders {names} look like sets with the categories in them, not like \
             categories; set split.by = \"folders\", or list 'categories' if they are",
            shown(.folder))]
    SetsAsCategories {
        /// The folder of 'images'.
        folder: PathBuf,
        /// The folders that look like sets, as a list in words.
        names: String,
    },
    /// Every file of a category was skipped, or its folder holds no photo.
    #[error(
        "category '{category}' has no images ({skipped} files in it could not be read); add \
             photos, or list 'categories' without it"
    )]
    EmptyCategory {
        /// The category without photos.
        category: String,
        /// Files in its folders that were left out, movies among them.
        skipped: usize,
    },
    /// The split leaves a category without a photo in one of the sets.
    #[error("category '{category}' has no {} photo: its {total} photos are {} training, {} \
             validation and {} test; {}", .set.name(), .counts[0], .counts[1], .counts[2],
            empty_set_cure(*.set))]
    EmptySet {
        /// The category that lacks photos in `set`.
        category: String,
        /// The set without photos; the first, if several are.
        set: Set,
        /// Photos of the category in all sets.
        total: usize,
        /// Photos of the category in training, validation and test.
        counts: [usize; 3],
    },
    /// Where a fold is tested, the split leaves a category without a photo in one of the sets.
    #[error("category '{category}' has no {} photo where fold {fold} of {folds} is tested: {} \
             training, {} validation and {} test there; {}", .set.name(), .counts[0], .counts[1],
            .counts[2], empty_fold_cure(*.set))]
    EmptyFold {
        /// The category that lacks photos in `set`.
        category: String,
        /// The set without photos; the first, if several are.
        set: Set,
        /// The fold that is tested, from 1.
        fold: usize,
        /// How many folds there are.
        folds: usize,
        /// Photos of the category for training, validation and test where it is.
        counts: [usize; 3],
    },
    /// The share of unreadable files is above the experiment's limit; movies do not count.
    #[error("{skipped} of {files} files ({percent:.1}%) could not be read, at most {max_percent}% \
             are put up with, the first is {}: {reason}; repair or remove them, or raise \
             data.max_unreadable_percent", shown(.first))]
    TooManyUnreadable {
        /// Files that could not be read.
        skipped: usize,
        /// The unreadable files and the usable photos together.
        files: usize,
        /// Share of `skipped` in `files`, 0 to 100.
        percent: f64,
        /// The limit from `data.max_unreadable_percent`, 0 to 100.
        max_percent: f64,
        /// The first unreadable file, relative to the folder of 'images'.
        first: PathBuf,
        /// Why the first unreadable file could not be read.
        reason: Unreadable,
    },
}

fn nearest_hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(", the nearest is '{name}'")).unwrap_or_default()
}

fn empty_fold_cure(set: Set) -> &'static str {
    match set {
        Set::Training => "lower split.validation_percent, or add photos",
        Set::Validation => "raise split.validation_percent, set split.by = \"seed\", or add photos",
        Set::Test => "lower split.folds, set split.by = \"seed\", or add photos",
    }
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
