//! Fills the cache with the features that a run needs and that are not there.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{self, SyncSender};
use std::thread::Scope;

use super::batched;
use super::cache::Cache;
use super::collect::{Collector, Computed, FillError, Filled, Progress, UnwrittenShard};
use super::extract::{ExtractError, Extractor};
use super::jobs::Jobs;
use super::key::RowKey;
use super::pending::Pending;
use crate::dataset::Unreadable;
use crate::spec::Distort;

/// Computes the features that are missing or damaged and writes them in shards: on `threads`
/// threads, one photo a thread, or, where the network wants batches, on one thread for which they
/// read the photos. `stop` is looked at after every photo; `report` hears of the progress four times
/// a second.
pub fn fill<E>(
    jobs: &dyn Jobs,
    extractor: &Extractor,
    distort: &Distort,
    cache: &mut Cache,
    threads: usize,
    stop: &dyn Fn() -> bool,
    report: &mut dyn FnMut(Progress) -> Result<(), E>,
) -> Result<Filled, FillError<E>> {
    cache.check((0..jobs.count()).flat_map(|number| jobs.rows(number, distort)));
    let pending = Pending::new(jobs, missing_jobs(jobs, distort, cache), extractor, distort);
    let batch = AtomicUsize::new(extractor.backbone.batch());
    let (total, from_cache) = (jobs.count(), jobs.count() - pending.len());
    let mut filled = Filled::default();
    let progress = &mut filled.progress;
    (progress.done, progress.total, progress.from_cache) = (from_cache, total, from_cache);
    progress.batch = extractor.backbone.batch();
    report(*progress).map_err(FillError::Report)?;

    let threads = threads.min(pending.len());
    let (send, results) = mpsc::sync_channel(2 * threads);
    std::thread::scope(|scope| {
        if extractor.backbone.batch() > 1 {
            batched::start(scope, &pending, threads, &batch, send);
        } else {
            start(scope, &pending, threads, send)?;
        }
        let (shard, batch) = (UnwrittenShard::default(), &batch);
        let mut collector = Collector { jobs, distort, cache, shard, written: 0, batch };
        let result = collector.collect(&results, &mut filled, stop, report);
        // Also after an error the threads must end, and what is computed is worth keeping.
        pending.halt();
        drop(results);
        result.and(collector.flush())
    })?;
    filled.remarks = pending.take_remarks();
    if !filled.stopped {
        filled.unreadable.extend(unreadable_twins(jobs, &filled.unreadable, distort, cache));
    }
    report(filled.progress).map_err(FillError::Report)?;
    Ok(filled)
}

/// Starts threads that read one photo after the other and run the network on each.
pub(super) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    pending: &'scope Pending,
    threads: usize,
    send: SyncSender<Computed>,
) -> Result<(), rayon::ThreadPoolBuildError> {
    for _ in 0..threads {
        // Candle shares one convolution among the threads of the rayon pool it is called in. A
        // pool of one thread for each photo keeps every core busy without any such sharing,
        // and gives the same bits however many threads there are.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        let send = send.clone();
        scope.spawn(move || {
            while let Some(job) = pending.take() {
                let features = pool.install(|| compute(pending, job));
                if send.send((job, features)).is_err() {
                    break;
                }
            }
        });
    }
    Ok(())
}

/// Reads one photo and runs the network on it, or on each of its variants.
fn compute(pending: &Pending, job: usize) -> Result<Vec<Vec<f32>>, ExtractError> {
    let mut features = Vec::new();
    for picture in pending.pictures(job)? {
        features.extend(pending.extractor.features(&[&picture], 1)?);
    }
    Ok(features)
}

/// Photos with the same bytes as an unreadable one, which were not looked at themselves.
fn unreadable_twins(
    jobs: &dyn Jobs,
    unreadable: &[(usize, Unreadable)],
    distort: &Distort,
    cache: &Cache,
) -> Vec<(usize, Unreadable)> {
    let reasons: HashMap<blake3::Hash, &(usize, Unreadable)> =
        unreadable.iter().map(|bad| (jobs.hash(bad.0), bad)).collect();
    let twin = |number: usize| {
        let (looked_at, reason) = reasons.get(&jobs.hash(number))?;
        let lacks = jobs.rows(number, distort).iter().any(|row| !cache.contains(row));
        (lacks && number != *looked_at).then(|| (number, reason.clone()))
    };
    (0..jobs.count()).filter_map(twin).collect()
}

/// Numbers of the jobs that lack a feature. Of photos with the same bytes only the first is
/// computed.
fn missing_jobs(jobs: &dyn Jobs, distort: &Distort, cache: &Cache) -> Vec<usize> {
    let mut seen: HashSet<RowKey> = HashSet::new();
    let mut lacks = |number: &usize| {
        let rows = jobs.rows(*number, distort);
        rows.iter().any(|row| !cache.contains(row)) && seen.insert(rows[0])
    };
    (0..jobs.count()).filter(|number| lacks(number)).collect()
}

#[cfg(test)]
#[path = "fill_tests.rs"]
mod tests;
