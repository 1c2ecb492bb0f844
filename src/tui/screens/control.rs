//! What is asked and answered where a run is stopped, cancelled or gone on with, the same on every
//! screen that does it.

use crate::store::{RunFolder, Stage, State, Stop};
use crate::tui::effect::{Confirm, Destination, Effect};
use crate::tui::keys::Action;
use crate::tui::keys::names::{EXPERIMENTS, MORE_ITERATIONS, QUEUE, RERUN, RESUME, RUN, UNQUEUE};
use crate::tui::news::Toast;

/// Where there is no run yet.
pub fn how_to_start() -> String {
    format!("start one: {EXPERIMENTS} shows the experiments, {RUN} runs one")
}

/// What is found out about the photos of a run: labels, kinds, the map, what more would bring.
pub fn open_about(action: Action, run: RunFolder) -> Effect {
    Effect::Open(match action {
        Action::ShowLabels => Destination::Labels(run),
        Action::ShowMap => Destination::Map(run, None),
        Action::ShowGrowth => Destination::Growth(run),
        _ => Destination::Kinds(run, None),
    })
}

/// Why a run that waits cannot be asked to end, and what to do instead.
pub fn waits_in_queue(id: &str) -> String {
    format!("{id} waits in the queue; {QUEUE} shows it, {UNQUEUE} there takes it off")
}

/// Asks before a run is stopped; what it has by then depends on the stage it is in, and on whether
/// it tests every photo in folds.
pub fn confirm_stop(run: RunFolder, stage: Option<Stage>, has_folds: bool) -> Effect {
    let consequences = match stage {
        Some(Stage::Training) if has_folds => vec![
            "with folds there is a result only when all are tested:".into(),
            format!("it is paused, {RESUME} resumes it"),
        ],
        Some(Stage::Training | Stage::Evaluation) => vec![
            "it finishes the current iteration, scores every image".into(),
            "and keeps the result".into(),
        ],
        _ => vec![
            "training has not begun: it ends as cancelled, without a result;".into(),
            format!("the features made so far are kept, {RESUME} resumes it"),
        ],
    };
    Effect::Confirm(Confirm {
        question: format!("stop {}?", run.id()),
        consequences,
        effect: Box::new(Effect::Stop(run, Stop::Keep)),
    })
}

/// Why a run that does not work cannot be stopped.
pub fn refuse_to_stop(id: &str, state: Option<State>) -> Effect {
    Effect::Toast(Toast::error(match state {
        Some(State::Queued) => waits_in_queue(id),
        Some(State::Starting) => format!("{id} is still starting"),
        _ => format!("{id} is not running"),
    }))
}

/// Resumes a run; asks first where a result would be replaced.
pub fn resume(run: RunFolder, state: Option<State>) -> Effect {
    let id = run.id();
    match state {
        Some(State::Stopped) => Effect::Confirm(Confirm {
            question: format!("resume {id}?"),
            consequences: vec![
                "training continues where it was stopped;".into(),
                "the result it has is replaced at its end".into(),
            ],
            effect: Box::new(Effect::Resume(run, None)),
        }),
        Some(state) if state.is_unfinished() => Effect::Resume(run, None),
        Some(State::Done) => Effect::Toast(Toast::error(format!(
            "{id} is done; {RERUN} runs the same again, {MORE_ITERATIONS} in Runs trains on"
        ))),
        Some(State::Queued) => {
            Effect::Toast(Toast::error(format!("{id} is queued already; {QUEUE} shows the queue")))
        }
        Some(State::Starting) => Effect::Toast(Toast::error(format!("{id} is starting already"))),
        _ => Effect::Toast(Toast::error(format!("{id} is running"))),
    }
}

/// What the sweep of this name has found; `None`: the run or experiment has none.
pub fn open_sweep(name: Option<String>) -> Effect {
    match name {
        Some(name) => Effect::Open(Destination::Sweep(name)),
        None => Effect::Toast(Toast::error(format!(
            "no run of a sweep: an experiment with a table [sweep] makes several when {RUN} runs it"
        ))),
    }
}

/// Asks before a run is cancelled.
pub fn confirm_cancel(run: RunFolder) -> Effect {
    Effect::Confirm(Confirm {
        question: format!("cancel {}?", run.id()),
        consequences: vec![
            "it ends now, without a final test and without a result;".into(),
            format!("its log, checkpoint and features stay, {RESUME} resumes it"),
        ],
        effect: Box::new(Effect::Stop(run, Stop::Cancel)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_promises_a_result_only_when_there_will_be_one() {
        let said = |stage, has_folds| {
            let Effect::Confirm(question) = confirm_stop(RunFolder::at("runs/a"), stage, has_folds)
            else {
                panic!("it asks first")
            };
            question.consequences.join(" ")
        };
        for stage in [Stage::Training, Stage::Evaluation] {
            assert!(said(Some(stage), false).contains("keeps the result"));
        }
        for stage in [None, Some(Stage::Scan), Some(Stage::Features)] {
            assert!(said(stage, false).contains("without a result"));
        }
        assert!(said(Some(Stage::Training), true).contains("it is paused"));
    }
}
