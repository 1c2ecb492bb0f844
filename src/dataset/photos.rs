//! The data set: photos with their categories and sets, and what is to be said about them.

use std::collections::HashMap;
use std::path::PathBuf;

use super::categories::retrain_py_name;
use super::{DatasetError, Fold, Folds, PhotoFile, Remark, Remarks, StampDigest, Unreadable};
use crate::spec::{BatchDraw, ClassWeights, Set, Train};
use crate::store::{Verdict, shown};
use crate::words;

/// Fewer photos than this in a category are too few to learn from; retrain.py's limit.
const FEW_PHOTOS: usize = 20;
/// Warn when the largest category has this many times the photos of the smallest.
const IMBALANCE: usize = 10;
/// Warnings of one kind are given one by one up to this many; the rest is counted.
const NAMED: usize = 20;

/// What is in an experiment's folder of images: what a run trains on and what it leaves out.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The folder that the paths of photos are relative to.
    pub images: PathBuf,
    /// Names by which photos are labelled, in the order of the outputs of the trained head.
    pub categories: Vec<String>,
    /// By the category of their folders, then by the bytes of their paths, folder by folder.
    pub photos: Vec<Photo>,
    /// How they are tested in folds; `None`: there is one test set.
    pub folds: Option<Folds>,
    /// Files that are left out, movies among them.
    pub skipped: Vec<Skipped>,
    /// Photos that a person decided not to use; see [`Corrections`](crate::store::Corrections).
    pub left_out: Vec<LeftOut>,
    /// Photos that a person put under another category than their folder's.
    pub relabelled: usize,
    /// Copies among `photos`; each counts as a photo of its own.
    pub duplicates: Vec<Duplicate>,
    /// What is allowed but unusual, a sentence each, for the user to read.
    pub warnings: Vec<String>,
}

/// A photo that is used, with its category and its set.
#[derive(Clone, Debug, PartialEq)]
pub struct Photo {
    /// Relative to [`Dataset::images`].
    pub path: PathBuf,
    /// Place in [`Dataset::categories`].
    pub category: usize,
    /// What the photo is used for; a copy is always in the set of its original. With folds every
    /// photo is tested, and [`Dataset::set`] says what else it is used for.
    pub set: Set,
    /// Its place among the folds, where there are some; a copy is always in that of its original.
    pub fold: Option<Fold>,
    /// BLAKE3 of the file's bytes.
    pub hash: blake3::Hash,
    /// As of [`PhotoFile::stamp`].
    pub stamp: Option<StampDigest>,
    /// As of [`PhotoFile::was_read`].
    pub was_read: bool,
}

/// A file that is no usable photo, and why. The path is relative to [`Dataset::images`].
#[derive(Clone, Debug, PartialEq)]
pub struct Skipped {
    /// Where the file lies, or the folder when a whole folder could not be listed.
    pub path: PathBuf,
    /// What is wrong with it, as the user is told.
    pub reason: Unreadable,
}

/// A photo that a person decided not to use.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// Relative to [`Dataset::images`].
    pub path: PathBuf,
    /// Why; never a category.
    pub verdict: Verdict,
}

/// A photo with the same bytes as an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub struct Duplicate {
    /// The later one in the order of [`Dataset::photos`], relative to [`Dataset::images`].
    pub path: PathBuf,
    /// The first photo with these bytes, relative to [`Dataset::images`].
    pub of: PathBuf,
    /// False: the same picture has two labels, which is warned of.
    pub same_category: bool,
}

impl Dataset {
    /// Photos of each category in training, validation and test.
    pub fn counts(&self) -> Vec<[usize; 3]> {
        let mut counts = vec![[0; 3]; self.categories.len()];
        for photo in &self.photos {
            counts[photo.category][photo.set as usize] += 1;
        }
        counts
    }

    /// What `photo` is used for while a head is trained. With folds that is the one that is tested
    /// on the fold `tested`, or with `None` the one that is kept; without folds there is but one.
    pub fn set(&self, photo: &Photo, tested: Option<usize>) -> Set {
        match (self.folds, photo.fold) {
            (Some(folds), Some(fold)) => folds.set(fold, tested),
            _ => photo.set,
        }
    }

    /// Whether some head is trained on `photo`.
    pub fn is_trained_on(&self, photo: &Photo) -> bool {
        self.set(photo, None) == Set::Training
    }

    /// Photos on which some head is trained.
    pub fn trained_on(&self) -> usize {
        self.photos.iter().filter(|photo| self.is_trained_on(photo)).count()
    }

    /// With folds the photos of each category in every fold, and of them those that watch the
    /// training of other folds; empty without.
    pub fn fold_counts(&self) -> Vec<(Vec<usize>, usize)> {
        let Some(folds) = self.folds else { return Vec::new() };
        let mut counts = vec![(vec![0; folds.count], 0); self.categories.len()];
        for photo in &self.photos {
            if let Some(fold) = photo.fold {
                let (in_folds, watching) = &mut counts[photo.category];
                in_folds[fold.number] += 1;
                *watching += usize::from(fold.watches);
            }
        }
        counts
    }

