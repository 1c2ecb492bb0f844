//! What a sweep has found: its combinations of values, the best validation first, what each setting
//! does, and how far it is.

mod control;
mod map;
mod plots;
mod progress;
mod scale;
#[cfg(test)]
mod tests;
mod view;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::progress::Progress;
use super::{Message, Page, World};
use crate::compare::SweepResult;
use crate::spec::short_key;
use crate::store::{RunFolder, State, Stop};
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::{News, Toast};
use crate::tui::scores::Source;
use crate::tui::widgets::{Align, Column, Order, Reaction, Table, width};

pub const CONTEXTS: &[Context] = &[Context::Sweep, Context::List, Context::Columns];

const VALIDATION: &str = "#validation";
const LOSS: &str = "#loss";
const RUN: &str = "#run";
/// Cells of the widest column of values.
const WIDEST: u16 = 24;
const SCROLL_LINES: usize = 5;

#[derive(Debug)]
pub struct Sweep {
    /// The name that its runs carry.
    group: String,
    found: SweepResult,
    progress: Progress,
    /// The combinations with a result, then the runs without one.
    rows: Vec<Row>,
    table: Table,
    /// The plots in the place of the table.
    shows_plots: bool,
    /// The first line of the plots in sight.
    plots_top: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// The place of a combination in the result.
    Tried(usize),
    /// The name of a run that has no result, or none yet.
    Without(String),
}

impl Sweep {
    pub fn of(group: String) -> Sweep {
        let table = Table::new(Order { key: String::new(), descending: false });
        Sweep {
            found: SweepResult::of(&group, &[]),
            progress: Progress::default(),
            group,
            rows: Vec::new(),
            table,
            shows_plots: false,
            plots_top: 0,
        }
    }

