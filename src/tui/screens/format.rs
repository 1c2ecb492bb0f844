//! Numbers, times and states as every screen writes them.

use jiff::tz::TimeZone;

use crate::store::{Queue, RunFolder, State, Stop, Summary, TestResult, Timestamp};
use crate::tui::effects::Effect;
use crate::tui::news::Toast;
use crate::tui::overlay::Confirm;
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

/// Percentage points of difference, with their sign: `+1.2`.
pub fn points(difference: f64) -> String {
    format!("{:+.1}", difference * 100.0)
}

/// Iterations done, of all: `1,263/4,000`.
pub fn iterations(summary: &Summary) -> String {
    format!("{}/{}", words::grouped(summary.step), words::grouped(summary.iterations))
}

/// Accuracy and the iteration that had it: `93.1% @1,263`.
pub fn at_step(accuracy: f64, step: usize) -> String {
    format!("{} @{}", words::percent(accuracy), words::grouped(step))
}

/// Accuracy with its interval: `94.4% (91.2-96.5)`.
pub fn test_accuracy(test: &TestResult) -> String {
    let bounds = format!("{:.1}-{:.1}", test.low * 100.0, test.high * 100.0);
    format!("{} ({bounds})", words::percent(test.accuracy))
}

/// In the person's own time zone, to the minute.
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// How many wait, where any do.
pub fn queued(queue: &Queue) -> Option<String> {
    let held = if queue.held { " (held)" } else { "" };
    (!queue.waiting.is_empty())
        .then(|| format!("{} queued{held}", words::grouped(queue.waiting.len())))
}

pub fn confirm_stop(run: RunFolder) -> Effect {
    Effect::Confirm(Confirm {
        question: format!("stop {}?", run.id()),
        consequences: vec![
            "it ends after the present iteration, scores every image".into(),
            "and keeps the result it has by then".into(),
        ],
        effect: Box::new(Effect::Stop(run, Stop::Keep)),
    })
}

/// Why a run that does not work cannot be stopped; `key` shows the queue.
pub fn refuse_to_stop(id: &str, state: Option<State>, key: &str) -> Effect {
    Effect::Toast(Toast::error(match state {
        Some(State::Queued) => {
            format!("{id} waits in the queue; {key} shows it, d there takes it off")
        }
        Some(State::Starting) => format!("{id} is still starting"),
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
        Some(State::Starting) => Effect::Toast(Toast::error(format!("{id} is starting already"))),
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
        effect: Box::new(Effect::Stop(run, Stop::Cancel)),
    })
}
