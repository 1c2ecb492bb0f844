//! What is typed on the table of runs: the filter, tags and notes, a number of iterations.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};

use super::{Runs, World};
use crate::query::run_keys;
use crate::store::NoteEdit;
use crate::tui::effect::Effect;
use crate::tui::filter::{Scope, occurring};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::Toast;
use crate::tui::prompt::{Prompt, Prompted, word_choices};
use crate::tui::widgets::Field;

/// What is being typed.
#[derive(Debug)]
pub enum Typing {
    Tags { run: String, prompt: Prompt },
    Note { run: String, prompt: Prompt },
    Iterations { run: String, field: Field },
}

impl Runs {
    pub(super) fn type_key(&mut self, key: &KeyEvent, world: &World) -> Vec<Effect> {
        let known = world.known;
        if self.filter.is_typing() {
            let rows = || known.runs.values().map(|run| run.row(None));
            let changed = self.filter.on(key, &scope(world), |key| occurring(rows(), key));
            return changed.map_or_else(Vec::new, |effects| {
                self.arrange(known, world.now);
                effects
            });
        }
        let Some(mut typing) = self.typing.take() else { return Vec::new() };
        let prompted = match (&mut typing, key.code) {
            (Typing::Iterations { .. }, KeyCode::Enter) => Prompted::Accepted,
            (Typing::Iterations { .. }, KeyCode::Esc) => Prompted::Left,
            (Typing::Iterations { field, .. }, _) => {
                field.on(key);
                Prompted::Changed
            }
            (Typing::Note { prompt, .. }, _) => prompt.on(key, &known.history, |_| None),
            (Typing::Tags { prompt, .. }, _) => {
                prompt.on(key, &known.history, |text| word_choices(text, tags(known)))
            }
        };
        match prompted {
            Prompted::Accepted => save(&typing, known),
            Prompted::Left => Vec::new(),
            Prompted::Nothing | Prompted::Changed => {
                self.typing = Some(typing);
                Vec::new()
            }
        }
    }

    pub(super) fn paste(&mut self, text: &str, world: &World) {
        if self.filter.is_typing() {
            self.filter.paste(text, &scope(world));
            self.arrange(world.known, world.now);
        }
        match &mut self.typing {
            Some(Typing::Tags { prompt, .. } | Typing::Note { prompt, .. }) => prompt.paste(text),
            Some(Typing::Iterations { field, .. }) => field.paste(text),
            None => {}
        }
    }
}

fn scope<'a>(world: &World<'a>) -> Scope<'a> {
    Scope { keys: run_keys(), zone: world.zone, history: &world.known.history }
}

/// All tags that any run has.
fn tags(known: &Known) -> BTreeSet<String> {
    known.runs.values().flat_map(|run| run.note.tags.iter().cloned()).collect()
}

/// What was typed about a run: into its folder, or for its worker.
fn save(typing: &Typing, known: &Known) -> Vec<Effect> {
    let (Typing::Tags { run, .. } | Typing::Note { run, .. } | Typing::Iterations { run, .. }) =
        typing;
    let Some(run) = known.runs.get(run) else { return Vec::new() };
    let (prompt, edit) = match typing {
        Typing::Iterations { field, .. } => return vec![train_on(run, field.text())],
        Typing::Tags { prompt, .. } => {
            let tags = prompt.text().split_whitespace().map(str::to_owned).collect();
            (prompt, NoteEdit::Tags(tags))
        }
        Typing::Note { prompt, .. } => (prompt, NoteEdit::Note(prompt.text().trim().to_owned())),
    };
    let mut effects = vec![Effect::EditNote(run.folder().clone(), edit)];
    effects.extend(prompt.remember());
    effects
}

/// The run, to as many iterations as were typed.
fn train_on(run: &KnownRun, typed: &str) -> Effect {
    // In groups, as they are shown.
    match typed.replace([',', '_', ' '], "").parse() {
        Ok(iterations) => Effect::Resume(run.folder().clone(), Some(iterations)),
        Err(_) => Effect::Toast(Toast::error(format!(
            "iterations is {typed:?}, expected a number such as 8000, more than are done"
        ))),
    }
}