    fn runs<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = &'a KnownRun> {
        known.runs.values().filter(|run| {
            run.summary().is_some_and(|summary| summary.group.as_ref() == Some(&self.group))
        })
    }

    fn folders(&self, known: &Known) -> Vec<RunFolder> {
        self.runs(known).map(|run| run.folder().clone()).collect()
    }

    /// Takes together what is known by now. The cursor stays on its values.
    fn learn(&mut self, known: &Known) {
        let selected = self.selected().map(|row| self.name_of(row));
        let runs: Vec<&KnownRun> = self.runs(known).collect();
        let read: Vec<_> =
            runs.iter().filter_map(|run| Some((run.folder(), run.summary()?))).collect();
        let found = SweepResult::of(&self.group, &read);
        let progress = Progress::of(read.iter().map(|(_, summary)| summary.state));
        let mut without: Vec<_> = runs
            .iter()
            .filter(|run| run.summary().is_some_and(|run| run.kept.is_none() || run.test.is_none()))
            .map(|run| (rank(run.state()), known.queue.place(run.id()), run.id()))
            .collect();
        without.sort_unstable();
        let without = without.into_iter().map(|(_, _, id)| Row::Without(id.to_owned()));
        self.rows = (0..found.combinations.len()).map(Row::Tried).chain(without).collect();
        (self.found, self.progress) = (found, progress);
        self.set_columns(known);
        let place = |name: String| self.rows.iter().position(|row| self.name_of(row) == name);
        let at = selected.and_then(place).or(self.table.selected()).unwrap_or(0);
        self.table.set_rows(self.rows.len(), at);
    }

    /// The run that a row stands for: of repeats the first.
    fn name_of(&self, row: &Row) -> String {
        match row {
            Row::Tried(at) => self.found.combinations[*at].runs[0].0.clone(),
            Row::Without(run) => run.clone(),
        }
    }

    fn values(&self, row: &Row, known: &Known) -> Vec<String> {
        match row {
            Row::Tried(at) => self.found.combinations[*at].values.clone(),
            Row::Without(run) => known
                .runs
                .get(run)
                .and_then(KnownRun::summary)
                .map_or_else(Vec::new, |summary| self.found.values(summary)),
        }
    }

    fn set_columns(&mut self, known: &Known) {
        let keys = &self.found.keys;
        let mut widths: Vec<usize> =
            keys.iter().map(|key| width(&short_key(key, keys)).max(5)).collect();
        for row in &self.rows {
            for (widest, value) in widths.iter_mut().zip(self.values(row, known)) {
                *widest = (*widest).max(width(&value));
            }
        }
        let mut columns = vec![
            Column::new(VALIDATION, 10, Align::Right).titled("validation"),
            Column::new(LOSS, 6, Align::Right).titled("loss"),
        ];
        columns.extend(keys.iter().zip(widths).map(|(key, width)| {
            let width = (width as u16).min(WIDEST);
            Column::new(key, width, Align::Right).titled(short_key(key, keys))
        }));
        columns.push(Column::new(RUN, 16, Align::Left).titled("run").filling());
        self.table.set_columns(columns);
    }

    fn selected(&self) -> Option<&Row> {
        self.rows.get(self.table.selected()?)
    }

    fn selected_run<'a>(&self, known: &'a Known) -> Option<&'a KnownRun> {
        known.runs.get(&self.name_of(self.selected()?))
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let known = world.known;
        let run = self.selected_run(known).map(|run| run.folder().clone());
        match action {
            Action::OtherChart => self.shows_plots = !self.shows_plots,
            Action::DetailDown => {
                self.plots_top = (self.plots_top + SCROLL_LINES).min(self.last_top(world));
            }
            Action::DetailUp => self.plots_top = self.plots_top.saturating_sub(SCROLL_LINES),
            Action::Stop => return vec![self.confirm_end(Stop::Keep, known)],
            Action::Cancel => return vec![self.confirm_end(Stop::Cancel, known)],
            Action::Pause => return vec![self.pause(known)],
            Action::Run => return vec![self.resume(known)],
            Action::Compare => return vec![self.compare()],
            Action::Yank => return vec![Effect::Copy(self.group.clone())],
            Action::Enter => return run.into_iter().map(open).collect(),
            Action::OpenImages => {
                let images = |run| Effect::Open(Destination::Images(Source::Run(run)));
                return run.into_iter().map(images).collect();
            }
            action => drop(self.table.on(action, view::table_area(world.area))),
        }
        Vec::new()
    }

    /// The chosen run beside the one under the cursor.
    fn compare(&self) -> Effect {
        let chosen = self.found.combinations.first().map(|best| best.runs[0].0.clone());
        let under = self.selected().filter(|row| matches!(row, Row::Tried(_)));
        match (chosen, under.map(|row| self.name_of(row))) {
            (Some(chosen), Some(other)) if chosen != other => {
                let columns = vec![vec![chosen.clone()], vec![other]];
                Effect::Open(Destination::Compare { columns, baseline: Some(chosen) })
            }
            (Some(_), Some(_)) => {
                let text = "this is the chosen run: put the cursor on the one to compare it with";
                Effect::Toast(Toast::error(text))
            }
            _ => Effect::Toast(Toast::error("there is no result to compare yet")),
        }
    }
}

/// Runs without a result: those at work first, then those that wait.
fn rank(state: Option<State>) -> u8 {
    match state {
        Some(State::Running | State::Starting) => 0,
        Some(State::Queued) => 1,
        _ => 2,
    }
}

fn open(run: RunFolder) -> Effect {
    Effect::Open(Destination::Live(run))
}

impl Page for Sweep {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        vec![format!("sweep {}", self.group)]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::Action(action) => return self.act(*action, world),
            Message::Mouse(mouse) => {
                let reaction = self.table.on_mouse(mouse, view::table_area(world.area));
                if reaction == Reaction::Opened {
                    return self.act(Action::Enter, world);
                }
            }
            Message::News(news) => {
                let concerns =
                    |one: &News| matches!(one, News::Runs(_) | News::Queue(_) | News::Starting(_));
                if news.iter().any(concerns) {
                    self.learn(world.known);
                }
            }
            Message::Shown => self.learn(world.known),
            Message::Key(_) | Message::Paste(_) => {}
        }
        Vec::new()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_all(area, buffer, world);
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        let tried = matches!(self.selected(), Some(Row::Tried(_)));
        match action {
            Action::Stop | Action::Pause | Action::Cancel => self.progress.is_going_on(),
            Action::Run => self.has_unfinished(known),
            Action::Enter => self.selected().is_some(),
            Action::Compare => tried && self.table.selected() != Some(0),
            Action::OpenImages => tried,
            _ => true,
        }
    }
}