    /// Photos for training, validation and test.
    pub fn totals(&self) -> [usize; 3] {
        self.counts()
            .into_iter()
            .fold([0; 3], |sums, counts| [0, 1, 2].map(|set| sums[set] + counts[set]))
    }

    /// Where the photo's file is.
    pub fn full_path(&self, photo: &Photo) -> PathBuf {
        self.images.join(&photo.path)
    }

    /// The photo's file, to be decoded.
    pub fn file(&self, photo: &Photo) -> PhotoFile {
        let Photo { hash, stamp, was_read, .. } = *photo;
        PhotoFile { path: self.full_path(photo), hash, stamp, was_read }
    }

    /// Moves photos that turned out unreadable, by their paths, to the skipped ones. Sets stay as
    /// they are, so check them again.
    pub fn remove_unreadable(&mut self, unreadable: Vec<Skipped>) {
        let paths: std::collections::HashSet<&PathBuf> =
            unreadable.iter().map(|skipped| &skipped.path).collect();
        self.photos.retain(|photo| !paths.contains(&photo.path));
        self.duplicates.retain(|pair| !paths.contains(&pair.path) && !paths.contains(&pair.of));
        self.skipped.extend(unreadable);
    }

    /// Adds a warning for each kind of what was unusual about photos, which are named by their full
    /// paths, and gives these warnings.
    pub fn add_remarks(&mut self, remarks: &[(PathBuf, Remark)]) -> Vec<String> {
        let mut added = Remarks::default();
        for (path, remark) in remarks {
            added.add(path.strip_prefix(&self.images).unwrap_or(path), *remark);
        }
        let lines = added.lines();
        self.warnings.extend(lines.iter().cloned());
        lines
    }

    /// Errors when a category has no photo in a set: nothing could be drawn from it, or nothing
    /// said about it.
    pub fn check_sets(&self) -> Result<(), DatasetError> {
        if let Some(folds) = self.folds {
            return self.check_folds(folds);
        }
        for (category, counts) in self.categories.iter().zip(self.counts()) {
            let total = counts.iter().sum();
            if total == 0 {
                return Err(self.empty_category(category));
            }
            if let Some(set) = Set::ALL.into_iter().find(|&set| counts[set as usize] == 0) {
                return Err(DatasetError::EmptySet {
                    category: category.clone(),
                    set,
                    total,
                    counts,
                });
            }
        }
        Ok(())
    }

    /// The same of the sets with which each fold is tested.
    fn check_folds(&self, folds: Folds) -> Result<(), DatasetError> {
        for fold in 0..folds.count {
            let mut counts = vec![[0; 3]; self.categories.len()];
            for photo in &self.photos {
                counts[photo.category][self.set(photo, Some(fold)) as usize] += 1;
            }
            for (category, counts) in self.categories.iter().zip(counts) {
                if counts == [0; 3] {
                    return Err(self.empty_category(category));
                }
                if let Some(set) = Set::ALL.into_iter().find(|&set| counts[set as usize] == 0) {
                    let (category, fold, folds) = (category.clone(), fold + 1, folds.count);
                    return Err(DatasetError::EmptyFold { category, set, fold, folds, counts });
                }
            }
        }
        Ok(())
    }

    /// Errors when more than `max_percent` of the files could not be read, or none of a category.
    pub fn check_unreadable(&self, max_percent: f64) -> Result<(), DatasetError> {
        // Phones put a movie beside each photo: it is named, and nothing is wrong with it.
        let is_movie = |skipped: &&Skipped| matches!(skipped.reason, Unreadable::Movie(_));
        let mut unreadable = self.skipped.iter().filter(|skipped| !is_movie(skipped));
        let skipped = unreadable.clone().count();
        let files = skipped + self.photos.len();
        let percent = skipped as f64 * 100.0 / files as f64;
        if let Some(first) = unreadable.next().filter(|_| percent > max_percent) {
            return Err(DatasetError::TooManyUnreadable {
                skipped,
                files,
                percent,
                max_percent,
                first: first.path.clone(),
                reason: first.reason.clone(),
            });
        }
        for (category, counts) in self.categories.iter().zip(self.counts()) {
            if counts == [0; 3] {
                return Err(self.empty_category(category));
            }
        }
        Ok(())
    }

    fn empty_category(&self, category: &str) -> DatasetError {
        let folder = crate::store::unshown(category);
        let inside = |skipped: &&Skipped| {
            // The category is the first folder of the path, or with set folders the second.
            skipped.path.iter().take(2).any(|part| part == category || part == folder.as_os_str())
        };
        let skipped = self.skipped.iter().filter(inside).count();
        DatasetError::EmptyCategory { category: category.to_owned(), skipped }
    }

