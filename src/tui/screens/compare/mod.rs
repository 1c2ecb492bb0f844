//! Runs side by side: their curves, their results, and their settings, as a rule only what differs.

mod curves;
mod rows;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use self::curves::View;
use self::rows::{Against, Row};
use super::{Message, Page, World, names};
use crate::store::{RunFolder, Summary};
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::names::{COLUMN_RIGHT, PIN};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::{Curves, Toast};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::chart::Marker;
use crate::tui::widgets::{Align, Cell, Column, Order, Table, put, width};
use crate::words::counted;

pub const CONTEXTS: &[Context] = &[Context::Compare, Context::List, Context::Columns];

const NAME: &str = "#setting";

/// How much the training curves, of one noisy batch a point, are smoothed; see `Smoother`.
const SMOOTHING: f64 = 0.8;

#[derive(Debug)]
pub struct Compare {
    /// Names of the runs; their places give colours and symbols.
    runs: Vec<String>,
    /// The runs by what makes them different.
    names: Vec<String>,
    /// The run that the others are measured against.
    baseline: Option<String>,
    /// Also what is the same in all.
    shows_all: bool,
    rows: Vec<Row>,
    table: Table,
    view: View,
}

impl Compare {
    pub fn new(runs: Vec<String>, baseline: Option<String>) -> Compare {
        let table = Table::new(Order { key: String::new(), descending: false });
        let (names, rows, view) = (runs.clone(), Vec::new(), View::default());
        Compare { runs, names, baseline, shows_all: false, rows, table, view }
    }

