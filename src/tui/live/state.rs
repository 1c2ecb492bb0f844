//! How a person looks at a run: what is zoomed, smoothed and read.

use std::collections::VecDeque;

use crate::store::{Run, Timestamp};
use crate::tui::widgets::chart::{Trace, YScale};

/// The factors that `smoother` and `rougher` walk through.
const FACTORS: [f64; 8] = [0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99];
const FIRST_FACTOR: usize = 2;

/// How far back throughput looks.
const RATE_WINDOW_SECONDS: f64 = 10.0;

/// The curves of one run and the view on them. Owns a copy of the run's points, in the form that
/// charts draw quickly.
#[derive(Clone, Debug)]
pub struct LiveState {
    pub train_loss: Trace,
    pub train_accuracy: Trace,
    pub validation_loss: Trace,
    pub validation_accuracy: Trace,
    pub zoom: Option<(f64, f64)>,
    pub cursor: Option<f64>,
    pub y_scale: YScale,
    /// Whether a zoomed view moves with the newest iteration.
    pub follows: bool,
    /// Which chart is shown where there is room for only one.
    pub prefers_accuracy: bool,
    factor: usize,
    steps_read: usize,
    evaluations_read: usize,
    iterations: usize,
    /// (when, iteration) of the newest reports.
    pace: VecDeque<(Timestamp, usize)>,
    /// When the worker started whose pace it is.
    started: Option<Timestamp>,
}

impl Default for LiveState {
    fn default() -> LiveState {
        let smoothed = || Trace::new(FACTORS[FIRST_FACTOR]);
        LiveState {
            train_loss: smoothed(),
            train_accuracy: smoothed(),
            // Evaluations see the whole validation set: there is no noise to smooth away.
            validation_loss: Trace::new(0.0),
            validation_accuracy: Trace::new(0.0),
            zoom: None,
            cursor: None,
            y_scale: YScale::Linear,
            follows: true,
            prefers_accuracy: false,
            factor: FIRST_FACTOR,
            steps_read: 0,
            evaluations_read: 0,
            iterations: 0,
            pace: VecDeque::new(),
            started: None,
        }
    }
}

impl LiveState {
    /// Takes in what `run` has reported since the last call; starts anew when its log was
    /// cut. Another run needs a state of its own.
    pub fn absorb(&mut self, run: &Run) {
        if run.steps.len() < self.steps_read || run.evaluations.len() < self.evaluations_read {
            self.forget();
        }
        for point in &run.steps[self.steps_read..] {
            self.train_loss.push(point.step as f64, point.loss);
            self.train_accuracy.push(point.step as f64, point.accuracy);
        }
        for point in &run.evaluations[self.evaluations_read..] {
            self.validation_loss.push(point.step as f64, point.validation_loss);
            self.validation_accuracy.push(point.step as f64, point.validation_accuracy);
        }
        (self.steps_read, self.evaluations_read) = (run.steps.len(), run.evaluations.len());
        self.iterations = run.iterations;
        self.keep_pace(run);
        if let (true, Some((from, to))) = (self.follows, self.zoom) {
            let end = (run.step() as f64).max(1.0 + to - from);
            self.zoom = Some((end - (to - from), end));
        }
    }

    /// Drops the curves, keeps how they are looked at.
    fn forget(&mut self) {
        let factor = FACTORS[self.factor];
        (self.train_loss, self.train_accuracy) = (Trace::new(factor), Trace::new(factor));
        (self.validation_loss, self.validation_accuracy) = (Trace::new(0.0), Trace::new(0.0));
        (self.steps_read, self.evaluations_read) = (0, 0);
        self.pace.clear();
    }

    fn keep_pace(&mut self, run: &Run) {
        let Some(now) = run.updated else { return };
        let is_cut = self.pace.back().is_some_and(|last| run.step() < last.1 || now < last.0);
        if is_cut || run.started != self.started {
            self.pace.clear();
            self.started = run.started;
        }
        if run.step() > 0 && self.pace.back().is_none_or(|last| run.step() > last.1) {
            self.pace.push_back((now, run.step()));
        }
        // One report older than the window stays, so that a slow run has two to compare.
        while self.pace.len() > 2 && seconds_between(self.pace[1].0, now) > RATE_WINDOW_SECONDS {
            self.pace.pop_front();
        }
    }

    /// Throughput of the last seconds; `None` until two reports apart in time were taken in.
    pub fn iterations_per_second(&self) -> Option<f64> {
        let (first, last) = (self.pace.front()?, self.pace.back()?);
        let seconds = seconds_between(first.0, last.0);
        (seconds > 0.0).then(|| (last.1 - first.1) as f64 / seconds)
    }

    /// The iterations that there are or will be.
    pub fn whole(&self) -> (f64, f64) {
        let last = self.train_loss.x_extent().map_or(1.0, |extent| extent.1);
        (1.0, last.max(self.iterations as f64).max(2.0))
    }

    fn latest(&self) -> f64 {
        self.train_loss.x_extent().map_or(1.0, |extent| extent.1)
    }

    /// Shows half of what is shown, around the cursor, or the newest part.
    pub fn zoom_in(&mut self) {
        let (from, to) = self.zoom.unwrap_or(self.whole());
        let width = ((to - from) / 2.0).max(4.0);
        self.show(self.cursor.unwrap_or(self.latest() - width / 2.0), width);
    }

    pub fn zoom_out(&mut self) {
        if let Some((from, to)) = self.zoom {
            self.show(self.cursor.unwrap_or((from + to) / 2.0), (to - from) * 2.0);
        }
    }

    fn show(&mut self, centre: f64, width: f64) {
        let (first, last) = self.whole();
        let from = (centre - width / 2.0).min(last - width).max(first);
        self.zoom = (width < last - first).then_some((from, from + width));
    }

