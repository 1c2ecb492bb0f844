use std::fmt;

use super::{
    Batches, CrossEntropy, FitError, Gradient, Head, Measured, Optimizer, Problem, Standardization,
    learning_rate,
};

/// News of a fit. All numbers are finite: a loss that is not ends the fit instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// Loss and accuracy of the batch before its step was taken; steps count from 1.
    Step { step: usize, loss: f64, accuracy: f64, learning_rate: f64 },
    /// The whole validation set, and the batch just used seen again after its step, which is what
    /// retrain.py printed.
    Evaluation {
        step: usize,
        train_loss: f64,
        train_accuracy: f64,
        validation_loss: f64,
        validation_accuracy: f64,
        /// The lowest validation loss so far.
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
    Stopped,
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

/// Trains a head. `stop` is asked after each step; when it says true, the step's evaluation is
/// still made. An error of `emit` ends the fit and is passed on.
///
/// The same problem gives the same numbers, to the bit, in each fit with the same seed.
pub fn fit<E>(
    problem: &Problem,
    stop: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(Progress) -> Result<(), E>,
) -> Result<Fitted, FitError<E>> {
    problem.check()?;
    let Problem { training, validation, categories, train, iterations, .. } = *problem;
    let (d, dtype, device) =
        (training.features.dim(1)?, training.features.dtype(), training.features.device());
    let standardization = match train.standardize {
        true => Standardization::of(&training.features)?,
        false => Standardization::identity(d, dtype, device)?,
    };
    let loss = CrossEntropy::new(&problem.class_weights(), dtype, device)?;
    let mut head = Head::initial(categories, d, train.seed, dtype, device)?;
    let mut batches = Batches::new(&training.labels, categories, train.batch_size, train.seed);
    let mut optimizer = Optimizer::new(train);
    let mut watch = Watch::new(train.early_stop);
    let (mut steps, mut ended) = (0, Ended::Completed);

    for step in 1..=iterations {
        let batch = training.select(&batches.draw())?; // features [n, d], raw
        let folded = head.folded(&standardization)?; // the head for raw features
        let logits = folded.logits(&batch.features)?; // [n, categories]
        let Measured { loss: batch_loss, accuracy } = loss.measure(&logits, &batch.labels)?;
        if !batch_loss.is_finite() {
            ended = diverged(problem, step, batch_loss);
            break;
        }
        let logit_gradient = loss.logit_gradient(&logits, &batch.labels)?; // [n, categories]
        let gradient = Gradient::at(&logit_gradient, &batch.features)?; // at the folded head
        let rate = learning_rate(train, problem.learning_rate, step, iterations);
        optimizer.step(&mut head, &standardization.gradient(&gradient)?, rate)?;
        steps = step;
        emit(Progress::Step { step, loss: batch_loss, accuracy, learning_rate: rate })
            .map_err(FitError::Emit)?;

        let stopping = stop() && step < iterations;
        if step % train.eval_interval == 0 || step == iterations || stopping {
            let folded = head.folded(&standardization)?;
            let after = loss.measure(&folded.logits(&batch.features)?, &batch.labels)?;
            let seen = loss.measure(&folded.logits(&validation.features)?, &validation.labels)?;
            if !(after.loss + seen.loss).is_finite() {
                ended = diverged(problem, step, after.loss + seen.loss);
                break;
            }
            let best = watch.is_best(step, seen, &folded);
            emit(evaluation(step, after, seen, best)).map_err(FitError::Emit)?;
            if watch.patience_is_over() && step < iterations {
                ended = Ended::EarlyStopped;
                break;
            }
        }
        if stopping {
            ended = Ended::Stopped;
            break;
        }
    }
    // With early stopping the best head counts, without it the last, as in retrain.py.
    let head = watch.best_head.map_or_else(|| head.folded(&standardization), Ok)?;
    Ok(Fitted { head, steps, best: watch.best, ended })
}

/// Remembers the evaluation with the lowest validation loss and, for early stopping, its head.
struct Watch {
    /// Evaluations without a better loss that end the fit; 0: none do.
    patience: usize,
    waited: usize,
    best: Option<Best>,
    best_head: Option<Head>,
}

impl Watch {
    fn new(patience: usize) -> Watch {
        Watch { patience, waited: 0, best: None, best_head: None }
    }

    fn is_best(&mut self, step: usize, seen: Measured, folded: &Head) -> bool {
        if self.best.is_some_and(|best| best.validation_loss <= seen.loss) {
            self.waited += 1;
            return false;
        }
        self.waited = 0;
        self.best =
            Some(Best { step, validation_loss: seen.loss, validation_accuracy: seen.accuracy });
        if self.patience > 0 {
            self.best_head = Some(folded.clone());
        }
        true
    }

    fn patience_is_over(&self) -> bool {
        self.patience > 0 && self.waited >= self.patience
    }
}

fn evaluation(step: usize, after: Measured, seen: Measured, best: bool) -> Progress {
    Progress::Evaluation {
        step,
        train_loss: after.loss,
        train_accuracy: after.accuracy,
        validation_loss: seen.loss,
        validation_accuracy: seen.accuracy,
        best,
    }
}

fn diverged(problem: &Problem, step: usize, loss: f64) -> Ended {
    Ended::Diverged(Divergence { step, loss, learning_rate: problem.learning_rate })
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
