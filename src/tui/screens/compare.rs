//! Runs side by side: results and settings, as a rule only what differs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::format;
use super::{Message, Page, World};
use crate::store::Summary;
use crate::tui::effects::Effect;
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, Order, Table, put};

pub const CONTEXTS: &[Context] = &[Context::Compare, Context::List, Context::Columns];

const NAME: &str = "#setting";

#[derive(Debug)]
pub struct Compare {
    /// Names of the runs.
    runs: Vec<String>,
    /// Also what is the same in all.
    shows_all: bool,
    rows: Vec<Row>,
    table: Table,
}

/// A fact of each run, in the order of `runs`.
#[derive(Debug)]
struct Row {
    name: String,
    values: Vec<String>,
}

impl Compare {
    pub fn new(runs: Vec<String>) -> Compare {
        let mut table = Table::new(Order { key: String::new(), descending: false });
        let column = |key: &str, width| Column {
            key: key.into(),
            title: if key == NAME { "setting".into() } else { key.into() },
            width,
            fills: false,
            align: Align::Left,
        };
        let columns = runs.iter().map(|run| column(run, 24));
        table.set_columns(std::iter::once(column(NAME, 22)).chain(columns).collect());
        Compare { runs, shows_all: false, rows: Vec::new(), table }
    }

    fn arrange(&mut self, known: &Known) {
        let summaries: Vec<Option<&Summary>> =
            self.runs.iter().map(|id| known.runs.get(id)?.summary()).collect();
        self.rows = results(&summaries);
        let keys: std::collections::BTreeSet<&String> =
            summaries.iter().flatten().flat_map(|summary| summary.settings.keys()).collect();
        for key in keys {
            let value = |summary: &Option<&Summary>| {
                summary.and_then(|summary| summary.settings.get(key)).cloned().unwrap_or("-".into())
            };
            let values: Vec<String> = summaries.iter().map(value).collect();
            if self.shows_all || values.iter().any(|value| *value != values[0]) {
                self.rows.push(Row { name: key.clone(), values });
            }
        }
        self.table.set_rows(self.rows.len(), self.table.selected().unwrap_or(0));
    }
}

/// The table, below the status line.
fn below(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}

/// What came out, first.
fn results(summaries: &[Option<&Summary>]) -> Vec<Row> {
    type Fact = fn(&Summary) -> Option<String>;
    let facts: [(&str, Fact); 5] = [
        ("state", |summary| Some(format::state(summary.state).0)),
        ("iterations", |summary| Some(format!("{}/{}", summary.step, summary.iterations))),
        ("best validation", |summary| {
            let step = summary.best_step?;
            Some(format!("{} @{step}", format::percent(summary.validation_accuracy?)))
        }),
        ("test accuracy", |summary| summary.test.as_ref().map(format::test_accuracy)),
        ("test loss", |summary| Some(format!("{:.4}", summary.test.as_ref()?.log_loss))),
    ];
    facts
        .map(|(name, fact)| {
            let value = |summary: &Option<&Summary>| summary.and_then(fact).unwrap_or("-".into());
            Row { name: name.into(), values: summaries.iter().map(value).collect() }
        })
        .into()
}

impl Page for Compare {
    fn title(&self) -> String {
        format!("{} runs side by side", self.runs.len())
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::News(_) | Message::Shown => self.arrange(world.known),
            Message::Action(Action::OnlyDifferent) => {
                self.shows_all = !self.shows_all;
                self.arrange(world.known);
            }
            Message::Action(Action::YankId) => return vec![Effect::Copy(self.runs.join(" "))],
            Message::Action(action) => drop(self.table.on(*action, below(world.area))),
            Message::Mouse(mouse) => drop(self.table.on_mouse(mouse, below(world.area))),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let status = if self.shows_all { "all settings" } else { "only settings that differ" };
        let line = Rect { height: 1, ..area };
        put(buffer, line, area.x + 2, area.y, status, world.theme.style(Role::Dim));
        self.table.draw(
            below(area),
            buffer,
            world.theme,
            |_| false,
            |row, key| {
                let row = &self.rows[row];
                if key == NAME {
                    return Cell { text: row.name.clone(), role: Role::Dim };
                }
                let column = self.runs.iter().position(|run| run == key);
                let text = column.map_or(String::new(), |column| row.values[column].clone());
                Cell { text, role: Role::Text }
            },
        );
    }
}
