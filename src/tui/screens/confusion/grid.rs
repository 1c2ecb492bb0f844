//! Where the cells of the matrix stand, and how they look.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::insight::ConfusionMatrix;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit, fit_end, put, width};
use crate::words;

/// The cell under the cursor: row and column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    pub truth: usize,
    pub predicted: usize,
}

/// Left of the names: the mark of the cursor's row.
const GUTTER: u16 = 2;
/// ` 100%`
const PERCENT_WIDTH: u16 = 5;
const LONGEST_NAME: u16 = 14;
/// Beside the matrix: as many of these as there is room for.
const METRICS: [&str; 4] = ["recall", "precision", "F1", "images"];
const METRIC_WIDTH: u16 = 10;
/// From this width all metrics stand beside the matrix, from the other one the recall.
const WIDE: u16 = 100;
const MEDIUM: u16 = 80;

/// The part of the matrix that is in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    area: Rect,
    /// Width of the names of the rows, in columns of the terminal.
    name: u16,
    /// Columns and rows of the terminal that a cell takes.
    cell: (u16, u16),
    categories: usize,
    first: Cursor,
    rows: usize,
    columns: usize,
    /// How many of [`METRICS`] are shown.
    metrics: usize,
}

impl Grid {
    /// The matrix fills `area`: all cells in sight are as large as there is room for.
    pub fn new(
        names: &[String],
        matrix: &ConfusionMatrix,
        cursor: Option<Cursor>,
        area: Rect,
    ) -> Grid {
        let categories = names.len().max(1);
        let longest = names.iter().map(|name| width(name)).max().unwrap_or(0) as u16;
        let name = longest.clamp(4, LONGEST_NAME.max(area.width / 6));
        let all = (0..names.len()).flat_map(|row| (0..names.len()).map(move |col| (row, col)));
        let largest = all.map(|(row, column)| matrix.count(row, column)).max().unwrap_or(0);
        let smallest = largest.to_string().len() as u16 + PERCENT_WIDTH;
        let metrics = match area.width {
            WIDE.. => METRICS.len(),
            MEDIUM.. => 1,
            _ => 0,
        };
        let metrics_width = if metrics > 0 { METRIC_WIDTH * metrics as u16 + 1 } else { 0 };
        let room = area.width.saturating_sub(GUTTER + name + 1 + metrics_width);
        let columns = usize::from(room / (smallest + 1)).clamp(1, categories);
        let across = (room / columns as u16).saturating_sub(1).max(smallest);
        let height = area.height.saturating_sub(1);
        let rows = usize::from(height).clamp(1, categories);
        // A cell of the terminal is about twice as high as wide: a square is half as many rows.
        let down = (height / rows as u16).clamp(1, (across / 2).max(1));
        let cursor = cursor.unwrap_or_default();
        // Scrolled as little as shows the cursor.
        let first = Cursor {
            truth: (cursor.truth + 1).saturating_sub(rows),
            predicted: (cursor.predicted + 1).saturating_sub(columns),
        };
        let (cell, categories) = ((across, down), names.len());
        Grid { area, name, cell, categories, first, rows, columns, metrics }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    fn x(&self, column: usize) -> u16 {
        let before = (column - self.first.predicted) as u16 * (self.cell.0 + 1);
        self.area.x + GUTTER + self.name + 1 + before
    }

    /// The first row of the terminal of a row of cells.
    fn y(&self, row: usize) -> u16 {
        self.area.y + 1 + (row - self.first.truth) as u16 * self.cell.1
    }

    /// The row of the terminal in which its words stand.
    fn middle(&self, row: usize) -> u16 {
        self.y(row) + (self.cell.1 - 1) / 2
    }

    fn visible(&self) -> impl Iterator<Item = Cursor> + use<> {
        let Grid { categories, first, rows, columns, .. } = *self;
        let predicted = move || first.predicted..(first.predicted + columns).min(categories);
        (first.truth..(first.truth + rows).min(categories))
            .flat_map(move |truth| predicted().map(move |predicted| Cursor { truth, predicted }))
    }

    /// The cell at a place of the terminal.
    pub fn cell_at(&self, x: u16, y: u16) -> Option<Cursor> {
        self.visible().find(|&cell| self.place(cell).contains(Position { x, y }))
    }

    /// Where a cell stands.
    fn place(&self, Cursor { truth, predicted }: Cursor) -> Rect {
        let (width, height) = self.cell;
        Rect { x: self.x(predicted), y: self.y(truth), width, height }
    }

    /// Draws names, cells and metrics; `cursor`: where one can be moved.
    pub fn draw(
        &self,
        names: &[String],
        matrix: &ConfusionMatrix,
        cursor: Option<Cursor>,
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        if self.area.is_empty() {
            return;
        }
        let mut drawn_row = None;
        for place in self.visible() {
            let Cursor { truth, predicted } = place;
            if truth == self.first.truth {
                let is_chosen = cursor.is_some_and(|cursor| cursor.predicted == predicted);
                let style = theme.style(if is_chosen { Role::Accent } else { Role::Dim });
                let name = self.heading(names, predicted);
                self.put_centred(buffer, predicted, self.area.y, &name, style);
            }
            if drawn_row != Some(truth) {
                drawn_row = Some(truth);
                let is_chosen = cursor.is_some_and(|cursor| cursor.truth == truth);
                self.draw_name(&names[truth], truth, is_chosen, buffer, theme);
                self.draw_metrics(matrix, truth, buffer, theme);
            }
            let (text, style) = look(matrix, place, cursor == Some(place), theme);
            buffer.set_style(self.place(place).intersection(self.area), style);
            self.put_centred(buffer, predicted, self.middle(truth), &text, style);
        }
        self.draw_more(buffer, theme);
    }

    /// The name of a column as far as there is room: its end where others begin like it.
    fn heading(&self, names: &[String], column: usize) -> String {
        let room = usize::from(self.cell.0);
        let cut = fit(&names[column], room);
        let is_shared = (0..names.len()).any(|at| at != column && fit(&names[at], room) == cut);
        if is_shared { fit_end(&names[column], room) } else { cut }
    }

    /// In the middle of a column of cells.
    fn put_centred(&self, buffer: &mut Buffer, column: usize, y: u16, text: &str, style: Style) {
        let text = fit(text, self.cell.0.into());
        let missing = usize::from(self.cell.0).saturating_sub(width(&text));
        let x = self.x(column) + missing.div_ceil(2) as u16;
        put(buffer, self.area, x, y, &text, style);
    }

    fn draw_name(
        &self,
        name: &str,
        row: usize,
        is_chosen: bool,
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        let (x, y) = (self.area.x, self.middle(row));
        let style = theme.style(if is_chosen { Role::Accent } else { Role::Dim });
        put(buffer, self.area, x, y, if is_chosen { ">" } else { "" }, style);
        put(buffer, self.area, x + GUTTER, y, &fit(name, self.name.into()), style);
    }

    fn draw_metrics(
        &self,
        matrix: &ConfusionMatrix,
        row: usize,
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        let start = self.x(self.first.predicted + self.columns) + 1;
        let values = [
            words::percent(matrix.recall(row)),
            words::percent(matrix.precision(row)),
            words::percent(matrix.f1(row)),
            words::grouped(matrix.support(row)),
        ];
        let mut x = start;
        for (title, value) in METRICS.iter().zip(&values).take(self.metrics) {
            let right = |text: &str| format!("{text:>width$}", width = METRIC_WIDTH.into());
            put(buffer, self.area, x, self.area.y, &right(title), theme.style(Role::Dim));
            put(buffer, self.area, x, self.middle(row), &right(value), theme.style(Role::Text));
            x += METRIC_WIDTH;
        }
    }

    /// Says in the corner where the matrix goes on.
    fn draw_more(&self, buffer: &mut Buffer, theme: &Theme) {
        let more = [
            (self.first.predicted > 0, "◀"),
            (self.first.truth > 0, "▲"),
            (self.first.truth + self.rows < self.categories, "▼"),
            (self.first.predicted + self.columns < self.categories, "▶"),
        ];
        let text: String = more.iter().filter(|(is, _)| *is).map(|&(_, sign)| sign).collect();
        let style = theme.style(Role::Accent);
        put(buffer, self.area, self.area.x + GUTTER, self.area.y, &text, style);
    }
}

/// Number and share of the row, a point for none; on a shade of that share where there are colours
/// enough.
fn look(
    matrix: &ConfusionMatrix,
    place: Cursor,
    is_chosen: bool,
    theme: &Theme,
) -> (String, Style) {
    /// A confusion of this share of a category is a large one.
    const LARGE: f64 = 0.1;
    let Cursor { truth, predicted } = place;
    let count = matrix.count(truth, predicted);
    let share = count as f64 / matrix.support(truth).max(1) as f64;
    let role = match truth == predicted {
        _ if count == 0 => Role::Dim,
        true => Role::Good,
        false if share >= LARGE => Role::Bad,
        false => Role::Warning,
    };
    let style = match theme.shade(truth == predicted, share) {
        _ if is_chosen => theme.style(role).patch(theme.style(Role::Selection)),
        Some(shade) => shade,
        None => theme.style(role),
    };
    let text = match count {
        0 => "·".to_owned(),
        count => format!("{count} {:3.0}%", share * 100.0),
    };
    (text, style)
}
