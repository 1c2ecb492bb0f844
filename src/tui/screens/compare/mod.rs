//! Runs side by side: their curves, their results, and their settings, as a rule only what differs.

mod curves;
mod means;
mod rows;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use self::curves::{Lines, View};
use self::means::Means;
use self::rows::{Against, Row};
use super::several::shared_settings;
use super::{Message, Page, World, names};
use crate::store::{RunFolder, Summary};
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::names::{COLUMN_RIGHT, PIN};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::{Curves, News, Toast};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::chart::Marker;
use crate::tui::widgets::{Align, Cell, Column, Order, Table, put, width, wrap};
use crate::words::counted;

pub const CONTEXTS: &[Context] = &[Context::Compare, Context::List, Context::Columns];

const NAME: &str = "#setting";

/// How much the training curves, of one noisy batch a point, are smoothed; see `Smoother`.
const SMOOTHING: f64 = 0.8;

#[derive(Debug)]
pub struct Compare {
    /// Names of the runs, of each column one or repeats; their places give colours and symbols.
    columns: Vec<Vec<String>>,
    /// The mean curves of those that are repeats.
    means: Vec<Means>,
    /// What may be said of the means of repeats against those that are measured against.
    said: Vec<String>,
    /// The columns by what makes them different.
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
    pub fn new(columns: Vec<Vec<String>>, baseline: Option<String>) -> Compare {
        Compare {
            means: columns.iter().map(|_| Means::default()).collect(),
            names: columns.iter().map(|runs| runs.join(" ")).collect(),
            said: Vec::new(),
            columns,
            baseline,
            shows_all: false,
            rows: Vec::new(),
            table: Table::new(Order { key: String::new(), descending: false }),
            view: View::default(),
        }
    }

