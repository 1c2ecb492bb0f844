//! Says in words that training goes wrong, from the losses alone.

use crate::store::{End, Run};
use crate::words::grouped;

/// Fewer losses than this are no trend.
const TREND: usize = 10;
/// A loss is far above that of guessing when it is this many times as high.
const FAR: f64 = 3.0;

/// What is wrong with a training that had these losses so far, `(iteration, cross-entropy in nats)`,
/// with the likely cause and the next step; `None` when nothing is wrong.
///
/// Trouble is a loss that is not a number or infinite, or one that is far above ln(categories),
/// which guessing gives, and rising. A high loss that falls is no trouble.
pub fn training_trouble(
    train: &[(usize, f64)],
    validation: &[(usize, f64)],
    categories: usize,
) -> Option<String> {
    broken(train)
        .or_else(|| broken(validation))
        .or_else(|| {
            diverging("training", train, categories, "the learning rate is too high; try a tenth")
        })
        .or_else(|| {
            let cause = "the head learns its training photos by heart; try fewer iterations, \
                         early_stop or weight_decay";
            diverging("validation", validation, categories, cause)
        })
}

/// A validation loss is risen when it is above its lowest by this share of it, and by this much in
/// nats: that 0.002 becomes 0.003 means nothing.
const RISEN_SHARE: f64 = 0.1;
const RISEN_NATS: f64 = 0.01;
/// Evaluations after the lowest loss before it is taken for the lowest.
const SETTLED: usize = 5;

/// What a training lost on the validation set by going on for too long, and what would have kept the
/// better head; `None` where its validation loss has not risen, or where early stopping keeps that
/// head anyway.
pub fn overfitting(run: &Run) -> Option<String> {
    let (lowest, latest) = (run.lowest_loss?, run.evaluated?);
    let keeps_none = matches!(run.end, Some(End::Failed(_) | End::Cancelled));
    if run.stops_early() || keeps_none || run.since_lowest_loss < SETTLED {
        return None;
    }
    let (low, now) = (lowest.validation_loss, latest.validation_loss);
    let risen = now - low;
    if !(risen >= RISEN_NATS && risen >= RISEN_SHARE * low) {
        return None;
    }
    let above = match risen / low {
        share if share < 2.0 => format!("{:.0}% above it now", share * 100.0),
        share if share < 1000.0 => format!("{:.1} times that now", share + 1.0),
        _ => format!("{now:.2} now"),
    };
    let kept = match run.end {
        Some(End::Finished { kept_step, .. }) => {
            format!("the head of iteration {} is kept", grouped(kept_step))
        }
        _ => "the last head is kept".to_owned(),
    };
    let at = grouped(lowest.step);
    Some(format!(
        "overfitting: validation loss lowest at {at}, {above}; {kept}: train.early_stop would keep \
         {at}'s"
    ))
}

fn broken(losses: &[(usize, f64)]) -> Option<String> {
    let at = losses.iter().position(|(_, loss)| !loss.is_finite())?;
    let (iteration, loss) = losses[at];
    let cause = if at == 0 {
        "it was so from the start, so features or weights hold values that are not numbers; \
         check the weights file"
    } else {
        "most likely the learning rate is too high; try a tenth"
    };
    Some(format!("the loss is {loss} at iteration {}: {cause}", grouped(iteration)))
}

