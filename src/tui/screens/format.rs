//! Numbers, times and states as every screen writes them.

use jiff::tz::TimeZone;

use crate::insight::{Comparison, Resampled};
use crate::store::{Queue, State, Summary, TestResult, Timestamp};
use crate::tui::theme::Role;
use crate::words;

/// A sign, the word, and the role of a state: told by the word, coloured besides.
pub fn state(state: State) -> (String, Role) {
    // Each sign has a shape of its own, so that no colour is needed.
    let (sign, role) = match state {
        State::Created => ('○', Role::Dim),
        State::Queued => ('…', Role::Dim),
        State::Starting => ('▷', Role::Accent),
        State::Running => ('▶', Role::Accent),
        State::Done => ('✓', Role::Good),
        State::Stopped => ('■', Role::Good),
        State::Paused => ('‖', Role::Warning),
        State::Failed => ('✗', Role::Bad),
        State::Cancelled => ('⊘', Role::Dim),
        State::Lost => ('?', Role::Warning),
    };
    (format!("{sign} {}", state.name()), role)
}

/// What several runs are: results first, then what is on its way, then what needs somebody.
const IN_ORDER: [State; 10] = [
    State::Done,
    State::Stopped,
    State::Running,
    State::Starting,
    State::Queued,
    State::Paused,
    State::Created,
    State::Failed,
    State::Lost,
    State::Cancelled,
];

/// How many runs are what: `✓ 5 done`, `3 done, 1 running, 1 queued`.
pub fn states(all: impl Iterator<Item = State>) -> (String, Role) {
    let mut counts = [0usize; IN_ORDER.len()];
    for state in all {
        let at = IN_ORDER.iter().position(|known| *known == state);
        at.into_iter().for_each(|at| counts[at] += 1);
    }
    let found = IN_ORDER.into_iter().zip(counts).filter(|(_, count)| *count > 0);
    let found: Vec<(State, usize)> = found.collect();
    if let [(only, count)] = found[..] {
        let (text, role) = state(only);
        let (sign, name) = text.split_once(' ').unwrap_or(("", &text));
        return (format!("{sign} {} {name}", words::grouped(count)), role);
    }
    let is = |wanted| found.iter().any(|(state, _)| *state == wanted);
    let role = match () {
        () if is(State::Running) || is(State::Starting) => Role::Accent,
        () if is(State::Failed) => Role::Bad,
        () => Role::Text,
    };
    let words =
        found.iter().map(|(state, count)| format!("{} {}", words::grouped(*count), state.name()));
    (words.collect::<Vec<_>>().join(", "), role)
}

/// A mean of shares with its deviation; of a single one itself: `84.2% ± 2.1, n=5`, `84.2%, n=1`.
pub fn mean_share(shares: &[f64]) -> Option<String> {
    match Resampled::of(shares, 0.0) {
        Some(found) => Some(found.share_in_brief()),
        None => shares.first().map(|share| format!("{}, n=1", words::percent(*share))),
    }
}

/// The same of losses: `0.1723 ± 0.0120`.
pub fn mean_loss(losses: &[f64]) -> Option<String> {
    match Resampled::of(losses, 0.0) {
        Some(found) => Some(format!("{:.4} ± {:.4}", found.mean, found.deviation)),
        None => losses.first().map(|loss| format!("{loss:.4}")),
    }
}

/// Iterations done, of all: `1,263/4,000`.
pub fn iterations(summary: &Summary) -> String {
    words::progress(summary.step, summary.iterations)
}

/// Validation accuracy of the head that is kept, and its iteration: `93.1% @1,263`. Of runs of older
/// versions only the highest is known: `≤93.1% @1,263`.
pub fn validation(summary: &Summary) -> Option<String> {
    let words = |sign: &str, accuracy, step| {
        format!("{sign}{} @{}", words::percent(accuracy), words::grouped(step))
    };
    match summary.kept {
        Some(kept) => Some(words("", kept.accuracy, kept.step)),
        None => Some(words("≤", summary.validation_accuracy?, summary.best_step?)),
    }
}

/// Accuracy with its interval: `94.4% (91.2-96.5)`.
pub fn test_accuracy(test: &TestResult) -> String {
    let bounds = format!("{:.1}-{:.1}", test.low * 100.0, test.high * 100.0);
    format!("{} ({bounds})", words::percent(test.accuracy))
}

/// How far a run is from the baseline, photo by photo: `+4.0 (-5.5 to +13.8)`.
pub fn against_baseline(compared: &Comparison) -> Option<String> {
    let (low, high) = compared.difference_interval()?;
    let [difference, low, high] = [compared.difference(), low, high].map(words::points);
    Some(format!("{difference} ({low} to {high})"))
}

/// In the person's own time zone, to the minute.
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    words::moment(at, zone)
}

/// The same with the zone's name, for a moment that may be compared with other clocks.
pub fn time_with_zone(at: Timestamp, zone: &TimeZone) -> String {
    let name = at.to_zoned_datetime(zone.clone()).strftime("%Z").to_string();
    format!("{} {name}", words::moment(at, zone))
}

/// How many wait, where any do.
pub fn queued(queue: &Queue) -> Option<String> {
    let held = if queue.held { " (held)" } else { "" };
    (!queue.waiting.is_empty())
        .then(|| format!("{} queued{held}", words::grouped(queue.waiting.len())))
}
