//! The queue: what works, what waits and in which order.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::rows::Row;
use super::{Message, Page, World, beside, control, format, names as runs_by, run_facts, runs};
use crate::runner::slurm::SeenJob;
use crate::store::{Job, RunFolder, Stage, State, Summary};
use crate::tui::effect::{Confirm, Destination, Effect, QueueEdit};
use crate::tui::keys::{Action, Context, names};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::Toast;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, Order, Reaction, Table, put};
use crate::words;

pub const CONTEXTS: &[Context] = &[Context::Queue, Context::List];

const PLACE: &str = "place";
const RUN: &str = "run";
const PROGRESS: &str = "progress";
const SINCE: &str = "since";
const FOLDER: &str = "folder";

#[derive(Debug)]
pub struct Queue {
    table: Table,
    /// First those at work, then those in a cluster's queue, then those that wait.
    rows: Vec<Row>,
    /// The rows in words: runs by what makes them different.
    names: Vec<String>,
    /// Names of the sweeps whose runs are shown one by one.
    opened: BTreeSet<String>,
}

impl Default for Queue {
    fn default() -> Queue {
        let mut table = Table::new(Order { key: String::new(), descending: false });
        table.set_columns(vec![
            Column::new(PLACE, 7, Align::Right),
            Column::new(RUN, 16, Align::Left).filling(),
            Column::new(PROGRESS, 16, Align::Right),
            Column::new(SINCE, 16, Align::Left),
            Column::new(FOLDER, 24, Align::Left),
        ]);
        Queue { table, rows: Vec::new(), names: Vec::new(), opened: BTreeSet::new() }
    }
}

impl Queue {
    /// The cursor stays on its row, also when that moves.
    fn learn(&mut self, known: &Known, zone: &TimeZone) {
        let selected = self.selected().cloned();
        let at_work = known.runs.values().filter(|run| run.state() == Some(State::Running));
        let at_work = at_work.map(|run| Row::AtWork(run.id().to_owned()));
        let waiting = rows::waiting(known, &self.opened);
        self.rows = at_work.chain(rows::pending(known)).chain(waiting).collect();
        let ids: Vec<&str> = self.rows.iter().map(Row::run).collect();
        self.names = runs_by::names(&ids, known, zone);
        for (name, row) in self.names.iter_mut().zip(&self.rows) {
            match row {
                Row::Sweep { group, .. } => *name = format!("sweep {group}"),
                Row::Waiting { is_member: true, .. } => *name = format!("  {name}"),
                _ => {}
            }
        }
        let same = |selected: Row| self.rows.iter().position(|row| row.is_same(&selected));
        let at = selected.and_then(same).or(self.table.selected()).unwrap_or(0);
        self.table.set_rows(self.rows.len(), at);
    }

    fn selected(&self) -> Option<&Row> {
        self.rows.get(self.table.selected()?)
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let queue = &world.known.queue;
        let edit = |edit| vec![Effect::EditQueue(edit)];
        match (action, self.selected().cloned()) {
            (Action::Hold, _) => edit(QueueEdit::Hold(!queue.held)),
            (Action::EmptyQueue, _) if queue.waiting.is_empty() => refuse("nothing waits".into()),
            (Action::EmptyQueue, _) => vec![confirm_empty(queue.waiting.len())],
            (Action::Enter, Some(row)) => self.open(&row, world),
            (Action::ShowSweep, Some(row)) => {
                let run = world.known.runs.get(row.run()).and_then(KnownRun::summary);
                vec![control::open_sweep(run.and_then(|run| run.group.clone()))]
            }
            (
                Action::MoveUp | Action::MoveDown | Action::MoveFirst | Action::Remove,
                Some(Row::AtWork(run)),
            ) => refuse(format!(
                "{run} is at work already; {} shows it, {} there stops it",
                names::ENTER,
                names::STOP
            )),
            (Action::MoveUp | Action::MoveDown | Action::MoveFirst, Some(Row::Job(run))) => {
                refuse(format!("{run} is in the queue of its cluster, which decides its order"))
            }
            (Action::Remove, Some(Row::Job(run))) => edit(QueueEdit::Remove(vec![run])),
            (Action::MoveUp, Some(row)) => {
                let before = rows::before_the_row_above(&self.rows, &row);
                before.map_or_else(Vec::new, |before| {
                    edit(QueueEdit::Move { runs: row.runs().to_vec(), before: Some(before) })
                })
            }
            (Action::MoveDown, Some(row)) => {
                let before = rows::behind_the_row_below(&self.rows, &row);
                edit(QueueEdit::Move { runs: row.runs().to_vec(), before })
            }
            (Action::MoveFirst, Some(row)) => edit(QueueEdit::First(row.runs().to_vec())),
            (Action::Remove, Some(Row::Sweep { group, runs, .. })) => {
                vec![confirm_remove(&group, runs)]
            }
            (Action::Remove, Some(row)) => edit(QueueEdit::Remove(row.runs().to_vec())),
            (action, _) => {
                let _ = self.table.on(action, table_area(world.area));
                Vec::new()
            }
        }
    }