fn diverging(set: &str, losses: &[(usize, f64)], categories: usize, cause: &str) -> Option<String> {
    if losses.len() < TREND {
        return None;
    }
    let guessing = (categories.max(2) as f64).ln();
    let window = (losses.len() / 4).max(TREND / 2);
    let (earlier, recent) = losses[losses.len() - 2 * window..].split_at(window);
    let mean = |part: &[(usize, f64)]| part.iter().map(|p| p.1).sum::<f64>() / window as f64;
    let (before, now) = (mean(earlier), mean(recent));
    (now > FAR * guessing && now > before).then(|| {
        format!(
            "the {set} loss is {now:.1} and rising, where guessing gives {guessing:.1}: \
             most likely {cause}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Ending, EvaluationPoint, Event, Record, SCHEMA_VERSION, TestResult, Timestamp,
    };

    fn series(loss: impl Fn(usize) -> f64) -> Vec<(usize, f64)> {
        (1..=40).map(|iteration| (iteration, loss(iteration))).collect()
    }

    /// A run of ten evaluations, with these validation losses.
    fn run(losses: [f64; 10]) -> Run {
        let mut run = Run::default();
        for (at, validation_loss) in losses.into_iter().enumerate() {
            let point = EvaluationPoint {
                step: 410 * (at + 1),
                train_loss: 0.0,
                train_accuracy: 1.0,
                validation_loss,
                validation_accuracy: 0.9 - at as f64 / 100.0,
            };
            let event = Event::Evaluation(point);
            run.apply(&Record { v: SCHEMA_VERSION, at: Timestamp::UNIX_EPOCH, lease: 0, event });
        }
        run
    }

    const RISING: [f64; 10] = [0.5, 0.51, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9];

    #[test]
    fn a_validation_loss_that_has_risen_since_is_named_with_the_head_that_is_kept() {
        let mut run = run(RISING);
        assert_eq!(
            overfitting(&run).unwrap(),
            "overfitting: validation loss lowest at 410, 80% above it now; the last head is kept: \
             train.early_stop would keep 410's"
        );
        let test = TestResult::half();
        let ending = Ending::Completed;
        run.end = Some(End::Finished { ending, step: 4100, kept_step: 4100, test });
        let said = overfitting(&run).unwrap();
        assert!(said.contains("80% above it now; the head of iteration 4,100 is kept: "), "{said}");
        run.end = Some(End::Cancelled);
        assert_eq!(overfitting(&run), None, "no head is kept");
        run.end = None;
        // Early stopping keeps the better one: nothing is lost.
        run.settings.insert("train.early_stop".into(), "50".into());
        assert_eq!(overfitting(&run), None);
    }

    #[test]
    fn a_loss_that_falls_that_has_hardly_risen_or_only_now_is_not_overfitting() {
        for losses in [
            [0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.51, 0.5],
            [0.5, 0.51, 0.52, 0.53, 0.53, 0.53, 0.53, 0.53, 0.53, 0.54],
            [0.002, 0.003, 0.004, 0.005, 0.006, 0.006, 0.006, 0.006, 0.006, 0.006],
            [0.9, 0.8, 0.7, 0.6, 0.55, 0.52, 0.5, 0.6, 0.7, 0.8],
        ] {
            assert_eq!(overfitting(&run(losses)), None, "{losses:?}");
        }
        assert_eq!(overfitting(&Run::default()), None);
        let mut tenfold = RISING;
        tenfold[9] = 5.0;
        assert!(overfitting(&run(tenfold)).unwrap().contains("410, 10.0 times that now;"));
    }

    #[test]
    fn a_loss_that_stops_being_a_number_names_the_iteration_and_the_learning_rate() {
        let train = series(|i| if i < 17 { 1.0 } else { f64::NAN });
        assert_eq!(
            training_trouble(&train, &[], 3).unwrap(),
            "the loss is NaN at iteration 17: most likely the learning rate is too high; \
             try a tenth"
        );
        let validation = [(10, 1.0), (20, f64::INFINITY)];
        let words = training_trouble(&series(|_| 1.0), &validation, 3).unwrap();
        assert!(words.starts_with("the loss is inf at iteration 20:"), "{words}");
    }

    #[test]
    fn a_loss_that_never_was_a_number_points_at_the_weights() {
        let words = training_trouble(&series(|_| f64::NAN), &[], 3).unwrap();
        assert!(words.contains("check the weights file"), "{words}");
    }

    #[test]
    fn a_high_and_rising_loss_is_trouble() {
        assert_eq!(
            training_trouble(&series(|i| i as f64), &[], 3).unwrap(),
            "the training loss is 35.5 and rising, where guessing gives 1.1: most likely the \
             learning rate is too high; try a tenth"
        );
        let words = training_trouble(&series(|_| 0.1), &series(|i| i as f64), 3).unwrap();
        assert!(words.starts_with("the validation loss is 35.5 and rising"), "{words}");
    }

    #[test]
    fn falling_flat_or_short_losses_are_no_trouble() {
        assert_eq!(training_trouble(&[], &[], 3), None);
        assert_eq!(training_trouble(&series(|i| 50.0 - i as f64), &[], 3), None);
        assert_eq!(training_trouble(&series(|_| 1.1), &series(|_| 1.1), 3), None);
        assert_eq!(training_trouble(&series(|i| 0.01 * i as f64), &[], 3), None);
        assert_eq!(training_trouble(&[(1, 9.0), (2, 10.0)], &[], 3), None);
    }
}
