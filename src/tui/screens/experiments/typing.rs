//! What is typed on the screen of experiments: a filter, a folder, a name.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::spec::networks;
use crate::tui::effect::Effect;
use crate::tui::experiments::{Completion, ExperimentEffect};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{Field, put};
use crate::words::width;

#[derive(Debug)]
pub enum Typing {
    Filter(Field),
    /// A folder of photos; `tab` completes it.
    Folder {
        field: Field,
        /// Names that it may go on with.
        folders: Vec<String>,
    },
    /// Which network the experiment for a folder is to use: its number.
    Network {
        folder: String,
        field: Field,
    },
    /// A name for a copy.
    Name {
        from: PathBuf,
        field: Field,
    },
}

/// What became of it at a key.
pub enum Typed {
    Changed,
    /// Given up.
    Left,
    Finished(Option<Effect>),
    /// Still being typed, and something is to be looked up.
    Asks(Effect),
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
        Typing::Folder { field: Field::default(), folders: Vec::new() }
    }

    pub fn field(&mut self) -> &mut Field {
        match self {
            Typing::Filter(field)
            | Typing::Folder { field, .. }
            | Typing::Network { field, .. }
            | Typing::Name { field, .. } => field,
        }
    }

    pub fn on(&mut self, key: &KeyEvent) -> Typed {
        match (key.code, &mut *self) {
            (KeyCode::Esc, _) => return Typed::Left,
            (KeyCode::Enter, Typing::Filter(_)) => return Typed::Finished(None),
            (KeyCode::Enter, Typing::Folder { field, .. }) => {
                let folder = field.text().to_owned();
                *self = Typing::Network { folder, field: Field::default() };
                return Typed::Changed;
            }
            (KeyCode::Enter, Typing::Network { folder, field }) => {
                let Some((network, _)) = numbered(field.text()) else { return Typed::Changed };
                let effect = ExperimentEffect::Draft { folder: folder.clone(), network };
                return Typed::Finished(Some(Effect::Experiment(effect)));
            }
            (KeyCode::Enter, Typing::Name { from, field }) => {
                let (from, name) = (from.clone(), field.text().trim().to_owned());
                let effect = ExperimentEffect::Duplicate { from, name };
                return Typed::Finished(Some(Effect::Experiment(effect)));
            }
            (KeyCode::Tab, Typing::Folder { field, .. }) => {
                let typed = field.text().to_owned();
                return Typed::Asks(Effect::Experiment(ExperimentEffect::CompletePath(typed)));
            }
            _ => {}
        }
        self.field().on(key);
        if let Typing::Folder { folders, .. } = self {
            folders.clear();
        }
        Typed::Changed
    }

    /// An answer that comes after more was typed is of no use.
    pub fn complete(&mut self, completion: &Completion) {
        if let Typing::Folder { field, folders } = self
            && field.text() == completion.typed
        {
            *field = Field::new(&completion.text);
            folders.clone_from(&completion.folders);
        }
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        match self {
            Typing::Filter(field) => field.draw(area, buffer, "/", theme),
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
            Typing::Folder { field, folders } if folders.is_empty() => {
                field.draw(area, buffer, "folder of photos (tab completes): ", theme);
            }
            Typing::Folder { field, folders } => {
                let half = Rect { width: area.width / 2, ..area };
                field.draw(half, buffer, "folder: ", theme);
                let names = folders.join("  ");
                put(buffer, area, half.right() + 1, area.y, &names, theme.style(Role::Dim));
            }
        }
    }
}
