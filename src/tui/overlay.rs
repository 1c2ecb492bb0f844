//! What lies over a screen until it is answered: help, palette, a question.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Clear, Widget};

use super::effect::{Confirm, Effect};
use super::keys::{self, Action, Binding, Context};
use super::theme::{Role, Theme};
use super::widgets::{Field, put};

#[derive(Debug)]
pub enum Overlay {
    Help(List),
    Palette(List),
    Confirm(Confirm),
}

/// Rows of the key table, narrowed by what is typed.
#[derive(Debug)]
pub struct List {
    contexts: &'static [Context],
    field: Field,
    rows: Vec<&'static Binding>,
    selected: usize,
}

/// What became of an overlay.
pub enum Answer {
    Open,
    Closed,
    Act(Action),
    Perform(Effect),
}

impl Overlay {
    pub fn help(contexts: &'static [Context]) -> Overlay {
        Overlay::Help(List::new(contexts, keys::rows(contexts).collect()))
    }

    /// All actions of the table, those of this screen first.
    pub fn palette(contexts: &'static [Context]) -> Overlay {
        Overlay::Palette(List::new(contexts, all_rows(contexts)))
    }

    pub fn on(self, key: &KeyEvent) -> (Option<Overlay>, Answer) {
        match self {
            Overlay::Confirm(confirm) => match key.code {
                KeyCode::Char('y') => (None, Answer::Perform(*confirm.effect)),
                // Any other key keeps everything as it is.
                _ => (None, Answer::Closed),
            },
            Overlay::Help(mut list) => match key.code {
                KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) => (None, Answer::Closed),
                _ => {
                    let contexts = list.contexts;
                    list.on(key, || keys::rows(contexts).collect());
                    (Some(Overlay::Help(list)), Answer::Open)
                }
            },
            Overlay::Palette(mut list) => match key.code {
                KeyCode::Esc => (None, Answer::Closed),
                KeyCode::Enter => match list.rows.get(list.selected) {
                    Some(row) => (None, Answer::Act(row.action)),
                    None => (None, Answer::Closed),
                },
                _ => {
                    let contexts = list.contexts;
                    list.on(key, || all_rows(contexts));
                    (Some(Overlay::Palette(list)), Answer::Open)
                }
            },
        }
    }

    pub fn paste(&mut self, text: &str) {
        match self {
            Overlay::Help(list) | Overlay::Palette(list) => {
                list.field.paste(text);
                let contexts = list.contexts;
                list.narrow(all_rows(contexts));
            }
            Overlay::Confirm(_) => {}
        }
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        match self {
            Overlay::Help(list) => list.draw("keys of this screen", area, buffer, theme),
            Overlay::Palette(list) => list.draw("actions", area, buffer, theme),
            Overlay::Confirm(confirm) => draw_question(confirm, area, buffer, theme),
        }
    }
}

fn all_rows(contexts: &[Context]) -> Vec<&'static Binding> {
    let here = keys::rows(contexts);
    let elsewhere = keys::TABLE.iter().flat_map(|(_, rows)| rows.iter());
    let mut found: Vec<&'static Binding> = Vec::new();
    for row in here.chain(elsewhere) {
        if found.iter().all(|known| known.action != row.action) {
            found.push(row);
        }
    }
    found
}

impl List {
    fn new(contexts: &'static [Context], rows: Vec<&'static Binding>) -> List {
        List { contexts, field: Field::default(), rows, selected: 0 }
    }

    fn on(&mut self, key: &KeyEvent, all: impl FnOnce() -> Vec<&'static Binding>) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let last = self.rows.len().saturating_sub(1);
        match key.code {
            KeyCode::Down => self.selected = (self.selected + 1).min(last),
            KeyCode::Char('n') if ctrl => self.selected = (self.selected + 1).min(last),
            KeyCode::Up => self.selected = self.selected.saturating_sub(1),
            KeyCode::Char('p') if ctrl => self.selected = self.selected.saturating_sub(1),
            KeyCode::PageDown => self.selected = (self.selected + 10).min(last),
            KeyCode::PageUp => self.selected = self.selected.saturating_sub(10),
            _ => {
                if self.field.on(key) {
                    self.narrow(all());
                }
            }
        }
    }

