//! Photos per category and set, while there is no curve to look at.

use ratatui::buffer::Buffer;
use ratatui::layout::{Layout, Rect};

use crate::spec;
use crate::store::Run;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::put;
use crate::words::{grouped, smallest_to_largest};

/// Rows that [`draw`] takes where there are that many.
pub fn rows(run: &Run) -> u16 {
    match run.counts.is_empty() {
        true => run.settings.len() as u16 + 1,
        false => run.counts.len() as u16 + 2,
    }
}

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
    let folds = spec::folds(&run.settings);
    let title = match folds {
        0 => "training  validation      test  category",
        _ => "  photos  in each fold  category",
    };
    say(heading, title, Role::Dim);
    let room = usize::from(rows.height);
    let shown = if run.counts.len() > room { room.saturating_sub(1) } else { room };
    for (counts, row) in run.counts.iter().take(shown).zip(rows.rows()) {
        let [training, validation, test, all] =
            [counts.training, counts.validation, counts.test, counts.total()].map(grouped);
        let name = &counts.category;
        let line = match folds {
            0 => format!("{training:>8}  {validation:>10}  {test:>8}  {name}"),
            _ => format!("{all:>8}  {:>12}  {name}", smallest_to_largest(&counts.folds)),
        };
        say(row, &line, Role::Text);
    }
    if let Some(row) = rows.rows().nth(shown).filter(|_| run.counts.len() > shown) {
        let more = format!("and {} more categories", grouped(run.counts.len() - shown));
        say(row, &more, Role::Dim);
    }
}
