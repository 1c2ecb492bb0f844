//! Which folders hold the photos of which category.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::{DatasetError, Unreadable, walk};
use crate::spec::{Experiment, Set, SplitRule};
use crate::store::{shown, unshown};

/// A folder of photos of one category; with `split.by = "folders"`, of one set of it.
pub(crate) struct Folder {
    /// Relative to the folder of images.
    pub path: PathBuf,
    pub category: usize,
    pub set: Option<Set>,
}

/// The names of the set folders with `split.by = "folders"`.
fn set_folder_names(set: Set) -> [&'static str; 2] {
    match set {
        Set::Training => ["training", "train"],
        Set::Validation => ["validation", "val"],
        Set::Test => ["test", "testing"],
    }
}

/// The categories in their order, and the folders of each.
pub(crate) fn find(
    images: &Path,
    experiment: &Experiment,
) -> Result<(Vec<String>, Vec<Folder>), DatasetError> {
    let above = match experiment.split.by {
        SplitRule::Folders => set_folders(images)?,
        _ => vec![(PathBuf::new(), None)],
    };
    let mut known = Vec::new();
    for (folder, _) in &above {
        // By components, or the empty folder would leave a slash in messages.
        known.extend(subfolders(&images.join(folder).components().collect::<PathBuf>())?);
    }
    known.sort();
    known.dedup();

    let mut categories = if experiment.categories.is_empty() {
        known.iter().map(|name| category_name(name)).collect()
    } else {
        experiment.categories.clone()
    };
    let mut folders = Vec::new();
    for (category, name) in categories.iter_mut().enumerate() {
        let folder = folder_name(name, &known).ok_or_else(|| DatasetError::NoSuchCategory {
            folder: images.to_owned(),
            name: name.clone(),
            nearest: nearest(name, &known),
        })?;
        *name = category_name(folder);
        for (above, set) in &above {
            let path = above.join(folder);
            if images.join(&path).is_dir() {
                folders.push(Folder { path, category, set: *set });
            }
        }
    }
    if categories.len() < 2 {
        let found = match categories.first() {
            None => "no folder".to_owned(),
            Some(only) => format!("only '{only}'"),
        };
        return Err(DatasetError::TooFewCategories { folder: images.to_owned(), found });
    }
    Ok((categories, folders))
}

fn set_folders(images: &Path) -> Result<Vec<(PathBuf, Option<Set>)>, DatasetError> {
    subfolders(images)?;
    let mut found = Vec::new();
    for set in Set::ALL {
        let there = set_folder_names(set).into_iter().filter(|name| images.join(name).is_dir());
        let before = found.len();
        found.extend(there.map(|name| (PathBuf::from(name), Some(set))));
        if found.len() == before {
            return Err(DatasetError::NoSetFolder { folder: images.to_owned(), set });
        }
    }
    Ok(found)
}

/// Names of the folders in a folder, hidden ones left out, sorted by their bytes.
pub(crate) fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let missing = |reason| DatasetError::NoFolder { folder: folder.to_owned(), reason };
    if fs::metadata(folder).is_ok_and(|found| !found.is_dir()) {
        return Err(missing(Unreadable::Io("not a folder".to_owned())));
    }
    let names = walk::names(folder).map_err(|err| match err.into() {
        Unreadable::Fault(source) => DatasetError::Fault { path: folder.to_owned(), source },
        reason => missing(reason),
    })?;
    Ok(names.into_iter().map(PathBuf::from).filter(|name| folder.join(name).is_dir()).collect())
}

/// The folder's own name, as one line of harmless text: it goes into every table, log and file of
/// labels.
pub(crate) fn category_name(folder: &Path) -> String {
    shown(folder)
}

fn folder_name<'a>(category: &str, known: &'a [PathBuf]) -> Option<&'a PathBuf> {
    let named = |wanted: &Path| known.iter().find(|folder| *folder == wanted);
    let plain = |path: &Path| matches!(path.components().next(), Some(Component::Normal(_)));
    named(Path::new(category)).or_else(|| named(&unshown(category))).filter(|path| plain(path))
}

/// The folder whose name takes the fewest changed letters, when that is not all of them.
fn nearest(name: &str, known: &[PathBuf]) -> Option<String> {
    known
        .iter()
        .map(|folder| category_name(folder))
        .map(|folder| (letters_changed(&name.to_lowercase(), &folder.to_lowercase()), folder))
        .filter(|(changed, folder)| *changed < folder.chars().count().max(2))
        .min()
        .map(|(_, folder)| folder)
}

/// Levenshtein distance.
fn letters_changed(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let changed = diagonal + usize::from(letter != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// retrain.py's label: small letters, each run of characters outside a-z and 0-9 one space.
pub(crate) fn retrain_py_name(folder: &str) -> String {
    let mut name = String::new();
    for c in folder.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if name.ends_with(' ') => {}
            _ => name.push(' '),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_folder_is_the_one_with_the_fewest_changed_letters() {
        let known: Vec<PathBuf> = ["fire", "misc", "smoke"].map(PathBuf::from).into();
        assert_eq!(nearest("Smokes", &known).as_deref(), Some("smoke"));
        assert_eq!(nearest("fier", &known).as_deref(), Some("fire"));
        assert_eq!(nearest("xxxxxxxxxx", &known), None);
        assert_eq!(letters_changed("kitten", "sitting"), 3);
    }

    #[test]
    fn retrain_py_cleaned_names_so() {
        assert_eq!(retrain_py_name("Forest_Fire--2"), "forest fire 2");
        assert_eq!(retrain_py_name("火"), " ");
    }
}
