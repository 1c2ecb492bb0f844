//! What a chart is made of: its curves, their looks, and the part of them that is shown.

use ratatui::style::Style;

use super::grid::Marker;
use super::trace::Trace;
use super::view::{View, YScale};
use crate::insight::MeanPoint;
use crate::ticks::Unit;

/// How much a curve stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// One dot high.
    #[default]
    Thin,
    /// Two dots high where dots are fine enough, and bold.
    Bold,
}

/// One curve and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    pub name: &'a str,
    pub trace: &'a Trace,
    pub style: Style,
    pub weight: Weight,
    /// Whether the smallest and largest raw value of each column stand behind the line.
    pub band: bool,
    /// Of a trace that is the mean of several: how much they differ. It stands behind the line, one
    /// deviation to each side.
    pub spread: &'a [MeanPoint],
}

impl Series<'_> {
    /// One deviation below and above the mean at `x`, between two points on the straight line between
    /// them; `None` before the first and after the last.
    pub fn spread_at(&self, x: f64) -> Option<(f64, f64)> {
        let after = self.spread.partition_point(|point| point.x < x);
        let next = self.spread.get(after)?;
        let before = match after.checked_sub(1) {
            Some(at) => &self.spread[at],
            None if next.x == x => next,
            None => return None,
        };
        let share = if next.x > before.x { (x - before.x) / (next.x - before.x) } else { 1.0 };
        let between = |of: fn(&MeanPoint) -> f64| of(before) + share * (of(next) - of(before));
        let (mean, deviation) = (between(|at| at.mean), between(|at| at.deviation));
        Some((mean - deviation, mean + deviation))
    }
}

/// The styles of what is no curve.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChartStyles {
    pub text: Style,
    /// Axes and bands.
    pub dim: Style,
    pub cursor: Style,
    /// Marks of values that are not finite, and what is said of them.
    pub bad: Style,
}

/// Curves over iterations, and how they are looked at.
#[derive(Clone, Debug, Default)]
pub struct Chart<'a> {
    /// Later series are drawn over earlier ones.
    pub series: Vec<Series<'a>>,
    /// What is shown without zoom; `None` is from the first point to the last.
    pub x_range: Option<(f64, f64)>,
    pub zoom: Option<(f64, f64)>,
    pub y_scale: YScale,
    /// How values are written.
    pub unit: Unit,
    /// The iteration whose values the legend tells; `None` tells the latest.
    pub cursor: Option<f64>,
    pub marker: Marker,
    pub styles: ChartStyles,
}

impl Chart<'_> {
    /// Whether there is no value that could be drawn.
    pub fn is_blank(&self) -> bool {
        self.series.iter().all(|series| series.trace.len() == series.trace.broken().len())
    }

    /// Whether a log scale was asked for and values at or below 0 do not allow it.
    pub fn log_is_impossible(&self, view: &View) -> bool {
        self.y_scale == YScale::Log && view.scale == YScale::Linear
    }

    /// What part of the plane is shown: all of every series, unless it is zoomed.
    pub fn view(&self) -> View {
        let extents = self.series.iter().filter_map(|series| series.trace.x_extent());
        let whole = extents.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let x = self.zoom.or(self.x_range).or(whole).unwrap_or((0.0, 1.0));
        let extents = self.series.iter().filter_map(|series| {
            let (low, high) = extent(series, x)?;
            let inside = series.spread.iter().filter(|at| (x.0..=x.1).contains(&at.x));
            let ends = inside.map(|at| (at.mean - at.deviation, at.mean + at.deviation));
            let spread = ends.fold((low, high), |a, b| (a.0.min(b.0), a.1.max(b.1)));
            // A deviation may reach below what a log scale has, and beyond all and nothing.
            let low = if self.y_scale == YScale::Log { low } else { spread.0 };
            Some(match self.unit {
                Unit::Share => (low.max(0.0), spread.1.min(1.0)),
                Unit::Number => (low, spread.1),
            })
        });
        let y = extents.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let mut view = match (self.y_scale, y) {
            (YScale::Log, Some((low, high))) if low > 0.0 => View::new(x, (low, high), YScale::Log),
            (YScale::Log, None) => View::new(x, (0.1, 1.0), YScale::Log),
            (_, y) => View::new(x, y.unwrap_or((0.0, 1.0)), YScale::Linear),
        };
        // There is no more than all, so that no room is left above it.
        if self.unit == Unit::Share && y.is_none_or(|y| y.1 <= 1.0) && view.y.0 < 1.0 {
            view.y.1 = view.y.1.min(1.0);
        }
        view
    }
}

/// Smallest and largest value to make room for; between two points far apart those two count.
fn extent(series: &Series, (from, to): (f64, f64)) -> Option<(f64, f64)> {
    let column = series.trace.min_max_columns(from, to, 1)[0];
    let inside = column.and_then(|column| if series.band { column.raw } else { column.smoothed });
    inside.or_else(|| {
        let (before, after) = series.trace.neighbours(from, to);
        let (before, after) = (before?.smoothed, after?.smoothed);
        (before.is_finite() && after.is_finite()).then(|| (before.min(after), before.max(after)))
    })
}