    /// Keeps what matches the typed text, best first; of equals the order of the table.
    fn narrow(&mut self, all: Vec<&'static Binding>) {
        let pattern = Pattern::parse(self.field.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut characters = Vec::new();
        let mut scored: Vec<(u32, &'static Binding)> = all
            .into_iter()
            .filter_map(|row| {
                let text = format!("{} {}", row.help, row.keys.join(" "));
                let score = pattern.score(Utf32Str::new(&text, &mut characters), &mut matcher)?;
                Some((score, row))
            })
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.rows = scored.into_iter().map(|(_, row)| row).collect();
        self.selected = 0;
    }

    fn draw(&self, title: &str, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let inner = window(title, 76, self.rows.len() as u16 + 1, area, buffer, theme);
        if inner.is_empty() {
            return;
        }
        self.field.draw(Rect { height: 1, ..inner }, buffer, "search: ", theme);
        let list = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
        let top = (self.selected + 1).saturating_sub(list.height.into());
        let here: Vec<Action> = keys::rows(self.contexts).map(|row| row.action).collect();
        for (y, (index, row)) in (list.y..list.bottom()).zip(self.rows.iter().enumerate().skip(top))
        {
            let is_here = here.contains(&row.action);
            let line = Rect { y, height: 1, ..list };
            let role = if is_here { Role::Accent } else { Role::Dim };
            put(buffer, line, line.x, y, &row.keys.join(" "), theme.style(role));
            let role = if is_here { Role::Text } else { Role::Dim };
            let help = match is_here {
                true => row.help.to_owned(),
                false => format!("{} (on another screen)", row.help),
            };
            put(buffer, line, line.x + 14, y, &help, theme.style(role));
            if index == self.selected {
                buffer.set_style(line, theme.style(Role::Selection));
            }
        }
    }
}

fn draw_question(question: &Confirm, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let rows = question.consequences.len() as u16 + 3;
    let inner = window("please confirm", 76, rows, area, buffer, theme);
    let mut y = inner.y;
    put(buffer, inner, inner.x, y, &question.question, theme.style(Role::Warning));
    for line in &question.consequences {
        y += 1;
        put(buffer, inner, inner.x, y, line, theme.style(Role::Text));
    }
    let x = put(buffer, inner, inner.x, y + 2, "y", theme.style(Role::Accent));
    put(buffer, inner, x, y + 2, " yes    any other key: no", theme.style(Role::Dim));
}

/// Clears a framed window in the middle of `area` and returns its inside.
fn window(
    title: &str,
    columns: u16,
    rows: u16,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) -> Rect {
    let (width, height) = ((columns + 4).min(area.width), (rows + 2).min(area.height));
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    let window = Rect { x, y, width, height };
    Clear.render(window, buffer);
    let block = Block::bordered().title(format!(" {title} ")).border_style(theme.style(Role::Dim));
    let inside = block.inner(window);
    block.render(window, buffer);
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::screens::ALL_CONTEXTS;

    fn typed(mut overlay: Overlay, text: &str) -> Overlay {
        for c in text.chars() {
            let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            overlay = overlay.on(&key).0.unwrap();
        }
        overlay
    }

    #[test]
    fn every_action_is_in_the_palette_those_of_this_screen_first() {
        for contexts in ALL_CONTEXTS {
            let Overlay::Palette(list) = Overlay::palette(contexts) else { panic!() };
            for (_, rows) in keys::TABLE {
                for row in *rows {
                    assert!(list.rows.iter().any(|found| found.action == row.action), "{row:?}");
                }
            }
            let here: Vec<_> = keys::rows(contexts).map(|row| row.action).collect();
            assert!(list.rows[..3].iter().all(|row| here.contains(&row.action)));
        }
    }

    #[test]
    fn a_few_letters_find_an_action() {
        let palette = typed(Overlay::palette(ALL_CONTEXTS[0]), "bseline");
        let key = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        let (None, Answer::Act(action)) = palette.on(&key) else { panic!() };
        assert_eq!(action, Action::Pin);
    }

    #[test]
    fn only_y_says_yes() {
        for (code, says_yes) in
            [(KeyCode::Char('y'), true), (KeyCode::Enter, false), (KeyCode::Char('d'), false)]
        {
            let confirm = Confirm {
                question: "?".into(),
                consequences: Vec::new(),
                effect: Box::new(Effect::Quit),
            };
            let key = KeyEvent::new(code, KeyModifiers::NONE);
            let (None, answer) = Overlay::Confirm(confirm).on(&key) else { panic!() };
            assert_eq!(matches!(answer, Answer::Perform(_)), says_yes);
        }
    }
}