    /// The titles are the legend too: each run's symbol stands before its name. Columns are as wide as
    /// what stands in them, as far as that is not out of all proportion.
    fn set_columns(&mut self, marker: Marker) {
        let longest = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|text| width(text)).max().unwrap_or(0) as u16
        };
        let first = longest(&mut self.rows.iter().map(|row| &row.name)).clamp(10, 28);
        let mut columns = vec![Column::new(NAME, first, Align::Left).titled("setting")];
        for (index, (runs, name)) in self.columns.iter().zip(&self.names).enumerate() {
            let is_baseline = runs.len() == 1 && runs.first() == self.baseline.as_ref();
            let baseline = if is_baseline { " = baseline" } else { "" };
            let title = format!("{} {name}{baseline}", marker.symbol(index));
            let values = longest(&mut self.rows.iter().map(|row| &row.values[index]));
            let cells = values.max(width(&title) as u16).clamp(12, 32);
            columns.push(Column::new(&key_of(runs), cells, Align::Left).titled(title));
        }
        self.table.set_columns(columns);
    }

    fn arrange(&mut self, world: &World) {
        let known = world.known;
        let summaries: Vec<Vec<&Summary>> = self
            .columns
            .iter()
            .map(|runs| runs.iter().filter_map(|id| known.runs.get(id)?.summary()).collect())
            .collect();
        let settings: Vec<_> = summaries.iter().map(|runs| shared_settings(runs)).collect();
        self.names = names::names_of_columns(&self.columns, &settings, known, world.zone);
        let against: Option<Vec<Against>> = self.reference().map(|reference| {
            let all = 0..self.columns.len();
            all.map(|at| self.against(reference, at, known)).collect()
        });
        self.rows = rows::results(&summaries, against.as_deref());
        self.rows.extend(rows::settings(&settings, self.shows_all));
        self.said = self.sentences(against.as_deref().unwrap_or_default());
        self.table.set_rows(self.rows.len(), self.table.selected().unwrap_or(0));
        self.set_columns(world.theme.marker());
    }

    /// How the runs of a column compare with those that are measured against.
    fn against<'a>(&self, reference: usize, at: usize, known: &'a Known) -> Against<'a> {
        let (first, second) = (&self.columns[reference], &self.columns[at]);
        match (&first[..], &second[..]) {
            _ if at == reference => Against::Itself,
            ([first], [second]) => {
                known.compared(first, second).map_or(Against::Unknown, Against::Known)
            }
            ([_], _) | (_, [_]) => Against::Unlike,
            _ => known.compared_repeats(first, second).map_or(Against::Unknown, Against::Means),
        }
    }

    /// What may be said of the means of repeats, or why nothing.
    fn sentences(&self, against: &[Against]) -> Vec<String> {
        let mut said = Vec::new();
        let mut caveat = None;
        let several = self.columns.len() > 2;
        for (name, against) in self.names.iter().zip(against) {
            let sentence = match against {
                Against::Means(Ok(compared)) => {
                    caveat = caveat.or(compared.caveat);
                    compared.difference.difference_in_words()
                }
                Against::Means(Err(why)) => why.clone(),
                _ => continue,
            };
            said.push(if several { format!("{name}: {sentence}") } else { sentence });
        }
        said.extend(caveat.map(str::to_owned));
        said
    }

    /// Takes in what was read of the curves of repeats.
    fn update_means(&mut self, known: &Known) {
        for (runs, means) in self.columns.iter().zip(&mut self.means) {
            if runs.len() > 1 {
                let curves: Vec<&Curves> =
                    runs.iter().filter_map(|id| curves_of(id, known)).collect();
                means.update(&curves, runs.len(), self.view.shows_training);
            }
        }
    }

    /// What is said, in lines of so many cells.
    fn said_in_lines(&self, cells: u16) -> Vec<String> {
        let room = usize::from(cells.saturating_sub(3)).max(8);
        self.said.iter().flat_map(|text| wrap(text, room)).collect()
    }

    /// The curves above, then what is said of means and a line of status, then the table.
    fn layout(&self, area: Rect) -> [Rect; 3] {
        let said = self.said_in_lines(area.width).len() as u16;
        let rows = self.rows.len() as u16 + 1;
        // The table never takes more than it needs, nor more than half.
        let table = rows.min(area.height / 2);
        let lines = Constraint::Length(said + 1);
        Layout::vertical([Constraint::Fill(1), lines, Constraint::Length(table)]).areas(area)
    }

    /// The chosen column.
    fn chosen(&self) -> Option<usize> {
        self.columns.iter().position(|runs| Some(key_of(runs).as_str()) == self.table.chosen())
    }

    /// Makes the chosen column's run the baseline, or none.
    fn pin(&mut self, world: &World) -> Vec<Effect> {
        let chosen = match self.chosen().map(|at| &self.columns[at][..]) {
            Some([run]) => Some(run.clone()),
            None => None,
            Some(runs) => {
                let runs = counted(runs.len(), "run");
                let text = format!("a baseline is one run, this column is {runs}");
                return vec![Effect::Toast(Toast::error(text))];
            }
        };
        self.baseline = if chosen == self.baseline { None } else { chosen };
        let mut effects = vec![Effect::Pin(self.baseline.clone())];
        self.arrange(world);
        effects.extend(self.compare(world.known));
        effects
    }

    /// The column that is measured against: that of the baseline, without one the first of two or of
    /// repeats alone.
    fn reference(&self) -> Option<usize> {
        let is_baseline = |id: &String| Some(id) == self.baseline.as_ref();
        let baseline = self.columns.iter().position(|runs| runs.iter().any(is_baseline));
        let is_clear = match self.columns.len() {
            0 | 1 => false,
            2 => true,
            _ => self.columns.iter().all(|runs| runs.len() > 1),
        };
        baseline.or(is_clear.then_some(0))
    }

    /// Has the columns compared that were not.
    fn compare(&self, known: &Known) -> Vec<Effect> {
        let Some(reference) = self.reference() else { return Vec::new() };
        let folders = |at: usize| -> Option<Vec<RunFolder>> {
            let folder = |id| Some(known.runs.get(id)?.folder().clone());
            self.columns[at].iter().map(folder).collect()
        };
        let unknown = (0..self.columns.len())
            .filter(|at| matches!(self.against(reference, *at, known), Against::Unknown));
        unknown
            .filter_map(|at| {
                let (first, second) = (folders(reference)?, folders(at)?);
                Some(match (&first[..], &second[..]) {
                    ([first], [second]) => Effect::CompareRuns(first.clone(), second.clone()),
                    _ => Effect::CompareRepeats(first, second),
                })
            })
            .collect()
    }

    /// Repeats that were compared and have another result since: they are compared again.
    fn compare_again(&self, news: &[News], known: &Known) -> Vec<Effect> {
        let has_ended = |one: &News| match one {
            News::Runs(news) => news.changed.iter().any(|run| {
                let is_shown = self.columns.iter().any(|runs| runs.iter().any(|id| id == run.id()));
                is_shown && run.state().is_some_and(|state| !state.is_live())
            }),
            _ => false,
        };
        match news.iter().any(has_ended) {
            true => self.compare(known),
            false => Vec::new(),
        }
    }

    /// A report of the runs that are there, first the one that is measured against.
    fn report(&self, known: &Known) -> Vec<Effect> {
        if let Some(runs) = self.columns.iter().find(|runs| runs.len() > 1) {
            let runs = counted(runs.len(), "run");
            let text = format!("a report is of single runs, a column here is {runs}");
            return vec![Effect::Toast(Toast::error(text))];
        }
        let first = self.reference().map(|at| &self.columns[at]);
        let others = self.columns.iter().filter(|runs| Some(*runs) != first);
        let folder = |id: &String| Some(known.runs.get(id)?.folder().clone());
        let folders = first.into_iter().chain(others).flatten().filter_map(folder);
        vec![Effect::Report(folders.collect())]
    }

    /// Opens what is made of the run that is measured against and that of the chosen column; where
    /// these are the same, of the first of the others.
    fn open_pair(
        &self,
        known: &Known,
        destination: fn(RunFolder, RunFolder) -> Destination,
    ) -> Vec<Effect> {
        let (first, second) = match (self.reference(), self.chosen()) {
            (Some(first), Some(second)) if first != second => (first, second),
            (Some(first), _) if self.columns.len() > 1 => (first, usize::from(first == 0)),
            _ => {
                let text =
                    format!("pin a baseline with {}, then choose the column of another run", PIN);
                return vec![Effect::Toast(Toast::error(text))];
            }
        };
        let (first, second) = match (&self.columns[first][..], &self.columns[second][..]) {
            ([first], [second]) => (first, second),
            _ => {
                let text = "this is made of two runs, and one of the columns is several".to_owned();
                return vec![Effect::Toast(Toast::error(text))];
            }
        };
        let folder = |id: &String| Some(known.runs.get(id)?.folder().clone());
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
            Action::Pin => return self.pin(world),
            Action::Enter => {
                let photos = |first, second| Destination::Pairs { first, second };
                return self.open_pair(world.known, photos);
            }
            Action::ExplainChange => {
                let change = |first, second| Destination::Change { first, second };
                return self.open_pair(world.known, change);
            }
            Action::NextSet => {
                self.view.shows_training = !self.view.shows_training;
                self.update_means(world.known);
            }
            Action::OtherChart => self.view.prefers_accuracy = !self.view.prefers_accuracy,
            Action::LogScale => self.view.is_log = !self.view.is_log,
            Action::Yank => return vec![Effect::Copy(self.columns.concat().join(" "))],
            Action::Report => return self.report(world.known),
            Action::Back if self.view.cursor.take().is_some() => return vec![Effect::Cleared],
            action => drop(self.table.on(action, self.layout(world.area)[2])),
        }
        Vec::new()
    }

    fn status(&self, known: &Known) -> String {
        let mut followed = self.columns.iter().flatten().map(|id| known.followed(id));
        let is_reading = followed.clone().any(|followed| followed.is_none());
        let problem = followed.find_map(|followed| followed?.as_ref().err());
        let settings = if self.shows_all { "all settings" } else { "only settings that differ" };
        match problem {
            Some(problem) => problem.clone(),
            None if is_reading => format!("{settings} · reading the curves"),
            None => settings.to_owned(),
        }
    }

    /// The curves read so far, in the order of the columns.
    fn lines<'a>(&'a self, known: &'a Known) -> Vec<Lines<'a>> {
        let lines = |(runs, means): (&Vec<String>, &'a Means)| match &runs[..] {
            [run] => Lines::of_run(curves_of(run, known), self.view.shows_training),
            _ => Lines::of_repeats(means),
        };
        self.columns.iter().zip(&self.means).map(lines).collect()
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
                let column = self.columns.iter().position(|runs| key_of(runs) == key);
                let text = column.map_or(String::new(), |column| row.values[column].clone());
                Cell { text, role: Role::Text }
            },
        );
    }
}

