//! Says in words that training goes wrong, from the losses alone.

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

    fn series(loss: impl Fn(usize) -> f64) -> Vec<(usize, f64)> {
        (1..=40).map(|iteration| (iteration, loss(iteration))).collect()
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