    /// The titles are the legend too: each run's symbol stands before its name. Columns are as wide as
    /// what stands in them, as far as that is not out of all proportion.
    fn set_columns(&mut self, marker: Marker) {
        let column = |key: &str, title: String, width, fills| Column {
            key: key.into(),
            title,
            width,
            fills,
            align: Align::Left,
        };
        let longest = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|text| width(text)).max().unwrap_or(0) as u16
        };
        let first = longest(&mut self.rows.iter().map(|row| &row.name)).clamp(10, 28);
        let mut columns = vec![column(NAME, "setting".into(), first, false)];
        for (index, (run, name)) in self.runs.iter().zip(&self.names).enumerate() {
            let baseline = if self.baseline.as_ref() == Some(run) { " = baseline" } else { "" };
            let title = format!("{} {name}{baseline}", marker.symbol(index));
            let values = longest(&mut self.rows.iter().map(|row| &row.values[index]));
            let cells = values.max(width(&title) as u16).clamp(12, 32);
            columns.push(column(run, title, cells, false));
        }
        self.table.set_columns(columns);
    }

    fn arrange(&mut self, world: &World) {
        let known = world.known;
        let ids: Vec<&str> = self.runs.iter().map(String::as_str).collect();
        self.names = names::names(&ids, known, world.zone);
        let summaries: Vec<Option<&Summary>> =
            self.runs.iter().map(|id| known.runs.get(id)?.summary()).collect();
        let against: Option<Vec<Against>> = self.reference().map(|reference| {
            let first = &self.runs[reference];
            let of = |id: &String| match known.compared(first, id) {
                _ if id == first => Against::Itself,
                Some(compared) => Against::Known(compared),
                None => Against::Unknown,
            };
            self.runs.iter().map(of).collect()
        });
        self.rows = rows::results(&summaries, against.as_deref());
        self.rows.extend(rows::settings(&summaries, self.shows_all));
        self.table.set_rows(self.rows.len(), self.table.selected().unwrap_or(0));
        self.set_columns(world.theme.marker());
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
    fn pin(&mut self) -> Vec<Effect> {
        let chosen = self.table.chosen().filter(|key| *key != NAME).map(str::to_owned);
        self.baseline = if chosen == self.baseline { None } else { chosen };
        vec![Effect::Pin(self.baseline.clone())]
    }

    /// The run that is measured against: the baseline, of two runs without one the first.
    fn reference(&self) -> Option<usize> {
        let baseline = self.runs.iter().position(|id| Some(id) == self.baseline.as_ref());
        baseline.or((self.runs.len() == 2).then_some(0))
    }

    /// Has the runs compared that were not.
    fn compare(&self, known: &Known) -> Vec<Effect> {
        let Some(reference) = self.reference() else { return Vec::new() };
        let folder = |id: &String| Some(known.runs.get(id)?.folder().clone());
        let Some(first) = folder(&self.runs[reference]) else { return Vec::new() };
        let others = self.runs.iter().filter(|id| {
            *id != &self.runs[reference] && known.compared(&self.runs[reference], id).is_none()
        });
        others.filter_map(folder).map(|run| Effect::CompareRuns(first.clone(), run)).collect()
    }

    /// The runs that are there, first the one that is measured against.
    fn folders(&self, known: &Known) -> Vec<RunFolder> {
        let first = self.reference().map(|at| &self.runs[at]);
        let others = self.runs.iter().filter(|id| Some(*id) != first);
        let folder = |id: &String| Some(known.runs.get(id)?.folder().clone());
        first.into_iter().chain(others).filter_map(folder).collect()
    }

    /// Opens what is made of the run that is measured against and that of the chosen column; where
    /// these are the same, of the first of the others.
    fn open_pair(
        &self,
        known: &Known,
        destination: fn(RunFolder, RunFolder) -> Destination,
    ) -> Vec<Effect> {
        let chosen = self.runs.iter().position(|id| Some(id.as_str()) == self.table.chosen());
        let (first, second) = match (self.reference(), chosen) {
            (Some(first), Some(second)) if first != second => (first, second),
            (Some(first), _) if self.runs.len() > 1 => (first, usize::from(first == 0)),
            _ => {
                let text =
                    format!("pin a baseline with {}, then choose the column of another run", PIN);
                return vec![Effect::Toast(Toast::error(text))];
            }
        };
        let folder = |at: usize| Some(known.runs.get(&self.runs[at])?.folder().clone());
        match (folder(first), folder(second)) {
            (Some(first), Some(second)) => {
                vec![Effect::Open(destination(first, second))]
            }
            _ => Vec::new(),
        }
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        match action {
            Action::OnlyDifferent => {
                self.shows_all = !self.shows_all;
                self.arrange(world);
            }
            Action::Pin => {
                let mut effects = self.pin();
                self.arrange(world);
                effects.extend(self.compare(world.known));
                return effects;
            }
            Action::Enter => {
                let photos = |first, second| Destination::Pairs { first, second };
                return self.open_pair(world.known, photos);
            }
            Action::ExplainChange => {
                let change = |first, second| Destination::Change { first, second };
                return self.open_pair(world.known, change);
            }
            Action::NextSet => self.view.shows_training = !self.view.shows_training,
            Action::OtherChart => self.view.prefers_accuracy = !self.view.prefers_accuracy,
            Action::LogScale => self.view.is_log = !self.view.is_log,
            Action::Yank => return vec![Effect::Copy(self.runs.join(" "))],
            Action::Report => return vec![Effect::Report(self.folders(world.known))],
            Action::Back if self.view.cursor.take().is_some() => return vec![Effect::Cleared],
            action => drop(self.table.on(action, self.layout(world.area)[2])),
        }
        Vec::new()
    }

    fn status(&self, known: &Known) -> String {
        let mut followed = self.runs.iter().map(|id| known.followed(id));
        let is_reading = followed.clone().any(|followed| followed.is_none());
        let problem = followed.find_map(|followed| followed?.as_ref().err());
        let settings = if self.shows_all { "all settings" } else { "only settings that differ" };
        match problem {
            Some(problem) => problem.clone(),
            None if is_reading => format!("{settings} · reading the curves"),
            None => settings.to_owned(),
        }
    }

    /// The points read so far, in the order of the runs.
    fn curves<'a>(&self, known: &'a Known) -> Vec<Option<&'a Curves>> {
        let curves = |id: &String| Some(&*known.followed(id)?.as_ref().ok()?.curves);
        self.runs.iter().map(curves).collect()
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
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        vec![format!("{} side by side", counted(self.runs.len(), "run"))]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::News(_) => self.arrange(world),
            Message::Shown => {
                self.arrange(world);
                return self.compare(world.known);
            }
            Message::Action(action) => return self.act(*action, world),
            Message::Mouse(mouse) => {
                let [upper, _, lower] = self.layout(world.area);
                let place = Position::new(mouse.column, mouse.row);
                let curves = self.curves(world.known);
                let x = self.view.iteration_at(&self.names, &curves, upper, place, world);
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

    fn follows(&self, known: &Known) -> Vec<RunFolder> {
        let folder = |id| Some(known.runs.get(id)?.folder().clone());
        self.runs.iter().filter_map(folder).collect()
    }

    fn smoothing(&self) -> f64 {
        SMOOTHING
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let [upper, line, lower] = self.layout(area);
        self.view.draw(&self.names, &self.curves(world.known), upper, buffer, world);
        let mut status = self.status(world.known);
        let right = self.table.beyond(lower);
        if !right.is_empty() {
            status += &format!(" · {COLUMN_RIGHT} to {}", right.join(", "));
        }
        put(buffer, line, line.x + 2, line.y, &status, world.theme.style(Role::Dim));
        self.draw_table(lower, buffer, world.theme);
    }
}
