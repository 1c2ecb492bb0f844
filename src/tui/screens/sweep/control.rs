//! What is asked before a sweep is ended or resumed as one.

use super::Sweep;
use crate::store::{State, Stop};
use crate::tui::effect::{Confirm, Effect};
use crate::tui::keys::names::RESUME;
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::Toast;
use crate::words::counted;

impl Sweep {
    pub(super) fn has_unfinished(&self, known: &Known) -> bool {
        self.unfinished(known).next().is_some()
    }

    fn unfinished<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = State> + 'a {
        self.runs(known).filter_map(KnownRun::state).filter(|state| state.is_unfinished())
    }

    /// Asks before the sweep is stopped or cancelled.
    pub(super) fn confirm_end(&self, how: Stop, known: &Known) -> Effect {
        if !self.progress.is_going_on() {
            return nothing_goes_on();
        }
        let (verb, of_work) = match how {
            Stop::Cancel => ("cancel", "at work ends now, without a result"),
            _ => ("stop", "at work ends; once in training it keeps its result"),
        };
        Effect::Confirm(Confirm {
            question: format!("{verb} the sweep {}?", self.group),
            consequences: vec![
                format!("{} off the queue,", counted(self.progress.waiting, "run")),
                format!("{} {of_work};", counted(self.progress.at_work, "run")),
                format!("what was found stays, {RESUME} resumes the sweep"),
            ],
            effect: Box::new(Effect::EndAll(self.folders(known), how)),
        })
    }

    /// Nothing is lost by a pause, so nothing is asked.
    pub(super) fn pause(&self, known: &Known) -> Effect {
        match self.progress.is_going_on() {
            true => Effect::EndAll(self.folders(known), Stop::Pause),
            false => nothing_goes_on(),
        }
    }

    /// Resumes the sweep; asks first where results would be replaced.
    pub(super) fn resume(&self, known: &Known) -> Effect {
        let unfinished = self.unfinished(known).count();
        let stopped = self.unfinished(known).filter(|state| *state == State::Stopped).count();
        let effect = Effect::ResumeAll(self.folders(known));
        match (unfinished, stopped) {
            (0, _) => {
                let text = "no run of this sweep is left to resume: they are done, wait or work";
                Effect::Toast(Toast::error(text))
            }
            (_, 0) => effect,
            _ => Effect::Confirm(Confirm {
                question: format!("resume {} of the sweep?", counted(unfinished, "run")),
                consequences: vec![
                    format!("{} stopped before the end:", counted(stopped, "run")),
                    "what they have for a result is replaced at their end".into(),
                ],
                effect: Box::new(effect),
            }),
        }
    }
}

fn nothing_goes_on() -> Effect {
    Effect::Toast(Toast::error("no run of this sweep waits or is at work"))
}
