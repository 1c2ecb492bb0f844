//! The jobs whose features are still to be computed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::extract::{ExtractError, Extractor};
use super::jobs::Jobs;
use super::key::row_keys;
use crate::dataset::{PhotoReader, Remark};
use crate::random::Rng;
use crate::spec::Distort;

/// The jobs to be computed, given out one by one to the threads that ask.
pub(super) struct Pending<'a> {
    pub jobs: &'a dyn Jobs,
    pub extractor: &'a Extractor,
    pub distort: &'a Distort,
    /// Numbers of the jobs whose features are not in the cache.
    missing: Vec<usize>,
    /// Place in `missing`.
    next: AtomicUsize,
    halted: AtomicBool,
    reader: PhotoReader,
}

impl<'a> Pending<'a> {
    pub fn new(
        jobs: &'a dyn Jobs,
        missing: Vec<usize>,
        extractor: &'a Extractor,
        distort: &'a Distort,
    ) -> Pending<'a> {
        let (next, halted) = Default::default();
        let reader = PhotoReader::new(extractor.decode_rule, extractor.max_megapixels);
        Pending { jobs, extractor, distort, missing, next, halted, reader }
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

    /// What was unusual about the photos that were read so far, each with its path.
    pub fn take_remarks(&self) -> Vec<(PathBuf, Remark)> {
        self.reader.take_remarks()
    }

    /// Reads a job's photo; its pictures as the network takes them, one a row, are made as they are
    /// asked for.
    pub fn pictures(
        &self,
        job: usize,
    ) -> Result<Box<dyn Iterator<Item = Vec<f32>> + '_>, ExtractError> {
        let job = self.jobs.job(job);
        let distort = if job.variants == 0 { &Distort::OFF } else { self.distort };
        let photo = self.reader.read(&job.photo, self.extractor.detail(distort))?;
        if job.variants == 0 {
            return Ok(Box::new(std::iter::once(self.extractor.picture(&photo.pixels))));
        }
        let rows = row_keys(&job.photo.hash, distort, job.variants);
        Ok(Box::new(rows.into_iter().map(move |row| {
            // A variant's numbers come from what names it, so that it is the same in every run.
            let seed = u64::from_le_bytes(row[..8].try_into().expect("a row key has 32 bytes"));
            let mut rng = Rng::for_purpose(seed, "distortion");
            self.extractor.distorted(&photo.pixels, distort, &mut rng)
        })))
    }
}
