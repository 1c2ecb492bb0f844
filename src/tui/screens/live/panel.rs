//! The rows of the live screen, from the header to the worker's log.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Modifier;

use super::shown::Shown;
use super::{charts, counts, passing, result, stage, trouble};
use crate::store::{End, Run, State, TestedFolds};
use crate::tui::news::HostMetrics;
use crate::tui::screens::format;
use crate::tui::theme::Role;
use crate::tui::widgets::chart::format_value;
use crate::tui::widgets::{put, uncoloured};
use crate::words::{grouped, percent, short_size};

/// Draws all rows.
pub fn draw(shown: &Shown, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let run = &shown.followed.run;
    let mut say = |row: Rect, text: &str, role: Role| {
        put(buffer, row, row.x, row.y, text, shown.theme.style(role));
    };
    let (troubles, log) = (trouble::lines(shown, area), log_lines(shown, area));
    let [header, stage, numbers, trouble_area, result_area, middle, best, host, log_area] =
        layout(shown, area, troubles.len(), log.len());
    say(numbers, &self::numbers(run), Role::Text);
    for ((text, role), row) in troubles.iter().zip(trouble_area.rows()) {
        say(row, text, *role);
    }
    say(best, &validation(run), Role::Text);
    if let Some(metrics) = shown.host {
        say(host, &host_line(metrics), Role::Dim);
    }
    for (line, row) in log.iter().zip(log_area.rows()) {
        say(row, &format!("› {}", uncoloured(line)), Role::Dim);
    }
    draw_header(shown, header, buffer);
    stage::draw(shown, stage, buffer);
    result::draw(shown, result_area, buffer);
    if !run.has_trained() {
        counts::draw(run, shown.theme, middle, buffer);
    } else {
        charts::draw(shown, middle, buffer);
    }
}

/// The iteration under a place of the screen when it is drawn on `area`; `None` outside of the
/// charts.
pub fn iteration_at(shown: &Shown, area: Rect, place: Position) -> Option<f64> {
    let rows = (trouble::lines(shown, area).len(), log_lines(shown, area).len());
    let [.., middle, _, _, _] = layout(shown, area, rows.0, rows.1);
    shown.followed.run.has_trained().then(|| charts::iteration_at(shown, middle, place)).flatten()
}

/// The part of `area` where photos go by; `None`: there is no room for them, or no time any more.
pub fn strip(shown: &Shown, area: Rect) -> Option<Rect> {
    let run = &shown.followed.run;
    if area.is_empty() || run.has_trained() {
        return None;
    }
    let rows = (trouble::lines(shown, area).len(), log_lines(shown, area).len());
    let [.., middle, _, _, _] = layout(shown, area, rows.0, rows.1);
    passing::strip(middle, counts::rows(run))
}

/// Header, stage, numbers, trouble, result, charts, best, host, log.
fn layout(shown: &Shown, area: Rect, trouble: usize, log: usize) -> [Rect; 9] {
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(trouble as u16),
        Constraint::Length(result::height(shown, area)),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(u16::from(shown.host.is_some())),
        Constraint::Length(log as u16),
    ])
    .areas(area)
}

fn draw_header(shown: &Shown, row: Rect, buffer: &mut Buffer) {
    let run = &shown.followed.run;
    let (state, role) = format::state(shown.state);
    let stage = run.stage.filter(|_| shown.state == State::Running);
    let stage = stage.map_or(String::new(), |stage| format!(" · {}", stage.name()));
    let style = shown.theme.style(role).add_modifier(Modifier::BOLD);
    let x = put(buffer, row, row.x, row.y, &format!("{state}{stage}"), style);
    let names = format!("  {}  {}", run.experiment, shown.id);
    put(buffer, row, x, row.y, &names, shown.theme.style(Role::Text));
}

/// The newest values; before there are any, what is known of the network and the photos.
fn numbers(run: &Run) -> String {
    let Some(step) = run.latest else {
        let cache = run.features.as_ref().map(|progress| {
            let (cached, skipped) = (grouped(progress.from_cache), grouped(progress.skipped));
            format!("from cache {cached} · skipped {skipped}")
        });
        let network = run.network.as_ref();
        let network = network.map(|network| format!("{} · {}", network.backbone, network.weights));
        return cache.into_iter().chain(network).collect::<Vec<_>>().join(" · ");
    };
    let mut words = format!(
        "train {}, loss {} · learning rate {}",
        percent(step.accuracy),
        format_value(step.loss),
        format_value(step.learning_rate),
    );
    let tested = run.folds.as_ref().and_then(TestedFolds::right_so_far);
    if let Some((correct, n)) = tested.filter(|_| run.test().is_none()) {
        words += &format!(" · {} of {} right so far", grouped(correct), grouped(n));
    }
    if run.skipped > 0 {
        words += &format!(" · {} skipped", grouped(run.skipped));
    }
    words
}

/// How the head that is kept does on the validation set, before the end the newest one, and where
/// another one did better.
fn validation(run: &Run) -> String {
    let (Some(kept), Some(best)) = (run.kept().or(run.evaluated), run.best) else {
        return String::new();
    };
    let which = match run.end {
        Some(End::Finished { kept_step, .. }) if kept_step == kept.step => "of the kept head ",
        _ if run.stops_early() => "best by loss ",
        _ => "",
    };
    let mut words = format!(
        "validation {which}{}, loss {} at {}",
        percent(kept.validation_accuracy),
        format_value(kept.validation_loss),
        grouped(kept.step),
    );
    if best.validation_accuracy > kept.validation_accuracy {
        let (accuracy, step) = (percent(best.validation_accuracy), grouped(best.step));
        words += &format!(" · highest {accuracy} at {step}");
    }
    words
}

fn log_lines<'a>(shown: &Shown<'a>, area: Rect) -> &'a [String] {
    let rows = match area.height {
        0..20 => 0,
        20..24 => 1,
        24..36 => 2,
        _ => 6,
    };
    &shown.log[shown.log.len().saturating_sub(rows)..]
}

fn host_line(metrics: &HostMetrics) -> String {
    let mut line =
        format!("CPU {:.0}% · memory {}", metrics.cpu_percent, short_size(metrics.memory_bytes));
    if metrics.memory_total_bytes > 0 {
        line += &format!(" of {}", short_size(metrics.memory_total_bytes));
    }
    if let Some(gpu) = &metrics.gpu {
        let (used, all) = (short_size(gpu.memory_bytes), short_size(gpu.memory_total_bytes));
        line += &format!(" · GPU {:.0}%, {used} of {all}", gpu.busy_percent);
    }
    line
}
