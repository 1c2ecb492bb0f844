//! A text where there is nothing else to show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::World;
use crate::tui::theme::Role;
use crate::tui::widgets::{put, wrap};

/// Writes it below an empty line, indented and wrapped.
pub fn notice(text: &str, role: Role, area: Rect, buffer: &mut Buffer, world: &World) {
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    for (y, line) in (area.y + 1..area.bottom()).zip(wrap(text, inside.width.into())) {
        put(buffer, inside, inside.x, y, &line, world.theme.style(role));
    }
}
