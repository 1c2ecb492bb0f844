//! The report of a step as retrain.py printed it.

use crate::store::EvaluationPoint;
use crate::words::percent;

/// retrain.py's three lines of an evaluation at this time, with so many validation photos:
///
/// ```text
/// 2026-11-30 08:00:00.123456: Step 0: Train accuracy = 49.0%
/// 2026-11-30 08:00:00.123456: Step 0: Cross entropy = 0.711973
/// 2026-11-30 08:00:00.123456: Step 0: Validation accuracy = 28.0% (N=100)
/// ```
///
/// Its steps count from 0: step 0 is iteration 1. Its first two numbers, like ours of an evaluation, are
/// of the batch just used, taken again after the update.
pub fn step_lines(point: &EvaluationPoint, time: &str, validation: usize) -> [String; 3] {
    let step = point.step.saturating_sub(1);
    [
        format!("Train accuracy = {}", percent(point.train_accuracy)),
        format!("Cross entropy = {:.6}", point.train_loss),
        format!("Validation accuracy = {} (N={validation})", percent(point.validation_accuracy)),
    ]
    .map(|said| format!("{time}: Step {step}: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_step_are_those_of_retrain_py() {
        let point = EvaluationPoint {
            step: 1,
            train_loss: 0.711_972_6,
            train_accuracy: 0.49,
            validation_loss: 0.9,
            validation_accuracy: 0.28,
        };
        assert_eq!(
            step_lines(&point, "2026-11-30 08:00:00.123456", 100),
            [
                "2026-11-30 08:00:00.123456: Step 0: Train accuracy = 49.0%",
                "2026-11-30 08:00:00.123456: Step 0: Cross entropy = 0.711973",
                "2026-11-30 08:00:00.123456: Step 0: Validation accuracy = 28.0% (N=100)",
            ]
        );
    }
}