    pub fn cursor_left(&mut self, n: usize) {
        self.move_cursor(-(n as f64));
    }

    pub fn cursor_right(&mut self, n: usize) {
        self.move_cursor(n as f64);
    }

    /// One move is one iteration, or a hundredth of what is shown where that is more.
    fn move_cursor(&mut self, moves: f64) {
        let (from, to) = self.zoom.unwrap_or(self.whole());
        let stride = ((to - from) / 100.0).round().max(1.0);
        let wanted = self.cursor.unwrap_or(self.latest()) + moves * stride;
        self.set_cursor(wanted);
    }

    /// Puts the cursor on the iteration nearest to `x`, and moves the view along where it must.
    pub fn set_cursor(&mut self, x: f64) {
        self.cursor = self.train_loss.nearest(x).map(|reading| reading.x);
        self.follows = false;
        if let (Some(x), Some((from, to))) = (self.cursor, self.zoom)
            && !(from..=to).contains(&x)
        {
            self.show(x, to - from);
        }
    }

    /// Puts the cursor away and moves with the newest iteration again.
    pub fn follow(&mut self) {
        (self.cursor, self.follows) = (None, true);
        if let Some((from, to)) = self.zoom {
            self.show(self.latest() - (to - from) / 2.0, to - from);
        }
    }

    pub fn toggle_log(&mut self) {
        self.y_scale = match self.y_scale {
            YScale::Linear => YScale::Log,
            YScale::Log => YScale::Linear,
        };
    }

    pub fn toggle_accuracy(&mut self) {
        self.prefers_accuracy = !self.prefers_accuracy;
    }

    pub fn smoother(&mut self) {
        self.smooth((self.factor + 1).min(FACTORS.len() - 1));
    }

    pub fn rougher(&mut self) {
        self.smooth(self.factor.saturating_sub(1));
    }

    fn smooth(&mut self, factor: usize) {
        self.factor = factor;
        self.train_loss.set_smoothing(FACTORS[factor]);
        self.train_accuracy.set_smoothing(FACTORS[factor]);
    }

    pub fn unsmoothed(&mut self) {
        self.smooth(0);
    }

    pub fn smoothing(&self) -> f64 {
        FACTORS[self.factor]
    }
}

fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_millisecond() - from.as_millisecond()) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StepPoint;

    fn run(steps: usize) -> Run {
        let point = |step| StepPoint { step, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 };
        Run {
            iterations: 400,
            steps: (1..=steps).map(point).collect(),
            updated: Some(Timestamp::from_millisecond(steps as i64 * 50).unwrap()),
            ..Run::default()
        }
    }

    fn after(steps: usize) -> LiveState {
        let mut state = LiveState::default();
        state.absorb(&run(steps));
        state
    }

    #[test]
    fn only_new_points_are_taken_in_and_a_cut_log_starts_anew() {
        let mut state = after(10);
        state.absorb(&run(30));
        assert_eq!(state.train_loss.len(), 30);
        state.absorb(&run(5));
        assert_eq!(state.train_loss.len(), 5);
    }

    #[test]
    fn throughput_is_that_of_the_last_seconds() {
        let mut state = after(100);
        assert_eq!(state.iterations_per_second(), None);
        state.absorb(&run(200));
        assert_eq!(state.iterations_per_second(), Some(20.0));
    }

    #[test]
    fn a_pause_does_not_slow_the_throughput_down() {
        let mut state = after(100);
        let mut resumed = run(200);
        resumed.started = Some(Timestamp::from_second(86_400).unwrap());
        resumed.updated = Some(Timestamp::from_second(86_401).unwrap());
        state.absorb(&resumed);
        assert_eq!(state.iterations_per_second(), None);
        resumed.steps.extend(run(250).steps.drain(200..));
        resumed.updated = Some(Timestamp::from_second(86_402).unwrap());
        state.absorb(&resumed);
        assert_eq!(state.iterations_per_second(), Some(50.0));
    }

    #[test]
    fn the_cursor_stays_on_iterations_that_exist() {
        let mut state = after(100);
        state.cursor_right(50);
        assert_eq!(state.cursor, Some(100.0));
        state.cursor_left(1000);
        assert_eq!(state.cursor, Some(1.0));
        LiveState::default().cursor_left(1);
    }

    #[test]
    fn zoom_keeps_the_cursor_in_view_and_goes_back_to_the_whole() {
        let mut state = after(400);
        state.set_cursor(200.0);
        state.zoom_in();
        state.zoom_in();
        let (from, to) = state.zoom.unwrap();
        assert!(from < 200.0 && 200.0 < to && to - from < 101.0);
        state.set_cursor(10.0);
        assert!(state.zoom.unwrap().0 <= 10.0);
        state.zoom_out();
        state.zoom_out();
        assert_eq!(state.zoom, None);
    }

    #[test]
    fn a_zoomed_view_follows_the_newest_iteration_until_the_cursor_is_used() {
        let mut state = after(200);
        state.zoom_in();
        state.absorb(&run(300));
        assert_eq!(state.zoom.unwrap().1, 300.0);
        state.cursor_left(1);
        state.absorb(&run(350));
        assert_eq!(state.zoom.unwrap().1, 300.0);
        state.follow();
        state.absorb(&run(360));
        assert_eq!((state.cursor, state.zoom.unwrap().1), (None, 360.0));
    }

    #[test]
    fn smoothing_has_ends() {
        let mut state = after(10);
        (0..20).for_each(|_| state.smoother());
        assert_eq!(state.smoothing(), 0.99);
        (0..20).for_each(|_| state.rougher());
        assert_eq!((state.smoothing(), state.train_loss.smoothing()), (0.0, 0.0));
    }
}
