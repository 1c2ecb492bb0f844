//! How a sheet of thumbnails looks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Images;
use super::columns::number;
use super::sheet::{Grid, LEAST_COLUMNS, Tile};
use crate::tui::keys::names::SHEET;
use crate::tui::scores::ScoreTable;
use crate::tui::screens::World;
use crate::tui::theme::Role;
use crate::tui::widgets::{fit, fit_end, put, wrap};

impl Images {
    /// Draws the page that the cursor is on; where there is no room for one, why.
    pub(super) fn draw_sheet(
        &self,
        table: &ScoreTable,
        area: Rect,
        buffer: &mut Buffer,
        world: &World,
    ) {
        let Some(grid) = Grid::of(area) else {
            return draw_no_room(area, buffer, world);
        };
        let selected = self.list.selected().unwrap_or(0);
        for (place, row) in grid.visible(selected, self.shown.len()).enumerate() {
            let at = self.shown[row];
            let tile = grid.tile(place);
            let path = table.path(at as usize);
            self.sheet.thumbnails.draw(&path, tile.picture, buffer, world.theme);
            let is_marked = self.marks.contains(&at);
            self.draw_words(table, at as usize, &tile, is_marked, buffer, world);
            if row == selected {
                draw_cursor(&tile, buffer, world);
            }
        }
    }

    /// The name, and below it what it is taken for.
    fn draw_words(
        &self,
        table: &ScoreTable,
        at: usize,
        Tile { whole, picture }: &Tile,
        is_marked: bool,
        buffer: &mut Buffer,
        world: &World,
    ) {
        let line = Rect { y: picture.bottom(), height: 1, ..*whole };
        let room = usize::from(picture.width);
        let style = |role| world.theme.style(role);
        if is_marked {
            put(buffer, line, line.x + 1, line.y, "*", style(Role::Mark));
        }
        let marked = u16::from(is_marked) * 2;
        let name = fit_end(&table.name(at), room - usize::from(marked));
        put(buffer, line, picture.x + marked, line.y, &name, style(Role::Text));
        let (words, role) = self.verdict(table, at, room);
        let below = Rect { y: line.y + 1, ..line };
        put(buffer, below, picture.x, below.y, &words, style(role));
    }

    /// `✓ fire`, `✗ fire → smoke`, or where nobody knows `→ fire 0.532`; in `room` cells.
    fn verdict(&self, table: &ScoreTable, at: usize, room: usize) -> (String, Role) {
        let image = &table.images()[at];
        let predicted = table.category(image.predicted);
        if let Some(category) = self.added.get(&at) {
            return (fit(&format!("✓ added to {category}"), room), Role::Good);
        }
        if table.problem(at).is_some() {
            return (fit("✗ not scored", room), Role::Warning);
        }
        if image.truth.is_none() {
            let score = number(table.score(at));
            let name = fit(predicted, room.saturating_sub(3 + score.len()));
            return (format!("→ {name} {score}"), Role::Text);
        }
        let truth = table.category(image.truth);
        if !image.is_wrong() {
            return (fit(&format!("✓ {truth}"), room), Role::Good);
        }
        // Each gets half, and what the other does not need.
        let both = room.saturating_sub(5);
        let [first, second] = [truth, predicted].map(crate::tui::widgets::width);
        let for_truth = (both / 2).max(both.saturating_sub(second)).min(first);
        let for_predicted = both - for_truth;
        let words = format!("✗ {} → {}", fit(truth, for_truth), fit(predicted, for_predicted));
        (words, Role::Bad)
    }
}

/// Beside the whole tile, so that it is seen without colours too.
fn draw_cursor(Tile { whole, picture }: &Tile, buffer: &mut Buffer, world: &World) {
    let style = world.theme.style(Role::Accent);
    for y in whole.y..picture.bottom() {
        put(buffer, *whole, whole.x, y, "│", style);
    }
    let words = Rect { y: picture.bottom(), height: 2, width: whole.width - 1, ..*whole };
    put(buffer, words, words.x, words.y, ">", style);
    buffer.set_style(words, world.theme.style(Role::Selection));
}

fn draw_no_room(area: Rect, buffer: &mut Buffer, world: &World) {
    let why = match area.width < LEAST_COLUMNS {
        true => format!("{LEAST_COLUMNS} columns; this terminal has {}", area.width),
        false => "more rows".to_owned(),
    };
    let text = format!("a sheet of thumbnails needs {why}; {SHEET} shows the list");
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    for (y, line) in (area.y + 1..area.bottom()).zip(wrap(&text, inside.width.into())) {
        put(buffer, inside, inside.x, y, &line, world.theme.style(Role::Dim));
    }
}
