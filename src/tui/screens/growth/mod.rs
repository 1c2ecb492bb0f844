//! What more photos of a run would bring: how the accuracy grows with their number, and what twice as
//! many of each category alone would add.

#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World, names};
use crate::store::RunFolder;
use crate::tui::effect::Effect;
use crate::tui::growth::{Asked, Growth};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::widgets::{Order, Table};

pub const CONTEXTS: &[Context] = &[Context::Growth, Context::List];

#[derive(Debug)]
pub struct GrowthScreen {
    run: RunFolder,
    /// Of categories.
    list: Table,
    /// The number of photos whose accuracy is read, by its place among all.
    cursor: Option<usize>,
}

impl GrowthScreen {
    pub fn of(run: RunFolder) -> GrowthScreen {
        let mut list = Table::new(Order { key: String::new(), descending: false });
        list.set_columns(view::columns());
        GrowthScreen { run, list, cursor: None }
    }

    fn growth<'a>(&self, known: &'a Known) -> Option<&'a Arc<Growth>> {
        match known.growth(&self.run.id())? {
            Asked::Answered(found) => found.as_ref().ok(),
            Asked::AtWork(_) => None,
        }
    }

    fn ask(&mut self) -> Vec<Effect> {
        self.cursor = None;
        vec![Effect::FindGrowth(self.run.clone())]
    }

    /// To the next number of photos on the left, or on the right.
    fn step(&mut self, action: Action, growth: &Growth) {
        let last = growth.numbers().len().saturating_sub(1);
        let here = self.cursor.unwrap_or(growth.measured.spread.len().saturating_sub(1));
        self.cursor = Some(match (action, self.cursor) {
            // The first step shows where it begins.
            (_, None) => here,
            (Action::CursorLeft, _) => here.saturating_sub(1),
            _ => (here + 1).min(last),
        });
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let is_at_work = self.counts_seconds(world.known);
        let growth = self.growth(world.known);
        match (action, growth) {
            (Action::Refresh, _) if !is_at_work => return self.ask(),
            (Action::Back, _) if self.cursor.is_some() => {
                self.cursor = None;
                return vec![Effect::Cleared];
            }
            (Action::Yank, Some(growth)) => return vec![Effect::Copy(growth.in_words.clone())],
            (Action::CursorLeft | Action::CursorRight, Some(growth)) => self.step(action, growth),
            (action, Some(growth)) => {
                self.list.on(action, view::list_area(growth, world.area));
            }
            _ => {}
        }
        Vec::new()
    }

    fn adopt(&mut self, known: &Known) {
        let rows = self.growth(known).map_or(0, |growth| growth.of_categories.len());
        self.list.set_rows(rows, self.list.selected().unwrap_or(0));
    }
}

impl Page for GrowthScreen {
    fn way(&self, known: &Known, zone: &TimeZone) -> Vec<String> {
        vec![names::in_way(&self.run, known, zone), "More photos".into()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        self.adopt(world.known);
        match message {
            Message::Action(action) => self.act(*action, world),
            Message::Mouse(mouse) => {
                if let Some(growth) = self.growth(world.known) {
                    self.list.on_mouse(mouse, view::list_area(growth, world.area));
                }
                Vec::new()
            }
            Message::Shown => match world.known.growth(&self.run.id()) {
                None | Some(Asked::Answered(Err(_))) => self.ask(),
                Some(_) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_all(area, buffer, world);
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        match action {
            Action::CursorLeft | Action::Yank => self.growth(known).is_some(),
            Action::Refresh => !self.counts_seconds(known),
            _ => true,
        }
    }

    fn counts_seconds(&self, known: &Known) -> bool {
        matches!(known.growth(&self.run.id()), Some(Asked::AtWork(_)))
    }
}
