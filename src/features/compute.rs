//! Features that are made once and not kept.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use super::batched;
use super::collect::Computed;
use super::extract::{ExtractError, Extractor};
use super::fill::start;
use super::jobs::Job;
use super::pending::Pending;
use crate::dataset::{PhotoFile, Remark, Unreadable};
use crate::spec::Distort;

/// Features of photos, and what was unusual about these.
#[derive(Default)]
pub struct ComputedOnce {
    /// A feature for each photo, or why there is none.
    pub features: Vec<Result<Vec<f32>, Unreadable>>,
    /// Of photos that were read, each with its path.
    pub remarks: Vec<(std::path::PathBuf, Remark)>,
}

/// Computes features as [`fill`](super::fill) does, without the cache: of photos that come one by one each
/// would be a file there.
///
/// A fault of the machine at a photo is that photo's reason, too: there will be others. Errors when the
/// network fails or the system gives no more threads.
pub fn compute_once(
    photos: Vec<PhotoFile>,
    extractor: &Extractor,
    threads: usize,
) -> Result<ComputedOnce, ExtractError> {
    let jobs: Vec<Job> = photos.into_iter().map(|photo| Job { photo, variants: 0 }).collect();
    let pending = Pending::new(&jobs, (0..jobs.len()).collect(), extractor, &Distort::OFF);
    let batch = AtomicUsize::new(extractor.backbone.batch());
    let threads = threads.min(jobs.len());
    let (send, results) = mpsc::sync_channel(2 * threads);
    let mut features: Vec<Option<Result<Vec<f32>, Unreadable>>> = vec![None; jobs.len()];
    std::thread::scope(|scope| {
        if extractor.backbone.batch() > 1 {
            batched::start(scope, &pending, threads, &batch, send);
        } else {
            start(scope, &pending, threads, send).map_err(candle_core::Error::wrap)?;
        }
        let collected = results.iter().try_for_each(|(job, made): Computed| {
            features[job] = Some(match made {
                Ok(mut made) => Ok(made.swap_remove(0)),
                Err(ExtractError::Photo(reason)) => Err(reason),
                Err(ExtractError::Machine(fault)) => Err(Unreadable::Fault(fault)),
                Err(err) => return Err(err),
            });
            Ok(())
        });
        pending.halt();
        drop(results);
        collected
    })?;
    let of_each = features.into_iter().map(|made| made.expect("each photo was given out"));
    Ok(ComputedOnce { features: of_each.collect(), remarks: pending.take_remarks() })
}
