//! Every point of a run, read once, in the form that charts draw quickly.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

use super::{CurvesNews, News};
use crate::store::{Run, RunFolder};
use crate::tui::input::Input;
use crate::tui::widgets::chart::Trace;

/// How much the training curves, of one noisy batch a point, are smoothed.
const SMOOTHING: f64 = 0.8;

#[derive(Clone, Debug, Default)]
pub struct Curves {
    pub train_loss: Trace,
    pub train_accuracy: Trace,
    pub validation_loss: Trace,
    pub validation_accuracy: Trace,
}

impl Curves {
    pub fn of(run: &Run) -> Curves {
        let steps = |value: fn(&crate::store::StepPoint) -> f64| {
            let points = run.steps.iter().map(|point| (point.step as f64, value(point)));
            Trace::from_points(points, SMOOTHING)
        };
        let evaluations = |value: fn(&crate::store::EvaluationPoint) -> f64| {
            let points = run.evaluations.iter().map(|point| (point.step as f64, value(point)));
            Trace::from_points(points, 0.0)
        };
        Curves {
            train_loss: steps(|point| point.loss),
            train_accuracy: steps(|point| point.accuracy),
            validation_loss: evaluations(|point| point.validation_loss),
            validation_accuracy: evaluations(|point| point.validation_accuracy),
        }
    }
}

/// Reads the log of `run` on a thread of its own: a long one takes seconds.
pub fn read_curves(run: RunFolder, send: Sender<Input>) -> io::Result<()> {
    thread::Builder::new().name("curves".into()).spawn(move || {
        let curves = run.replay().map(|run| Arc::new(Curves::of(&run)));
        let curves = curves.map_err(|err| err.to_string());
        // Without a main thread nobody asks any more.
        let _ = send.send(Input::News(News::Curves(CurvesNews { run, curves })));
    })?;
    Ok(())
}
