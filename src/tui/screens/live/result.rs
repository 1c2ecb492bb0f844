//! The final test accuracy, large where there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;

use super::digits;
use super::shown::Shown;
use crate::insight::{of_folds, would_notice};
use crate::store::TestResult;
use crate::tui::theme::Role;
use crate::tui::widgets::chart::format_value;
use crate::tui::widgets::{put, wrap};
use crate::words::{grouped, percent};

/// From this height of the whole screen the digits are large.
const ROOM_FOR_LARGE: u16 = 30;

/// From this width the interval stands behind the accuracy.
const ROOM_FOR_ONE_LINE: u16 = 84;

/// Rows that the result takes of a screen of `area`; 0 while there is none.
pub fn height(shown: &Shown, area: Rect) -> u16 {
    let Some(test) = shown.followed.run.test() else { return 0 };
    let result = match area.width {
        _ if area.height >= ROOM_FOR_LARGE && shown.theme.has_blocks() => digits::HEIGHT + 2,
        ..ROOM_FOR_ONE_LINE => 2,
        _ => 1,
    };
    result + notes(test, area.width).len() as u16
}

/// Of which heads the accuracy is, where it is not that of the head that was kept; and what would be
/// noticed of other photos.
fn notes(test: &TestResult, columns: u16) -> Vec<String> {
    let notes = of_folds(test.folds).into_iter().chain(would_notice(test.would_notice));
    notes.flat_map(|said| wrap(&said, columns.into())).collect()
}

pub fn draw(shown: &Shown, area: Rect, buffer: &mut Buffer) {
    let Some(test) = shown.followed.run.test() else { return };
    let style = shown.theme.style(Role::Good).add_modifier(Modifier::BOLD);
    let text = shown.theme.style(Role::Text);
    let notes = notes(test, area.width);
    let [area, below] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(notes.len() as u16)]).areas(area);
    for (line, y) in notes.iter().zip(below.y..) {
        put(buffer, below, below.x, y, line, text);
    }
    if area.height <= digits::HEIGHT {
        let words = format!("final test accuracy = {}  ", percent(test.accuracy));
        let x = put(buffer, area, area.x, area.y, &words, style);
        let (x, y) = if area.height > 1 { (area.x, area.y + 1) } else { (x, area.y) };
        put(buffer, area, x, y, &interval(test), text);
        return;
    }
    let [_, rows, _] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
            .areas(area);
    let width = digits::draw(&percent(test.accuracy), rows, style, buffer);
    let lines = [
        format!("final test accuracy = {}", percent(test.accuracy)),
        interval(test),
        format!("mean cross-entropy {}", format_value(test.log_loss)),
    ];
    for (line, y) in lines.iter().zip(rows.y..) {
        put(buffer, rows, rows.x + width + 2, y, line, text);
    }
}

fn interval(test: &TestResult) -> String {
    format!(
        "{} of {} images right; 95% interval {} to {}",
        grouped(test.correct),
        grouped(test.n),
        percent(test.low),
        percent(test.high)
    )
}
