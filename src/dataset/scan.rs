//! Finds, reads and hashes the photos of an experiment.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use image::ImageFormat;

use super::assign::assign_sets;
use super::categories::{self, Categories, Folder};
use super::decode::{HEAD_BYTES, Promise, check_size, format};
use super::file::{RegularFile, stamp};
use super::groups::groups;
use super::known::{KnownPhoto, KnownPhotos};
use super::lost::fault_behind;
use super::near::{KnownThumbnails, make_thumbnails, near_copies};
use super::share::Share;
use super::stamp::StampDigest;
use super::threads::for_each;
use super::walk::Walk;
use super::{Dataset, DatasetError, EncodedPhoto, Photo, Skipped, Unreadable};
use crate::config::expand_home;
use crate::spec::{Experiment, Grouping, Set};
use crate::store::Corrections;

/// Reading waits for the disk and hashing for the processor; more threads only add memory.
const MAX_THREADS: usize = 8;

/// Files that are looked at before what was found is added to the photos: what is known of a file
/// meanwhile takes as much memory again as the photo.
const BLOCK: usize = 1 << 16;
/// For each block the table of known photos is gone through.
const MOST_BLOCKS: usize = 16;

/// Every photo of the experiment, each with its category, set and hash. `root` is the project
/// folder, against which `experiment.images` is meant. `progress` gets files looked at and files
/// found.
///
/// A file that was read by an earlier scan and is still the same is not read again, whether that scan
/// came to its end or not: what is known of it lies in the folder `cache`. Others are read whole, but
/// no pixels are decoded: what turns out unreadable later is told by [`Dataset::remove_unreadable`].
/// Call [`Dataset::check_unreadable`] and [`Dataset::check_sets`] before any work is done with it.
///
/// Errors when the folder, or a category's, is missing, when there are fewer than two categories,
/// and when it is the machine's fault that a file could not be read.
pub fn scan(
    root: &Path,
    experiment: &Experiment,
    cache: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Dataset, DatasetError> {
    Scan { root, experiment, cache, clock: SystemTime::now }.all(progress)
}

/// The photos of one share, by the files' names: only these are read. Also how many files there are in
/// all shares.
///
/// Nothing is said of the data set as a whole: not its sets, copies and small categories. Photos that
/// a person decided not to use are left out, as in [`scan`], which has the errors, too.
pub fn scan_share(
    root: &Path,
    experiment: &Experiment,
    cache: &Path,
    share: Share,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Dataset, usize), DatasetError> {
    Scan { root, experiment, cache, clock: SystemTime::now }.share(share, progress)
}

/// Where to look, for what, and by which clock.
pub(super) struct Scan<'a> {
    pub root: &'a Path,
    pub experiment: &'a Experiment,
    pub cache: &'a Path,
    pub clock: fn() -> SystemTime,
}

/// What was found in the folders, with its parts that are no photos.
struct Findings {
    /// All photos are in the set of their folder, or else in the first.
    dataset: Dataset,
    folders: Vec<Folder>,
    /// The folder of each photo, by its place in `folders`.
    owners: Vec<u32>,
    missing_sets: Vec<Set>,
    /// Files there are, those of other shares among them.
    files: usize,
}

