//! How far a sweep is.

use crate::store::State;
use crate::words::grouped;

/// How many of its runs are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub all: usize,
    /// With a result.
    pub done: usize,
    pub at_work: usize,
    pub waiting: usize,
    pub failed: usize,
    /// Created, paused, cancelled or lost: without a result, and nothing brings one.
    pub idle: usize,
}

impl Progress {
    pub fn of(states: impl Iterator<Item = State>) -> Progress {
        let mut progress = Progress::default();
        for state in states {
            progress.all += 1;
            *match state {
                State::Done | State::Stopped => &mut progress.done,
                State::Running | State::Starting => &mut progress.at_work,
                State::Queued => &mut progress.waiting,
                State::Failed => &mut progress.failed,
                State::Created | State::Paused | State::Cancelled | State::Lost => {
                    &mut progress.idle
                }
            } += 1;
        }
        progress
    }

    /// Whether it will find more by itself.
    pub fn is_going_on(&self) -> bool {
        self.at_work + self.waiting > 0
    }

    /// `37 of 50 done, 1 at work, 12 waiting`
    pub fn words(&self) -> String {
        let mut words = format!("{} of {} done", grouped(self.done), grouped(self.all));
        let others = [
            (self.at_work, "at work"),
            (self.waiting, "waiting"),
            (self.failed, "failed"),
            (self.idle, "without a result"),
        ];
        for (count, name) in others.iter().filter(|(count, _)| *count > 0) {
            words += &format!(", {} {name}", grouped(*count));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_counted_once_and_what_is_none_is_left_out() {
        let states = [State::Done, State::Stopped, State::Running, State::Queued, State::Failed];
        let progress = Progress::of(states.into_iter());
        assert_eq!(progress.words(), "2 of 5 done, 1 at work, 1 waiting, 1 failed");
        assert!(progress.is_going_on());
        let over = Progress::of([State::Done, State::Lost].into_iter());
        assert_eq!(over.words(), "1 of 2 done, 1 without a result");
        assert!(!over.is_going_on());
    }
}