/// Names a column for the table.
fn key_of(runs: &[String]) -> String {
    runs.first().cloned().unwrap_or_default()
}

/// The points of a run that were read so far.
fn curves_of<'a>(id: &str, known: &'a Known) -> Option<&'a Curves> {
    Some(&*known.followed(id)?.as_ref().ok()?.curves)
}

impl Page for Compare {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        let runs = self.columns.iter().map(Vec::len).sum::<usize>();
        vec![format!("{} side by side", counted(runs, "run"))]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::News(news) => {
                if news.iter().any(|one| matches!(one, News::Followed(_))) {
                    self.update_means(world.known);
                }
                self.arrange(world);
                return self.compare_again(news, world.known);
            }
            Message::Shown => {
                self.arrange(world);
                self.update_means(world.known);
                return self.compare(world.known);
            }
            Message::Action(action) => return self.act(*action, world),
            Message::Mouse(mouse) => {
                let [upper, _, lower] = self.layout(world.area);
                let place = Position::new(mouse.column, mouse.row);
                let lines = self.lines(world.known);
                let x = self.view.iteration_at(&self.names, &lines, upper, place, world);
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
        self.columns.iter().flatten().filter_map(folder).collect()
    }

    fn smoothing(&self) -> f64 {
        SMOOTHING
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let [upper, line, lower] = self.layout(area);
        self.view.draw(&self.names, &self.lines(world.known), upper, buffer, world);
        let said = self.said_in_lines(line.width);
        for (y, text) in (line.y..).zip(&said) {
            put(buffer, line, line.x + 2, y, text, world.theme.style(Role::Text));
        }
        let mut status = self.status(world.known);
        let right = self.table.beyond(lower);
        if !right.is_empty() {
            status += &format!(" · {COLUMN_RIGHT} to {}", right.join(", "));
        }
        let y = line.bottom().saturating_sub(1);
        put(buffer, line, line.x + 2, y, &status, world.theme.style(Role::Dim));
        self.draw_table(lower, buffer, world.theme);
    }
}
