//! The curves of a run, thinned to what a chart can show.

use crate::insight::training_trouble;
use crate::store::{End, Points, Run};

/// Points of a curve: more than a chart of a page has pixels to tell apart.
const MOST: usize = 300;

/// Iteration and value, each point the mean of one or more.
type Line = Vec<(f64, f64)>;

/// Loss and accuracy over the iterations. What is not a number is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Of one batch before its step.
    pub train_loss: Line,
    /// Of one batch before its step.
    pub train_accuracy: Line,
    /// Of the whole validation set.
    pub validation_loss: Line,
    /// Of the whole validation set.
    pub validation_accuracy: Line,
    /// Iterations that one point of the training curves is the mean of.
    pub iterations_a_point: usize,
}

impl Curves {
    /// The curves of these points.
    pub fn of(points: &Points) -> Curves {
        let steps = |value: fn(&crate::store::StepPoint) -> f64| {
            thinned(points.steps.iter().map(|point| (point.step, value(point))))
        };
        let evaluations = |value: fn(&crate::store::EvaluationPoint) -> f64| {
            thinned(points.evaluations.iter().map(|point| (point.step, value(point))))
        };
        let reached = points.steps.last().map_or(0, |point| point.step);
        Curves {
            train_loss: steps(|point| point.loss),
            train_accuracy: steps(|point| point.accuracy),
            validation_loss: evaluations(|point| point.validation_loss),
            validation_accuracy: evaluations(|point| point.validation_accuracy),
            iterations_a_point: reached.div_ceil(MOST).max(1),
        }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.train_loss.is_empty() && self.validation_loss.is_empty()
    }
}

/// The means of at most [`MOST`] groups of neighbours.
fn thinned(points: impl ExactSizeIterator<Item = (usize, f64)>) -> Line {
    let size = points.len().div_ceil(MOST).max(1);
    let points: Vec<(usize, f64)> = points.collect();
    let mean = |group: &[(usize, f64)]| {
        let finite = || group.iter().filter(|(_, value)| value.is_finite());
        let (count, sum) = (finite().count(), finite().map(|point| point.1).sum::<f64>());
        let x = finite().map(|point| point.0 as f64).sum::<f64>() / count as f64;
        (count > 0).then(|| (x, sum / count as f64))
    };
    points.chunks(size).filter_map(mean).collect()
}

/// What goes wrong in the training and the likely cause, in words; `None` for a run that has failed,
/// which has said its own cause.
pub fn trouble(run: &Run, points: &Points) -> Option<String> {
    if matches!(run.end, Some(End::Failed(_))) {
        return None;
    }
    let train: Vec<_> = points.steps.iter().map(|point| (point.step, point.loss)).collect();
    let validation: Vec<_> =
        points.evaluations.iter().map(|point| (point.step, point.validation_loss)).collect();
    training_trouble(&train, &validation, run.counts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_become_the_means_of_neighbours_and_keep_their_place() {
        let line = thinned((0..90_000).map(|at| (at + 1, at as f64 + 1.0)));
        assert_eq!(line.len(), MOST);
        assert_eq!(line[0], (150.5, 150.5));
        assert_eq!(line[MOST - 1], (89_850.5, 89_850.5));
        assert_eq!(thinned([(3, 0.5), (4, f64::NAN)].into_iter()), [(3.0, 0.5)]);
    }
}
