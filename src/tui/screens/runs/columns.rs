//! The columns of the table of runs, and what stands in them.

use jiff::tz::TimeZone;

use crate::insight::Comparison;
use crate::tui::known_run::KnownRun;
use crate::tui::screens::format;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, width};
use crate::words;

pub const EXPERIMENT: &str = "#experiment";
pub const STATE: &str = "#state";
pub const ITERATIONS: &str = "#iterations";
pub const VALIDATION: &str = "#validation";
pub const TEST: &str = "#test";
pub const LOSS: &str = "#loss";
pub const DURATION: &str = "#duration";
pub const WHEN: &str = "#when";
pub const TAGS: &str = "#tags";
pub const NOTE: &str = "#note";

/// All columns; those of settings have the setting's name as key. With a baseline the accuracy has
/// room for the difference from it, and stands where a narrow screen still shows it.
pub fn all(settings: &[String], has_baseline: bool) -> Vec<Column> {
    let column = |key: &str, title: &str, width, align| Column {
        key: key.into(),
        title: title.into(),
        width,
        fills: key == NOTE,
        align,
    };
    let mut columns = vec![
        column(EXPERIMENT, "experiment", 16, Align::Left),
        column(STATE, "state", 11, Align::Left),
        column(ITERATIONS, "iterations", 13, Align::Right),
        column(VALIDATION, "validation", 15, Align::Right),
    ];
    match has_baseline {
        true => columns.insert(2, column(TEST, "test, against the baseline", 34, Align::Right)),
        false => columns.push(column(TEST, "test accuracy", 18, Align::Right)),
    }
    for setting in settings {
        // Without its table: the last word says enough, and the key is whole.
        let title = setting.rsplit('.').next().unwrap_or(setting);
        let cells = (width(title) as u16).clamp(6, 16);
        columns.push(column(setting, title, cells, Align::Right));
    }
    columns.extend([
        column(LOSS, "test loss", 9, Align::Right),
        column(DURATION, "duration", 11, Align::Right),
        column(WHEN, "when", 16, Align::Left),
        column(TAGS, "tags", 12, Align::Left),
        column(NOTE, "note", 12, Align::Left),
    ]);
    columns
}

pub fn nothing() -> Cell {
    Cell { text: String::new(), role: Role::Dim }
}

/// What stands in a run's row under `key`; `compared`: with the baseline, photo by photo.
pub fn cell(run: &KnownRun, key: &str, compared: Option<&Comparison>, zone: &TimeZone) -> Cell {
    let text = |text: String| Cell { text, role: Role::Text };
    match key {
        TAGS => return Cell { text: run.note.tags.join(" "), role: Role::Accent },
        NOTE => return text(run.note.note.clone()),
        _ => {}
    }
    let Some(summary) = run.summary() else { return without_summary(run, key) };
    match key {
        EXPERIMENT => text(summary.experiment.clone()),
        STATE => {
            let (text, role) = format::state(summary.state);
            Cell { text, role }
        }
        ITERATIONS => text(format::iterations(summary)),
        VALIDATION => match format::validation(summary) {
            Some(words) => text(words),
            None => nothing(),
        },
        TEST => match &summary.test {
            Some(test) => text(match compared.and_then(format::against_baseline) {
                // On fewer photos than the accuracy: that must be seen.
                Some(difference) if compared.is_some_and(|found| found.images() != test.n) => {
                    let common = compared.map_or(0, Comparison::images);
                    let difference = difference.trim_end_matches(')');
                    format!("{} {difference}, N={common})", words::percent(test.accuracy))
                }
                Some(difference) => format!("{} {difference}", words::percent(test.accuracy)),
                None => format::test_accuracy(test),
            }),
            None => nothing(),
        },
        LOSS => match &summary.test {
            Some(test) => text(format!("{:.4}", test.log_loss)),
            None => nothing(),
        },
        DURATION if summary.started.is_none() => nothing(),
        DURATION => text(words::duration(summary.seconds)),
        WHEN => match summary.created {
            Some(created) => text(format::time(created, zone)),
            None => nothing(),
        },
        setting => match summary.settings.get(setting) {
            Some(value) => text(value.trim_matches('"').to_owned()),
            None => nothing(),
        },
    }
}

/// A run of which only the name is known.
fn without_summary(run: &KnownRun, key: &str) -> Cell {
    match key {
        EXPERIMENT => Cell { text: run.id().to_owned(), role: Role::Dim },
        STATE if run.problem().is_some() => Cell { text: "✗ damaged".into(), role: Role::Bad },
        STATE => Cell { text: "…".into(), role: Role::Dim },
        _ => nothing(),
    }
}
