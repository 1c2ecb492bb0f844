//! Quick looks at folders, and the slow look at every photo.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::near::Thumbnail;
use super::scan::is_likely_photo;
use super::threads::for_each;
use super::walk::Walk;
use super::{
    Dataset, DatasetError, DecodeRule, Detail, KnownThumbnails, OpenError, PhotoReader, PhotoTraits,
};
use super::{Skipped, categories, layout};
use crate::spec::{Experiment, Set};

/// What a folder holds at a first look.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Its folders are sets with the categories in them: `split.by = "folders"` is meant.
    pub has_set_folders: bool,
    /// Names of the categories, and how many files of each look like photos.
    pub categories: Vec<(String, usize)>,
}

/// The categories in a folder of images, which may stand in folders of sets. Reads no whole file.
///
/// Errors when the folder is missing or has fewer than two categories in it.
pub fn list_categories(images: &Path) -> Result<Listing, DatasetError> {
    let sets = layout::set_folders(images)?;
    let has_set_folders = !sets.is_empty();
    let above = match has_set_folders {
        true => sets.into_iter().map(|(folder, _)| folder).collect(),
        false => vec![PathBuf::new()],
    };
    let groups = categories::by_spelling(categories::folders_below(images, above.iter())?);
    if groups.len() < 2 {
        return Err(categories::too_few(images, &groups.concat()));
    }
    let count = |folder: &PathBuf| -> usize {
        above.iter().map(|above| photos_below(&images.join(above).join(folder)).len()).sum()
    };
    let listed = |group: &Vec<PathBuf>| {
        (categories::category_name(&group[0]), group.iter().map(count).sum())
    };
    Ok(Listing { has_set_folders, categories: groups.iter().map(listed).collect() })
}

/// Where a new photo of a category belongs, relative to the folder of images; where folders are sets,
/// among the training photos. `None`: no folder is called so.
///
/// Errors as [`scan`](super::scan) does of the folders.
pub fn folder_of_new_photos(
    images: &Path,
    experiment: &Experiment,
    category: &str,
) -> Result<Option<PathBuf>, DatasetError> {
    let found = categories::find(images, experiment)?;
    let Some(number) = found.names.iter().position(|name| name == category) else {
        return Ok(None);
    };
    // The sets come in their order, training first.
    let mut folders = found.folders.into_iter().filter(|folder| folder.category == number);
    Ok(folders.find(|folder| matches!(folder.set, None | Some(Set::Training))).map(|one| one.path))
}

/// The files in `folder` and below that look like photos, in the order of a scan.
pub fn photos_below(folder: &Path) -> Vec<PathBuf> {
    let mut walk = Walk::new(folder, []);
    walk.folder(Path::new(""));
    let files = walk.files.iter().map(|path| folder.join(path));
    files.filter(|path| is_likely_photo(path)).collect()
}

/// Decodes every photo of the data set on `threads` threads: those that cannot be are moved to the
/// skipped ones, what is unusual about others becomes a warning, and `thumbnails` gets those that it
/// has not. `progress` gets photos decoded and photos there are. Gives what the photos are like besides
/// their pictures, by their content.
///
/// A photo is taken or refused at any size alike, so a small one is decoded.
pub fn decode_all(
    dataset: &mut Dataset,
    thumbnails: &mut KnownThumbnails,
    max_megapixels: usize,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> HashMap<blake3::Hash, PhotoTraits> {
    let reader = PhotoReader::new(DecodeRule::CURRENT, max_megapixels);
    let photos = &dataset.photos;
    let is_known: Vec<bool> =
        photos.iter().map(|photo| thumbnails.get(&photo.hash).is_some()).collect();
    let decode = |place: usize| {
        let (file, detail) = (dataset.file(&photos[place]), Detail::Least(Thumbnail::LEAST_PIXELS));
        let (decoded, traits) = reader.read_and_look(&file, detail, PhotoTraits::of)?;
        Ok((traits, (!is_known[place]).then(|| Thumbnail::of(&decoded.pixels))))
    };
    let (mut done, mut bad, mut known) = (0, Vec::new(), HashMap::new());
    for_each(photos.len(), threads, decode, |place, decoded: Result<_, OpenError>| {
        let photo = &photos[place];
        match decoded {
            Ok((traits, thumbnail)) => {
                known.insert(photo.hash, traits);
                if let Some(thumbnail) = thumbnail {
                    thumbnails.insert(photo.hash, thumbnail);
                }
            }
            Err(err) => bad.push(Skipped { path: photo.path.clone(), reason: err.into() }),
        }
        done += 1;
        progress(done, photos.len());
    });
    bad.sort_by(|a, b| a.path.cmp(&b.path));
    dataset.remove_unreadable(bad);
    dataset.add_remarks(&reader.take_remarks());
    known
}
