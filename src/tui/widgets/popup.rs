//! The list of what may be written at the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Clear, Widget};

use super::text::{fit, put, width};
use crate::tui::theme::{Role, Theme};

const MOST_ROWS: u16 = 8;
const MOST_CELLS: u16 = 64;

/// What a list shows.
pub trait Listed {
    /// Names with their meanings.
    fn rows(&self) -> impl ExactSizeIterator<Item = (&str, &str)>;
}

#[derive(Debug)]
pub struct Popup<C> {
    pub choices: C,
    pub selected: usize,
}

impl<C: Listed> Popup<C> {
    pub fn new(choices: C) -> Popup<C> {
        Popup { choices, selected: 0 }
    }

    /// Round at the ends.
    pub fn step(&mut self, by: isize) {
        let count = self.choices.rows().len() as isize;
        self.selected = (self.selected as isize + by).rem_euclid(count.max(1)) as usize;
    }

    /// Below the cursor where there is room, else above it.
    pub fn draw(&self, cursor: (u16, u16), area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let widest = self.choices.rows().map(|(name, _)| width(name)).max().unwrap_or(0) + 1;
        let meaning = self.choices.rows().map(|(_, meaning)| width(meaning)).max().unwrap_or(0);
        let cells = ((widest + meaning) as u16 + 4).min(MOST_CELLS).min(area.width);
        let (below, above) = (area.bottom().saturating_sub(cursor.1 + 1), cursor.1 - area.y);
        let wanted = (self.choices.rows().len() as u16).min(MOST_ROWS) + 2;
        let height = wanted.min(below.max(above));
        let y = if below >= wanted || below >= above { cursor.1 + 1 } else { cursor.1 - height };
        let x = cursor.0.min(area.right().saturating_sub(cells));
        let window = Rect { x, y, width: cells, height };
        if height < 3 || cells < 6 {
            return;
        }
        Clear.render(window, buffer);
        let block = Block::bordered().border_style(theme.style(Role::Dim));
        let inside = block.inner(window);
        block.render(window, buffer);
        let inside = Rect { x: inside.x + 1, width: inside.width - 2, ..inside };
        let top = (self.selected + 1).saturating_sub(inside.height.into());
        let rows = self.choices.rows().enumerate().skip(top);
        for (y, (index, (name, meaning))) in (inside.y..inside.bottom()).zip(rows) {
            let line = Rect { y, height: 1, ..inside };
            let name = fit(name, line.width.into());
            put(buffer, line, line.x, y, &name, theme.style(Role::Accent));
            let x = line.x + widest as u16;
            put(buffer, line, x, y, meaning, theme.style(Role::Dim));
            if index == self.selected {
                buffer[(window.x, y)].set_symbol(">");
                buffer.set_style(line, theme.style(Role::Selection));
            }
        }
    }
}
