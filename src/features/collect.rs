//! The receiving side of the feature stage: what was computed goes into shards and into the
//! progress.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::cache::Cache;
use super::cache_error::CacheError;
use super::extract::ExtractError;
use super::jobs::Jobs;
use super::key::RowKey;
use crate::dataset::{Remark, Unreadable};
use crate::spec::Distort;

/// A shard is written when it has this many features, or a part of all so far, or is this old: a killed
/// worker loses no more. Shards grow with their number, or a million photos were 16,000 files.
const SHARD_ROWS: usize = 64;
const SHARD_PART: usize = 16;
const MOST_SHARD_ROWS: usize = 1024;
const SHARD_TIME: Duration = Duration::from_secs(20);
/// Time between two reports of progress.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// How far the feature stage is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Photos that are done, from the cache or computed or skipped.
    pub done: usize,
    /// Photos there are.
    pub total: usize,
    /// Photos whose features were there already.
    pub from_cache: usize,
    /// Photos that could not be read.
    pub skipped: usize,
    /// Photos computed per second so far; 0 while there is none.
    pub images_per_second: f64,
    /// Pictures that the network is given at a time; fewer than at first where the device ran out of
    /// memory.
    pub batch: usize,
    /// The job that was computed last.
    pub latest: Option<usize>,
}

/// Why the feature stage cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FillError<E> {
    /// Computed features could not be written to the cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The machine or the network failed at a photo; a bad photo is only skipped.
    #[error("{}: {source}", file.display())]
    Extract {
        /// The photo at which it happened, by its full path.
        file: PathBuf,
        /// The machine's or the network's failure.
        source: ExtractError,
    },
    /// The system gave no more threads.
    #[error("the threads of the feature stage cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// What `report` answered.
    #[error("{0:#}")]
    Report(E),
}

/// What [`fill`](super::fill) has done.
#[derive(Debug, Default)]
pub struct Filled {
    /// As reported last.
    pub progress: Progress,
    /// Job number and reason of each photo that could not be read.
    pub unreadable: Vec<(usize, Unreadable)>,
    /// What was unusual about photos that were read, each with its path.
    pub remarks: Vec<(PathBuf, Remark)>,
    /// It was stopped before the end; what was computed is kept.
    pub stopped: bool,
}

/// A job's number, and a feature for each of its rows.
pub(super) type Computed = (usize, Result<Vec<Vec<f32>>, ExtractError>);

/// Features that wait to be written.
#[derive(Default)]
pub(super) struct UnwrittenShard {
    keys: Vec<RowKey>,
    features: Vec<f32>,
    since: Option<Instant>,
}

/// The receiving side of [`fill`](super::fill).
pub(super) struct Collector<'a> {
    pub jobs: &'a dyn Jobs,
    pub distort: &'a Distort,
    pub cache: &'a mut Cache,
    pub shard: UnwrittenShard,
    /// Features that were written.
    pub written: usize,
    /// Pictures that the network is given at a time now.
    pub batch: &'a AtomicUsize,
}

impl Collector<'_> {
    /// Takes what the threads compute until all is there, `stop` says so, or something fails.
    pub fn collect<E>(
        &mut self,
        results: &mpsc::Receiver<Computed>,
        filled: &mut Filled,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress) -> Result<(), E>,
    ) -> Result<(), FillError<E>> {
        let start = Instant::now();
        let mut reported = start;
        loop {
            match results.recv_timeout(REPORT_INTERVAL.saturating_sub(reported.elapsed())) {
                Ok((job, features)) => self.receive(job, features, filled)?,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            }
            let progress = &mut filled.progress;
            progress.batch = self.batch.load(Ordering::Relaxed);
            let computed = progress.done - progress.from_cache - progress.skipped;
            progress.images_per_second = computed as f64 / start.elapsed().as_secs_f64();
            if reported.elapsed() >= REPORT_INTERVAL {
                reported = Instant::now();
                report(*progress).map_err(FillError::Report)?;
            }
            if stop() {
                filled.stopped = true;
                return Ok(());
            }
        }
    }

    fn receive<E>(
        &mut self,
        job: usize,
        features: Result<Vec<Vec<f32>>, ExtractError>,
        filled: &mut Filled,
    ) -> Result<(), FillError<E>> {
        filled.progress.done += 1;
        match features {
            Ok(features) => {
                filled.progress.latest = Some(job);
                self.shard.keys.extend(self.jobs.rows(job, self.distort));
                self.shard.features.extend(features.into_iter().flatten());
                let since = *self.shard.since.get_or_insert_with(Instant::now);
                let enough = (self.written / SHARD_PART).clamp(SHARD_ROWS, MOST_SHARD_ROWS);
                if self.shard.keys.len() >= enough || since.elapsed() >= SHARD_TIME {
                    self.flush()?;
                }
            }
            Err(ExtractError::Photo(reason)) => {
                filled.progress.skipped += 1;
                filled.unreadable.push((job, reason));
            }
            Err(source) => {
                return Err(FillError::Extract { file: self.jobs.job(job).photo.path, source });
            }
        }
        Ok(())
    }

    /// Writes the features that wait.
    pub fn flush<E>(&mut self) -> Result<(), FillError<E>> {
        let shard = std::mem::take(&mut self.shard);
        if !shard.keys.is_empty() {
            self.cache.insert(&shard.keys, &shard.features)?;
            self.written += shard.keys.len();
        }
        Ok(())
    }
}
