//! A list and, on a wide screen, what is under its cursor beside it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::put;

/// From this width on there is room for both.
const WIDE: u16 = 120;
/// Of the width, in percent.
const LIST: u16 = 60;

/// Where list and detail stand; no detail where there is no room.
pub fn split(area: Rect) -> (Rect, Option<Rect>) {
    if area.width < WIDE {
        return (area, None);
    }
    let list = Rect { width: area.width * LIST / 100, ..area };
    let x = list.right() + 3;
    (list, Some(Rect { x, width: area.right() - x - 1, ..area }))
}

/// The line between them, left of `detail`.
pub fn draw_rule(detail: Rect, buffer: &mut Buffer, theme: &Theme) {
    for y in detail.y..detail.bottom() {
        let line = Rect { x: detail.x - 2, y, width: 1, height: 1 };
        put(buffer, line, line.x, y, "│", theme.style(Role::Dim));
    }
}
