//! How the map looks: a letter for each cell that has photos, what the letters mean, and the photo under
//! the cursor.

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::Map;
use crate::store::shown;
use crate::tui::keys::names::{ENTER, MARK_RANGE};
use crate::tui::kinds::Kinds;
use crate::tui::screens::World;
use crate::tui::screens::images::details::{self, Layout};
use crate::tui::screens::notice::notice;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit_end, put, width};
use crate::words::{counted, percent};

/// From here on the map stands beside the picture.
const WIDE: u16 = 100;
/// In a category that no letter is left for.
const OTHER: char = '*';

/// The map where a list stands elsewhere; in a narrow terminal it has more than half of the rows.
pub fn layout(area: Rect, is_large: bool) -> Layout {
    let mut found = details::layout(area, 0, is_large);
    if !is_large && area.width < WIDE {
        let rest = area.height - found.status.height;
        let list = Rect { height: rest * 3 / 5, ..found.list };
        let facts = Rect { y: list.bottom(), height: 2.min(rest - list.height), ..found.facts };
        let picture = Rect {
            y: facts.bottom(),
            height: area.bottom().saturating_sub(facts.bottom()),
            width: area.width,
            ..found.picture
        };
        found = Layout { list, facts, picture, ..found };
    }
    Layout { picture: found.picture, bars: Rect::default(), ..found }
}

/// Without the row below it, which says what the letters mean.
pub fn map_area(area: Rect) -> Rect {
    let list = layout(area, false).list;
    Rect { height: list.height.saturating_sub(1), ..list }
}

/// A small letter for each category: its first, else the next of its name that is free, else any.
fn letters(categories: &[String]) -> Vec<char> {
    let mut taken: Vec<char> = Vec::new();
    for name in categories {
        let own = name.chars().flat_map(char::to_lowercase).filter(char::is_ascii_lowercase);
        let free = own.chain('a'..='z').find(|letter| !taken.contains(letter));
        taken.push(free.unwrap_or(OTHER));
    }
    taken
}

/// What a cell shows.
#[derive(Clone, Debug, Default)]
struct Cell {
    /// Photos of each category.
    counts: Vec<usize>,
    has_wrong: bool,
}

impl Map {
    pub(super) fn draw_all(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let known = match &self.found.kinds {
            Some(Ok(known)) => known,
            Some(Err(problem)) => return notice(problem, Role::Bad, area, buffer, world),
            None => {
                let text =
                    "photos are placed by their features, alike ones near each other: seconds";
                return notice(text, Role::Dim, area, buffer, world);
            }
        };
        let Layout { status, facts, picture, list, .. } = layout(area, self.is_large);
        self.draw_status(known, status, buffer, world);
        if !self.is_large {
            let letters = letters(&known.categories);
            self.draw_points(known, &letters, map_area(area), buffer, world.theme);
            let legend = Rect { y: list.bottom().saturating_sub(1), height: 1, ..list };
            draw_legend(known, &letters, legend, buffer, world.theme);
        }
        match self.cursor {
            Some(cursor) => {
                self.draw_facts(known, cursor, facts, buffer, world);
                self.preview.draw(picture, buffer, world);
            }
            None => {
                let style = world.theme.style(Role::Dim);
                put(buffer, facts, facts.x + 2, facts.y, "no photo here is wrong", style);
            }
        }
    }

    fn draw_status(&self, known: &Kinds, area: Rect, buffer: &mut Buffer, world: &World) {
        let mut parts = vec![counted(self.shown.len(), "photo")];
        if self.corner.is_some() {
            let inside = counted(self.inside().len(), "image");
            parts.push(format!("{ENTER} lists {inside} in the rectangle"));
        } else {
            parts.push(format!("{MARK_RANGE} begins a rectangle"));
        }
        parts.extend(self.found.filters(known));
        let [x, y] = known.explained;
        parts.push(format!("{} of the variance", percent(x + y)));
        put(buffer, area, area.x + 2, area.y, &parts.join(" · "), world.theme.style(Role::Dim));
    }

