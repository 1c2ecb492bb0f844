//! The filter of a table: typed with its mistakes said at once, while the rows stay those of the last
//! text that could be read.

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::effect::{Effect, PromptName};
use super::keys::names::BACK;
use super::prompt::{Prompt, Prompted};
use super::theme::{Role, Theme};
use crate::query::{Found, Key, Keys, Query, QueryError, Row, complete, first_key, parse};
use crate::store::{History, Timestamp};

#[derive(Debug, Default)]
pub struct Filter {
    /// The last text that could be read, and what it says.
    text: String,
    query: Query,
    prompt: Option<Prompt>,
    problem: Option<QueryError>,
    /// The last word may become this key.
    begun: Option<&'static str>,
    /// The filter without that word, or without the mistake and what follows it: it takes the place of
    /// one that no row passes.
    fallback: Option<Query>,
    /// It has taken its place.
    is_waiting: bool,
}

/// What a filter is typed with.
pub struct Scope<'a> {
    pub keys: &'a Keys,
    pub zone: &'a TimeZone,
    pub history: &'a History,
}

/// The texts that occur under a key.
pub fn occurring<R: Row>(rows: impl Iterator<Item = R>, key: &Key) -> Vec<String> {
    let mut texts = BTreeSet::new();
    for row in rows {
        match row.value(key.name) {
            Found::Text(text) => drop(texts.insert(text.into_owned())),
            Found::List(list) => texts.extend(list.iter().cloned()),
            Found::Nothing | Found::Number(_) | Found::Time(_) => {}
        }
    }
    texts.into_iter().collect()
}

impl Filter {
    /// That of a text that can be read, without days.
    pub fn of(text: &str, keys: &Keys) -> Filter {
        let query = parse(text, keys, &TimeZone::UTC).unwrap_or_default();
        Filter { text: text.to_owned(), query, ..Filter::default() }
    }

    pub fn is_typing(&self) -> bool {
        self.prompt.is_some()
    }

    /// Whether there is anything to clear.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn clear(&mut self) {
        *self = Filter::default();
    }

    pub fn open(&mut self, name: PromptName) {
        self.prompt = Some(Prompt::new(name, &self.text));
    }

    /// Takes a key while it is typed. `None`: the rows are the same; else what is to be done besides
    /// showing others.
    pub fn on(
        &mut self,
        key: &KeyEvent,
        scope: &Scope,
        values: impl Fn(&Key) -> Vec<String>,
    ) -> Option<Vec<Effect>> {
        let prompt = self.prompt.as_mut()?;
        match prompt.on(key, scope.history, |text| complete(text, scope.keys, &values)) {
            Prompted::Nothing => None,
            Prompted::Changed => {
                self.read(scope);
                Some(Vec::new())
            }
            // It says what is wrong, and stays until it can be read.
            Prompted::Accepted if self.problem.is_some() => None,
            Prompted::Accepted => {
                let effects = prompt.remember().into_iter().collect();
                (self.prompt, self.begun, self.fallback) = (None, None, None);
                Some(effects)
            }
            Prompted::Left => {
                self.clear();
                Some(Vec::new())
            }
        }
    }

    pub fn paste(&mut self, text: &str, scope: &Scope) {
        if let Some(prompt) = &mut self.prompt {
            prompt.paste(text);
            self.read(scope);
        }
    }

    fn read(&mut self, scope: &Scope) {
        let Some(prompt) = &self.prompt else { return };
        let text = prompt.text();
        match parse(text, scope.keys, scope.zone) {
            Ok(query) => {
                (self.begun, self.fallback) = (None, None);
                if let Some((start, key)) = first_key(text, scope.keys) {
                    let without = parse(&text[..start], scope.keys, scope.zone);
                    let before = std::mem::take(&mut self.query);
                    (self.begun, self.fallback) = (Some(key), Some(without.unwrap_or(before)));
                }
                (self.query, self.text, self.problem) = (query, text.to_owned(), None);
            }
            Err(problem) => {
                // The word has become a key: the rows are those of the filter without it.
                if let (Some(_), Some(without)) = (self.begun.take(), self.fallback.take()) {
                    self.query = without;
                }
                let before = parse(&text[..problem.span.start], scope.keys, scope.zone);
                (self.fallback, self.problem) = (before.ok(), Some(problem));
            }
        }
    }

    /// The rows that pass, each seen as `row` shows it. A word that is being typed, and may become a
    /// key, leaves out none where it would leave out all; nor does one that has become a mistake.
    pub fn keep<T, R: Row>(
        &mut self,
        rows: Vec<T>,
        row: impl Fn(&T) -> R,
        now: Timestamp,
    ) -> Vec<T> {
        self.is_waiting = false;
        if self.query.is_empty() {
            return rows;
        }
        let passes: Vec<bool> = rows.iter().map(|it| self.query.matches(&row(it), now)).collect();
        if !passes.contains(&true)
            && let Some(without) = &self.fallback
        {
            self.is_waiting = true;
            return rows.into_iter().filter(|it| without.matches(&row(it), now)).collect();
        }
        rows.into_iter().zip(passes).filter_map(|(it, passes)| passes.then_some(it)).collect()
    }

    /// For the line of the status: `/accuracy>70%`.
    pub fn status(&self) -> Option<String> {
        (!self.is_empty()).then(|| format!("/{}", self.text))
    }

    /// In the place of the rows where none passes.
    pub fn nothing_passes(&self, thing: &str) -> [String; 2] {
        let lower = ["and", "or", "not"];
        let word = self.text.split_whitespace().find(|word| lower.contains(word));
        let cure = match word {
            Some(word) => format!("; '{word}' is a word here: write {}", word.to_uppercase()),
            None => String::new(),
        };
        [format!("no {thing} passes the filter{cure}"), format!("{BACK} clears it")]
    }

    /// Draws what is typed, with what is said of it, over `area`; the text stands in `line`.
    pub fn draw(&self, line: Rect, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let Some(prompt) = &self.prompt else { return };
        let waiting = |key| format!("{key} is a key: go on with = or >");
        let notes = || (!self.query.notes.is_empty()).then(|| self.query.notes.join("; "));
        let (said, role) = match &self.problem {
            Some(err) if err.is_unfinished => (Some(err.message.clone()), Role::Dim),
            Some(err) => (Some(err.message.clone()), Role::Bad),
            None if self.is_waiting => (self.begun.map(waiting), Role::Dim),
            None => (notes(), Role::Dim),
        };
        let said = said.as_deref().map(|said| (said, role));
        prompt.draw(line, area, buffer, "/", said, theme);
    }
}
