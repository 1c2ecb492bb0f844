//! Finds, reads and hashes the photos of an experiment.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use image::ImageFormat;

use super::categories::{self, Folder};
use super::decode::{HEAD_BYTES, check_header, format};
use super::file::{read_file, read_head};
use super::lost::fault_behind;
use super::walk::Walk;
use super::{Dataset, DatasetError, Photo, Skipped, Unreadable, split};
use crate::spec::{Experiment, Set, SplitRule};

/// Endings that promise a picture, read or not: such a file is never passed over in silence.
const IMAGE_ENDINGS: [&str; 23] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "dib", "webp", "tif", "tiff", "heic",
    "heif", "avif", "svg", "jxl", "jp2", "psd", "ico", "cr2", "nef", "arw", "dng",
];

/// Reading waits for the disk and hashing for the processor; more threads only add memory.
const MAX_THREADS: usize = 8;

/// Every photo of the experiment, each with its category, set and hash. `root` is the project
/// folder, against which `experiment.images` is meant. `progress` gets files read and files found.
///
/// Reads every file whole, but decodes no pixels: what turns out unreadable later is told by
/// [`Dataset::remove_unreadable`]. Call [`Dataset::check_unreadable`] and [`Dataset::check_sets`]
/// before any work is done with it.
///
/// Errors when the folder, or a category's, is missing, when there are fewer than two categories,
/// and when it is the machine's fault that a file could not be read.
pub fn scan(
    root: &Path,
    experiment: &Experiment,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Dataset, DatasetError> {
    let images = root.join(&experiment.images);
    let (categories, folders) = categories::find(&images, experiment)?;
    let mut walk = Walk::new(&images, folders.iter().map(|folder| folder.path.as_path()));
    let mut owners: Vec<&Folder> = Vec::new();
    for folder in &folders {
        walk.folder(&folder.path);
        owners.resize(walk.files.len(), folder);
        progress(0, walk.files.len());
    }
    let skipped =
        walk.unreadable.into_iter().map(|(path, reason)| Skipped { path, reason }).collect();
    let mut dataset = Dataset {
        images: images.clone(),
        categories,
        photos: Vec::new(),
        skipped,
        duplicates: Vec::new(),
        warnings: walk.warnings,
    };
    let looked_at = look_at_all(&dataset.images, &walk.files, experiment, progress);
    for ((path, folder), found) in walk.files.into_iter().zip(owners).zip(looked_at) {
        match found {
            Found::Photo { hash, bytes } => {
                // Hash and seed rules follow when all photos are known.
                let set = folder.set.unwrap_or(Set::Training);
                dataset.photos.push(Photo { path, category: folder.category, set, hash, bytes });
            }
            Found::Unreadable(reason) => dataset.skipped.push(Skipped { path, reason }),
            Found::NoPicture => {}
        }
    }
    check_faults(&dataset)?;
    assign_sets(&mut dataset, experiment);
    dataset.join_duplicates();
    dataset.add_warnings();
    Ok(dataset)
}

/// A data set without the photos of a drive that went away would pass for one that has no more.
fn check_faults(dataset: &Dataset) -> Result<(), DatasetError> {
    for skipped in &dataset.skipped {
        let path = dataset.images.join(&skipped.path);
        if let Some(source) = fault_behind(&path, &skipped.reason, false) {
            return Err(DatasetError::Fault { path, source });
        }
    }
    Ok(())
}

/// What a file is.
enum Found {
    Photo {
        hash: blake3::Hash,
        bytes: u64,
    },
    Unreadable(Unreadable),
    /// Neither by name nor by content: a note, a script, a thumbnail cache.
    NoPicture,
}

/// Several threads, each with one file in memory; the results are in the order of the files.
fn look_at_all(
    images: &Path,
    files: &[PathBuf],
    experiment: &Experiment,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Found> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let mut found: Vec<Option<Found>> = files.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..threads.min(files.len()) {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(place) else { break };
                    let result = look_at(&images.join(file), experiment.data.max_megapixels);
                    if sender.send((place, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (read, (place, result)) in receiver.iter().enumerate() {
            found[place] = Some(result);
            progress(read + 1, files.len());
        }
    });
    found.into_iter().map(|found| found.expect("every file was looked at")).collect()
}

fn look_at(path: &Path, max_megapixels: usize) -> Found {
    let promise = promise(path);
    if promise == Promise::Other && !read_head(path, HEAD_BYTES).is_ok_and(|head| is_image(&head)) {
        return Found::NoPicture;
    }
    let looked = read_file(path).and_then(|bytes| {
        check_header(&bytes, max_megapixels)?;
        Ok(Found::Photo { hash: blake3::hash(&bytes), bytes: bytes.len() as u64 })
    });
    match looked {
        Ok(photo) => photo,
        // A text or an empty file without an ending.
        Err(Unreadable::NotAnImage | Unreadable::Empty) if promise == Promise::None => {
            Found::NoPicture
        }
        Err(reason) => Found::Unreadable(reason),
    }
}

/// By its ending, or by its content where the ending promises no picture; it may still be bad.
pub(crate) fn is_likely_photo(path: &Path) -> bool {
    promise(path) == Promise::Image || read_head(path, HEAD_BYTES).is_ok_and(|head| is_image(&head))
}

/// What a file's ending says that it is.
#[derive(Clone, Copy, PartialEq)]
enum Promise {
    Image,
    Other,
    /// There is no ending.
    None,
}

fn promise(path: &Path) -> Promise {
    let Some(ending) = path.extension() else { return Promise::None };
    let is_image = |known: &&str| ending.eq_ignore_ascii_case(OsStr::new(known));
    if IMAGE_ENDINGS.iter().any(is_image) { Promise::Image } else { Promise::Other }
}

fn is_image(head: &[u8]) -> bool {
    match format(head) {
        // Two letters begin a BMP, and many a text: what has another ending is none.
        Ok(ImageFormat::Bmp) | Err(Unreadable::NotAnImage | Unreadable::Empty) => false,
        Ok(_) | Err(_) => true,
    }
}

fn assign_sets(dataset: &mut Dataset, experiment: &Experiment) {
    let rule = &experiment.split;
    match rule.by {
        SplitRule::Folders => {}
        SplitRule::Base27 => {
            for photo in &mut dataset.photos {
                let name = photo.path.file_name().unwrap_or_default();
                photo.set = split::by_hash(name.as_bytes(), split::BUCKETS_27, rule);
            }
        }
        SplitRule::Path27 | SplitRule::Path16 => {
            let is_27 = rule.by == SplitRule::Path27;
            let mask = if is_27 { split::BUCKETS_27 } else { split::BUCKETS_16 };
            let image_dir = experiment.images.as_os_str().as_bytes();
            for photo in &mut dataset.photos {
                let path = split::typed_path(image_dir, photo.path.as_os_str().as_bytes());
                photo.set = split::by_hash(&path, mask, rule);
            }
        }
        SplitRule::Seed => {
            for photos in dataset.photos.chunk_by_mut(|a, b| a.category == b.category) {
                let category = &dataset.categories[photos[0].category];
                let paths: Vec<&[u8]> =
                    photos.iter().map(|photo| photo.path.as_os_str().as_bytes()).collect();
                let sets = split::by_seed(&paths, category, rule);
                for (photo, set) in photos.iter_mut().zip(sets) {
                    photo.set = set;
                }
            }
        }
    }
}
