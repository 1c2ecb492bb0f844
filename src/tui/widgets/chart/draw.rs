//! The chart on the cells: bands, lines, cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::Widget;

use super::grid::{Grid, Marker};
use super::series::{Chart, Weight};
use super::trace::{Column, Trace};
use super::view::View;
use super::{axis, legend};

/// Below this nothing can be read, so nothing is drawn.
const SMALLEST: (u16, u16) = (20, 5);

impl Widget for &Chart<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let Some((view, plot)) = self.draw_frame(area, buffer) else { return };
        if self.is_blank() {
            let words = "no values yet";
            let x = plot.x + plot.width.saturating_sub(words.len() as u16) / 2;
            let room = usize::from(plot.right() - x);
            buffer.set_stringn(x, plot.y + plot.height / 2, words, room, self.styles.dim);
        }
        self.draw_plot(&view, plot, buffer);
        axis::mark_broken(self, &view, plot, buffer);
    }
}

impl Chart<'_> {
    /// The iteration under a place of the screen when the chart is drawn on `area`; `None` outside
    /// of the curves' rectangle.
    pub fn x_at(&self, area: Rect, place: Position) -> Option<f64> {
        let (view, plot) = self.draw_frame(area, &mut Buffer::empty(area))?;
        let across = f64::from(place.x.checked_sub(plot.x)?) + 0.5;
        let (from, to) = view.x;
        plot.contains(place).then(|| from + across / f64::from(plot.width) * (to - from))
    }

    /// Draws legend and axes, and returns what is left for the curves; `None` without any room.
    fn draw_frame(&self, area: Rect, buffer: &mut Buffer) -> Option<(View, Rect)> {
        let area = area.intersection(buffer.area);
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            return None;
        }
        let view = self.view();
        let legend_rows = legend::draw(self, &view, area, buffer);
        let below = Rect { y: area.y + legend_rows, height: area.height - legend_rows, ..area };
        let plot = axis::draw(self, &view, below, buffer);
        (!plot.is_empty()).then_some((view, plot))
    }

    fn draw_plot(&self, view: &View, plot: Rect, buffer: &mut Buffer) {
        let (width, height) = (usize::from(plot.width), usize::from(plot.height));
        let mut grid = Grid::new(self.marker, width, height);
        let (across, down) = grid.size();
        let columns: Vec<_> = self
            .series
            .iter()
            .map(|series| series.trace.min_max_columns(view.x.0, view.x.1, across))
            .collect();
        let row = |y: f64| view.down(y) * (down - 1) as f64;
        for (index, columns) in columns.iter().enumerate().filter(|(at, _)| self.series[*at].band) {
            for (at, column) in columns.iter().enumerate() {
                if let Some((low, high)) = column.and_then(|column| column.raw) {
                    grid.band(at, row(low), row(high), index);
                }
            }
        }
        let (from, to) = view.x;
        for (index, series) in self.series.iter().enumerate() {
            for at in 0..across {
                let x = from + (at as f64 + 0.5) / across as f64 * (to - from);
                if let Some((low, high)) = series.spread_at(x) {
                    grid.spread(at, row(low), row(high), index);
                }
            }
        }
        for (index, series) in self.series.iter().enumerate() {
            let thickness = match (series.weight, self.marker) {
                (Weight::Bold, Marker::Braille) => 1.0,
                _ => 0.0,
            };
            draw_line(&mut grid, view, series.trace, &columns[index], index, thickness);
        }
        for (index, columns) in columns.iter().enumerate() {
            // A single point would be a dot that nobody sees.
            if self.series.len() > 1 || self.series[index].trace.len() == 1 {
                draw_symbols(&mut grid, &row, columns, index);
            }
        }
        self.put(&grid, view, plot, buffer);
    }

    fn put(&self, grid: &Grid, view: &View, plot: Rect, buffer: &mut Buffer) {
        let cursor = self.cursor.and_then(|x| axis::column(view, x, plot));
        for (y, x) in plot
            .rows()
            .enumerate()
            .flat_map(|(y, row)| row.columns().enumerate().map(move |(x, _)| (y as u16, x as u16)))
        {
            let cell = &mut buffer[(plot.x + x, plot.y + y)];
            let ink = grid.ink(usize::from(x), usize::from(y));
            match ink {
                Some(ink) if !ink.is_band => {
                    let series = &self.series[ink.series];
                    let style = match series.weight {
                        Weight::Thin => series.style,
                        Weight::Bold => series.style.add_modifier(Modifier::BOLD),
                    };
                    cell.set_char(ink.character).set_style(style);
                }
                _ if cursor == Some(plot.x + x) => {
                    let line = if self.marker == Marker::Ascii { '|' } else { '│' };
                    cell.set_char(line).set_style(self.styles.cursor);
                }
                Some(ink) => {
                    let series = &self.series[ink.series];
                    let style =
                        if series.spread.is_empty() { self.styles.dim } else { series.style };
                    cell.set_char(ink.character).set_style(style);
                }
                None => {}
            }
        }
    }
}

/// Draws each column's smoothed extent and joins neighbours, also with the points just outside;
/// a value that is not finite breaks the line.
fn draw_line(
    grid: &mut Grid,
    view: &View,
    trace: &Trace,
    columns: &[Option<Column>],
    series: usize,
    thickness: f64,
) {
    let (across, down) = grid.size();
    let row = |y: f64| view.down(y) * (down - 1) as f64;
    let place = |x: f64| view.across(x) * across as f64;
    let (before, after) = trace.neighbours(view.x.0, view.x.1);
    let mut previous = before.map(|reading| (place(reading.x), row(reading.smoothed)));
    for (at, column) in columns.iter().enumerate() {
        let Some(column) = column else { continue };
        if let Some((low, high)) = column.smoothed {
            grid.line(at, row(high), row(low) + thickness, series);
        }
        if let Some(from) = previous {
            join(grid, from, (at as f64, row(column.first)), series, thickness);
        }
        previous = Some((at as f64, row(column.last)));
    }
    if let (Some(from), Some(to)) = (previous, after) {
        join(grid, from, (place(to.x), row(to.smoothed)), series, thickness);
    }
}

/// A straight line from one point to another, in columns and rows of dots; nothing when one of
/// them is NaN.
fn join(grid: &mut Grid, from: (f64, f64), to: (f64, f64), series: usize, thickness: f64) {
    let last = grid.size().0 as f64 - 1.0;
    let (start, end) = (from.0.max(0.0).ceil(), to.0.min(last).floor());
    if !(from.1.is_finite() && to.1.is_finite() && start <= end) {
        return;
    }
    let slope = (to.1 - from.1) / (to.0 - from.0).max(1.0);
    let at = |x: f64| from.1 + slope * (x.clamp(from.0, to.0.max(from.0)) - from.0);
    for column in start as usize..=end as usize {
        let x = column as f64;
        grid.line(column, at(x - 0.5), at(x + 0.5) + thickness, series);
    }
}

/// Puts the series' symbol on its line every now and then, at places that differ by series.
fn draw_symbols(
    grid: &mut Grid,
    row: &impl Fn(f64) -> f64,
    columns: &[Option<Column>],
    series: usize,
) {
    const APART: usize = 30;
    let mut next = 4 + series * 7 % APART;
    for (at, column) in columns.iter().enumerate() {
        let Some(column) = column.filter(|column| column.last.is_finite()) else { continue };
        if at >= next || columns.iter().flatten().count() == 1 {
            grid.symbol(at, row(column.last), series);
            next = at + APART;
        }
    }
}
