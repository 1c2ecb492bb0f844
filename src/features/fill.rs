//! Fills the cache with the features that a run needs and that are not there.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::cache::{Cache, CacheError};
use super::extract::{ExtractError, Extractor};
use super::key::{RowKey, distorted_row, plain_row};
use super::room::Room;
use crate::dataset::{self, Unreadable};
use crate::random::Rng;
use crate::spec::Distort;

/// A killed worker loses at most the shard in progress: so many features, or those of so long.
const SHARD_ROWS: usize = 64;
const SHARD_TIME: Duration = Duration::from_secs(20);
/// Time between two reports of progress.
const NEWS: Duration = Duration::from_millis(250);

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

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Photos that are done, from the cache or computed or skipped.
    pub done: usize,
    pub total: usize,
    pub from_cache: usize,
    pub skipped: usize,
    /// Photos computed per second so far; 0 while there is none.
    pub images_per_second: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum FillError<E> {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("{}: {source}", file.display())]
    Extract { file: PathBuf, source: ExtractError },
    #[error("the threads of the feature stage cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// What `report` answered.
    #[error("{0:#}")]
    Report(E),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Filled {
    pub progress: Progress,
    /// Job number and reason of each photo that could not be read.
    pub unreadable: Vec<(usize, Unreadable)>,
    /// It was stopped before the end; what was computed is kept.
    pub stopped: bool,
}

