//! The photos whose features are wanted.

use super::key::{RowKey, row_keys};
use crate::dataset::{Dataset, PhotoFile};
use crate::spec::Distort;

/// One photo, and the features wanted of it.
#[derive(Clone, Debug)]
pub struct Job {
    /// The photo's file, which was hashed.
    pub photo: PhotoFile,
    /// Distorted variants that are wanted; 0: the photo as it is.
    pub variants: usize,
}

/// Jobs by their numbers from 0. A million of them are more than should be in memory at once, so each is
/// made when it is asked for.
pub trait Jobs: Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// One of them.
    fn job(&self, number: usize) -> Job;

    /// The hash of its photo's bytes.
    fn hash(&self, number: usize) -> blake3::Hash;

    /// Distorted variants that are wanted of it; 0: the photo as it is.
    fn variants(&self, number: usize) -> usize;

    /// The rows of its photo's features: one, or one a variant.
    fn rows(&self, number: usize, distort: &Distort) -> Vec<RowKey> {
        row_keys(&self.hash(number), distort, self.variants(number))
    }
}

impl Jobs for Vec<Job> {
    fn count(&self) -> usize {
        self.len()
    }

    fn job(&self, number: usize) -> Job {
        self[number].clone()
    }

    fn hash(&self, number: usize) -> blake3::Hash {
        self[number].photo.hash
    }

    fn variants(&self, number: usize) -> usize {
        self[number].variants
    }
}

/// What a run needs of its photos: each as it is, then the distorted variants of those that some head is
/// trained on.
pub struct RunJobs<'a> {
    dataset: &'a Dataset,
    /// Places of the photos that variants are wanted of.
    distorted: Vec<u32>,
    copies: usize,
}

impl<'a> RunJobs<'a> {
    /// The jobs for all photos of the data set.
    pub fn of(dataset: &'a Dataset, distort: &Distort) -> RunJobs<'a> {
        let is_distorted = |&place: &u32| {
            !distort.is_off() && dataset.is_trained_on(&dataset.photos[place as usize])
        };
        let distorted = (0..dataset.photos.len() as u32).filter(is_distorted).collect();
        RunJobs { dataset, distorted, copies: distort.copies }
    }

    /// The place in the data set of a job's photo.
    pub fn photo(&self, number: usize) -> usize {
        match number.checked_sub(self.dataset.photos.len()) {
            None => number,
            Some(distorted) => self.distorted[distorted] as usize,
        }
    }
}

impl Jobs for RunJobs<'_> {
    fn count(&self) -> usize {
        self.dataset.photos.len() + self.distorted.len()
    }

    fn job(&self, number: usize) -> Job {
        let photo = &self.dataset.photos[self.photo(number)];
        Job { photo: self.dataset.file(photo), variants: self.variants(number) }
    }

    fn hash(&self, number: usize) -> blake3::Hash {
        self.dataset.photos[self.photo(number)].hash
    }

    fn variants(&self, number: usize) -> usize {
        if number < self.dataset.photos.len() { 0 } else { self.copies }
    }
}
