//! Whether a training goes wrong, asked about a thinned series: a million points are no more work
//! than a few hundred.

use super::state::LiveState;
use crate::insight::training_trouble;
use crate::store::{End, Run};
use crate::tui::widgets::chart::Trace;

/// Points that are looked at; a trend shows in far fewer.
const POINTS: usize = 400;

/// What goes wrong and the likely cause, in words. A failure has said its own cause.
pub fn trouble(state: &LiveState, run: &Run) -> Option<String> {
    if matches!(run.end, Some(End::Failed(_))) {
        return None;
    }
    let train = thinned(&run.steps, |point| (point.step, point.loss), &state.train_loss);
    let validation = thinned(
        &run.evaluations,
        |point| (point.step, point.validation_loss),
        &state.validation_loss,
    );
    training_trouble(&train, &validation, run.counts.len())
}

/// Points at equal distances, and the first that is not finite, wherever it is.
fn thinned<P>(points: &[P], read: impl Fn(&P) -> (usize, f64), trace: &Trace) -> Vec<(usize, f64)> {
    let stride = points.len().div_ceil(POINTS).max(1);
    let mut thinned: Vec<(usize, f64)> = points.iter().step_by(stride).map(read).collect();
    if let Some(broken) = trace.broken().first() {
        let step = *broken as usize;
        let at = thinned.partition_point(|point| point.0 < step);
        thinned.insert(at, (step, f64::NAN));
    }
    thinned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StepPoint;

    fn words(loss: impl Fn(usize) -> f64) -> Option<String> {
        let point = |step| StepPoint { step, loss: loss(step), accuracy: 0.5, learning_rate: 0.01 };
        let run = Run { steps: (1..=100_000).map(point).collect(), ..Run::default() };
        let mut state = LiveState::default();
        state.absorb(&run);
        trouble(&state, &run)
    }

    #[test]
    fn one_loss_of_many_that_is_no_number_is_found() {
        let said = words(|step| if step == 77_777 { f64::NAN } else { 0.5 }).unwrap();
        assert!(said.starts_with("the loss is NaN at iteration 77777"), "{said}");
    }

    #[test]
    fn a_long_rise_is_trouble_and_a_long_fall_is_not() {
        assert!(words(|step| step as f64 / 1000.0).unwrap().contains("rising"));
        assert_eq!(words(|step| 100.0 - step as f64 / 1000.0), None);
    }
}
