//! The curves of a run, in the form that charts draw quickly.

use crate::store::{EvaluationPoint, Points, StepPoint};
use crate::tui::widgets::chart::Trace;

/// Loss and accuracy over the iterations.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    pub train_loss: Trace,
    pub train_accuracy: Trace,
    pub validation_loss: Trace,
    pub validation_accuracy: Trace,
}

impl Curves {
    /// The curves of `points`, those of training smoothed. Evaluations see the whole validation
    /// set: there is no noise to smooth away.
    pub fn of(points: &Points, smoothing: f64) -> Curves {
        let steps = |value: fn(&StepPoint) -> f64| {
            let points = points.steps.iter().map(|point| (point.step as f64, value(point)));
            Trace::from_points(points, smoothing)
        };
        let evaluations = |value: fn(&EvaluationPoint) -> f64| {
            let points = points.evaluations.iter().map(|point| (point.step as f64, value(point)));
            Trace::from_points(points, 0.0)
        };
        Curves {
            train_loss: steps(|point| point.loss),
            train_accuracy: steps(|point| point.accuracy),
            validation_loss: evaluations(|point| point.validation_loss),
            validation_accuracy: evaluations(|point| point.validation_accuracy),
        }
    }

    /// Appends the points of `newer`.
    pub fn extend(&mut self, newer: &Curves) {
        self.train_loss.extend(&newer.train_loss);
        self.train_accuracy.extend(&newer.train_accuracy);
        self.validation_loss.extend(&newer.validation_loss);
        self.validation_accuracy.extend(&newer.validation_accuracy);
    }

    pub fn smoothing(&self) -> f64 {
        self.train_loss.smoothing()
    }

    /// Smooths the training curves anew.
    pub fn set_smoothing(&mut self, factor: f64) {
        self.train_loss.set_smoothing(factor);
        self.train_accuracy.set_smoothing(factor);
    }
}
