//! The feature stage for a network that wants batches: the threads read photos ahead of it, as far
//! as a queue of one batch lets them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::Scope;

use super::collect::Computed;
use super::extract::ExtractError;
use super::pending::Pending;
use crate::nets::is_out_of_memory;

/// One picture of a job, on its way to the network.
struct Picture {
    job: usize,
    /// `[3, side, side]`
    planes: Vec<f32>,
}

/// Starts `threads` threads that read photos, and one that runs the network on batches of them.
///
/// `batch` is the size of a batch. It is halved when the device is out of memory, which fails the
/// stage only when there is not even memory for one picture.
pub(super) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    pending: &'scope Pending,
    threads: usize,
    batch: &'scope AtomicUsize,
    send: SyncSender<Computed>,
) {
    let (hand_over, pictures) = mpsc::sync_channel(batch.load(Ordering::Relaxed));
    for _ in 0..threads {
        let (hand_over, send) = (hand_over.clone(), send.clone());
        scope.spawn(move || read(pending, &hand_over, &send));
    }
    let (waiting, done) = Default::default();
    scope.spawn(move || Batches { pending, batch, send, waiting, done }.run(&pictures));
}

/// Reads one photo after the other, until there is none left or nobody to hand them to.
fn read(pending: &Pending, hand_over: &SyncSender<Picture>, send: &SyncSender<Computed>) {
    while let Some(job) = pending.take() {
        let handed_over = match pending.pictures(job) {
            Ok(mut pictures) => {
                pictures.all(|planes| hand_over.send(Picture { job, planes }).is_ok())
            }
            Err(error) => send.send((job, Err(error))).is_ok(),
        };
        if !handed_over {
            return;
        }
    }
}

/// The thread that runs the network.
struct Batches<'a> {
    pending: &'a Pending<'a>,
    batch: &'a AtomicUsize,
    send: SyncSender<Computed>,
    /// Pictures of the batch that is being filled.
    waiting: Vec<Picture>,
    /// Features of jobs that have more pictures to come.
    done: HashMap<usize, Vec<Vec<f32>>>,
}

impl Batches<'_> {
    /// Until there are no more pictures, or nobody wants their features.
    fn run(mut self, pictures: &Receiver<Picture>) {
        loop {
            let batch = self.batch.load(Ordering::Relaxed);
            self.waiting.extend(pictures.iter().take(batch));
            if self.waiting.is_empty() || self.pending.is_halted() || !self.compute() {
                return;
            }
        }
    }

    /// Runs the network on the pictures that wait; whether to go on.
    fn compute(&mut self) -> bool {
        while !self.waiting.is_empty() {
            let batch = self.batch.load(Ordering::Relaxed);
            let pictures: Vec<&[f32]> =
                self.waiting.iter().take(batch).map(|picture| &picture.planes[..]).collect();
            match self.pending.extractor.features(&pictures, batch) {
                Ok(features) => {
                    let jobs: Vec<usize> =
                        self.waiting.drain(..features.len()).map(|picture| picture.job).collect();
                    if !jobs.into_iter().zip(features).all(|(job, f)| self.finish(job, f)) {
                        return false;
                    }
                }
                Err(ExtractError::Network(error)) if batch > 1 && is_out_of_memory(&error) => {
                    self.batch.store(batch / 2, Ordering::Relaxed);
                }
                Err(error) => {
                    let _ = self.send.send((self.waiting[0].job, Err(error)));
                    return false;
                }
            }
        }
        true
    }

    /// Keeps a feature until its job has all of them; whether anybody wants more.
    fn finish(&mut self, job: usize, feature: Vec<f32>) -> bool {
        let features = self.done.entry(job).or_default();
        features.push(feature);
        // Pictures of one job are handed over in their order, and stay in it.
        if features.len() < self.pending.jobs.variants(job) {
            return true;
        }
        let features = self.done.remove(&job).unwrap_or_default();
        self.send.send((job, Ok(features))).is_ok()
    }
}
