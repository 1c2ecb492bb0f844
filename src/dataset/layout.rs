//! How a folder of photos is laid out: which of its folders are sets, which are categories, and
//! which are neither.

use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use super::DatasetError;
use super::walk::subfolders;
use crate::spec::Set;

/// The set that a folder of this name holds in the layouts of retrain.py, Keras, Kaggle and
/// Roboflow, whatever its capitals.
pub(crate) fn set_of(folder: &Path) -> Option<Set> {
    match folder.to_str()?.to_lowercase().as_str() {
        "training" | "train" => Some(Set::Training),
        "validation" | "valid" | "val" => Some(Set::Validation),
        "test" | "testing" => Some(Set::Test),
        _ => None,
    }
}

/// The folders in `images` that are sets, each with the categories in it. Empty where they are not:
/// a layout of sets has one for training and one for another set, and the one for training holds two
/// folders or more.
pub(crate) fn set_folders(images: &Path) -> Result<Vec<(PathBuf, Set)>, DatasetError> {
    let named: Vec<(PathBuf, Set)> = subfolders(images)?
        .into_iter()
        .filter_map(|folder| set_of(&folder).map(|set| (folder, set)))
        .collect();
    let holds_categories = |(folder, set): &(PathBuf, Set)| {
        *set == Set::Training && subfolders(&images.join(folder)).is_ok_and(|in_it| in_it.len() > 1)
    };
    let is_layout =
        named.iter().any(holds_categories) && named.iter().any(|(_, set)| *set != Set::Training);
    Ok(if is_layout { named } else { Vec::new() })
}

/// The name in one spelling: `é` may be one character, or a letter with an accent behind it.
pub(crate) fn normal(name: &Path) -> PathBuf {
    match name.to_str() {
        Some(text) => text.nfc().collect::<String>().into(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_names_of_sets_are_known_whatever_their_capitals() {
        let sets = ["train", "Training", "TRAIN", "valid", "val", "Validation", "test", "testing"]
            .map(|name| set_of(Path::new(name)).unwrap().name());
        assert_eq!(
            sets,
            [
                "training",
                "training",
                "training",
                "validation",
                "validation",
                "validation",
                "test",
                "test"
            ]
        );
        for name in ["trains", "tests", "fire", ""] {
            assert_eq!(set_of(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn two_spellings_of_one_name_are_the_same() {
        assert_eq!(normal(Path::new("cafe\u{301}")), normal(Path::new("café")));
        assert_ne!(normal(Path::new("cafe")), normal(Path::new("café")));
    }
}
