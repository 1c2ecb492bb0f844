//! A line in which something is typed, with completion and with what was typed there before.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::effect::{Effect, PromptName};
use super::experiments::Completion;
use super::theme::{Role, Theme};
use super::widgets::{Field, Listed, Popup, put, width};
use crate::query::{Candidate, Choices};
use crate::store::History;

#[derive(Debug)]
pub struct Prompt {
    name: PromptName,
    field: Field,
    /// How far back in the history the text was taken from, and what stood there before.
    back: Option<(usize, String)>,
    popup: Option<Popup<Choices>>,
    /// Names that a path may go on with.
    names: Vec<String>,
}

/// What became of it at a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Prompted {
    /// The text is the same.
    Nothing,
    Changed,
    Accepted,
    /// Cancelled.
    Left,
}

impl Listed for Choices {
    fn rows(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.candidates.iter().map(|found| (found.text.as_str(), found.meaning.as_str()))
    }
}

/// How the last word of a text may go on.
pub fn word_choices(text: &str, words: impl IntoIterator<Item = String>) -> Option<Choices> {
    let start = text.rfind(' ').map_or(0, |at| at + 1);
    let candidates: Vec<Candidate> = words
        .into_iter()
        .filter(|word| word.starts_with(&text[start..]) && *word != text[start..])
        .map(|text| Candidate { text, meaning: String::new() })
        .collect();
    (!candidates.is_empty()).then_some(Choices { span: start..text.len(), candidates })
}

impl Prompt {
    pub fn new(name: PromptName, text: &str) -> Prompt {
        let field = Field::new(text);
        Prompt { name, field, back: None, popup: None, names: Vec::new() }
    }

    pub fn text(&self) -> &str {
        self.field.text()
    }

