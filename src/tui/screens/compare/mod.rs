//! Runs side by side: their curves, their results, and their settings, as a rule only what differs.

mod curves;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use self::curves::View;
use self::rows::Row;
use super::{Message, Page, World};
use crate::store::{State, Summary};
use crate::tui::effects::Effect;
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::{Curves, CurvesNews, News};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::chart::Marker;
use crate::tui::widgets::{Align, Cell, Column, Order, Table, put};

pub const CONTEXTS: &[Context] = &[Context::Compare, Context::List, Context::Columns];

const NAME: &str = "#setting";

#[derive(Debug)]
pub struct Compare {
    /// Names of the runs; their places give colours and symbols.
    runs: Vec<String>,
    /// The run that the others are measured against.
    baseline: Option<String>,
    /// Also what is the same in all.
    shows_all: bool,
    rows: Vec<Row>,
    table: Table,
    curves: BTreeMap<String, Reading>,
    view: View,
}

/// How far the reading of a run's points is.
#[derive(Debug)]
struct Reading {
    /// What the run was when it was read: iteration and state.
    of: (usize, State),
    is_pending: bool,
    curves: Option<Arc<Curves>>,
    problem: Option<String>,
}

impl Compare {
    pub fn new(runs: Vec<String>, baseline: Option<String>) -> Compare {
        let table = Table::new(Order { key: String::new(), descending: false });
        Compare {
            runs,
            baseline,
            shows_all: false,
            rows: Vec::new(),
            table,
            curves: BTreeMap::new(),
            view: View::default(),
        }
    }

    /// The titles are the legend too: each run's symbol stands before its name.
    fn name_columns(&mut self, marker: Marker) {
        let column = |key: &str, title: String, width| Column {
            key: key.into(),
            title,
            width,
            fills: false,
            align: Align::Left,
        };
        let names = curves::short_names(&self.runs);
        // Room for an accuracy with its interval, and for the difference from the baseline.
        let width = if self.baseline.is_some() { 24 } else { 18 };
        let runs = self.runs.iter().zip(names).enumerate().map(|(index, (run, name))| {
            let baseline = if self.baseline.as_ref() == Some(run) { " = baseline" } else { "" };
            column(run, format!("{} {name}{baseline}", marker.symbol(index)), width)
        });
        let columns = std::iter::once(column(NAME, "setting".into(), 15)).chain(runs).collect();
        self.table.set_columns(columns);
    }

    fn arrange(&mut self, world: &World) {
        let known = world.known;
        self.name_columns(world.theme.marker());
        let summaries: Vec<Option<&Summary>> =
            self.runs.iter().map(|id| known.runs.get(id)?.summary()).collect();
        let baseline = self.runs.iter().position(|id| Some(id) == self.baseline.as_ref());
        self.rows = rows::results(&summaries, baseline);
        self.rows.extend(rows::settings(&summaries, self.shows_all));
        self.table.set_rows(self.rows.len(), self.table.selected().unwrap_or(0));
    }

    /// Asks for the points of runs that were not read yet, or have gone on noticeably since.
    fn read(&mut self, known: &Known) -> Vec<Effect> {
        let mut effects = Vec::new();
        for id in &self.runs {
            let Some(run) = known.runs.get(id) else { continue };
            let Some(summary) = run.summary() else { continue };
            let of = (summary.step, summary.state);
            let is_due = self.curves.get(id).is_none_or(|reading| {
                // Each reading begins with the first point: a share more each time keeps the
                // sum of all readings small.
                let has_grown = of.0 > reading.of.0 + reading.of.0 / 10;
                !reading.is_pending && (has_grown || of.1 != reading.of.1)
            });
            if is_due {
                let old = self.curves.remove(id).and_then(|reading| reading.curves);
                let reading = Reading { of, is_pending: true, curves: old, problem: None };
                self.curves.insert(id.clone(), reading);
                effects.push(Effect::ReadCurves(run.folder().clone()));
            }
        }
        effects
    }

    fn take(&mut self, news: &CurvesNews) {
        let Some(reading) = self.curves.get_mut(&news.run.id()) else { return };
        reading.is_pending = false;
        match &news.curves {
            Ok(curves) => reading.curves = Some(curves.clone()),
            Err(problem) => reading.problem = Some(problem.clone()),
        }
    }

    /// The curves above, then a line of status, then the table.
    fn layout(&self, area: Rect) -> [Rect; 3] {
        let rows = self.rows.len() as u16 + 1;
        // The table never takes more than it needs, nor more than half.
        let table = rows.min(area.height / 2);
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(table)])
            .areas(area)
    }

    /// Makes the chosen column's run the baseline, or none.
    fn pin(&mut self, world: &World) {
        let chosen = self.table.chosen().filter(|key| *key != NAME).map(str::to_owned);
        self.baseline = if chosen == self.baseline { None } else { chosen };
        self.arrange(world);
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        match action {
            Action::OnlyDifferent => {
                self.shows_all = !self.shows_all;
                self.arrange(world);
            }
            Action::Pin => self.pin(world),
            Action::OtherSet => self.view.shows_training = !self.view.shows_training,
            Action::OtherChart => self.view.prefers_accuracy = !self.view.prefers_accuracy,
            Action::LogScale => self.view.is_log = !self.view.is_log,
            Action::YankId => return vec![Effect::Copy(self.runs.join(" "))],
            Action::Back if self.view.cursor.take().is_some() => return vec![Effect::Cleared],
            action => drop(self.table.on(action, self.layout(world.area)[2])),
        }
        Vec::new()
    }

    fn status(&self) -> String {
        let problem = self.curves.values().find_map(|reading| reading.problem.as_deref());
        let is_reading = self.curves.values().any(|reading| reading.curves.is_none());
        let settings = if self.shows_all { "all settings" } else { "only settings that differ" };
        match problem {
            Some(problem) => problem.to_owned(),
            None if is_reading => format!("{settings} · reading the curves"),
            None => settings.to_owned(),
        }
    }

    /// The points read so far, in the order of the runs.
    fn points(&self) -> Vec<Option<&Curves>> {
        let points = |id| self.curves.get(id).and_then(|reading| reading.curves.as_deref());
        self.runs.iter().map(points).collect()
    }

    fn draw_table(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        self.table.draw(
            area,
            buffer,
            theme,
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

impl Page for Compare {
    fn title(&self) -> String {
        format!("{} runs side by side", self.runs.len())
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::News(news) => {
                for one in news {
                    if let News::Curves(news) = one {
                        self.take(news);
                    }
                }
                self.arrange(world);
                return self.read(world.known);
            }
            Message::Shown => {
                // What was asked for may have come while another screen was in front.
                self.curves.retain(|_, reading| !reading.is_pending);
                self.arrange(world);
                return self.read(world.known);
            }
            Message::Action(action) => return self.act(*action, world),
            Message::Mouse(mouse) => {
                let [upper, _, lower] = self.layout(world.area);
                let place = Position::new(mouse.column, mouse.row);
                let x = self.view.iteration_at(&self.runs, &self.points(), upper, place, world);
                if upper.contains(place) {
                    self.view.on_mouse(mouse.kind, x);
                } else {
                    self.table.on_mouse(mouse, lower);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let [upper, line, lower] = self.layout(area);
        self.view.draw(&self.runs, &self.points(), upper, buffer, world);
        put(buffer, line, line.x + 2, line.y, &self.status(), world.theme.style(Role::Dim));
        self.draw_table(lower, buffer, world.theme);
    }
}
