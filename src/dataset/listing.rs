//! Quick looks at folders, and the slow look at every photo.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::categories;
use super::scan::is_likely_photo;
use super::walk::Walk;
use super::{Dataset, DatasetError, DecodeRule, Detail, PhotoReader, Skipped, Unreadable};

/// The folders of `images` as categories, with the number of files in each that look like photos.
/// Reads no whole file.
///
/// Errors when the folder is missing or has fewer than two folders in it.
pub fn list_categories(images: &Path) -> Result<Vec<(String, usize)>, DatasetError> {
    let folders = categories::subfolders(images)?;
    if folders.len() < 2 {
        let found = folders.first().map_or("no folder".to_owned(), |only| {
            format!("only '{}'", categories::category_name(only))
        });
        return Err(DatasetError::TooFewCategories { folder: images.to_owned(), found });
    }
    let count = |folder: &PathBuf| photos_below(&images.join(folder)).len();
    Ok(folders.iter().map(|folder| (categories::category_name(folder), count(folder))).collect())
}

/// The files in `folder` and below that look like photos, in the order of a scan.
pub fn photos_below(folder: &Path) -> Vec<PathBuf> {
    let mut walk = Walk::new(folder, []);
    walk.folder(Path::new(""));
    let files = walk.files.iter().map(|path| folder.join(path));
    files.filter(|path| is_likely_photo(path)).collect()
}

/// Decodes every photo of the data set on `threads` threads: those that cannot be are moved to the
/// skipped ones, and what is unusual about others becomes a warning. `progress` gets photos decoded
/// and photos there are.
///
/// A photo is taken or refused at any size alike, so the smallest is decoded.
pub fn decode_all(
    dataset: &mut Dataset,
    max_megapixels: usize,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize),
) {
    let reader = PhotoReader::new(DecodeRule::CURRENT, max_megapixels);
    let mut bad = undecodable(dataset, &reader, threads, progress);
    bad.sort_by(|a, b| a.path.cmp(&b.path));
    dataset.remove_unreadable(bad);
    dataset.add_remarks(&reader.take_remarks());
}

/// The photos that `reader` cannot decode.
fn undecodable(
    dataset: &Dataset,
    reader: &PhotoReader,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Skipped> {
    let photos = &dataset.photos;
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut bad = Vec::new();
    thread::scope(|scope| {
        for _ in 0..threads.min(photos.len()) {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                while let Some(photo) = photos.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let looked = reader.read(&dataset.file(photo), Detail::Least(1));
                    if sender.send((&photo.path, looked.err())).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (done, (path, reason)) in receiver.iter().enumerate() {
            let skipped = |err| Skipped { path: path.clone(), reason: Unreadable::from(err) };
            bad.extend(reason.map(skipped));
            progress(done + 1, photos.len());
        }
    });
    bad
}