    /// Finds equal photos and lets each follow the first one's set: a photo that is trained on must
    /// not be tested on.
    pub(crate) fn join_duplicates(&mut self) {
        let (mut across_categories, mut across_sets) = (Vec::new(), Vec::new());
        for (place, original) in self.copies() {
            let (of, copy) = (self.photos[original].clone(), &mut self.photos[place]);
            let pair = format!("{} and {}", shown(&of.path), shown(&copy.path));
            let same_category = of.category == copy.category;
            if !same_category {
                across_categories.push(pair);
            } else if (of.set, of.fold) != (copy.set, copy.fold) {
                across_sets.push(pair);
            }
            (copy.set, copy.fold) = (of.set, of.fold);
            let (path, of) = (copy.path.clone(), of.path);
            self.duplicates.push(Duplicate { path, of, same_category });
        }
        self.name_pairs(across_categories, "are the same photo in two categories; remove one");
        let part = self.part_name();
        let what = format!("are the same photo; the second is in the {part} of the first");
        self.name_pairs(across_sets, &what);
    }

    /// The places of photos that are copies of earlier ones, each with that of the first, in order.
    fn copies(&self) -> Vec<(usize, usize)> {
        // Sorted, as a table of a million hashes takes much memory.
        let hash = |place: u32| self.photos[place as usize].hash;
        let mut places: Vec<u32> = (0..self.photos.len() as u32).collect();
        places
            .sort_unstable_by(|&a, &b| hash(a).as_bytes().cmp(hash(b).as_bytes()).then(a.cmp(&b)));
        let same = places.chunk_by(|&a, &b| hash(a) == hash(b));
        let copies = same.flat_map(|same| same[1..].iter().map(|&copy| (copy, same[0])));
        let mut copies: Vec<_> =
            copies.map(|(copy, first)| (copy as usize, first as usize)).collect();
        copies.sort_unstable();
        copies
    }

    /// What photos are shared out to, in a word.
    pub fn part_name(&self) -> &'static str {
        if self.folds.is_some() { "fold" } else { "set" }
    }

    fn name_pairs(&mut self, pairs: Vec<String>, what: &str) {
        let warnings = pairs.into_iter().map(|pair| format!("{pair} {what}")).collect();
        self.warn_of_each(warnings, &format!("pairs that {what}"));
    }

    /// Adds warnings of one kind, `more` of them in one sentence.
    fn warn_of_each(&mut self, warnings: Vec<String>, more: &str) {
        let rest = warnings.len().saturating_sub(NAMED);
        self.warnings.extend(warnings.into_iter().take(NAMED));
        if rest > 0 {
            self.warnings.push(format!("and {rest} more {more}"));
        }
    }

    /// Says what is allowed but likely to disappoint.
    pub(crate) fn add_warnings(&mut self, train: &Train) {
        let totals: Vec<usize> = self.counts().iter().map(|sets| sets.iter().sum()).collect();
        let few = self.categories.iter().zip(&totals);
        let few = few.filter(|(_, total)| (1..FEW_PHOTOS).contains(*total)).map(|(name, total)| {
            let photos = words::counted(*total, "photo");
            format!("category '{name}' has only {photos}; {FEW_PHOTOS} or more work better")
        });
        let more = format!("categories with fewer than {FEW_PHOTOS} photos");
        self.warn_of_each(few.collect(), &more);
        let smallest = (0..totals.len()).filter(|&i| totals[i] > 0).min_by_key(|&i| totals[i]);
        let largest = (0..totals.len()).max_by_key(|&i| totals[i]);
        if let (Some(small), Some(large)) = (smallest, largest)
            && totals[large] >= IMBALANCE * totals[small]
        {
            self.warnings.push(format!(
                "category '{}' has {} photos, '{}' only {}: {}",
                self.categories[large],
                totals[large],
                self.categories[small],
                totals[small],
                against_imbalance(train)
            ));
        }
        let mut by_label: HashMap<String, &str> = HashMap::new();
        let mut same_label = Vec::new();
        for name in &self.categories {
            let label = retrain_py_name(name);
            if let Some(other) = by_label.insert(label.clone(), name) {
                same_label.push(format!(
                    "categories '{other}' and '{name}' were one to retrain.py: both '{label}'"
                ));
            }
        }
        self.warn_of_each(same_label, "categories that were one to retrain.py");
    }
}
/// What is done, or to be done, for a small category beside a large one.
fn against_imbalance(train: &Train) -> &'static str {
    let is_weighed = train.class_weights != ClassWeights::None;
    match train.draw {
        BatchDraw::Natural if !is_weighed => {
            "train.draw = \"natural\" mostly teaches the large one; consider \"balanced\""
        }
        BatchDraw::Balanced if train.early_stop > 0 && !is_weighed => {
            "training takes both as often, but early stopping mostly watches the large one; consider \
             train.class_weights = \"balanced\""
        }
        _ => {
            "both count the same in training; the accuracy is mostly that of the large one, so look at \
             each category's recall, and more photos of the small one help most"
        }
    }
}
