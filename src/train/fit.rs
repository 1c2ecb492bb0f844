//! The training loop, and what it tells and gives.

use std::fmt;

use rayon::ThreadPoolBuilder;

use super::{
    Batches, Best, Checkpoint, CrossEntropy, FitError, Head, Measured, Observer, Problem, Progress,
    Standardization,
};
use crate::store::{EvaluationPoint, StepPoint, Stop};

/// A trained head.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// For raw features: the standardisation is folded in.
    pub head: Head,
    /// Steps taken; with early stopping the head may be that of an earlier one, `best.step`.
    pub steps: usize,
    /// The evaluation with the lowest validation loss.
    pub best: Option<Best>,
    /// Why it ended.
    pub ended: Ended,
}

/// Why there was no further step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ended {
    /// All were taken.
    Completed,
    /// The observer asked for it.
    Stopped(Stop),
    /// No better validation loss for `early_stop` evaluations.
    EarlyStopped,
    /// The loss was not finite. The head is of no use, unless early stopping kept a good one
    /// ([`Fitted::best`]).
    Diverged(Divergence),
}

/// A loss that is NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Divergence {
    /// The step at which it was seen, from 1.
    pub step: usize,
    /// Cross-entropy in nats.
    pub loss: f64,
    /// The experiment's own, before the schedule changed it.
    pub learning_rate: f64,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Divergence { step, loss, learning_rate } = self;
        let loss = if loss.is_nan() { "NaN" } else { "infinite" };
        // Two digits, so that a hundredth of 0.07 is not 0.0007000000000000001.
        let try_rate = format!("{:.1e}", learning_rate / 100.0).parse::<f64>();
        let try_rate = try_rate.expect("Rust reads the numbers it writes");
        write!(
            f,
            "the loss became {loss} at iteration {step}; the learning rate {learning_rate} is \
             probably too high, try {try_rate}"
        )
    }
}

/// Trains a head, from the beginning or from a checkpoint of the same problem.
///
/// The same problem gives the same numbers, to the bit, however often the fit was ended and continued
/// from a checkpoint. Only `iterations` may differ from those of the checkpoint.
///
/// Errors when the problem cannot be solved ([`Problem::check`]), and when the observer fails.
pub fn fit<O>(
    problem: &Problem,
    start: Option<Checkpoint>,
    observer: &mut O,
) -> Result<Fitted, FitError<O::Error>>
where
    O: Observer<Error: Send> + Send,
{
    // Candle gives the softmax of each batch to rayon's threads. From outside of them that is two changes
    // of threads a step, and heads that are trained side by side wait for each other; on a thread of a
    // pool of its own a fit does all itself. Without such a thread it is slower.
    let pool = problem
        .training
        .features
        .device()
        .is_cpu()
        .then(|| ThreadPoolBuilder::new().num_threads(1).build());
    match pool {
        Some(Ok(pool)) => pool.install(|| fit_here(problem, start, observer)),
        Some(Err(_)) | None => fit_here(problem, start, observer),
    }
}