impl Scan<'_> {
    pub fn all(self, progress: &mut dyn FnMut(usize, usize)) -> Result<Dataset, DatasetError> {
        let Scan { experiment, cache, .. } = self;
        let Findings { mut dataset, folders, owners, missing_sets, .. } =
            self.find(None, progress)?;
        let groups = match &experiment.split.groups {
            Grouping::None => None,
            grouping => {
                let near = match grouping {
                    Grouping::Near => near_pairs(&mut dataset, experiment, cache, progress),
                    _ => Vec::new(),
                };
                let category_folders: Vec<&Path> =
                    owners.iter().map(|&owner| folders[owner as usize].path.as_path()).collect();
                Some(groups(&dataset.photos, grouping, &category_folders, &near))
            }
        };
        assign_sets(&mut dataset, experiment, groups.as_deref(), &missing_sets);
        // Behind the sets, so that a decision about one photo moves no other one.
        if let Some(labels) = &experiment.labels {
            dataset.correct(&Corrections::read(labels)?)?;
        }
        dataset.join_duplicates();
        dataset.add_warnings(&experiment.train);
        Ok(dataset)
    }

    pub fn share(
        self,
        share: Share,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(Dataset, usize), DatasetError> {
        let Findings { mut dataset, files, .. } = self.find(Some(share), progress)?;
        if let Some(labels) = &self.experiment.labels {
            // Most decisions are about photos of other shares.
            let warnings = dataset.warnings.len();
            dataset.correct(&Corrections::read(labels)?)?;
            dataset.warnings.truncate(warnings);
        }
        Ok((dataset, files))
    }

    /// Finds, reads and hashes all photos, or those of a share.
    fn find(
        &self,
        share: Option<Share>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Findings, DatasetError> {
        let images = self.root.join(expand_home(&self.experiment.images));
        let Categories { names: categories, folders, missing_sets, mut warnings } =
            categories::find(&images, self.experiment)?;
        let mut walk = Walk::new(&images, folders.iter().map(|folder| folder.path.as_path()));
        let mut owners: Vec<u32> = Vec::new();
        for (owner, folder) in (0u32..).zip(&folders) {
            walk.folder(&folder.path);
            owners.resize(walk.files.len(), owner);
            progress(0, walk.files.len());
        }
        warnings.append(&mut walk.warnings);
        let unreadable = std::mem::take(&mut walk.unreadable);
        let skipped =
            unreadable.into_iter().map(|(path, reason)| Skipped { path, reason }).collect();
        let mut files = walk.files;
        let in_all = files.len();
        if let Some(share) = share {
            let both = files.into_iter().zip(owners);
            (files, owners) = both.filter(|(file, _)| share.holds(file)).unzip();
        }
        let mut dataset = Dataset {
            images: images.clone(),
            categories,
            photos: Vec::with_capacity(files.len()),
            folds: None,
            skipped,
            left_out: Vec::new(),
            relabelled: 0,
            duplicates: Vec::new(),
            warnings,
        };
        let look = Look {
            images: &images,
            known: &KnownPhotos::load(self.cache, &images),
            max_megapixels: self.experiment.data.max_megapixels,
            clock: self.clock,
        };
        let mut photo_owners = Vec::with_capacity(files.len());
        let found = &mut |path: PathBuf, place: usize, content| match content {
            Content::Photo(Found { photo: KnownPhoto { hash, .. }, stamp, was_read }) => {
                let folder = &folders[owners[place] as usize];
                // Hash and seed rules follow when all photos are known.
                let set = folder.set.unwrap_or(Set::Training);
                let (category, fold) = (folder.category, None);
                dataset.photos.push(Photo { path, category, set, fold, hash, stamp, was_read });
                photo_owners.push(owners[place]);
            }
            Content::Unreadable(reason) => dataset.skipped.push(Skipped { path, reason }),
            Content::NoPicture => {}
        };
        if let Err(err) = look.at_all(files, share, progress, found) {
            dataset.warnings.push(format!("{err}; the photos are read again the next time"));
        }
        check_faults(&dataset)?;
        let (files, owners) = (in_all, photo_owners);
        Ok(Findings { dataset, folders, owners, missing_sets, files })
    }
}

/// Pairs of near copies among the photos, by their places. Those that were never decoded are.
fn near_pairs(
    dataset: &mut Dataset,
    experiment: &Experiment,
    cache: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<[usize; 2]> {
    let mut thumbnails = KnownThumbnails::load(cache, &dataset.images);
    let max_megapixels = experiment.data.max_megapixels;
    make_thumbnails(dataset, &mut thumbnails, max_megapixels, threads(), progress);
    if let Err(err) = thumbnails.save(dataset.photos.iter().map(|photo| photo.hash)) {
        dataset.warnings.push(format!("{err}; near copies are looked for anew the next time"));
    }
    near_copies(dataset, &thumbnails, threads()).into_iter().map(|copy| copy.photos).collect()
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

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS)
}

/// What a file is.
enum Content {
    Photo(Found),
    Unreadable(Unreadable),
    /// Neither by name nor by content: a note, a script, a thumbnail cache.
    NoPicture,
}

/// A photo whose header promises a picture that can be read.
struct Found {
    photo: KnownPhoto,
    /// As of [`Photo::stamp`].
    stamp: Option<StampDigest>,
    was_read: bool,
}

/// What is needed to look at a file.
struct Look<'a> {
    images: &'a Path,
    known: &'a KnownPhotos,
    max_megapixels: usize,
    clock: fn() -> SystemTime,
}

