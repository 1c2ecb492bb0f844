//! The rows of the queue: a run each, and the runs of one sweep that wait behind each other as one.

use std::collections::BTreeSet;

use crate::store::State;
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    AtWork(String),
    /// It is in the queue of a cluster.
    Job(String),
    Waiting {
        run: [String; 1],
        /// Of a sweep that is opened above it.
        is_member: bool,
    },
    Sweep {
        /// The sweep's name.
        group: String,
        /// At least two, in their order.
        runs: Vec<String>,
        /// Its runs have rows of their own below.
        is_open: bool,
    },
}

impl Row {
    /// The run that it is about; of several the first.
    pub fn run(&self) -> &str {
        match self {
            Row::AtWork(run) | Row::Job(run) | Row::Waiting { run: [run], .. } => run,
            Row::Sweep { runs, .. } => &runs[0],
        }
    }

    /// The runs that move and leave with it; none that are at work, or in a cluster's queue.
    pub fn runs(&self) -> &[String] {
        match self {
            Row::AtWork(_) | Row::Job(_) => &[],
            Row::Waiting { run, .. } => run,
            Row::Sweep { runs, .. } => runs,
        }
    }

    /// Whether it is the same row, after things have moved: that of a run, or of a sweep.
    pub fn is_same(&self, other: &Row) -> bool {
        match (self, other) {
            (Row::Sweep { group, .. }, Row::Sweep { group: other, .. }) => group == other,
            (Row::Sweep { .. }, _) | (_, Row::Sweep { .. }) => false,
            (one, other) => one.run() == other.run(),
        }
    }
}

/// The rows of those that a cluster has not begun, in the order in which they were given to it.
pub fn pending(known: &Known) -> impl Iterator<Item = Row> {
    let is_pending = |run: &&str| {
        let state = known.runs.get(*run).and_then(KnownRun::state);
        state == Some(State::Queued)
    };
    let runs = known.queue.jobs().map(|(run, _)| run);
    runs.filter(is_pending).map(|run| Row::Job(run.to_owned()))
}

/// The rows of those that wait, in their order.
pub fn waiting(known: &Known, opened: &BTreeSet<String>) -> Vec<Row> {
    let group = |run: &str| known.runs.get(run).and_then(KnownRun::summary)?.group.as_deref();
    let waiting = &known.queue.waiting;
    let mut rows = Vec::new();
    for runs in waiting.chunk_by(|a, b| group(&a.run).is_some() && group(&a.run) == group(&b.run)) {
        let runs: Vec<String> = runs.iter().map(|waiting| waiting.run.clone()).collect();
        let alone = |run: &String, is_member| Row::Waiting { run: [run.clone()], is_member };
        match group(&runs[0]) {
            Some(group) if runs.len() > 1 => {
                let is_open = opened.contains(group);
                let members = runs.clone();
                rows.push(Row::Sweep { group: group.to_owned(), runs, is_open });
                if is_open {
                    rows.extend(members.iter().map(|run| alone(run, true)));
                }
            }
            _ => rows.extend(runs.iter().map(|run| alone(run, false))),
        }
    }
    rows
}

/// What moves past others as one, in its order, without the runs of `moved`: a run, or the runs of a
/// sweep that is not opened. With the number of those before `moved`.
fn others<'a>(rows: &'a [Row], moved: &Row) -> (Vec<&'a [String]>, usize) {
    let is_moved = |row: &Row| row.runs().iter().all(|run| moved.runs().contains(run));
    let moves = |row: &&Row| match row {
        Row::AtWork(_) | Row::Job(_) => false,
        Row::Waiting { .. } => true,
        Row::Sweep { is_open, .. } => !is_open,
    };
    let units: Vec<&Row> = rows.iter().filter(moves).collect();
    let before = units.iter().take_while(|row| !is_moved(row)).count();
    (units.into_iter().filter(|row| !is_moved(row)).map(Row::runs).collect(), before)
}

/// The run before which `moved` stands when it has gone past the row above it; `None`: it is the first.
pub fn before_the_row_above(rows: &[Row], moved: &Row) -> Option<String> {
    let (others, before) = others(rows, moved);
    Some(others.get(before.checked_sub(1)?)?[0].clone())
}

/// The run before which `moved` stands when it has gone past the row below it; `None`: it is the last.
pub fn behind_the_row_below(rows: &[Row], moved: &Row) -> Option<String> {
    let (others, before) = others(rows, moved);
    Some(others.get(before + 1)?[0].clone())
}
