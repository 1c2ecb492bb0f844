//! One run in words, beside a list of them.

use jiff::tz::TimeZone;

use super::format;
use crate::insight::Comparison;
use crate::spec::{in_effect, short_key};
use crate::tui::known_run::KnownRun;
use crate::tui::theme::Role;
use crate::tui::widgets::Lines;
use crate::words;

/// Cells of the names of facts.
pub const NAME: usize = 13;

/// What is known of `run` from its summary; `differing`: the settings in which the runs of the list
/// differ; `compared`: with the baseline.
pub fn lines(
    run: &KnownRun,
    differing: &[String],
    compared: Option<&Comparison>,
    zone: &TimeZone,
    cells: usize,
) -> Lines {
    let mut page = Lines::new(cells);
    let id = run.id();
    let Some(summary) = run.summary() else {
        page.say("", id, Role::Accent);
        page.say("✗ ", run.problem().unwrap_or("not read yet"), Role::Bad);
        return page;
    };
    page.say("", &summary.experiment, Role::Accent);
    page.say("", id, Role::Dim);
    let (state, role) = format::state(summary.state);
    let state = vec![(state, role), (format!("  {}", format::iterations(summary)), Role::Text)];
    page.lines.push(state);
    if let Some(error) = &summary.error {
        page.say("✗ ", error, Role::Bad);
    }
    if summary.warnings > 0 {
        page.say("! ", &words::counted(summary.warnings, "warning"), Role::Warning);
    }
    let mut fact = |name: &str, value: String| page.fact(name, NAME, &value, Role::Text);
    if let Some(test) = &summary.test {
        let right = format!("{} of {}", words::grouped(test.correct), words::grouped(test.n));
        fact("test accuracy", format!("{}, {right}", format::test_accuracy(test)));
    }
    if let Some(difference) = compared.and_then(format::against_baseline) {
        fact("to baseline", difference);
    }
    if let Some(validation) = format::validation(summary) {
        fact("validation", validation);
    }
    if let Some(created) = summary.created {
        fact("made", format::time_with_zone(created, zone));
    }
    if summary.started.is_some() {
        fact("worked", words::duration(summary.seconds));
    }
    if !differing.is_empty() {
        page.gap();
        page.say("", "settings that differ", Role::Dim);
        for key in differing {
            let value = in_effect(&summary.settings, key);
            let name = short_key(key, differing);
            page.fact(&name, NAME, value.trim_matches('"'), Role::Text);
        }
    }
    if !run.note.tags.is_empty() || !run.note.note.is_empty() {
        page.gap();
        let tags: Vec<String> = run.note.tags.iter().map(|tag| format!("#{tag}")).collect();
        let said = [(tags.join(" "), Role::Accent), (run.note.note.clone(), Role::Text)];
        for (text, role) in said.iter().filter(|(text, _)| !text.is_empty()) {
            page.say("", text, *role);
        }
    }
    page
}