    /// The run, or the rows of a sweep, which are closed again by the same key.
    fn open(&mut self, row: &Row, world: &World) -> Vec<Effect> {
        let Row::Sweep { group, .. } = row else {
            let run = RunFolder::at(world.context.config.runs.join(row.run()));
            return vec![Effect::Open(Destination::Live(run))];
        };
        if !self.opened.remove(group) {
            self.opened.insert(group.clone());
        }
        self.learn(world.known, world.zone);
        Vec::new()
    }

    fn cell(&self, at: usize, column: &str, world: &World) -> Cell {
        let (row, name) = (&self.rows[at], &self.names[at]);
        let known = world.known.runs.get(row.run());
        let summary = known.and_then(KnownRun::summary);
        let queue = &world.known.queue;
        let place = queue.place(row.run());
        let waiting = place.and_then(|place| queue.waiting.get(place));
        let job = queue.job(row.run());
        let seen = job.and_then(|job| world.known.jobs.job(job));
        let text = match column {
            PLACE => match (row, place) {
                (Row::AtWork(_), _) => "at work".into(),
                (Row::Job(_), _) => job.map_or(String::new(), |job| job.cluster.clone()),
                (Row::Sweep { runs, .. }, Some(place)) => {
                    format!("{}-{}", place + 1, place + runs.len())
                }
                (_, place) => place.map_or(String::new(), |place| (place + 1).to_string()),
            },
            // The number first: by it the job is asked for, and names are cut where there is no room.
            RUN if let Some(job) = job => format!("{}: {name}", job_in_words(job, seen)),
            RUN => match waiting.filter(|waiting| !waiting.target.is_this_machine()) {
                Some(waiting) => format!("{name} (on {})", waiting.target.name()),
                None => name.clone(),
            },
            FOLDER => row.run().to_owned(),
            PROGRESS if let Row::Sweep { runs, .. } = row => {
                format!("{} waiting", words::grouped(runs.len()))
            }
            PROGRESS if matches!(row, Row::Job(_)) => seen.map_or(String::new(), |seen| {
                let why = if seen.reason.is_empty() { &seen.state } else { &seen.reason };
                why.clone()
            }),
            // Before training its iterations say nothing.
            PROGRESS if waiting.is_none() && summary.is_some_and(is_before_training) => {
                summary.and_then(|summary| summary.stage).map_or("begins", Stage::name).to_owned()
            }
            PROGRESS => summary.map_or(String::new(), |summary| {
                let iterations = waiting.and_then(|waiting| waiting.iterations);
                words::progress(summary.step, iterations.unwrap_or(summary.iterations))
            }),
            _ => match (row, waiting) {
                (Row::Waiting { .. } | Row::Sweep { .. }, Some(waiting)) => {
                    format::time(waiting.since, world.zone)
                }
                (Row::Job(_), _) => {
                    job.map_or(String::new(), |job| format::time(job.since, world.zone))
                }
                _ => summary
                    .and_then(|summary| summary.started)
                    .map_or(String::new(), |started| format::time(started, world.zone)),
            },
        };
        let role = if matches!(row, Row::AtWork(_)) { Role::Accent } else { Role::Text };
        Cell { text, role }
    }

    /// The run under the cursor: beside the list, or its folder below.
    fn draw_selected(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let Some(row) = self.selected() else { return };
        let run = world.known.runs.get(row.run());
        match (beside::split(Rect { y: area.y + 1, height: area.height - 1, ..area }).1, run) {
            (Some(detail), Some(run)) => {
                beside::draw_rule(detail, buffer, world.theme);
                let known = self.rows.iter().filter_map(|row| world.known.runs.get(row.run()));
                let differing = runs::differing_settings(&known.collect::<Vec<_>>(), false);
                let cells = detail.width.into();
                let page = run_facts::lines(run, &differing, None, world.zone, cells);
                page.draw(0, "", detail, buffer, world.theme);
                let list = Rect { width: detail.x.saturating_sub(area.x + 2), ..area };
                self.draw_job(row, list, area.x + 2, buffer, world);
            }
            _ => {
                let style = world.theme.style(Role::Accent);
                let x = put(buffer, area, area.x + 2, area.bottom() - 1, row.run(), style);
                self.draw_job(row, area, x + 2, buffer, world);
            }
        }
    }

    /// In the last line: the job that does the run, in full.
    fn draw_job(&self, row: &Row, area: Rect, x: u16, buffer: &mut Buffer, world: &World) {
        let Some(job) = world.known.queue.job(row.run()) else { return };
        let seen = world.known.jobs.job(job);
        let state = seen.map_or(String::new(), |seen| format!("  {}", seen.in_words()));
        let words = format!("{}{state}", job_in_words(job, seen));
        put(buffer, area, x, area.bottom() - 1, &words, world.theme.style(Role::Dim));
    }

