//! Photos per category and set, while there is no curve to look at.

use ratatui::buffer::Buffer;
use ratatui::layout::{Layout, Rect};

use crate::store::Run;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::put;
use crate::words::grouped;

/// Draws the counts; before the photos are counted, the experiment's settings.
pub fn draw(run: &Run, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if area.height < 3 {
        return;
    }
    let mut say = |row: Rect, text: &str, role: Role| {
        put(buffer, row, row.x, row.y, text, theme.style(role));
    };
    if run.counts.is_empty() {
        for ((key, value), row) in run.settings.iter().zip(area.rows().skip(1)) {
            say(row, &format!("{key} = {value}"), Role::Dim);
        }
        return;
    }
    let [_, heading, rows] = Layout::vertical([1, 1, area.height - 2]).areas(area);
    say(heading, "training  validation      test  category", Role::Dim);
    let room = usize::from(rows.height);
    let shown = if run.counts.len() > room { room.saturating_sub(1) } else { room };
    for (counts, row) in run.counts.iter().take(shown).zip(rows.rows()) {
        let [training, validation, test] =
            [counts.training, counts.validation, counts.test].map(grouped);
        let line = format!("{training:>8}  {validation:>10}  {test:>8}  {}", counts.category);
        say(row, &line, Role::Text);
    }
    if let Some(row) = rows.rows().nth(shown).filter(|_| run.counts.len() > shown) {
        let more = format!("and {} more categories", grouped(run.counts.len() - shown));
        say(row, &more, Role::Dim);
    }
}
