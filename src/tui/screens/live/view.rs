//! How a person looks at a run's curves: what is zoomed, smoothed and read.

use crate::tui::followed::Followed;
use crate::tui::widgets::chart::YScale;

/// The factors that `smoother` and `rougher` walk through.
const FACTORS: [f64; 8] = [0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99];
const FIRST_FACTOR: usize = 2;

/// The view on the curves of one run; the curves themselves are in [`Followed`].
#[derive(Clone, Debug)]
pub struct View {
    /// First and last iteration shown; `None`: all of them.
    pub zoom: Option<(f64, f64)>,
    /// The iteration that is read.
    pub cursor: Option<f64>,
    pub y_scale: YScale,
    /// Which chart is shown where there is room for only one.
    pub prefers_accuracy: bool,
    /// Whether a zoomed view moves with the newest iteration.
    follows: bool,
    /// A place in [`FACTORS`].
    factor: usize,
}

impl Default for View {
    fn default() -> View {
        View {
            zoom: None,
            cursor: None,
            y_scale: YScale::Linear,
            prefers_accuracy: false,
            follows: true,
            factor: FIRST_FACTOR,
        }
    }
}

impl View {
    /// Moves with the newest iteration, unless the person went elsewhere.
    pub fn keep_up(&mut self, shown: &Followed) {
        if let (true, Some((from, to))) = (self.follows, self.zoom) {
            let end = (shown.run.step() as f64).max(1.0 + to - from);
            self.zoom = Some((end - (to - from), end));
        }
    }

    /// Shows half as many iterations: those around the cursor, or the newest.
    pub fn zoom_in(&mut self, shown: &Followed) {
        let (from, to) = self.zoom.unwrap_or(shown.iterations());
        let width = ((to - from) / 2.0).max(4.0);
        self.show(shown, self.cursor.unwrap_or(shown.newest() - width / 2.0), width);
    }

    /// Shows twice as many iterations.
    pub fn zoom_out(&mut self, shown: &Followed) {
        if let Some((from, to)) = self.zoom {
            self.show(shown, self.cursor.unwrap_or((from + to) / 2.0), (to - from) * 2.0);
        }
    }

    fn show(&mut self, shown: &Followed, centre: f64, width: f64) {
        let (first, last) = shown.iterations();
        let from = (centre - width / 2.0).min(last - width).max(first);
        self.zoom = (width < last - first).then_some((from, from + width));
    }

    /// Moves the cursor to the right, with a negative number to the left. One move is one
    /// iteration, or a hundredth of what is shown where that is more.
    pub fn move_cursor(&mut self, shown: &Followed, moves: f64) {
        let (from, to) = self.zoom.unwrap_or(shown.iterations());
        let stride = ((to - from) / 100.0).round().max(1.0);
        self.set_cursor(shown, self.cursor.unwrap_or(shown.newest()) + moves * stride);
    }

    /// Puts the cursor on the iteration nearest to `x`, and moves the view along where it must.
    pub fn set_cursor(&mut self, shown: &Followed, x: f64) {
        self.cursor = shown.curves.train_loss.nearest(x).map(|reading| reading.x);
        self.follows = false;
        if let (Some(x), Some((from, to))) = (self.cursor, self.zoom)
            && !(from..=to).contains(&x)
        {
            self.show(shown, x, to - from);
        }
    }

    /// Puts the cursor away and moves with the newest iteration again.
    pub fn follow(&mut self, shown: &Followed) {
        (self.cursor, self.follows) = (None, true);
        if let Some((from, to)) = self.zoom {
            self.show(shown, shown.newest() - (to - from) / 2.0, to - from);
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
        self.factor = (self.factor + 1).min(FACTORS.len() - 1);
    }

    pub fn rougher(&mut self) {
        self.factor = self.factor.saturating_sub(1);
    }

    pub fn unsmoothed(&mut self) {
        self.factor = 0;
    }

    /// How much the training curves, of one noisy batch a point, are smoothed; see `Smoother`.
    pub fn smoothing(&self) -> f64 {
        FACTORS[self.factor]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::{Points, Run, StepPoint};
    use crate::tui::news::Curves;

    /// A run of 400 iterations after `steps` of them.
    fn after(steps: usize) -> Followed {
        let point = |step| StepPoint { step, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 };
        let points = Points { steps: (1..=steps).map(point).collect(), ..Points::default() };
        let latest = points.steps.last().copied();
        let run = Run { iterations: 400, latest, ..Run::default() };
        Followed { run: Arc::new(run), curves: Arc::new(Curves::of(&points, 0.0)) }
    }

    #[test]
    fn the_cursor_stays_on_iterations_that_exist() {
        let (mut view, run) = (View::default(), after(100));
        view.move_cursor(&run, 50.0);
        assert_eq!(view.cursor, Some(100.0));
        view.move_cursor(&run, -1000.0);
        assert_eq!(view.cursor, Some(1.0));
        View::default().move_cursor(&after(0), -1.0);
    }

    #[test]
    fn zoom_keeps_the_cursor_in_view_and_goes_back_to_the_whole() {
        let (mut view, run) = (View::default(), after(400));
        view.set_cursor(&run, 200.0);
        view.zoom_in(&run);
        view.zoom_in(&run);
        let (from, to) = view.zoom.unwrap();
        assert!(from < 200.0 && 200.0 < to && to - from < 101.0);
        view.set_cursor(&run, 10.0);
        assert!(view.zoom.unwrap().0 <= 10.0);
        view.zoom_out(&run);
        view.zoom_out(&run);
        assert_eq!(view.zoom, None);
    }

    #[test]
    fn a_zoomed_view_follows_the_newest_iteration_until_the_cursor_is_used() {
        let mut view = View::default();
        view.zoom_in(&after(200));
        view.keep_up(&after(300));
        assert_eq!(view.zoom.unwrap().1, 300.0);
        view.move_cursor(&after(300), -1.0);
        view.keep_up(&after(350));
        assert_eq!(view.zoom.unwrap().1, 300.0);
        view.follow(&after(350));
        view.keep_up(&after(360));
        assert_eq!((view.cursor, view.zoom.unwrap().1), (None, 360.0));
    }

    #[test]
    fn smoothing_has_ends() {
        let mut view = View::default();
        (0..20).for_each(|_| view.smoother());
        assert_eq!(view.smoothing(), 0.99);
        (0..20).for_each(|_| view.rougher());
        assert_eq!(view.smoothing(), 0.0);
    }
}