fn fit_here<O: Observer>(
    problem: &Problem,
    start: Option<Checkpoint>,
    observer: &mut O,
) -> Result<Fitted, FitError<O::Error>> {
    problem.check()?;
    let Problem { training, validation, categories, train, iterations, .. } = *problem;
    let (d, dtype, device) =
        (training.features.shape()[1], training.features.dtype(), training.features.device());
    let standardization = match train.standardize {
        true => Standardization::of(&training.features)?,
        false => Standardization::identity(d, dtype, device)?,
    };
    let loss = CrossEntropy::new(&problem.batch_weights(), dtype, device)?;
    let validation_loss = CrossEntropy::new(&problem.class_weights(), dtype, device)?;
    let batches = Batches::new(&training.labels, categories, train.draw, train.batch_size);
    let is_at_its_end = start.as_ref().is_some_and(|checkpoint| checkpoint.step >= iterations);
    let mut state = start.map_or_else(|| Checkpoint::initial(problem), Ok)?;
    let mut ended = Ended::Completed;

    for step in state.step + 1..=iterations {
        if state.early_stopping.patience_is_over() {
            ended = Ended::EarlyStopped;
            break;
        }
        let batch = training.batch(batches.draw(&mut state.rng))?; // features [n, d], raw
        let folded = state.head.folded(&standardization)?; // the head for raw features
        let logits = batch.logits(&folded)?; // [n, categories]
        let Measured { loss: batch_loss, accuracy } = loss.measure(&logits, &batch.labels)?;
        if !batch_loss.is_finite() {
            ended = diverged(problem, step, batch_loss);
            break;
        }
        let logit_gradient = loss.logit_gradient(&logits, &batch.labels)?; // [n, categories]
        let gradient = batch.gradient(&logit_gradient)?; // at the folded head
        let rate = problem.learning_rate(step);
        let gradient = standardization.gradient(&gradient)?;
        state.optimizer.step(&mut state.head, &gradient, rate)?;
        state.step = step;
        let point = StepPoint { step, loss: batch_loss, accuracy, learning_rate: rate };
        observer.on_progress(Progress::Step(point)).map_err(FitError::Observer)?;

        let stop = if step < iterations { observer.stop(step) } else { Some(Stop::Keep) };
        let is_last = stop == Some(Stop::Keep);
        let is_due = train.is_evaluated(step);
        // An evaluation that is made only because the fit ends is not in the checkpoint: a fit that
        // continues from there must not know more than one that never ended.
        let unseen = (!is_due && is_last).then(|| state.clone());
        if is_due || is_last {
            let folded = state.head.folded(&standardization)?;
            let after = loss.measure(&batch.logits(&folded)?, &batch.labels)?;
            let seen = problem.is_watched().then(|| {
                validation_loss.measure(&validation.features.logits(&folded)?, &validation.labels)
            });
            let seen = seen.transpose()?;
            let both = after.loss + seen.map_or(0.0, |seen| seen.loss);
            if !both.is_finite() {
                ended = diverged(problem, step, both);
                break;
            }
            if let Some(seen) = seen {
                let best = state.early_stopping.observe(step, seen, &folded);
                let point = evaluation(step, after, seen);
                observer
                    .on_progress(Progress::Evaluation { point, best })
                    .map_err(FitError::Observer)?;
            }
        }
        // Before the checkpoint: who continues from there makes no head of an earlier step.
        if train.is_kept(step) {
            let folded = state.head.folded(&standardization)?;
            observer.on_head(step, &folded).map_err(FitError::Observer)?;
        }
        if stop.is_some() || state.early_stopping.patience_is_over() || observer.wants_checkpoint()
        {
            observer
                .on_checkpoint(unseen.as_ref().unwrap_or(&state))
                .map_err(FitError::Observer)?;
        }
        if let Some(stop) = stop.filter(|_| step < iterations) {
            ended = Ended::Stopped(stop);
            break;
        }
    }
    // The evaluation that is made only because the fit ends belongs to the result.
    let is_unseen = !train.is_evaluated(state.step);
    if is_at_its_end && is_unseen && problem.is_watched() {
        let folded = state.head.folded(&standardization)?;
        let seen =
            validation_loss.measure(&validation.features.logits(&folded)?, &validation.labels)?;
        state.early_stopping.observe(state.step, seen, &folded);
    }
    // With early stopping the best head counts, without it the last, as in retrain.py.
    let Checkpoint { step: steps, head, early_stopping, .. } = state;
    let head = early_stopping.best_head.map_or_else(|| head.folded(&standardization), Ok)?;
    Ok(Fitted { head, steps, best: early_stopping.best, ended })
}

fn evaluation(step: usize, after: Measured, seen: Measured) -> EvaluationPoint {
    EvaluationPoint {
        step,
        train_loss: after.loss,
        train_accuracy: after.accuracy,
        validation_loss: seen.loss,
        validation_accuracy: seen.accuracy,
    }
}

fn diverged(problem: &Problem, step: usize, loss: f64) -> Ended {
    Ended::Diverged(Divergence { step, loss, learning_rate: problem.learning_rate })
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
