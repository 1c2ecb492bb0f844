//! Everything that was ever said, newest first: an error is never lost.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World};
use crate::tui::effect::Effect;
use crate::tui::keys::Context;
use crate::tui::known::Known;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, Order, Table, put};

pub const CONTEXTS: &[Context] = &[Context::List];

/// The message under the cursor is shown in full below the list, in so many rows.
const DETAIL: u16 = 4;

#[derive(Debug)]
pub struct Log {
    table: Table,
}

impl Default for Log {
    fn default() -> Log {
        let mut table = Table::new(Order { key: String::new(), descending: false });
        table.set_columns(vec![
            Column::new("when", 8, Align::Left),
            Column::new("message", 40, Align::Left).filling(),
        ]);
        Log { table }
    }
}

fn list_area(area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(DETAIL + 1), ..area }
}

impl Page for Log {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        vec!["Messages".into()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let area = list_area(world.area);
        match message {
            Message::Action(action) => drop(self.table.on(*action, area)),
            Message::Mouse(mouse) => drop(self.table.on_mouse(mouse, area)),
            _ => {}
        }
        self.table.set_rows(world.log.len(), self.table.selected().unwrap_or(0));
        Vec::new()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let theme = world.theme;
        let said = |row: usize| world.log.iter().rev().nth(row);
        if world.log.is_empty() {
            let text = "no message yet";
            put(buffer, area, area.x + 2, area.y + 1, text, theme.style(Role::Dim));
            return;
        }
        self.table.draw(
            list_area(area),
            buffer,
            theme,
            |_| false,
            |row, key| {
                let Some(said) = said(row) else {
                    return Cell { text: String::new(), role: Role::Text };
                };
                let role = if said.toast.is_error { Role::Bad } else { Role::Text };
                if key == "when" {
                    let at = said.at.to_zoned_datetime(world.zone.clone());
                    return Cell { text: at.strftime("%H:%M:%S").to_string(), role: Role::Dim };
                }
                let sign = if said.toast.is_error { "✗" } else { "✓" };
                Cell { text: format!("{sign} {}", said.toast.text), role }
            },
        );
        if let Some(said) = self.table.selected().and_then(said) {
            let detail =
                Rect { y: area.bottom() - DETAIL.min(area.height), height: DETAIL, ..area };
            let text = crate::tui::widgets::safe(&said.toast.text);
            let lines = crate::tui::widgets::wrap(&text, usize::from(area.width) - 4);
            for (y, line) in (detail.y..detail.bottom()).zip(lines) {
                put(buffer, detail, area.x + 2, y, &line, theme.style(Role::Text));
            }
        }
    }
}