    /// Has what was typed kept.
    pub fn remember(&self) -> Option<Effect> {
        let text = self.field.text().trim();
        (!text.is_empty()).then(|| Effect::Remember(self.name, text.to_owned()))
    }

    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.forget();
    }

    /// Takes a key. `complete` gives what may stand at the end of a text.
    pub fn on(
        &mut self,
        key: &KeyEvent,
        history: &History,
        complete: impl Fn(&str) -> Option<Choices>,
    ) -> Prompted {
        if let Some(answer) = self.on_popup(key) {
            return answer;
        }
        match key.code {
            KeyCode::Enter => return Prompted::Accepted,
            KeyCode::Esc => return Prompted::Left,
            KeyCode::Up => return self.step_back(history.of(self.name.name())),
            KeyCode::Down => return self.step_forth(history.of(self.name.name())),
            KeyCode::Tab => {
                let choices = complete(self.field.before_cursor());
                return self.offer(choices);
            }
            _ => {}
        }
        let was_open = self.popup.is_some();
        let before = self.field.text().to_owned();
        self.field.on(key);
        if *self.field.text() == before {
            self.popup = None;
            return Prompted::Nothing;
        }
        self.forget();
        if was_open {
            self.popup = complete(self.field.before_cursor()).map(Popup::new);
        }
        Prompted::Changed
    }

    /// `None`: the key is not one of the list's.
    fn on_popup(&mut self, key: &KeyEvent) -> Option<Prompted> {
        let popup = self.popup.as_mut()?;
        match key.code {
            KeyCode::Down => popup.step(1),
            KeyCode::Up => popup.step(-1),
            KeyCode::Esc => self.popup = None,
            KeyCode::Tab | KeyCode::Enter => {
                let popup = self.popup.take()?;
                return Some(self.write(&popup.choices, popup.selected));
            }
            _ => return None,
        }
        Some(Prompted::Nothing)
    }

    /// Writes the one that it can only be, or lists several.
    fn offer(&mut self, choices: Option<Choices>) -> Prompted {
        match choices {
            Some(choices) if choices.candidates.len() == 1 => self.write(&choices, 0),
            choices => {
                self.popup = choices.map(Popup::new);
                Prompted::Nothing
            }
        }
    }

    fn write(&mut self, choices: &Choices, chosen: usize) -> Prompted {
        let Some(candidate) = choices.candidates.get(chosen) else { return Prompted::Nothing };
        self.field.replace(choices.span.clone(), &candidate.text);
        self.forget();
        Prompted::Changed
    }

    /// Lists and histories belong to a text that is another now.
    fn forget(&mut self) {
        (self.back, self.popup) = (None, None);
        self.names.clear();
    }

    fn step_back(&mut self, history: &[String]) -> Prompted {
        let (steps, draft) = match self.back.take() {
            Some((steps, draft)) => (steps + 1, draft),
            None => (1, self.field.text().to_owned()),
        };
        let steps = steps.min(history.len());
        self.show(history, steps, draft)
    }

    fn step_forth(&mut self, history: &[String]) -> Prompted {
        let Some((steps, draft)) = self.back.take() else { return Prompted::Nothing };
        self.show(history, steps.min(history.len()).saturating_sub(1), draft)
    }

    /// Shows what was typed so many texts ago; 0: what was being typed.
    fn show(&mut self, history: &[String], steps: usize, draft: String) -> Prompted {
        let text = match steps {
            0 => &draft,
            steps => &history[history.len() - steps],
        };
        let is_other = text != self.field.text();
        self.field = Field::new(text);
        self.names.clear();
        self.back = (steps > 0).then_some((steps, draft));
        if is_other { Prompted::Changed } else { Prompted::Nothing }
    }

    /// An answer that comes after more was typed is of no use.
    pub fn complete_path(&mut self, completion: &Completion) {
        if self.field.text() == completion.typed {
            self.field = Field::new(&completion.text);
            self.names.clone_from(&completion.names);
        }
    }

    /// Draws `label`, the text, and what is said of it: beside it where it fits, else on the next
    /// line of `area`, or on the one before where there is none.
    pub fn draw(
        &self,
        line: Rect,
        area: Rect,
        buffer: &mut Buffer,
        label: &str,
        said: Option<(&str, Role)>,
        theme: &Theme,
    ) {
        let names = self.names.join("  ");
        let said = match said {
            None if !names.is_empty() => Some((names.as_str(), Role::Dim)),
            said => said,
        };
        // One cell for the cursor, two between.
        let typed = width(label) + width(self.field.text()) + 3;
        let room = usize::from(line.width).saturating_sub(typed);
        let blank = |buffer: &mut Buffer, line: Rect| {
            put(
                buffer,
                line,
                line.x,
                line.y,
                &" ".repeat(line.width.into()),
                theme.style(Role::Text),
            );
        };
        let mut left = line;
        if let Some((said, role)) = said {
            let below = line.y + 1 < area.bottom();
            let y = if below { line.y + 1 } else { line.y.saturating_sub(1).max(area.y) };
            let mut place = Rect { y, ..line };
            if width(said) <= room {
                left.width = typed as u16;
                place = Rect { x: line.x + left.width, width: line.width - left.width, ..line };
            } else {
                blank(buffer, Rect { x: area.x, width: area.width, ..place });
            }
            put(buffer, place, place.x, place.y, said, theme.style(role));
        }
        self.field.draw(left, buffer, label, theme);
        if let Some(popup) = &self.popup {
            let start = width(&self.field.text()[..popup.choices.span.start]);
            let x = line.x.saturating_add((width(label) + start) as u16);
            popup.draw((x.min(line.right()), line.y), area, buffer, theme);
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    fn press(prompt: &mut Prompt, history: &History, code: KeyCode) -> Prompted {
        let words = ["state", "started", "note"].map(str::to_owned);
        let complete = |text: &str| word_choices(text, words.clone());
        prompt.on(&KeyEvent::new(code, KeyModifiers::NONE), history, complete)
    }

    #[test]
    fn arrows_go_through_what_was_typed_and_back_to_what_is_being_typed() {
        let mut history = History::default();
        ["one", "two"].iter().for_each(|text| history.add("tags", text));
        let mut prompt = Prompt::new(PromptName::Tags, "draft");
        let mut texts = Vec::new();
        for code in
            [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Down, KeyCode::Down, KeyCode::Down]
        {
            press(&mut prompt, &history, code);
            texts.push(prompt.text().to_owned());
        }
        assert_eq!(texts, ["two", "one", "one", "two", "draft", "draft"]);
        let mut other = Prompt::new(PromptName::Note, "");
        assert_eq!(press(&mut other, &history, KeyCode::Up), Prompted::Nothing);
    }

    #[test]
    fn tab_writes_the_only_word_and_lists_several() {
        let history = History::default();
        let mut prompt = Prompt::new(PromptName::RunFilter, "x n");
        assert_eq!(press(&mut prompt, &history, KeyCode::Tab), Prompted::Changed);
        assert_eq!(prompt.text(), "x note");
        let mut prompt = Prompt::new(PromptName::RunFilter, "st");
        assert_eq!(press(&mut prompt, &history, KeyCode::Tab), Prompted::Nothing);
        press(&mut prompt, &history, KeyCode::Down);
        assert_eq!(press(&mut prompt, &history, KeyCode::Enter), Prompted::Changed);
        assert_eq!(prompt.text(), "started");
        // Typing on narrows the list, `esc` closes it and not the prompt.
        let mut prompt = Prompt::new(PromptName::RunFilter, "st");
        for code in [KeyCode::Tab, KeyCode::Char('a'), KeyCode::Esc] {
            assert_ne!(press(&mut prompt, &history, code), Prompted::Left);
        }
        assert_eq!(press(&mut prompt, &history, KeyCode::Esc), Prompted::Left);
    }
}
