//! The final test accuracy, large.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;

use super::digits;
use super::panel::{LivePanel, put};
use crate::store::TestResult;
use crate::tui::widgets::chart::format_value;
use crate::words::percent;

/// From this height of the whole screen the digits are large.
const ROOM_FOR_LARGE: u16 = 30;

/// From this width the interval stands behind the accuracy.
const ROOM_FOR_ONE_LINE: u16 = 84;

/// Rows that the result takes of a screen of `area`; 0 while there is none.
pub fn height(panel: &LivePanel, area: Rect) -> u16 {
    match panel.run.test() {
        None => 0,
        Some(_) if area.height >= ROOM_FOR_LARGE => digits::HEIGHT + 2,
        Some(_) if area.width < ROOM_FOR_ONE_LINE => 2,
        Some(_) => 1,
    }
}

pub fn draw(panel: &LivePanel, area: Rect, buffer: &mut Buffer) {
    let Some(test) = panel.run.test() else { return };
    let style = panel.styles.good.add_modifier(Modifier::BOLD);
    if area.height <= digits::HEIGHT {
        let words = format!("final test accuracy = {}  ", percent(test.accuracy));
        let x = put(Rect { height: area.height.min(1), ..area }, &words, style, buffer);
        let interval_area = if area.height > 1 {
            Rect { y: area.y + 1, height: 1, ..area }
        } else {
            Rect { x, width: area.right().saturating_sub(x), ..area }
        };
        put(interval_area, &interval(test), panel.styles.text, buffer);
        return;
    }
    let [_, rows, _] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
            .areas(area);
    let width = digits::draw(&percent(test.accuracy), rows, style, buffer);
    let x = rows.x + width + 2;
    let words = Rect { x, width: rows.right().saturating_sub(x), ..rows };
    let lines = [
        format!("final test accuracy = {}", percent(test.accuracy)),
        interval(test),
        format!("mean cross-entropy {}", format_value(test.log_loss)),
    ];
    for (line, row) in lines.iter().zip(words.rows()) {
        put(row, line, panel.styles.text, buffer);
    }
}

fn interval(test: &TestResult) -> String {
    format!(
        "{} of {} images right; 95% interval {:.1} to {:.1}%",
        test.correct,
        test.n,
        test.low * 100.0,
        test.high * 100.0
    )
}
