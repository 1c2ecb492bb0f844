//! Where the cells of the matrix stand, and how they look.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::insight::ConfusionMatrix;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit, put, width};
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
/// Beside the matrix, where there is room: recall, precision, F1, images.
const METRICS: [&str; 4] = ["recall", "precision", "F1", "images"];
const METRIC_WIDTH: u16 = 10;
const WIDE: u16 = 100;

/// The part of the matrix that is in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    area: Rect,
    /// Width of the names of the rows, of a cell, in columns of the terminal.
    name: u16,
    cell: u16,
    categories: usize,
    first: Cursor,
    rows: usize,
    columns: usize,
    has_metrics: bool,
}

impl Grid {
    pub fn new(names: &[String], matrix: &ConfusionMatrix, cursor: Cursor, area: Rect) -> Grid {
        let categories = names.len();
        let longest = names.iter().map(|name| width(name)).max().unwrap_or(0) as u16;
        let name = longest.clamp(4, LONGEST_NAME.max(area.width / 6));
        let all = (0..categories).flat_map(|row| (0..categories).map(move |col| (row, col)));
        let largest = all.map(|(row, column)| matrix.count(row, column)).max().unwrap_or(0);
        let digits = largest.to_string().len() as u16;
        let has_metrics = area.width >= WIDE;
        let metrics = if has_metrics { METRIC_WIDTH * METRICS.len() as u16 + 1 } else { 0 };
        let room = area.width.saturating_sub(GUTTER + name + 1 + metrics);
        let smallest = digits + PERCENT_WIDTH;
        // Whole names over the columns, unless that would push some out of sight.
        let share = (room / categories.max(1) as u16).saturating_sub(1);
        let cell = longest.min(LONGEST_NAME).min(share).max(smallest);
        let columns = usize::from(room / (cell + 1)).clamp(1, categories.max(1));
        let rows = usize::from(area.height.saturating_sub(1)).clamp(1, categories.max(1));
        // Scrolled as little as shows the cursor.
        let first = Cursor {
            truth: (cursor.truth + 1).saturating_sub(rows),
            predicted: (cursor.predicted + 1).saturating_sub(columns),
        };
        Grid { area, name, cell, categories, first, rows, columns, has_metrics }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    fn x(&self, column: usize) -> u16 {
        let before = (column - self.first.predicted) as u16 * (self.cell + 1);
        self.area.x + GUTTER + self.name + 1 + before
    }

    fn y(&self, row: usize) -> u16 {
        self.area.y + 1 + (row - self.first.truth) as u16
    }

    fn visible(&self) -> impl Iterator<Item = Cursor> + use<> {
        let Grid { categories, first, rows, columns, .. } = *self;
        let predicted = move || first.predicted..(first.predicted + columns).min(categories);
        (first.truth..(first.truth + rows).min(categories))
            .flat_map(move |truth| predicted().map(move |predicted| Cursor { truth, predicted }))
    }

    /// The cell at a place of the terminal.
    pub fn cell_at(&self, x: u16, y: u16) -> Option<Cursor> {
        self.visible().find(|&Cursor { truth, predicted }| {
            let start = self.x(predicted);
            self.y(truth) == y && (start..start + self.cell).contains(&x)
        })
    }

    pub fn draw(
        &self,
        names: &[String],
        matrix: &ConfusionMatrix,
        cursor: Cursor,
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
                let role = if predicted == cursor.predicted { Role::Accent } else { Role::Dim };
                let top = self.area.y;
                self.put_right(
                    buffer,
                    self.x(predicted),
                    top,
                    &names[predicted],
                    theme.style(role),
                );
            }
            if drawn_row != Some(truth) {
                drawn_row = Some(truth);
                self.draw_name(&names[truth], truth, cursor, buffer, theme);
                if self.has_metrics {
                    self.draw_metrics(matrix, truth, buffer, theme);
                }
            }
            let (text, role) = cell(matrix, place);
            let mut style = theme.style(role);
            if place == cursor {
                style = style.patch(theme.style(Role::Selection));
            }
            self.put_right(buffer, self.x(predicted), self.y(truth), &text, style);
        }
        self.draw_more(buffer, theme);
    }

    /// Right-aligned in a cell that starts at `x`.
    fn put_right(&self, buffer: &mut Buffer, x: u16, y: u16, text: &str, style: Style) {
        let text = fit(text, self.cell.into());
        let missing = usize::from(self.cell).saturating_sub(width(&text));
        put(buffer, self.area, x, y, &(" ".repeat(missing) + &text), style);
    }

    fn draw_name(
        &self,
        name: &str,
        row: usize,
        cursor: Cursor,
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        let (x, y) = (self.area.x, self.y(row));
        let is_chosen = row == cursor.truth;
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
            matrix.support(row).to_string(),
        ];
        let mut x = start;
        for (title, value) in METRICS.iter().zip(&values) {
            let right = |text: &str| format!("{text:>width$}", width = METRIC_WIDTH.into());
            put(buffer, self.area, x, self.area.y, &right(title), theme.style(Role::Dim));
            put(buffer, self.area, x, self.y(row), &right(value), theme.style(Role::Text));
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

/// Number and share of the row; a point for none.
fn cell(matrix: &ConfusionMatrix, Cursor { truth, predicted }: Cursor) -> (String, Role) {
    /// A confusion of this share of a category is a large one.
    const LARGE: f64 = 0.1;
    let count = matrix.count(truth, predicted);
    if count == 0 {
        return ("·".into(), Role::Dim);
    }
    let share = count as f64 / matrix.support(truth) as f64;
    let role = match truth == predicted {
        true => Role::Good,
        false if share >= LARGE => Role::Bad,
        false => Role::Warning,
    };
    (format!("{count} {:3.0}%", share * 100.0), role)
}
