//! What each setting does: the mean validation accuracy of each of its values.
//!
//! All settings share one scale, so that what matters little looks little.

use super::map;
use super::scale::{Line, Scale};
use crate::compare::{Effect, SweepResult};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit, width};
use crate::words::{pad_left, pad_right, percent, smallest_to_largest};

/// Rows of a plot with an axis, without the axis.
const ROWS: usize = 5;
/// ` 93.1%│`
const LEFT: usize = 7;
const LONGEST_NAME: usize = 14;

/// All plots below each other, for so many cells; `selected`: the combination under the cursor.
pub fn lines(
    found: &SweepResult,
    selected: Option<usize>,
    cells: usize,
    theme: &Theme,
) -> Vec<Line> {
    let dim = theme.style(Role::Dim);
    if found.combinations.is_empty() {
        return vec![vec![("no result yet".into(), dim)]];
    }
    let effects: Vec<Vec<Effect>> = (0..found.keys.len()).map(|key| found.effects(key)).collect();
    let scale = Scale::of(effects.iter().flatten().map(|effect| effect.mean));
    let mut lines = vec![vec![("validation accuracy, mean of each value".into(), dim)], Vec::new()];
    lines.extend(map::lines(found, selected, cells, theme).into_iter().flatten());
    for (key, effects) in found.keys.iter().zip(&effects) {
        lines.push(title(key, effects, theme));
        let numbers: Option<Vec<f64>> = effects.iter().map(Effect::number).collect();
        match numbers.filter(|numbers| numbers.len() > 2 && cells > LEFT + 8) {
            Some(numbers) => lines.extend(on_an_axis(effects, &numbers, scale, cells, theme)),
            None => lines.extend(in_rows(effects, scale, cells, theme)),
        }
        lines.push(Vec::new());
    }
    lines
}

/// The setting, and how many combinations each mean is of.
fn title(key: &str, effects: &[Effect], theme: &Theme) -> Line {
    let counts: Vec<usize> = effects.iter().map(|effect| effect.n).collect();
    let of = format!("  n={}", smallest_to_largest(&counts));
    vec![(key.to_owned(), theme.style(Role::Accent)), (of, theme.style(Role::Dim))]
}

/// A row for each value: its mean, how many it is of, and a dot on the common scale.
fn in_rows(effects: &[Effect], scale: Scale, cells: usize, theme: &Theme) -> Vec<Line> {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let name = |effect: &Effect| fit(effect.value.trim_matches('"'), LONGEST_NAME);
    let names = effects.iter().map(|effect| width(&name(effect))).max().unwrap_or(0);
    let row = |effect: &Effect| {
        let said = format!(
            "{}  {}  n={:<3} ",
            pad_right(&name(effect), names),
            pad_left(&percent(effect.mean), 6),
            effect.n
        );
        let room = cells.saturating_sub(width(&said)).max(1);
        let at = (scale.share(effect.mean) * (room - 1) as f64).round() as usize;
        vec![
            (said, text),
            ("·".repeat(at), dim),
            ("●".to_owned(), theme.series(0)),
            ("·".repeat(room - 1 - at), dim),
        ]
    };
    effects.iter().map(row).collect()
}

/// The means over an axis with the values, on that scale on which these lie the most evenly.
fn on_an_axis(
    effects: &[Effect],
    numbers: &[f64],
    scale: Scale,
    cells: usize,
    theme: &Theme,
) -> Vec<Line> {
    let (text, dim) = (theme.style(Role::Text), theme.style(Role::Dim));
    let room = cells - LEFT - 1;
    let columns = columns(numbers, room);
    let best = effects.iter().map(|effect| effect.mean).fold(f64::NEG_INFINITY, f64::max);
    let mut grid = vec![vec![None; room]; ROWS];
    for (effect, &column) in effects.iter().zip(&columns) {
        let row = ((1.0 - scale.share(effect.mean)) * (ROWS - 1) as f64).round() as usize;
        let cell = &mut grid[row][column];
        *cell = Some(cell.unwrap_or(false) || effect.mean == best);
    }
    let mut lines = Vec::new();
    for (row, points) in grid.iter().enumerate() {
        let said = match row {
            0 => percent(scale.high),
            row if row == ROWS - 1 => percent(scale.low),
            _ => String::new(),
        };
        let mut line = vec![(pad_left(&said, LEFT - 1), dim), ("│".to_owned(), dim)];
        line.extend(points.iter().map(|point| match point {
            Some(true) => ("●".to_owned(), theme.style(Role::Good)),
            Some(false) => ("●".to_owned(), theme.series(0)),
            None => (" ".to_owned(), dim),
        }));
        lines.push(line);
    }
    // Of many values the marks would be a line of their own.
    let is_marked = |at: usize| columns.len() * 3 < room && columns.contains(&at);
    let axis: String = (0..room).map(|at| if is_marked(at) { '┬' } else { '─' }).collect();
    lines.push(vec![(" ".repeat(LEFT - 1), dim), (format!("└{axis}"), dim)]);
    let values: Vec<&str> = effects.iter().map(|effect| effect.value.as_str()).collect();
    lines.push(vec![(" ".repeat(LEFT), dim), (labels(&values, &columns, room + 1), text)]);
    lines
}

/// The column of each number, the smallest in the first and the largest in the last.
fn columns(numbers: &[f64], room: usize) -> Vec<usize> {
    let (low, high) = (numbers[0], numbers[numbers.len() - 1]);
    let middle = numbers[numbers.len() / 2];
    // The middle value tells how they are spaced.
    let is_log =
        low > 0.0 && (middle - (low * high).sqrt()).abs() < (middle - (low + high) / 2.0).abs();
    let place = |number: f64| if is_log { number.ln() } else { number };
    let scale = Scale { low: place(low), high: place(high) };
    let column = |&number: &f64| (scale.share(place(number)) * (room - 1) as f64).round() as usize;
    numbers.iter().map(column).collect()
}

/// The values below their columns: the first, the last, and of the others those for which there is
/// room.
fn labels(values: &[&str], columns: &[usize], room: usize) -> String {
    let mut line = vec![' '; room];
    let last = values.len() - 1;
    for at in [0, last].into_iter().chain(1..last) {
        let label: Vec<char> = values[at].chars().collect();
        let start = columns[at].saturating_sub(label.len() / 2);
        let start = start.min(room.saturating_sub(label.len()));
        let around = start.saturating_sub(1)..(start + label.len() + 1).min(room);
        if line[around].iter().all(|c| *c == ' ') {
            for (cell, c) in line[start..].iter_mut().zip(label) {
                *cell = c;
            }
        }
    }
    line.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_on_the_scale_on_which_they_are_evenly_spaced() {
        assert_eq!(columns(&[0.001, 0.01, 0.1], 21), [0, 10, 20]);
        assert_eq!(columns(&[0.0, 5.0, 10.0], 21), [0, 10, 20]);
        assert_eq!(columns(&[100.0, 200.0, 300.0], 21), [0, 10, 20]);
    }

    #[test]
    fn labels_never_touch_and_the_ends_always_stand() {
        let values = ["0.001", "0.00105", "0.0011", "0.01"];
        assert_eq!(labels(&values, &[0, 1, 2, 20], 21), "0.001            0.01");
        assert_eq!(labels(&["1", "2", "3"], &[0, 10, 20], 21), "1         2         3");
    }
}
