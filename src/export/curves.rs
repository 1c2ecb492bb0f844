//! The curves of a run with the time of each point, of every head that it has trained.

use std::collections::BTreeMap;

use crate::store::{EvaluationPoint, Event, LogError, RunFolder, StepPoint, Timestamp};

/// What is known of one iteration, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Loss and accuracy of its batch.
    pub step: Option<(Timestamp, StepPoint)>,
    /// The evaluation after it.
    pub evaluation: Option<(Timestamp, EvaluationPoint)>,
}

/// The iterations of one head, each once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadCurve {
    /// The fold, from 1, that the head was tested on; `None`: it is the head that is kept.
    pub fold: Option<usize>,
    /// By the number of the iteration.
    pub points: BTreeMap<usize, Point>,
}

impl HeadCurve {
    fn of(fold: Option<usize>) -> HeadCurve {
        HeadCurve { fold, ..HeadCurve::default() }
    }

    /// The curves of a run in the order in which its heads were trained; that of the head that is kept
    /// is empty before its training has begun, or missing.
    pub fn read(run: &RunFolder) -> Result<Vec<HeadCurve>, LogError> {
        let mut heads: Vec<HeadCurve> = Vec::new();
        run.tail().each(|record| match record.event {
            Event::Head { fold, .. } => {
                // A head that is trained once more begins anew.
                heads.retain(|head| head.fold != fold);
                heads.push(HeadCurve::of(fold));
            }
            // With folds, all heads are trained again to another number of iterations.
            Event::Iterations { .. } if heads.iter().any(|head| head.fold.is_some()) => {
                heads.clear()
            }
            Event::Step(step) => {
                point(&mut heads, step.step).step = Some((record.at, step));
            }
            Event::Evaluation(evaluation) => {
                point(&mut heads, evaluation.step).evaluation = Some((record.at, evaluation));
            }
            _ => {}
        })?;
        Ok(heads)
    }
}

/// An iteration of the head that is trained.
fn point(heads: &mut Vec<HeadCurve>, step: usize) -> &mut Point {
    if heads.is_empty() {
        heads.push(HeadCurve::of(None));
    }
    let head = heads.last_mut().expect("one was added");
    head.points.entry(step).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::testing::{evaluation, run_of, step};

    #[test]
    fn each_head_has_its_own_curve_and_one_that_is_trained_again_its_new_one() {
        let head = |fold| Event::Head { fold, folds: 2 };
        let folder = tempfile::tempdir().unwrap();
        let steps = |run: &RunFolder| -> Vec<(Option<usize>, Vec<usize>)> {
            let heads = HeadCurve::read(run).unwrap().into_iter();
            heads.map(|head| (head.fold, head.points.into_keys().collect())).collect()
        };
        let simple = run_of(folder.path(), [step(1, 1.0), step(2, 0.5), evaluation(2, 0.5)]);
        assert_eq!(steps(&simple), [(None, vec![1, 2])]);
        let simple = &HeadCurve::read(&simple).unwrap()[0].points[&2];
        assert!(simple.step.unwrap().0 <= simple.evaluation.unwrap().0);
        let events = [head(Some(1)), step(1, 1.0), head(Some(2)), step(1, 1.0), step(2, 1.0)];
        let again = [head(Some(2)), step(1, 1.0), head(None), step(3, 1.0)];
        let folds = run_of(folder.path(), events.into_iter().chain(again));
        assert_eq!(steps(&folds), [(Some(1), vec![1]), (Some(2), vec![1]), (None, vec![3])]);
        let more =
            [head(Some(1)), step(1, 1.0), Event::Iterations { iterations: 9 }, head(Some(2))];
        assert_eq!(steps(&run_of(folder.path(), more)), [(Some(2), vec![])]);
    }
}
