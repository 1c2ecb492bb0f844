//! A page of lines beside a list: words in parts of different importance, wrapped.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::text::{put, safe, width, wrap};
use crate::tui::theme::{Role, Theme};

/// One line, in parts of different importance.
pub type Line = Vec<(String, Role)>;

/// Lines for so many cells.
#[derive(Debug)]
pub struct Lines {
    pub cells: usize,
    pub lines: Vec<Line>,
}

impl Lines {
    pub fn new(cells: usize) -> Lines {
        Lines { cells, lines: Vec::new() }
    }

    /// A sign and a text over as many lines as it takes.
    pub fn say(&mut self, sign: &str, text: &str, role: Role) {
        let text = safe(text);
        let room = self.cells.saturating_sub(width(sign)).max(8);
        for (n, line) in wrap(&text, room).into_iter().enumerate() {
            let sign = if n == 0 { sign.to_owned() } else { " ".repeat(width(sign)) };
            self.lines.push(vec![(sign + &line, role)]);
        }
    }

    /// A name and what it is, in columns.
    pub fn fact(&mut self, name: &str, name_cells: usize, value: &str, role: Role) {
        let name = format!("{name:name_cells$} ");
        self.lines.push(vec![(name, Role::Dim), (safe(value).into_owned(), role)]);
    }

    pub fn gap(&mut self) {
        self.lines.push(Vec::new());
    }

    /// Draws them from `top` on, and where some are out of sight below says how many, and `keys` that
    /// scroll.
    pub fn draw(&self, top: usize, keys: &str, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let rows = usize::from(area.height);
        let top = top.min(self.lines.len().saturating_sub(rows));
        for (y, line) in (area.y..area.bottom()).zip(&self.lines[top..]) {
            let mut x = area.x;
            for (text, role) in line {
                x = put(buffer, area, x, y, text, theme.style(*role));
            }
        }
        let below = self.lines.len().saturating_sub(top + rows);
        if below > 0 && rows > 1 {
            let hint = format!(" {below} more{keys} ");
            let x = area.right().saturating_sub(width(&hint) as u16);
            put(buffer, area, x, area.bottom() - 1, &hint, theme.style(Role::Dim));
        }
    }
}
