//! What is typed on the screen of experiments besides its filter: a folder, a name, what to vary.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::typed::Typed;
use super::vary::Vary;
use crate::spec::networks;
use crate::store::History;
use crate::tui::effect::{Effect, PromptName};
use crate::tui::experiments::{Completion, ExperimentEffect, PathKind};
use crate::tui::prompt::{Prompt, Prompted};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{Field, put};
use crate::words::width;

#[derive(Debug)]
pub enum Typing {
    /// A folder of photos; `tab` completes it.
    Folder(Prompt),
    /// Which network the experiment for a folder is to use: its number.
    Network { folder: String, field: Field },
    /// A name for a copy.
    Name { from: PathBuf, field: Field },
    /// Settings to vary, with their values.
    Vary(Vary),
}

/// Columns for the answer to a question.
const ANSWER: usize = 4;

/// The network of that number, from 1; nothing typed is the first.
fn numbered(typed: &str) -> Option<(&'static str, &'static str)> {
    let number = if typed.trim().is_empty() { 1 } else { typed.trim().parse::<usize>().ok()? };
    networks().nth(number.checked_sub(1)?)
}

/// `1 or 2`
fn listed_numbers() -> String {
    let numbers: Vec<String> = (1..=networks().count()).map(|number| number.to_string()).collect();
    numbers.join(" or ")
}

impl Typing {
    pub fn folder() -> Typing {
        Typing::Folder(Prompt::new(PromptName::Folder, ""))
    }

    pub fn paste(&mut self, text: &str) {
        match self {
            Typing::Folder(prompt) => prompt.paste(text),
            Typing::Network { field, .. } | Typing::Name { field, .. } => field.paste(text),
            Typing::Vary(vary) => vary.paste(text),
        }
    }

    pub fn on(&mut self, key: &KeyEvent, history: &History) -> Typed {
        match (key.code, &mut *self) {
            // A list of completions takes some keys before the line does.
            (_, Typing::Vary(vary)) => return vary.on(key, history),
            (KeyCode::Esc, _) => return Typed::Left,
            (KeyCode::Enter, Typing::Network { folder, field }) => {
                let Some((network, _)) = numbered(field.text()) else { return Typed::Changed };
                let effect = ExperimentEffect::Draft { folder: folder.clone(), network };
                return Typed::Finished(vec![Effect::Experiment(effect)]);
            }
            (KeyCode::Enter, Typing::Name { from, field }) => {
                let (from, name) = (from.clone(), field.text().trim().to_owned());
                let effect = ExperimentEffect::Duplicate { from, name };
                return Typed::Finished(vec![Effect::Experiment(effect)]);
            }
            (KeyCode::Tab, Typing::Folder(prompt)) => {
                let typed = prompt.text().to_owned();
                let effect = ExperimentEffect::CompletePath(typed, PathKind::Folder);
                return Typed::Asks(vec![Effect::Experiment(effect)]);
            }
            (_, Typing::Folder(prompt)) => {
                if prompt.on(key, history, |_| None) == Prompted::Accepted {
                    let remember = prompt.remember().into_iter().collect();
                    let folder = prompt.text().to_owned();
                    *self = Typing::Network { folder, field: Field::default() };
                    return Typed::Asks(remember);
                }
            }
            (_, Typing::Network { field, .. } | Typing::Name { field, .. }) => drop(field.on(key)),
        }
        Typed::Changed
    }

    pub fn complete(&mut self, completion: &Completion) {
        if let Typing::Folder(prompt) = self {
            prompt.complete_path(completion);
        }
    }

    /// Draws it in `line`, and what is said of it over `whole`.
    pub fn draw(&self, area: Rect, whole: Rect, buffer: &mut Buffer, theme: &Theme) {
        match self {
            Typing::Name { field, .. } => field.draw(area, buffer, "name of the copy: ", theme),
            Typing::Network { field, .. } => {
                let label = format!("network, {}: ", listed_numbers());
                let columns = (width(&label) + ANSWER).min(area.width.into());
                let left = Rect { width: columns as u16, ..area };
                field.draw(left, buffer, &label, theme);
                let (name, about) = match numbered(field.text()) {
                    Some((name, measured)) => (name, measured),
                    None => ("there is no such number", ""),
                };
                let said = format!("{name}  {about}");
                put(buffer, area, left.right(), area.y, &said, theme.style(Role::Dim));
            }
            Typing::Vary(vary) => vary.draw(area, whole, buffer, theme),
            Typing::Folder(prompt) => {
                prompt.draw(area, whole, buffer, "folder of photos: ", None, theme);
            }
        }
    }
}
