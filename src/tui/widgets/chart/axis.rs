//! Axes, their labels, and marks at values that are not finite.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::grid::Marker;
use super::series::Chart;
use super::view::{View, YScale};
use crate::ticks::{format_iteration, linear_ticks, log_ticks};

/// Rows below the plot: the axis and its labels.
const BELOW: u16 = 2;

/// Draws both axes and returns what is left for the curves.
pub fn draw(chart: &Chart, view: &View, area: Rect, buffer: &mut Buffer) -> Rect {
    let height = area.height.saturating_sub(BELOW);
    let ticks = y_ticks(view, usize::from(height / 2).clamp(2, 8));
    let labels = chart.unit.labels(&ticks);
    let width = labels.iter().map(String::len).max().unwrap_or(1).min(12) as u16;
    let left = (width + 1).min(area.width);
    let plot = Rect { x: area.x + left, width: area.width - left, height, ..area };
    if plot.is_empty() {
        return plot;
    }
    let [vertical, horizontal, corner, tick_left, _] = glyphs(chart.marker);
    for y in plot.y..plot.bottom() {
        buffer[(plot.x - 1, y)].set_char(vertical).set_style(chart.styles.dim);
    }
    for x in plot.x..plot.right() {
        buffer[(x, plot.bottom())].set_char(horizontal).set_style(chart.styles.dim);
    }
    buffer[(plot.x - 1, plot.bottom())].set_char(corner).set_style(chart.styles.dim);
    let mut taken = None;
    for (tick, label) in ticks.iter().zip(&labels) {
        // The cell in which a curve of this value has its dots.
        let dots = chart.marker.dots().1 as f64;
        let dot = (view.down(*tick) * (f64::from(plot.height) * dots - 1.0)).round();
        let y = plot.y + (dot / dots) as u16;
        if taken == Some(y) || y >= plot.bottom() {
            continue;
        }
        taken = Some(y);
        buffer[(plot.x - 1, y)].set_char(tick_left);
        let room = usize::from(width);
        let label = format!("{label:>room$}");
        buffer.set_stringn(area.x, y, label, room, chart.styles.text);
    }
    draw_x_labels(chart, view, plot, buffer);
    plot
}

/// About `count` ticks, and two at least where any two fit: one alone gives no scale.
fn y_ticks(view: &View, count: usize) -> Vec<f64> {
    let of = match view.scale {
        YScale::Linear => linear_ticks,
        YScale::Log => log_ticks,
    };
    let attempt = |count| of(view.y.0, view.y.1, count);
    (count..count + 3).map(attempt).find(|ticks| ticks.len() > 1).unwrap_or_else(|| attempt(count))
}

fn glyphs(marker: Marker) -> [char; 5] {
    match marker {
        Marker::Ascii => ['|', '-', '+', '+', '+'],
        Marker::Braille => ['│', '─', '└', '┤', '┬'],
    }
}

fn draw_x_labels(chart: &Chart, view: &View, plot: Rect, buffer: &mut Buffer) {
    let [.., tick_below] = glyphs(chart.marker);
    let mut free_from = plot.x.saturating_sub(1);
    for tick in linear_ticks(view.x.0, view.x.1, usize::from(plot.width / 12).clamp(2, 10)) {
        let Some(x) = column(view, tick, plot) else { continue };
        let label = format_iteration(tick);
        let length = label.len() as u16;
        let start = x.saturating_sub(length / 2).min(plot.right().saturating_sub(length));
        if start < free_from || start + length > plot.right() {
            continue;
        }
        free_from = start + length + 1;
        buffer[(x, plot.bottom())].set_char(tick_below);
        buffer.set_string(start, plot.bottom() + 1, label, chart.styles.text);
    }
    if let Some(x) = chart.cursor.and_then(|x| column(view, x, plot)) {
        let pointer = if chart.marker == Marker::Ascii { '^' } else { '▲' };
        buffer[(x, plot.bottom())].set_char(pointer).set_style(chart.styles.cursor);
    }
}

/// Marks, on the axis, each x whose value is NaN or infinite.
pub fn mark_broken(chart: &Chart, view: &View, plot: Rect, buffer: &mut Buffer) {
    let mark = if chart.marker == Marker::Ascii { 'x' } else { '×' };
    for x in chart.series.iter().flat_map(|series| series.trace.broken()) {
        if let Some(x) = column(view, *x, plot) {
            buffer[(x, plot.bottom())].set_char(mark).set_style(chart.styles.bad);
        }
    }
}

/// The screen's column of iteration `x`; `None` outside the plot.
pub fn column(view: &View, x: f64, plot: Rect) -> Option<u16> {
    let across = view.across(x);
    (0.0..=1.0).contains(&across).then(|| {
        plot.x + ((across * f64::from(plot.width)) as u16).min(plot.width.saturating_sub(1))
    })
}
