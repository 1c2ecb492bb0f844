//! How fast a run goes through its iterations.

use std::collections::VecDeque;

use crate::store::{Run, Timestamp};

/// How far back throughput looks.
const WINDOW_SECONDS: f64 = 10.0;

/// Throughput of the last seconds, from what was seen of a run and when.
#[derive(Debug, Default)]
pub struct Pace {
    /// Time and iteration of the newest reports.
    reports: VecDeque<(Timestamp, usize)>,
    /// When the worker started whose pace it is.
    started: Option<Timestamp>,
}

impl Pace {
    /// Takes in how far `run` is now. Starts anew with a new worker, and where the run went back.
    pub fn note(&mut self, run: &Run) {
        let Some(now) = run.updated else { return };
        let went_back = self.reports.back().is_some_and(|last| run.step() < last.1 || now < last.0);
        if went_back || run.started != self.started {
            self.reports.clear();
            self.started = run.started;
        }
        if run.step() > 0 && self.reports.back().is_none_or(|last| run.step() > last.1) {
            self.reports.push_back((now, run.step()));
        }
        // One report older than the window stays, so that a slow run has two to compare.
        while self.reports.len() > 2 && seconds_between(self.reports[1].0, now) > WINDOW_SECONDS {
            self.reports.pop_front();
        }
    }

    /// `None` until two reports apart in time were noted.
    pub fn iterations_per_second(&self) -> Option<f64> {
        let (first, last) = (self.reports.front()?, self.reports.back()?);
        let seconds = seconds_between(first.0, last.0);
        (seconds > 0.0).then(|| (last.1 - first.1) as f64 / seconds)
    }
}

fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_millisecond() - from.as_millisecond()) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StepPoint;

    fn run(step: usize, milliseconds: i64) -> Run {
        Run {
            latest: Some(StepPoint { step, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 }),
            updated: Some(Timestamp::from_millisecond(milliseconds).unwrap()),
            ..Run::default()
        }
    }

    #[test]
    fn throughput_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        pace.note(&run(100, 5_000));
        assert_eq!(pace.iterations_per_second(), None);
        pace.note(&run(200, 10_000));
        assert_eq!(pace.iterations_per_second(), Some(20.0));
        pace.note(&run(210, 20_000));
        pace.note(&run(230, 40_000));
        assert_eq!(pace.iterations_per_second(), Some(1.0), "the first seconds are long ago");
    }

    #[test]
    fn a_pause_does_not_slow_the_throughput_down() {
        let mut pace = Pace::default();
        pace.note(&run(100, 5_000));
        let day = 86_400_000;
        let resumed = |step, after| Run {
            started: Some(Timestamp::from_millisecond(day).unwrap()),
            ..run(step, day + after)
        };
        pace.note(&resumed(200, 1_000));
        assert_eq!(pace.iterations_per_second(), None);
        pace.note(&resumed(250, 2_000));
        assert_eq!(pace.iterations_per_second(), Some(50.0));
    }
}
