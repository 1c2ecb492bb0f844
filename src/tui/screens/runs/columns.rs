//! The columns of the table of runs, and what stands in them.

use jiff::tz::TimeZone;

use super::group::Group;
use super::keys::{
    DURATION, EXPERIMENT, ITERATIONS, LOSS, NOTE, STATE, TAGS, TEST, VALIDATION, WHEN,
};
use super::row::setting_text;
use crate::compare::SEEDS;
use crate::insight::Comparison;
use crate::spec::short_key;
use crate::tui::known_run::KnownRun;
use crate::tui::screens::format;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, width};
use crate::words;

/// As many settings stand before the results as fit into so many cells; the others behind them.
const IN_FRONT: u16 = 30;
/// Cells across the terminals that most people have.
const USUAL: u16 = 80;
/// The name of a group, and what its runs are, take no more cells.
const WIDEST_GROUP: u16 = 30;
/// Rows whose texts decide how wide a column is.
const MEASURED: usize = 300;

/// All columns; those of settings have the setting's name as key. The settings that tell the runs apart
/// best come first. With a baseline the accuracy has room for the difference from it.
pub fn all(
    settings: &[String],
    runs: &[&KnownRun],
    groups: &[&Group],
    has_baseline: bool,
) -> Vec<Column> {
    let column =
        |key: &str, title: &str, width, align| Column::new(key, width, align).titled(title);
    let setting = |key: &String| {
        let title = short_key(key, settings);
        let of = |run: &&KnownRun| Some(setting_text(run.summary()?.settings.get(key)?).to_owned());
        let mut values: Vec<String> = runs.iter().take(MEASURED).filter_map(of).collect();
        values.extend(groups.iter().take(MEASURED).filter_map(|group| group.setting(key)));
        let cells = values.iter().map(|value| width(value)).max().unwrap_or(0).max(width(&title));
        // The end of a path says most.
        let is_path = values.iter().any(|value| value.contains('/'));
        let align = if is_path { Align::End } else { Align::Right };
        // Room for the arrow of what is sorted by.
        column(key, &title, (cells as u16 + 1).clamp(5, 20), align)
    };
    let mut of_settings: Vec<Column> = settings.iter().map(setting).collect();
    if !groups.is_empty() {
        // The name of each repeat tells its seeds.
        of_settings.sort_by_key(|column| SEEDS.contains(&column.key.as_str()));
    }
    let names = runs.iter().take(MEASURED).filter_map(|run| run.summary());
    let longest = names.map(|summary| width(&summary.experiment)).max().unwrap_or(0) as u16;
    let of_groups = |text: &dyn Fn(&Group) -> String| {
        let texts = groups.iter().take(MEASURED).map(|group| width(&text(group)));
        texts.max().unwrap_or(0) as u16
    };
    let first = longest.clamp(11, 24).max(of_groups(&Group::title).min(WIDEST_GROUP));
    let states = of_groups(&|group| group.facts.state.0.clone()).clamp(11, WIDEST_GROUP);
    let (title, cells) = match has_baseline {
        true => ("test, against the baseline", 34),
        false => {
            let means = of_groups(&|group| group.accuracy().unwrap_or_default());
            ("test accuracy", means.max(17))
        }
    };
    let room = match groups.is_empty() && !has_baseline {
        true => IN_FRONT,
        // Names of groups tell settings, too; and accuracy, difference and state are to be in sight.
        false => USUAL.saturating_sub(first + states + cells + 5).min(IN_FRONT),
    };
    let mut taken = 0;
    let in_front = of_settings.iter().take_while(|column| {
        taken += column.width + 1;
        taken <= room && (groups.is_empty() || !SEEDS.contains(&column.key.as_str()))
    });
    let (front, rest) = of_settings.split_at(in_front.count());
    let mut columns = vec![column(EXPERIMENT, "experiment", first, Align::Left)];
    columns.extend(front.iter().cloned());
    let mut results =
        vec![column(STATE, "state", states, Align::Left), column(TEST, title, cells, Align::Right)];
    // The difference is what is looked for then.
    results.rotate_left(usize::from(has_baseline));
    columns.extend(results);
    columns.extend([
        column(VALIDATION, "validation", 13, Align::Right),
        column(ITERATIONS, "iterations", 13, Align::Right),
    ]);
    columns.extend(rest.iter().cloned());
    columns.extend([
        column(LOSS, "test loss", 9, Align::Right),
        column(DURATION, "duration", 11, Align::Right),
        column(WHEN, "when", 16, Align::Left),
        column(TAGS, "tags", 12, Align::Left),
        column(NOTE, "note", 12, Align::Left).filling(),
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
            Some(value) => text(setting_text(value).to_owned()),
            None => nothing(),
        },
    }
}

/// What stands in the row of several runs under `key`.
pub fn group_cell(group: &Group, key: &str, zone: &TimeZone) -> Cell {
    let text = |text: Option<String>| match text {
        Some(text) => Cell { text, role: Role::Text },
        None => nothing(),
    };
    match key {
        EXPERIMENT => text(Some(group.title())),
        STATE => Cell { text: group.facts.state.0.clone(), role: group.facts.state.1 },
        ITERATIONS => text(Some(group.facts.iterations())),
        VALIDATION => text(group.validation()),
        TEST => text(group.accuracy()),
        LOSS => text(group.loss()),
        DURATION if group.facts.seconds == 0.0 => nothing(),
        DURATION => text(Some(words::duration(group.facts.seconds))),
        WHEN => text(group.newest().map(|newest| format::time(newest, zone))),
        TAGS | NOTE => nothing(),
        setting => text(group.setting(setting)),
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
