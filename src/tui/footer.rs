//! The last line: keys and what they do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::theme::{Role, Theme};
use super::widgets::{put, width};

/// Draws as many `(key, label)` as fit, the first first. Help has its place at the right end
/// whatever the width.
pub fn draw(line: Rect, buffer: &mut Buffer, theme: &Theme, rows: &[(&str, &str)]) {
    type Row<'a> = (&'a str, &'a str);
    let (help, others): (Vec<Row>, Vec<Row>) = rows.iter().partition(|(_, label)| *label == "help");
    let needed = |(key, label): Row| (width(key) + 1 + width(label) + 2) as u16;
    let right = line.right().saturating_sub(help.iter().map(|&row| needed(row)).sum());
    let fits = others.into_iter().scan(line.x + 1, |x, row| {
        let at = *x;
        *x += needed(row);
        (*x <= right).then_some((at, row))
    });
    for (x, (key, label)) in fits.chain(help.iter().map(|&row| (right, row))) {
        let x = put(buffer, line, x, line.y, key, theme.style(Role::Accent));
        put(buffer, line, x + 1, line.y, label, theme.style(Role::Dim));
    }
}
