//! The line on which settings to vary are typed, with the number of runs that they make.

use std::path::PathBuf;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::typed::Typed;
use crate::query::{Candidate, Choices};
use crate::spec::{Experiment, FIELDS, NotVaried, Varied, is_swept, vary};
use crate::store::History;
use crate::tui::effect::{Effect, PromptName};
use crate::tui::experiments::ExperimentEffect;
use crate::tui::keys::names::{COMPLETE, ENTER};
use crate::tui::prompt::{Prompt, Prompted};
use crate::tui::theme::{Role, Theme};
use crate::words::counted;

#[derive(Debug)]
pub struct Vary {
    from: PathBuf,
    experiment: Box<Experiment>,
    prompt: Prompt,
    read: Result<Varied, NotVaried>,
}

impl Vary {
    pub fn of(from: PathBuf, experiment: &Experiment) -> Vary {
        let prompt = Prompt::new(PromptName::Sweep, "");
        Vary { from, experiment: experiment.clone().into(), prompt, read: vary(experiment, "") }
    }

    pub fn paste(&mut self, text: &str) {
        self.prompt.paste(text);
        self.read();
    }

    fn read(&mut self) {
        self.read = vary(&self.experiment, self.prompt.text());
    }

    pub fn on(&mut self, key: &KeyEvent, history: &History) -> Typed {
        match self.prompt.on(key, history, complete) {
            Prompted::Nothing => Typed::Changed,
            Prompted::Changed => {
                self.read();
                Typed::Changed
            }
            Prompted::Left => Typed::Left,
            Prompted::Accepted => {
                let Ok(Varied { table, .. }) = &self.read else { return Typed::Changed };
                let (from, table) = (self.from.clone(), table.clone());
                let mut effects: Vec<Effect> = self.prompt.remember().into_iter().collect();
                effects.push(Effect::Experiment(ExperimentEffect::Vary { from, table }));
                Typed::Finished(effects)
            }
        }
    }

    pub fn draw(&self, line: Rect, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let (said, role) = match &self.read {
            Ok(Varied { runs, .. }) => {
                let runs = counted(*runs, "run");
                (format!("{runs}; {ENTER} writes the sweep, ; adds a setting"), Role::Good)
            }
            Err(NotVaried::Unfinished(said)) if self.prompt.text().is_empty() => {
                (format!("{said}; {COMPLETE} lists them"), Role::Dim)
            }
            Err(NotVaried::Unfinished(said)) => (said.clone(), Role::Dim),
            Err(NotVaried::Mistake(said)) => (said.clone(), Role::Bad),
        };
        self.prompt.draw(line, area, buffer, "vary: ", Some((&said, role)), theme);
    }
}

/// How a line goes on: keys at the beginning of a setting, behind a key the words that it may hold.
fn complete(text: &str) -> Option<Choices> {
    let part = text.rfind(';').map_or(0, |at| at + 1);
    let part = part + blanks(&text[part..]);
    let candidates = |found: Vec<(String, String)>, start: usize| {
        let candidates: Vec<Candidate> =
            found.into_iter().map(|(text, meaning)| Candidate { text, meaning }).collect();
        (!candidates.is_empty()).then_some(Choices { span: start..text.len(), candidates })
    };
    let Some(key) = text[part..].find([' ', '=']) else {
        let typed = &text[part..];
        let named: Vec<&str> =
            text.split(';').filter_map(|part| part.split_whitespace().next()).collect();
        let fields =
            FIELDS.iter().filter(|field| is_swept(field.key) && !named.contains(&field.key));
        let fits = |key: &str, leaf: &str| key.starts_with(typed) || leaf.starts_with(typed);
        let fields = fields.filter(|field| fits(field.key, field.leaf()));
        let named = fields.map(|field| (format!("{} ", field.key), field.meaning.to_owned()));
        return candidates(named.collect(), part);
    };
    let field = FIELDS.iter().find(|field| field.key == &text[part..part + key])?;
    let values = part + key + 1;
    let value = text[values..].rfind(',').map_or(values, |at| values + at + 1);
    let value = value + blanks(&text[value..]);
    let typed = &text[value..];
    let words = field.kind.words().iter().filter(|(word, _)| word.starts_with(typed));
    let words = words.map(|(word, meaning)| ((*word).to_owned(), (*meaning).to_owned()));
    candidates(words.collect(), value)
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '=']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(typed: &str) -> Vec<String> {
        let found = complete(typed).into_iter().flat_map(|found| found.candidates);
        found.map(|found| found.text.trim_end().to_owned()).collect()
    }

    #[test]
    fn keys_come_first_and_then_the_words_of_a_key() {
        assert_eq!(texts("learn"), ["learning_rate"]);
        assert_eq!(texts("batch_si"), ["train.batch_size"], "found by its last part too");
        assert!(!texts("").contains(&"images".to_owned()), "which has one value in a sweep");
        assert_eq!(texts("train.optimizer "), ["sgd", "momentum", "adam", "adamw"]);
        assert_eq!(texts("train.optimizer sgd, ad"), ["adam", "adamw"]);
        assert_eq!(texts("iterations 4, 5; learn"), ["learning_rate"]);
        assert_eq!(texts("learning_rate 1; learn"), Vec::<String>::new(), "it is named");
        assert_eq!(texts("no.such.key a"), Vec::<String>::new());
    }
}
