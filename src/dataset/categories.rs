//! Which folders hold the photos of which category.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use super::decode::Promise;
use super::walk::subfolders;
use super::{DatasetError, layout, walk};
use crate::spec::{Experiment, Set, SplitRule};
use crate::store::{shown, unshown};
use crate::words;

/// A folder of photos of one category; with `split.by = "folders"`, of one set of it.
pub(crate) struct Folder {
    /// Relative to the folder of images.
    pub path: PathBuf,
    /// Place in [`Categories::names`].
    pub category: usize,
    /// `None`: a rule decides, photo by photo.
    pub set: Option<Set>,
}

/// The folders that a data set is made of.
pub(crate) struct Categories {
    /// In their order.
    pub names: Vec<String>,
    /// By category.
    pub folders: Vec<Folder>,
    /// With `split.by = "folders"`: the sets without a folder, whose photos come from training.
    pub missing_sets: Vec<Set>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<String>,
}

/// The categories in their order, and the folders of each.
pub(crate) fn find(images: &Path, experiment: &Experiment) -> Result<Categories, DatasetError> {
    let is_by_folders = experiment.split.by == SplitRule::Folders;
    let mut warnings = Vec::new();
    let above = if is_by_folders {
        folders_of_sets(images)?
    } else {
        warnings.extend(sets_as_categories(images, experiment)?);
        vec![(PathBuf::new(), None)]
    };
    let known = folders_below(images, above.iter().map(|(folder, _)| folder))?;
    let groups = match experiment.categories.as_slice() {
        [] => by_spelling(known),
        listed => listed_folders(images, listed, &known)?,
    };
    if groups.len() < 2 {
        return Err(too_few(images, &groups.concat()));
    }
    let names: Vec<String> = groups.iter().map(|group| category_name(&group[0])).collect();
    let folders = folders(images, &above, &groups);
    let is_there = |set: &Set| folders.iter().any(|folder| folder.set == Some(*set));
    let missing_sets: Vec<Set> =
        Set::ALL.into_iter().filter(|set| is_by_folders && !is_there(set)).collect();
    if missing_sets.contains(&Set::Training) {
        return Err(DatasetError::NoTrainingFolder { folder: images.to_owned() });
    }
    for (group, name) in groups.iter().zip(&names).filter(|(group, _)| group.len() > 1) {
        warnings.push(format!(
            "{} folders are called '{name}', in different Unicode spellings; their photos are one \
             category",
            group.len()
        ));
    }
    warnings.extend(loose_photos(images, above.iter().map(|(folder, _)| folder)));
    if !is_by_folders {
        warnings.extend(same_folders_in_all(images, &folders));
    }
    Ok(Categories { names, folders, missing_sets, warnings })
}

/// The folders of each category that there are, in the order of the sets above them.
fn folders(
    images: &Path,
    above: &[(PathBuf, Option<Set>)],
    groups: &[Vec<PathBuf>],
) -> Vec<Folder> {
    let mut found = Vec::new();
    for (category, group) in groups.iter().enumerate() {
        for (above, set) in above {
            let paths = group.iter().map(|folder| above.join(folder));
            let paths = paths.filter(|path| images.join(path).is_dir());
            found.extend(paths.map(|path| Folder { path, category, set: *set }));
        }
    }
    found
}

/// The folders of the categories that the experiment lists.
fn listed_folders(
    images: &Path,
    listed: &[String],
    known: &[PathBuf],
) -> Result<Vec<Vec<PathBuf>>, DatasetError> {
    let found = |name: &String| {
        named_folders(name, known, listed).ok_or_else(|| DatasetError::NoSuchCategory {
            folder: images.to_owned(),
            name: name.clone(),
            nearest: nearest(name, known),
        })
    };
    listed.iter().map(found).collect()
}

/// The folders in these folders, each name once, sorted.
pub(crate) fn folders_below<'a>(
    images: &Path,
    above: impl Iterator<Item = &'a PathBuf>,
) -> Result<Vec<PathBuf>, DatasetError> {
    let mut known = Vec::new();
    for folder in above {
        // By components, or the empty folder would leave a slash in messages.
        known.extend(subfolders(&images.join(folder).components().collect::<PathBuf>())?);
    }
    known.sort();
    known.dedup();
    Ok(known)
}

/// Says how many photos lie beside the folders of the categories and are not used.
fn loose_photos<'a>(images: &Path, above: impl Iterator<Item = &'a PathBuf>) -> Option<String> {
    let is_photo = |path: &Path| Promise::of(path).is_picture() && path.is_file();
    let mut photos = above.flat_map(|folder| {
        let names = walk::names(&images.join(folder)).unwrap_or_default();
        names.into_iter().map(move |name| folder.join(name))
    });
    let first = photos.find(|photo| is_photo(&images.join(photo)))?;
    let photos = 1 + photos.filter(|photo| is_photo(&images.join(photo))).count();
    Some(format!(
        "{} beside the folders of the categories: not used, the first is {}",
        words::counted(photos, "photo"),
        shown(&first)
    ))
}

/// The folders of the sets, in the order of the sets.
fn folders_of_sets(images: &Path) -> Result<Vec<(PathBuf, Option<Set>)>, DatasetError> {
    let mut found: Vec<(PathBuf, Option<Set>)> = subfolders(images)?
        .into_iter()
        .filter_map(|folder| layout::set_of(&folder).map(|set| (folder, Some(set))))
        .collect();
    found.sort_by_key(|(_, set)| *set);
    match found.first() {
        Some((_, Some(Set::Training))) => Ok(found),
        _ => Err(DatasetError::NoTrainingFolder { folder: images.to_owned() }),
    }
}

