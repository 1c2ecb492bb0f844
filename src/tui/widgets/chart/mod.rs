//! Curves over iterations, drawn in terminal cells: honest about noise, gaps and smoothing.
//!
//! A [`Trace`] keeps every point of one curve and answers per column in little time, however many
//! points there are; a [`Chart`] draws traces with axes and a legend. Not here: what the curves
//! mean, keys, and the theme (styles come in).

mod axis;
mod draw;
mod grid;
mod legend;
mod series;
mod smooth;
mod trace;
mod view;

#[cfg(test)]
mod snapshots;

pub use crate::ticks::{Unit, format_value};
pub use grid::Marker;
pub use series::{Chart, ChartStyles, Series, Weight};
pub use trace::Trace;
pub use view::YScale;
