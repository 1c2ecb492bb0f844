use std::fmt;

use super::{
    Batches, Checkpoint, CrossEntropy, FitError, Gradient, Head, Measured, Observer, Problem,
    Standardization,
};
use crate::store::{EvaluationPoint, StepPoint, Stop};

/// News of a fit. All numbers are finite: a loss that is not ends the fit instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    Step(StepPoint),
    /// With the batch just used seen again after its step, which is what retrain.py printed.
    Evaluation {
        point: EvaluationPoint,
        /// It has the lowest validation loss so far.
        best: bool,
    },
}

/// A trained head.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// For raw features: the standardisation is folded in.
    pub head: Head,
    /// Steps taken; with early stopping the head may be that of an earlier one, `best.step`.
    pub steps: usize,
    /// The evaluation with the lowest validation loss.
    pub best: Option<Best>,
    pub ended: Ended,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    pub step: usize,
    pub validation_loss: f64,
    pub validation_accuracy: f64,
}

/// Why there was no further step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ended {
    Completed,
    /// Asked to, after the step in hand.
    Stopped(Stop),
    /// No better validation loss for `early_stop` evaluations.
    EarlyStopped,
    /// The head is of no use, unless early stopping has kept a good one (`Fitted::best`).
    Diverged(Divergence),
}

/// A loss that is no number, or no finite one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Divergence {
    pub step: usize,
    pub loss: f64,
    /// The experiment's, whatever the schedule has made of it.
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
/// The same problem gives the same numbers, to the bit, in each fit with the same seed, and however
/// often it was ended and gone on with. Only `iterations` may differ from the checkpoint's.
pub fn fit<O: Observer>(
    problem: &Problem,
    start: Option<Checkpoint>,
    observer: &mut O,
) -> Result<Fitted, FitError<O::Error>> {
    problem.check()?;
    let Problem { training, validation, categories, train, iterations, .. } = *problem;
    let (d, dtype, device) =
        (training.features.dim(1)?, training.features.dtype(), training.features.device());
    let standardization = match train.standardize {
        true => Standardization::of(&training.features)?,
        false => Standardization::identity(d, dtype, device)?,
    };
    let loss = CrossEntropy::new(&problem.class_weights(), dtype, device)?;
    let batches = Batches::new(&training.labels, categories, train.batch_size);
    let is_at_its_end = start.as_ref().is_some_and(|checkpoint| checkpoint.step >= iterations);
    let mut state = start.map_or_else(|| Checkpoint::initial(problem), Ok)?;
    let mut ended = Ended::Completed;

    for step in state.step + 1..=iterations {
        if state.watch.patience_is_over() {
            ended = Ended::EarlyStopped;
            break;
        }
        let batch = training.select(&batches.draw(&mut state.rng))?; // features [n, d], raw
        let folded = state.head.folded(&standardization)?; // the head for raw features
        let logits = folded.logits(&batch.features)?; // [n, categories]
        let Measured { loss: batch_loss, accuracy } = loss.measure(&logits, &batch.labels)?;
        if !batch_loss.is_finite() {
            ended = diverged(problem, step, batch_loss);
            break;
        }
        let logit_gradient = loss.logit_gradient(&logits, &batch.labels)?; // [n, categories]
        let gradient = Gradient::at(&logit_gradient, &batch.features)?; // at the folded head
        let rate = problem.learning_rate(step);
        let gradient = standardization.gradient(&gradient)?;
        state.optimizer.step(&mut state.head, &gradient, rate)?;
        state.step = step;
        let point = StepPoint { step, loss: batch_loss, accuracy, learning_rate: rate };
        observer.hear(Progress::Step(point)).map_err(FitError::Observer)?;

        let stop = if step < iterations { observer.stop(step) } else { Some(Stop::Keep) };
        let is_last = stop == Some(Stop::Keep);
        let is_due = step % train.eval_interval == 0;
        // An evaluation that only an end makes is not in the checkpoint: a fit that goes on from
        // there must not remember what one that never ended has not seen.
        let unseen = (!is_due && is_last).then(|| state.clone());
        if is_due || is_last {
            let folded = state.head.folded(&standardization)?;
            let after = loss.measure(&folded.logits(&batch.features)?, &batch.labels)?;
            let seen = loss.measure(&folded.logits(&validation.features)?, &validation.labels)?;
            if !(after.loss + seen.loss).is_finite() {
                ended = diverged(problem, step, after.loss + seen.loss);
                break;
            }
            let best = state.watch.is_best(step, seen, &folded);
            let point = evaluation(step, after, seen);
            observer.hear(Progress::Evaluation { point, best }).map_err(FitError::Observer)?;
        }
        if stop.is_some() || state.watch.patience_is_over() || observer.wants_checkpoint() {
            observer.keep(unseen.as_ref().unwrap_or(&state)).map_err(FitError::Observer)?;
        }
        if let Some(stop) = stop.filter(|_| step < iterations) {
            ended = Ended::Stopped(stop);
            break;
        }
    }
    // The evaluation that only the end makes is not in the checkpoint, but in the result.
    if is_at_its_end && !state.step.is_multiple_of(train.eval_interval) {
        let folded = state.head.folded(&standardization)?;
        let seen = loss.measure(&folded.logits(&validation.features)?, &validation.labels)?;
        state.watch.is_best(state.step, seen, &folded);
    }
    // With early stopping the best head counts, without it the last, as in retrain.py.
    let Checkpoint { step: steps, head, watch, .. } = state;
    let head = watch.best_head.map_or_else(|| head.folded(&standardization), Ok)?;
    Ok(Fitted { head, steps, best: watch.best, ended })
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
