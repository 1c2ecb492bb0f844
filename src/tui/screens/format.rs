//! Numbers, times and states as every screen writes them.

use jiff::tz::TimeZone;

use crate::store::{Queue, RunFolder, State, TestResult, Timestamp};
use crate::tui::effects::Effect;
use crate::tui::live::state_in_words;
use crate::tui::news::Toast;
use crate::tui::overlay::Confirm;
use crate::tui::theme::Role;
use crate::words;

/// A sign, the word, and the role of a state: told by the word, coloured besides.
pub fn state(state: State) -> (String, Role) {
    let role = match state {
        State::Running => Role::Accent,
        State::Done | State::Stopped => Role::Good,
        State::Paused | State::Lost => Role::Warning,
        State::Failed => Role::Bad,
        State::Created | State::Queued | State::Cancelled => Role::Dim,
    };
    let (sign, word) = state_in_words(state);
    (format!("{sign} {word}"), role)
}

/// A whole number in groups of three: `10,000`.
pub fn count(number: usize) -> String {
    words::grouped(number as u64)
}

/// Percentage points of difference, with their sign: `+1.2`.
pub fn points(difference: f64) -> String {
    format!("{:+.1}", difference * 100.0)
}

/// Accuracy with its interval: `94.4% (91.2-96.5)`.
pub fn test_accuracy(test: &TestResult) -> String {
    let bounds = format!("{:.1}-{:.1}", test.low * 100.0, test.high * 100.0);
    format!("{} ({bounds})", words::percent(test.accuracy))
}

pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole / 60 % 60),
    }
}

/// In the person's own time zone, to the minute.
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// How many wait, where any do.
pub fn queued(queue: &Queue) -> Option<String> {
    let held = if queue.held { " (held)" } else { "" };
    (!queue.waiting.is_empty()).then(|| format!("{} queued{held}", queue.waiting.len()))
}

pub fn confirm_stop(run: RunFolder) -> Effect {
    Effect::Confirm(Confirm {
        question: format!("stop {}?", run.id()),
        consequences: vec![
            "it ends after the present iteration, scores every image".into(),
            "and keeps the result it has by then".into(),
        ],
        effect: Box::new(Effect::Stop(run)),
    })
}

/// Why a run that does not work cannot be stopped; `key` shows the queue.
pub fn refuse_to_stop(id: &str, state: Option<State>, key: &str) -> Effect {
    Effect::Toast(Toast::error(match state {
        Some(State::Queued) => {
            format!("{id} waits in the queue; {key} shows it, d there takes it off")
        }
        _ => format!("{id} is not running"),
    }))
}

/// Goes on with a run; asks first where a result would be replaced.
pub fn resume(run: RunFolder, state: Option<State>) -> Effect {
    let id = run.id();
    match state {
        Some(State::Stopped) => Effect::Confirm(Confirm {
            question: format!("go on with {id}?"),
            consequences: vec![
                "training goes on where it was stopped;".into(),
                "the result it has is replaced at its end".into(),
            ],
            effect: Box::new(Effect::Resume(run, None)),
        }),
        Some(state) if state.is_unfinished() => Effect::Resume(run, None),
        Some(State::Done) => {
            let text = format!("{id} is done; n runs its experiment again, I in Runs trains on");
            Effect::Toast(Toast::error(text))
        }
        Some(State::Queued) => {
            Effect::Toast(Toast::error(format!("{id} is queued already; w shows the queue")))
        }
        _ => Effect::Toast(Toast::error(format!("{id} is running"))),
    }
}

pub fn confirm_cancel(run: RunFolder) -> Effect {
    Effect::Confirm(Confirm {
        question: format!("cancel {}?", run.id()),
        consequences: vec![
            "it ends now, without a final test and without a result;".into(),
            "its log, checkpoint and features stay, r goes on with it".into(),
        ],
        effect: Box::new(Effect::Cancel(run)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let said = [0.0, 12.34, 59.4, 61.0, 3599.0, 7380.0].map(duration);
        assert_eq!(said, ["0.0 s", "12.3 s", "59.4 s", "1m 01s", "59m 59s", "2h 03m"]);
    }
}