/// Computes the missing features on `threads` threads, one photo a thread, and writes them in
/// shards. `stop` is looked at after every photo; `report` hears of the progress four times a
/// second.
pub fn fill<E>(
    jobs: &[Job],
    extractor: &Extractor,
    distort: &Distort,
    cache: &mut Cache,
    threads: usize,
    stop: &dyn Fn() -> bool,
    report: &mut dyn FnMut(Progress) -> Result<(), E>,
) -> Result<Filled, FillError<E>> {
    let missing = missing_jobs(jobs, distort, cache);
    let from_cache = jobs.len() - missing.len();
    let total = jobs.len();
    let mut filled = Filled::default();
    filled.progress = Progress { done: from_cache, total, from_cache, ..filled.progress };
    report(filled.progress).map_err(FillError::Report)?;

    let next = AtomicUsize::new(0);
    let halt = AtomicBool::new(false);
    let memory = Memory { files: Room::new(FILE_BYTES), photos: Room::new(PHOTO_BYTES) };
    let (send, results) = mpsc::sync_channel(2 * threads);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(missing.len()) {
            // Candle shares one convolution among the threads of the rayon pool it is called in. A
            // pool of one thread for each photo keeps every core busy without any such sharing,
            // and gives the same bits however many threads there are.
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
            let (send, next, halt, missing) = (send.clone(), &next, &halt, &missing);
            let memory = &memory;
            scope.spawn(move || {
                while !halt.load(Ordering::Relaxed) {
                    let Some(&job) = missing.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        break;
                    };
                    let features = pool.install(|| compute(&jobs[job], extractor, distort, memory));
                    if send.send((job, features)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut collect = Collect { jobs, distort, cache, shard: Shard::default() };
        let result = collect.all(&results, &mut filled, stop, report);
        // Also after an error the threads must end, and what is computed is worth keeping.
        halt.store(true, Ordering::Relaxed);
        drop(results);
        result.and(collect.flush())
    })?;
    if !filled.stopped {
        filled.unreadable.extend(unreadable_twins(jobs, &filled.unreadable, distort, cache));
    }
    report(filled.progress).map_err(FillError::Report)?;
    Ok(filled)
}

/// Photos with the same bytes as an unreadable one, which were not looked at themselves.
fn unreadable_twins(
    jobs: &[Job],
    unreadable: &[(usize, Unreadable)],
    distort: &Distort,
    cache: &Cache,
) -> Vec<(usize, Unreadable)> {
    let reasons: HashMap<blake3::Hash, &(usize, Unreadable)> =
        unreadable.iter().map(|bad| (jobs[bad.0].hash, bad)).collect();
    let twin = |(number, job): (usize, &Job)| {
        let (looked_at, reason) = reasons.get(&job.hash)?;
        let lacks = job.rows(distort).iter().any(|row| !cache.contains(row));
        (lacks && number != *looked_at).then(|| (number, reason.clone()))
    };
    jobs.iter().enumerate().filter_map(twin).collect()
}

/// Numbers of the jobs that lack a feature. Of photos with the same bytes only the first is
/// computed.
fn missing_jobs(jobs: &[Job], distort: &Distort, cache: &Cache) -> Vec<usize> {
    let mut seen = HashSet::new();
    let lacks = |job: &Job, seen: &mut HashSet<RowKey>| {
        let rows = job.rows(distort);
        rows.iter().any(|row| !cache.contains(row)) && seen.insert(rows[0])
    };
    (0..jobs.len()).filter(|&number| lacks(&jobs[number], &mut seen)).collect()
}

/// What the threads share of memory.
struct Memory {
    files: Room,
    photos: Room,
}

/// Reads one photo and runs the network on it, or on each of its variants.
fn compute(
    job: &Job,
    extractor: &Extractor,
    distort: &Distort,
    memory: &Memory,
) -> Result<Vec<Vec<f32>>, ExtractError> {
    let distort = if job.variants == 0 { &Distort::OFF } else { distort };
    let file_bytes = std::fs::metadata(&job.file).map_or(0, |metadata| metadata.len());
    let file_share = memory.files.take(file_bytes.min(dataset::MAX_FILE_BYTES));
    let bytes = dataset::read_file(&job.file)?;
    if blake3::hash(&bytes) != job.hash {
        return Err(Unreadable::Changed.into());
    }
    let photo_share = memory.photos.take(extractor.decoding_bytes(&bytes, distort)?);
    let photo = extractor.decode(&bytes, distort)?;
    drop((bytes, file_share));
    if job.variants == 0 {
        let pixels = extractor.pixels(&photo);
        drop((photo, photo_share));
        return Ok(vec![extractor.feature(&pixels)?]);
    }
    // A variant's numbers come from what names it, so that it is the same in every run.
    job.rows(distort)
        .iter()
        .map(|row| {
            let seed = u64::from_le_bytes(row[..8].try_into().expect("a row key has 32 bytes"));
            extractor.distorted(&photo, distort, &mut Rng::for_purpose(seed, "distortion"))
        })
        .collect()
}

/// Features that wait to be written.
#[derive(Default)]
struct Shard {
    keys: Vec<RowKey>,
    features: Vec<f32>,
    since: Option<Instant>,
}

/// The collecting side of `fill`.
struct Collect<'a> {
    jobs: &'a [Job],
    distort: &'a Distort,
    cache: &'a mut Cache,
    shard: Shard,
}

type Computed = (usize, Result<Vec<Vec<f32>>, ExtractError>);

impl Collect<'_> {
    fn all<E>(
        &mut self,
        results: &mpsc::Receiver<Computed>,
        filled: &mut Filled,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress) -> Result<(), E>,
    ) -> Result<(), FillError<E>> {
        let start = Instant::now();
        let mut reported = start;
        loop {
            match results.recv_timeout(NEWS.saturating_sub(reported.elapsed())) {
                Ok((job, features)) => self.one(job, features, filled)?,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            }
            let progress = &mut filled.progress;
            let computed = progress.done - progress.from_cache - progress.skipped;
            progress.images_per_second = computed as f64 / start.elapsed().as_secs_f64();
            if reported.elapsed() >= NEWS {
                reported = Instant::now();
                report(*progress).map_err(FillError::Report)?;
            }
            if stop() {
                filled.stopped = true;
                return Ok(());
            }
        }
    }

    fn one<E>(
        &mut self,
        job: usize,
        features: Result<Vec<Vec<f32>>, ExtractError>,
        filled: &mut Filled,
    ) -> Result<(), FillError<E>> {
        filled.progress.done += 1;
        match features {
            Ok(features) => {
                self.shard.keys.extend(self.jobs[job].rows(self.distort));
                self.shard.features.extend(features.into_iter().flatten());
                let since = *self.shard.since.get_or_insert_with(Instant::now);
                if self.shard.keys.len() >= SHARD_ROWS || since.elapsed() >= SHARD_TIME {
                    self.flush()?;
                }
            }
            Err(ExtractError::Photo(reason)) => {
                filled.progress.skipped += 1;
                filled.unreadable.push((job, reason));
            }
            Err(source) => {
                return Err(FillError::Extract { file: self.jobs[job].file.clone(), source });
            }
        }
        Ok(())
    }

    fn flush<E>(&mut self) -> Result<(), FillError<E>> {
        let shard = std::mem::take(&mut self.shard);
        if !shard.keys.is_empty() {
            self.cache.insert(&shard.keys, &shard.features)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "fill_tests.rs"]
mod tests;
