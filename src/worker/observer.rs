//! Between the training loop and the run folder: what is news goes to the log, checkpoints to
//! their file, a person's requests to the loop.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::kept_heads::KeptHeads;
use super::reporter::Reporter;
use super::requests::Requests;
use crate::store::{Event, Stop, explain, write_atomically};
use crate::train::{Checkpoint, Head, Observer, Progress};

/// Time between two checkpoints: a killed worker's successor computes no more than that again.
const EVERY: Duration = Duration::from_secs(3);
/// A checkpoint that takes long is followed by a pause of this many times as long, so that
/// checkpoints take at most 2 % of the time.
const TIMES_ITS_COST: u32 = 50;
/// Largest relative difference of two numbers that are the same: JSON may change the last bit.
const SAME: f64 = 1e-12;

/// Reports every iteration once, also when a worker that goes on with a run computes it again.
pub(super) struct RunObserver<'a> {
    reporter: &'a mut Reporter,
    requests: &'a Requests,
    path: PathBuf,
    /// Names the training that the checkpoints belong to.
    name: blake3::Hash,
    /// The last iteration and the last evaluation that earlier workers have reported.
    reported: (usize, usize),
    has_differed: bool,
    due: Instant,
    /// The head is one of several, without which there is no result that could be kept.
    only_pauses: bool,
    /// Where heads are kept on the way, if they are.
    kept_heads: Option<KeptHeads>,
}

impl<'a> RunObserver<'a> {
    pub fn new(
        reporter: &'a mut Reporter,
        requests: &'a Requests,
        path: PathBuf,
        name: blake3::Hash,
        only_pauses: bool,
    ) -> RunObserver<'a> {
        let run = reporter.run();
        let reported = (run.step(), run.evaluated.map_or(0, |point| point.step));
        let due = Instant::now() + EVERY;
        let has_differed = false;
        let kept_heads = None;
        RunObserver {
            reporter,
            requests,
            path,
            name,
            reported,
            has_differed,
            due,
            only_pauses,
            kept_heads,
        }
    }

    pub fn keeping(self, kept_heads: Option<KeptHeads>) -> RunObserver<'a> {
        RunObserver { kept_heads, ..self }
    }

    /// An iteration that was reported before: its numbers must be the same.
    fn compare(&mut self, again: Progress) -> Result<()> {
        let earlier = self.reporter.earlier();
        let (step, pairs) = match again {
            Progress::Step(now) => {
                let steps = &earlier.steps;
                let Ok(at) = steps.binary_search_by_key(&now.step, |point| point.step) else {
                    return Ok(());
                };
                let before = steps[at];
                let pairs = [
                    (before.loss, now.loss),
                    (before.accuracy, now.accuracy),
                    (before.learning_rate, now.learning_rate),
                ];
                (now.step, pairs)
            }
            Progress::Evaluation { point: now, .. } => {
                let evaluations = &earlier.evaluations;
                let at = evaluations.binary_search_by_key(&now.step, |point| point.step);
                let Ok(at) = at else { return Ok(()) };
                let before = evaluations[at];
                let pairs = [
                    (before.train_loss, now.train_loss),
                    (before.validation_loss, now.validation_loss),
                    (before.validation_accuracy, now.validation_accuracy),
                ];
                (now.step, pairs)
            }
        };
        let differs = |(before, now): &&(f64, f64)| (before - now).abs() > SAME * now.abs();
        if !self.has_differed
            && let Some((before, now)) = pairs.iter().find(differs)
        {
            self.has_differed = true;
            self.reporter.warn(format!(
                "iteration {step}, made again, gives {now} where {before} was reported: this \
                 machine or this program counts otherwise; what follows is not to the bit what it \
                 would have been"
            ))?;
        }
        Ok(())
    }

    fn write(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        Ok(write_atomically(&self.path, &checkpoint.to_bytes(&self.name)?)?)
    }
}

impl Observer for RunObserver<'_> {
    type Error = anyhow::Error;

    fn on_progress(&mut self, progress: Progress) -> Result<()> {
        let is_news = match progress {
            Progress::Step(point) => point.step > self.reported.0,
            Progress::Evaluation { point, .. } => point.step > self.reported.1,
        };
        if is_news { self.reporter.report(event(progress)) } else { self.compare(progress) }
    }

    fn stop(&mut self, step: usize) -> Option<Stop> {
        // A result of fewer iterations than were reported would contradict the log.
        let is_too_early = |stop| stop == Stop::Keep && step < self.reported.0;
        match self.requests.strongest()? {
            Stop::Keep if self.only_pauses => Some(Stop::Pause),
            stop => Some(stop).filter(|&stop| !is_too_early(stop)),
        }
    }

    fn on_head(&mut self, step: usize, head: &Head) -> Result<()> {
        let Some(kept) = &self.kept_heads else { return Ok(()) };
        self.reporter.check_lease()?;
        kept.keep(step, head)
    }

    fn wants_checkpoint(&mut self) -> bool {
        self.requests.take_checkpoint() || Instant::now() >= self.due
    }

    /// A checkpoint that cannot be written is no reason to end a training that can.
    fn on_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let start = Instant::now();
        self.reporter.check_lease()?;
        // The log first: a checkpoint must not know of iterations that were never reported.
        self.reporter.sync()?;
        if let Err(err) = self.write(checkpoint) {
            let why = explain(err.as_ref(), "it is written again");
            self.reporter.warn(format!(
                "the checkpoint cannot be written, the run goes on without: {why}"
            ))?;
        }
        self.due = Instant::now() + EVERY.max(TIMES_ITS_COST * start.elapsed());
        Ok(())
    }
}

fn event(progress: Progress) -> Event {
    match progress {
        Progress::Step(point) => Event::Step(point),
        Progress::Evaluation { point, .. } => Event::Evaluation(point),
    }
}