    fn draw_status(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let queue = &world.known.queue;
        let at_work = self.rows.iter().filter(|row| matches!(row, Row::AtWork(_))).count();
        let slots = world.context.slots;
        let mut x = area.x + 2;
        if queue.held {
            let held = format!("held until {} releases it · ", names::HOLD);
            x = put(buffer, area, x, area.y, &held, world.theme.style(Role::Warning));
        }
        let words = format!("{at_work} at work, {} waiting · {slots} at once", queue.waiting.len());
        let x = put(buffer, area, x, area.y, &words, world.theme.style(Role::Dim));
        let jobs = queue.jobs().count();
        if jobs > 0 {
            let (words, role) = cluster_in_words(jobs, world);
            put(buffer, area, x, area.y, &words, world.theme.style(role));
        }
    }
}

/// `job 17`, and where it is.
fn job_in_words(job: &Job, seen: Option<&SeenJob>) -> String {
    let number = match job.job.as_str() {
        "" => "being submitted".to_owned(),
        _ => format!("job {}", job.name()),
    };
    match seen.map(|seen| seen.nodes.as_str()).filter(|nodes| !nodes.is_empty()) {
        Some(nodes) => format!("{number} on {nodes}"),
        None => number,
    }
}

/// How many runs the cluster has, and of when that is: what is old must be seen to be.
fn cluster_in_words(jobs: usize, world: &World) -> (String, Role) {
    let known = &world.known.jobs;
    let at = known
        .seen
        .as_ref()
        .map(|seen| seen.at.to_zoned_datetime(world.zone.clone()).strftime("%H:%M:%S").to_string());
    let jobs = format!(" · {jobs} in slurm");
    match (at, &known.problem) {
        (None, None) => (format!("{jobs}, not asked yet"), Role::Dim),
        (Some(at), None) => (format!("{jobs} as of {at}"), Role::Dim),
        (Some(at), Some(_)) => (format!("{jobs} as of {at}, silent now"), Role::Warning),
        (None, Some(problem)) => (format!("{jobs}; {problem}"), Role::Warning),
    }
}

fn is_before_training(summary: &Summary) -> bool {
    !matches!(summary.stage, Some(Stage::Training | Stage::Evaluation))
}

fn refuse(why: String) -> Vec<Effect> {
    vec![Effect::Toast(Toast::error(why))]
}

/// As for the whole queue: it may have taken a while to put them there.
fn confirm_remove(group: &str, runs: Vec<String>) -> Effect {
    Effect::Confirm(Confirm {
        question: format!("take {} off the queue?", words::counted(runs.len(), "waiting run")),
        consequences: vec![
            format!("they are of the sweep {group};"),
            format!("{} there queues them again ({} opens it)", names::RESUME, names::SWEEP),
        ],
        effect: Box::new(Effect::EditQueue(QueueEdit::Remove(runs))),
    })
}

fn confirm_empty(count: usize) -> Effect {
    Effect::Confirm(Confirm {
        question: format!("take {} off the queue?", words::counted(count, "waiting run")),
        consequences: vec![
            "runs at work go on; those that waited stay in Runs,".into(),
            format!("where {} queues them again", names::RESUME),
        ],
        effect: Box::new(Effect::EditQueue(QueueEdit::Empty)),
    })
}

/// Below the status line, and above the line about the run under the cursor or left of its detail.
fn table_area(area: Rect) -> Rect {
    beside::split(Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area }).0
}

impl Page for Queue {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        vec!["Queue".into()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::Action(action) => return self.act(*action, world),
            Message::Mouse(mouse) => {
                let reaction = self.table.on_mouse(mouse, table_area(world.area));
                if let (Reaction::Opened, Some(row)) = (reaction, self.selected().cloned()) {
                    return self.open(&row, world);
                }
            }
            Message::News(_) | Message::Shown => self.learn(world.known, world.zone),
            Message::Key(_) | Message::Paste(_) => {}
        }
        Vec::new()
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        match action {
            Action::Enter => self.selected().is_some(),
            Action::Remove if matches!(self.selected(), Some(Row::Job(_))) => true,
            Action::MoveUp | Action::MoveDown | Action::Remove => {
                matches!(self.selected(), Some(Row::Waiting { .. } | Row::Sweep { .. }))
            }
            Action::ShowSweep => self
                .selected()
                .and_then(|row| known.runs.get(row.run())?.summary())
                .is_some_and(|run| run.group.is_some()),
            Action::EmptyQueue => !known.queue.waiting.is_empty(),
            _ => true,
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_status(Rect { height: 1, ..area }, buffer, world);
        if self.rows.is_empty() {
            let style = world.theme.style(Role::Dim);
            put(buffer, area, area.x + 2, area.y + 2, "nothing works and nothing waits", style);
            let next = format!(
                "{} on an experiment ({}) or {} on a run ({}) queues it",
                names::RUN,
                names::EXPERIMENTS,
                names::RESUME,
                names::RUNS
            );
            put(buffer, area, area.x + 2, area.y + 3, &next, style);
            return;
        }
        self.table.draw(
            table_area(area),
            buffer,
            world.theme,
            |_| false,
            |row, key| self.cell(row, key, world),
        );
        self.draw_selected(area, buffer, world);
    }
}
