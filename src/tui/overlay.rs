//! What lies over a screen until it is answered: help, palette, a question.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Clear, Widget};

use super::effect::{Confirm, Effect};
use super::keys::names::ENTER;
use super::keys::{self, Action, Binding, Context};
use super::theme::{Role, Theme, ThemeName};
use super::widgets::{Field, put};

/// What lies over the screen.
#[derive(Debug)]
pub enum Overlay {
    /// The keys of the screen.
    Help(List),
    /// The actions of the screen, to choose one by its name.
    Palette(List),
    /// The themes, each seen as soon as the cursor is on it.
    Themes(Themes),
    /// A question with a yes and a no.
    Confirm(Confirm),
}

/// The themes, and the one that was there before.
#[derive(Debug)]
pub struct Themes {
    before: ThemeName,
    selected: ThemeName,
}

/// Rows of the key table, narrowed by what is typed.
#[derive(Debug)]
pub struct List {
    all: Vec<&'static Binding>,
    field: Field,
    /// Those that match, best first.
    rows: Vec<&'static Binding>,
    selected: usize,
}

/// What became of an overlay.
pub enum Answer {
    /// It is still there.
    Open,
    /// It is gone, and nothing follows.
    Closed,
    /// It is gone; do this.
    Act(Action),
    /// It is gone; have this done.
    Perform(Effect),
    /// Show this theme.
    Show(ThemeName),
    /// It is gone; keep the theme that is shown.
    Keep(ThemeName),
}

impl Overlay {
    /// The keys of a screen that is in these contexts.
    pub fn help(contexts: &[Context]) -> Overlay {
        Overlay::Help(List::new(keys::rows(contexts).collect()))
    }

    /// What can be done now on a screen that is in these contexts: actions that it `offers`.
    pub fn palette(contexts: &[Context], offers: impl Fn(Action) -> bool) -> Overlay {
        let rows = keys::rows(contexts).filter(|row| offers(row.action));
        Overlay::Palette(List::new(rows.collect()))
    }

    /// The themes, with the cursor on the present one.
    pub fn themes(now: ThemeName) -> Overlay {
        Overlay::Themes(Themes { before: now, selected: now })
    }

    /// Takes a key. What is left of the overlay, and what follows.
    pub fn on(self, key: &KeyEvent) -> (Option<Overlay>, Answer) {
        match self {
            Overlay::Confirm(confirm) => match key.code {
                KeyCode::Char('y') => (None, Answer::Perform(*confirm.effect)),
                // Any other key keeps everything as it is.
                _ => (None, Answer::Closed),
            },
            Overlay::Themes(themes) => themes.on(key),
            Overlay::Help(mut list) => match key.code {
                KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) => (None, Answer::Closed),
                _ => {
                    list.on(key);
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
                    list.on(key);
                    (Some(Overlay::Palette(list)), Answer::Open)
                }
            },
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        match self {
            Overlay::Help(list) | Overlay::Palette(list) => {
                list.field.paste(text);
                list.narrow();
            }
            Overlay::Themes(_) | Overlay::Confirm(_) => {}
        }
    }

    /// Draws it in the middle of `area`.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        match self {
            Overlay::Help(list) => list.draw("keys of this screen", area, buffer, theme),
            Overlay::Palette(list) => list.draw("actions", area, buffer, theme),
            Overlay::Themes(themes) => themes.draw(area, buffer, theme),
            Overlay::Confirm(confirm) => draw_question(confirm, area, buffer, theme),
        }
    }
}

impl List {
    fn new(all: Vec<&'static Binding>) -> List {
        List { rows: all.clone(), all, field: Field::default(), selected: 0 }
    }

    fn on(&mut self, key: &KeyEvent) {
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
                    self.narrow();
                }
            }
        }
    }

    /// Keeps what matches the typed text, best first; of equals the order of the table.
    fn narrow(&mut self) {
        let pattern = Pattern::parse(self.field.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut characters = Vec::new();
        let mut scored: Vec<(u32, &'static Binding)> = self
            .all
            .iter()
            .filter_map(|&row| {
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
        for (y, (index, row)) in (list.y..list.bottom()).zip(self.rows.iter().enumerate().skip(top))
        {
            let line = Rect { y, height: 1, ..list };
            put(buffer, line, line.x, y, &row.keys.join(" "), theme.style(Role::Accent));
            put(buffer, line, line.x + 14, y, row.help, theme.style(Role::Text));
            if index == self.selected {
                buffer.set_style(line, theme.style(Role::Selection));
            }
        }
    }
}

impl Themes {
    fn on(mut self, key: &KeyEvent) -> (Option<Overlay>, Answer) {
        let all = ThemeName::ALL;
        let at = all.iter().position(|name| *name == self.selected).unwrap_or(0);
        let to = match key.code {
            KeyCode::Down | KeyCode::Char('j') => (at + 1).min(all.len() - 1),
            KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
            KeyCode::Enter => return (None, Answer::Keep(self.selected)),
            _ => return (None, Answer::Show(self.before)),
        };
        self.selected = all[to];
        let show = Answer::Show(self.selected);
        (Some(Overlay::Themes(self)), show)
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let rows = ThemeName::ALL.len() as u16;
        let inner = window("colours", 60, rows + 2, area, buffer, theme);
        for (y, name) in (inner.y..inner.bottom()).zip(ThemeName::ALL) {
            let line = Rect { y, height: 1, ..inner };
            let role = if name == self.selected { Role::Accent } else { Role::Text };
            put(buffer, line, line.x, y, name.name(), theme.style(role));
            put(buffer, line, line.x + 14, y, name.meaning(), theme.style(Role::Dim));
            if name == self.selected {
                buffer.set_style(line, theme.style(Role::Selection));
            }
        }
        let words = match theme.is_without_colours() {
            true => "NO_COLOR is set: there are no colours, whatever is chosen".to_owned(),
            false => format!("{ENTER} keeps it in config.toml, any other key goes back"),
        };
        put(buffer, inner, inner.x, inner.y + rows + 1, &words, theme.style(Role::Dim));
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
    fn the_palette_has_every_action_that_works_here_and_no_other() {
        for contexts in ALL_CONTEXTS {
            let offers = |action| action != Action::Help;
            let Overlay::Palette(list) = Overlay::palette(contexts, offers) else { panic!() };
            let found: Vec<_> = list.rows.iter().map(|row| row.action).collect();
            let here = keys::rows(contexts).map(|row| row.action).filter(|&action| offers(action));
            assert_eq!(found, here.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_few_letters_find_an_action() {
        let palette = typed(Overlay::palette(ALL_CONTEXTS[0], |_| true), "bseline");
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
