//! The photos whose features are wanted, and those of them that are still to be computed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::extract::{ExtractError, Extractor};
use super::key::{RowKey, distorted_row, plain_row};
use super::room::Room;
use crate::dataset::{self, Unreadable};
use crate::random::Rng;
use crate::spec::Distort;

/// What all threads together may hold of files, and of photos that are being decoded; one larger
/// photo gets in alone. Files first, so that nobody who decodes waits for somebody who reads.
const FILE_BYTES: u64 = 128 << 20;
const PHOTO_BYTES: u64 = 256 << 20;

/// One photo, and the features wanted of it.
#[derive(Clone, Debug)]
pub struct Job {
    pub file: PathBuf,
    /// Hash of the file's bytes when the photos were listed.
    pub hash: blake3::Hash,
    /// Wanted distorted variants; empty: the photo as it is.
    pub variants: usize,
}

impl Job {
    /// The rows of this photo's features: one, or one a variant.
    pub fn rows(&self, distort: &Distort) -> Vec<RowKey> {
        match self.variants {
            0 => vec![plain_row(&self.hash)],
            n => (0..n).map(|variant| distorted_row(&self.hash, distort, variant)).collect(),
        }
    }
}

/// The jobs to be computed, given out one by one to the threads that ask.
pub(super) struct Todo<'a> {
    pub jobs: &'a [Job],
    pub extractor: &'a Extractor,
    pub distort: &'a Distort,
    /// Numbers of jobs.
    missing: Vec<usize>,
    /// Place in `missing`.
    next: AtomicUsize,
    halted: AtomicBool,
    files: Room,
    photos: Room,
}

impl<'a> Todo<'a> {
    pub fn new(
        jobs: &'a [Job],
        missing: Vec<usize>,
        extractor: &'a Extractor,
        distort: &'a Distort,
    ) -> Todo<'a> {
        let (next, halted) = Default::default();
        let (files, photos) = (Room::new(FILE_BYTES), Room::new(PHOTO_BYTES));
        Todo { jobs, extractor, distort, missing, next, halted, files, photos }
    }

    pub fn len(&self) -> usize {
        self.missing.len()
    }

    /// The number of the next job; `None` when all are given out, or no more are to be.
    pub fn take(&self) -> Option<usize> {
        if self.is_halted() {
            return None;
        }
        self.missing.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }

    /// No more jobs are given out.
    pub fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    pub fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }

    /// Reads a job's photo; its pictures as the network takes them, one a row, are made as they are
    /// asked for.
    pub fn pictures(
        &self,
        job: usize,
    ) -> Result<Box<dyn Iterator<Item = Vec<f32>> + '_>, ExtractError> {
        let job = &self.jobs[job];
        let distort = if job.variants == 0 { &Distort::OFF } else { self.distort };
        let file_bytes = std::fs::metadata(&job.file).map_or(0, |metadata| metadata.len());
        let file_share = self.files.take(file_bytes.min(dataset::MAX_FILE_BYTES));
        let bytes =
            dataset::read_file(&job.file).map_err(|reason| {
                match dataset::fault_behind(&job.file, &reason, true) {
                    Some(fault) => ExtractError::Machine(fault),
                    None => reason.into(),
                }
            })?;
        if blake3::hash(&bytes) != job.hash {
            return Err(Unreadable::Changed.into());
        }
        let photo_share = self.photos.take(self.extractor.decoding_bytes(&bytes, distort)?);
        let photo = self.extractor.decode(&bytes, distort)?;
        drop((bytes, file_share));
        if job.variants == 0 {
            return Ok(Box::new(std::iter::once(self.extractor.picture(&photo))));
        }
        Ok(Box::new(job.rows(distort).into_iter().map(move |row| {
            let _ = &photo_share;
            // A variant's numbers come from what names it, so that it is the same in every run.
            let seed = u64::from_le_bytes(row[..8].try_into().expect("a row key has 32 bytes"));
            self.extractor.distorted(&photo, distort, &mut Rng::for_purpose(seed, "distortion"))
        })))
    }
}
