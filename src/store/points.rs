//! The curves of a run: its iterations and evaluations, as many as memory is to hold.

use super::event::{EvaluationPoint, Event, Record, StepPoint};

/// The iterations and evaluations that a run has reported of the head that is trained, in the order
/// of the log: all of them or, of more than [`MOST_POINTS`], evenly spread ones, so that their memory
/// has a bound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Iterations.
    pub steps: Vec<StepPoint>,
    /// Evaluations.
    pub evaluations: Vec<EvaluationPoint>,
    pub(crate) thinned_steps: Thinned,
    pub(crate) thinned_evaluations: Thinned,
}

/// Many times what any screen has columns.
const MOST_POINTS: usize = 1 << 18;

/// How many points of a kind came, and every how many of them one is kept, as a power of 2.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Thinned {
    seen: usize,
    power: u32,
}

impl Thinned {
    fn add<T>(&mut self, points: &mut Vec<T>, point: T) {
        if points.len() == MOST_POINTS {
            let mut number = 0;
            points.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.power += 1;
        }
        if self.seen.is_multiple_of(1 << self.power) {
            points.push(point);
        }
        self.seen += 1;
    }
}

impl Points {
    /// The points of these records.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Points {
        let mut points = Points::default();
        records.into_iter().for_each(|record| points.add(record));
        points
    }

    /// Takes in what `record` says of an iteration, if anything.
    pub fn add(&mut self, record: &Record) {
        match record.event {
            Event::Step(point) => self.thinned_steps.add(&mut self.steps, point),
            Event::Evaluation(point) => self.thinned_evaluations.add(&mut self.evaluations, point),
            // Another head has iterations of its own.
            Event::Head { .. } => *self = Points::default(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Timestamp;

    #[test]
    fn of_very_many_iterations_evenly_spread_ones_are_kept() {
        let mut points = Points::default();
        for number in 1..=3 * MOST_POINTS {
            let point = StepPoint { step: number, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 };
            points.add(&Record {
                v: 1,
                at: Timestamp::UNIX_EPOCH,
                lease: 0,
                event: Event::Step(point),
            });
        }
        assert!((MOST_POINTS / 2..=MOST_POINTS).contains(&points.steps.len()));
        let numbers: Vec<usize> = points.steps.iter().map(|point| point.step).collect();
        assert_eq!(numbers[..3], [1, 5, 9]);
        assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] == 4));
        assert!(3 * MOST_POINTS - numbers.last().unwrap() < 4);
    }
}