/// Errors when every folder would be a category although they are sets. Where the experiment lists
/// them as categories, somebody may mean it: that is warned of.
fn sets_as_categories(
    images: &Path,
    experiment: &Experiment,
) -> Result<Option<String>, DatasetError> {
    let sets = layout::set_folders(images)?;
    let names: Vec<String> = sets.iter().map(|(folder, _)| category_name(folder)).collect();
    if names.is_empty() {
        return Ok(None);
    }
    let names = words::listed(&names);
    if experiment.categories.is_empty() {
        return Err(DatasetError::SetsAsCategories { folder: images.to_owned(), names });
    }
    let listed = |name: &String| layout::set_of(Path::new(name)).is_some();
    Ok(experiment.categories.iter().any(listed).then(|| {
        format!(
            "the folders {names} look like sets with the categories in them, but count as \
             categories; if they are sets, set split.by = \"folders\" and leave out 'categories'"
        )
    }))
}

/// Folders whose names differ in their Unicode spelling only belong together; the composed one comes
/// first.
pub(crate) fn by_spelling(known: Vec<PathBuf>) -> Vec<Vec<PathBuf>> {
    let mut groups: Vec<Vec<PathBuf>> = Vec::new();
    let mut places: HashMap<PathBuf, usize> = HashMap::new();
    for folder in known {
        let normal = layout::normal(&folder);
        match places.get(&normal) {
            Some(&place) if folder == normal => groups[place].insert(0, folder),
            Some(&place) => groups[place].push(folder),
            None => {
                places.insert(normal, groups.len());
                groups.push(vec![folder]);
            }
        }
    }
    groups
}

/// What to do when there is nothing to tell apart.
pub(crate) fn too_few(images: &Path, folders: &[PathBuf]) -> DatasetError {
    let (found, hint) = match folders {
        [] => {
            let photos = walk::names(images).unwrap_or_default();
            let photos =
                photos.iter().filter(|name| Promise::of(Path::new(name)).is_picture()).count();
            match (photos, images.parent()) {
                (1.., Some(parent)) => (
                    format!("no folder but {}", words::counted(photos, "photo")),
                    format!(
                        "; if this is one category of several, set 'images' to {}",
                        shown(parent)
                    ),
                ),
                _ => ("no folder".to_owned(), String::new()),
            }
        }
        [only, ..] => {
            let inside = subfolders(&images.join(only)).map_or(0, |inside| inside.len());
            let hint = match inside {
                0 | 1 => String::new(),
                n => format!(
                    "; '{0}' holds {n} folders: if those are the categories, set 'images' to {1}",
                    category_name(only),
                    shown(&images.join(only))
                ),
            };
            (format!("only '{}'", category_name(only)), hint)
        }
    };
    DatasetError::TooFewCategories { folder: images.to_owned(), found, hint }
}

/// Warns when all categories are folders of the same folders, without a photo beside them: the
/// categories are likely one level deeper.
fn same_folders_in_all(images: &Path, folders: &[Folder]) -> Option<String> {
    let mut common: Option<BTreeSet<PathBuf>> = None;
    for folder in folders {
        let path = images.join(&folder.path);
        let names = walk::names(&path).ok()?;
        // Endings first: most categories hold photos, and to ask the disk about each takes long.
        if names.iter().any(|name| Promise::of(Path::new(name)).is_picture()) {
            return None;
        }
        let names = names.into_iter().map(PathBuf::from);
        let inside: BTreeSet<PathBuf> = names.filter(|name| path.join(name).is_dir()).collect();
        common = Some(match common {
            None => inside,
            Some(common) => common.intersection(&inside).cloned().collect(),
        });
        if common.as_ref().is_none_or(|common| common.len() < 2) {
            return None;
        }
    }
    let names: Vec<String> = common?.iter().take(4).map(|name| category_name(name)).collect();
    Some(format!(
        "each category holds the folders {}: if those are the categories, gather the photos of \
         each in one folder",
        words::listed(&names)
    ))
}

/// The folder's own name, as one line of harmless text: it goes into every table, log and file of
/// labels.
pub(crate) fn category_name(folder: &Path) -> String {
    shown(folder)
}

/// The folders that an experiment means by a name: the one called so, and those that differ from it
/// in their Unicode spelling only, unless the experiment lists them too.
fn named_folders(name: &str, known: &[PathBuf], listed: &[String]) -> Option<Vec<PathBuf>> {
    let plain = |path: &&PathBuf| matches!(path.components().next(), Some(Component::Normal(_)));
    let exact = |wanted: &Path| known.iter().filter(plain).find(|folder| *folder == wanted);
    let exact = exact(Path::new(name)).or_else(|| exact(&unshown(name)));
    let normal = layout::normal(exact.map_or(Path::new(name), |folder| folder));
    let is_listed = |folder: &PathBuf| listed.iter().any(|name| unshown(name) == *folder);
    let alike = known.iter().filter(plain).filter(|folder| {
        Some(*folder) != exact && layout::normal(folder) == normal && !is_listed(folder)
    });
    let found: Vec<PathBuf> = exact.into_iter().chain(alike).cloned().collect();
    (!found.is_empty()).then_some(found)
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