    fn draw_points(
        &self,
        known: &Kinds,
        letters: &[char],
        room: Rect,
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        let Some(scatter) = self.scatter_in(room).filter(|_| !room.is_empty()) else { return };
        let mut cells: HashMap<(u16, u16), Cell> = HashMap::new();
        for &at in &self.shown {
            let cell = cells.entry(scatter.cell(at)).or_default();
            cell.counts.resize(known.categories.len(), 0);
            cell.counts[known.photos[at].category] += 1;
            cell.has_wrong |= known.photos[at].is_wrong();
        }
        for (&(x, y), cell) in &cells {
            let most = cell.counts.iter().max().copied().unwrap_or(0);
            let category = cell.counts.iter().position(|&n| n == most).unwrap_or(0);
            let letter = letters[category];
            let (letter, weight) = match cell.has_wrong {
                true => (letter.to_ascii_uppercase(), Modifier::BOLD),
                false => (letter, Modifier::empty()),
            };
            buffer[(x, y)].set_char(letter).set_style(theme.series(category).add_modifier(weight));
        }
        if let (Some(corner), Some(cursor)) = (self.corner, self.cursor) {
            let [a, b] = [corner, cursor].map(|at| scatter.cell(at));
            let selection = theme.style(Role::Selection);
            for y in a.1.min(b.1)..=a.1.max(b.1) {
                for x in a.0.min(b.0)..=a.0.max(b.0) {
                    buffer[(x, y)].set_style(selection);
                }
            }
        }
        if let Some(cursor) = self.cursor {
            let style = theme.style(Role::Selection);
            let style = style.add_modifier(Modifier::REVERSED | Modifier::BOLD);
            buffer[scatter.cell(cursor)].set_style(style);
        }
    }

    fn scatter_in(&self, room: Rect) -> Option<super::scatter::Scatter<'_>> {
        Some(super::scatter::Scatter::new(&self.known()?.photos, room))
    }

    fn draw_facts(
        &self,
        known: &Kinds,
        cursor: usize,
        area: Rect,
        buffer: &mut Buffer,
        world: &World,
    ) {
        let photo = &known.photos[cursor];
        let style = |role| world.theme.style(role);
        let is_one_line = area.height < 2;
        let room = usize::from(area.width) / if is_one_line { 2 } else { 1 };
        let name = fit_end(&shown(&photo.file), room);
        let x = put(buffer, area, area.x, area.y, &name, style(Role::Accent));
        let (x, y) = if is_one_line { (x + 2, area.y) } else { (area.x, area.y + 1) };
        let category = &known.categories[photo.category];
        let (text, role) = match photo.predicted {
            None => (format!("● {category}  not tested"), Role::Text),
            Some(predicted) if predicted == photo.category => {
                (format!("✓ ● {category}"), Role::Good)
            }
            Some(predicted) => {
                (format!("✗ ● {category}  ▸ {}", known.categories[predicted]), Role::Bad)
            }
        };
        put(buffer, area, x, y, &text, style(role));
    }
}

/// Which letter is which category, as far as there is room.
fn draw_legend(known: &Kinds, letters: &[char], area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let dim = theme.style(Role::Dim);
    let note = "CAPITAL: wrong";
    let mut x = area.x + 1;
    for (place, (letter, name)) in letters.iter().zip(&known.categories).enumerate() {
        let text = format!("{letter} {name}");
        if usize::from(x) + width(&text) > usize::from(area.right()) {
            break;
        }
        x = put(buffer, area, x, area.y, &text, theme.series(place)) + 2;
    }
    if usize::from(x) + width(note) <= usize::from(area.right()) {
        put(buffer, area, x, area.y, note, dim);
    }
}

#[cfg(test)]
mod look_tests {
    use super::*;

    #[test]
    fn each_category_has_a_letter_of_its_own() {
        let names = ["smoke", "Smog", "fire", "42", "smoke 2"].map(str::to_owned);
        assert_eq!(letters(&names), ['s', 'm', 'f', 'a', 'o']);
        let many: Vec<String> = (0..30).map(|n| format!("x{n}")).collect();
        let letters = letters(&many);
        assert!((0..26).all(|at| !letters[..at].contains(&letters[at])));
        assert_eq!(letters[26..], [OTHER; 4]);
    }

    #[test]
    fn nothing_of_the_map_overlaps_at_any_size() {
        for (columns, rows) in [(0, 0), (20, 4), (60, 18), (80, 22), (99, 30), (140, 38)] {
            let area = Rect::new(0, 1, columns, rows);
            for is_large in [false, true] {
                let Layout { status, list, facts, picture, .. } = layout(area, is_large);
                let parts = [status, list, facts, picture];
                for (at, part) in parts.iter().enumerate() {
                    assert!(part.is_empty() || area.union(*part) == area, "{part:?} of {area:?}");
                    let overlaps = |other: &Rect| part.intersects(*other) && !part.is_empty();
                    assert!(!parts[at + 1..].iter().any(overlaps), "{parts:?}");
                }
            }
        }
    }
}