impl Look<'_> {
    /// Several threads, each with one file in memory; `found` gets each file with its place and its
    /// content, in the order of the files. Errors when what was read could not be saved for the next
    /// time; then, too, all were looked at.
    fn at_all(
        &self,
        files: Vec<PathBuf>,
        share: Option<Share>,
        progress: &mut dyn FnMut(usize, usize),
        found: &mut dyn FnMut(PathBuf, usize, Content),
    ) -> io::Result<()> {
        let (mut done, mut update, mut saved) = (0, self.known.update(share), Ok(()));
        let count = files.len();
        let block = BLOCK.max(count / MOST_BLOCKS);
        // Taken from the end, so that their memory goes back block by block.
        let mut rest = files;
        rest.reverse();
        while !rest.is_empty() {
            let first = count - rest.len();
            let mut files = rest.split_off(rest.len().saturating_sub(block));
            rest.shrink_to_fit();
            files.reverse();
            let known = self.known.of(&files);
            let mut contents: Vec<Option<Content>> = files.iter().map(|_| None).collect();
            let look = |place: usize| self.at(&files[place], |stamp| known.get(place, stamp));
            for_each(files.len(), threads(), look, |place, content| {
                match &content {
                    Content::Photo(Found { was_read: false, .. }) => update.meet(&known, place),
                    Content::Photo(Found { photo, stamp: Some(stamp), .. }) => {
                        update.insert(&files[place], *stamp, *photo);
                    }
                    _ => {}
                }
                contents[place] = Some(content);
                if saved.is_ok() {
                    saved = update.save_sometimes();
                }
                done += 1;
                progress(done, count);
            });
            for (place, (file, content)) in (first..).zip(files.into_iter().zip(contents)) {
                found(file, place, content.expect("every file was looked at"));
            }
        }
        saved.and_then(|()| update.finish())
    }

    /// `file` is relative to the folder of images; `known` tells what is known of it by its stamp.
    fn at(&self, file: &Path, known: impl FnOnce(&StampDigest) -> Option<KnownPhoto>) -> Content {
        let promise = Promise::of(file);
        let found = match self.open(file, known) {
            Ok(Opened::Known(found)) => {
                let KnownPhoto { width, height, .. } = found.photo;
                check_size(width, height, self.max_megapixels).map(|()| found)
            }
            Ok(Opened::File(open, _)) if promise == Promise::Other && !is_image(open.head()) => {
                return Content::NoPicture;
            }
            Ok(Opened::File(open, opened)) => self.read(open, opened, promise),
            Err(_) if promise == Promise::Other => return Content::NoPicture,
            Err(reason) => Err(reason),
        };
        match found {
            Ok(found) => Content::Photo(found),
            // A text or an empty file without an ending.
            Err(Unreadable::NotAnImage | Unreadable::Empty) if promise == Promise::None => {
                Content::NoPicture
            }
            Err(reason) => Content::Unreadable(reason),
        }
    }

    fn open(
        &self,
        file: &Path,
        known: impl FnOnce(&StampDigest) -> Option<KnownPhoto>,
    ) -> Result<Opened, Unreadable> {
        let (path, now) = (self.images.join(file), (self.clock)());
        let stamp = stamp(&path)?.digest();
        match known(&stamp) {
            Some(photo) => Ok(Opened::Known(Found { photo, stamp: Some(stamp), was_read: false })),
            None => Ok(Opened::File(RegularFile::open(&path, HEAD_BYTES)?, now)),
        }
    }

    fn read(
        &self,
        mut open: RegularFile,
        opened: SystemTime,
        promise: Promise,
    ) -> Result<Found, Unreadable> {
        // What is of no format that is read need not be read whole.
        promise.format(open.head())?;
        let stamp = open.settled_stamp(opened).map(|stamp| stamp.digest());
        let bytes = open.read_all()?;
        let (width, height) = EncodedPhoto::new(&bytes[..], self.max_megapixels)?.size();
        let photo = KnownPhoto { hash: blake3::hash(&bytes), width, height };
        Ok(Found { photo, stamp, was_read: true })
    }
}

/// A file that is known already, or must be read.
enum Opened {
    Known(Found),
    /// And a time before it was opened.
    File(RegularFile, SystemTime),
}

/// By its ending, or by its content where the ending promises no picture; it may still be bad.
pub(crate) fn is_likely_photo(path: &Path) -> bool {
    match Promise::of(path) {
        Promise::Photo | Promise::Picture(_) => true,
        Promise::Movie(_) => false,
        Promise::Other | Promise::None => {
            RegularFile::open(path, HEAD_BYTES).is_ok_and(|open| is_image(open.head()))
        }
    }
}

fn is_image(head: &[u8]) -> bool {
    match format(head) {
        // Two letters begin a BMP, and many a text: what has another ending is none.
        Ok(ImageFormat::Bmp) | Err(Unreadable::NotAnImage | Unreadable::Empty) => false,
        Ok(_) | Err(_) => true,
    }
}
