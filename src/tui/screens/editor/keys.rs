//! Keys, pasted text and the mouse.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::saving::AfterSave;
use super::{CONTEXTS, Editor, Stage, view};
use crate::tui::effect::Effect;
use crate::tui::keys::{self, Action, Chord, Meaning};
use crate::tui::news::Toast;
use crate::tui::widgets::Popup;

const WHEEL_ROWS: isize = 3;

impl Editor {
    pub(super) fn on_key(&mut self, key: &KeyEvent, text: Rect) -> Vec<Effect> {
        if let Some(question) = self.question.take() {
            return match key.code {
                KeyCode::Char(c) => self.answer(question, c),
                _ => Vec::new(),
            };
        }
        if self.search.is_some() {
            return self.type_search(key);
        }
        if self.popup.is_some()
            && let Some(effects) = self.on_popup(key)
        {
            return effects;
        }
        match keys::meaning(CONTEXTS, &[Chord::from(key)]) {
            Meaning::Action(action) => self.act(action),
            _ if self.stage != Stage::Ready => Vec::new(),
            _ => self.type_key(key, text),
        }
    }

    fn type_key(&mut self, key: &KeyEvent, text: Rect) -> Vec<Effect> {
        let shift = key.modifiers.contains(KeyModifiers::SHIFT);
        let page = isize::try_from(text.height.saturating_sub(1).max(1)).unwrap_or(1);
        match key.code {
            KeyCode::PageDown => self.document.move_rows(page, shift),
            KeyCode::PageUp => self.document.move_rows(-page, shift),
            _ => {
                let is_word = matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace);
                if self.document.on(key) {
                    if !is_word {
                        self.popup = None;
                    }
                    return self.edited();
                }
            }
        }
        self.popup = None;
        Vec::new()
    }

    /// `None`: the key is not one of the list's.
    fn on_popup(&mut self, key: &KeyEvent) -> Option<Vec<Effect>> {
        let popup = self.popup.as_mut()?;
        match key.code {
            KeyCode::Down => popup.step(1),
            KeyCode::Up => popup.step(-1),
            KeyCode::Esc => self.popup = None,
            KeyCode::Tab | KeyCode::Enter => {
                let popup = self.popup.take()?;
                popup.choices.accept(popup.selected, &mut self.document);
                return Some(self.edited());
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn type_search(&mut self, key: &KeyEvent) -> Vec<Effect> {
        let Some(field) = &mut self.search else { return Vec::new() };
        match key.code {
            KeyCode::Esc => {
                self.search = None;
                self.document.search("");
            }
            KeyCode::Enter => {
                self.search = None;
                if self.document.is_searching() && !self.document.find(true) {
                    return vec![Effect::Toast(Toast::error("not found"))];
                }
            }
            _ if field.on(key) => {
                self.document.search(field.text());
                self.document.find(true);
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn on_paste(&mut self, pasted: &str) -> Vec<Effect> {
        if let Some(field) = &mut self.search {
            field.paste(pasted);
            self.document.search(field.text());
            self.document.find(true);
        } else if self.stage == Stage::Ready && self.question.is_none() {
            self.popup = None;
            if self.document.insert(pasted) {
                return self.edited();
            }
        }
        Vec::new()
    }

    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Help | Action::Palette | Action::Quit | Action::Repaint => {
                return vec![Effect::Act(action)];
            }
            Action::Back => return self.back(),
            _ if self.stage != Stage::Ready => return Vec::new(),
            Action::Save => return self.save(AfterSave::Nothing),
            Action::SaveAndRun => return self.run(),
            Action::EditOutside if self.is_modified() => return self.save(AfterSave::EditOutside),
            Action::EditOutside => return self.go_on(AfterSave::EditOutside),
            _ => {}
        }
        let before = self.document.version();
        let effects = self.act_on_text(action);
        if self.document.version() != before {
            let mut edited = self.edited();
            edited.extend(effects);
            return edited;
        }
        effects
    }

    fn act_on_text(&mut self, action: Action) -> Vec<Effect> {
        let say = |text: &str| vec![Effect::Toast(Toast::error(text))];
        self.popup = None;
        match action {
            Action::Complete => return self.complete(),
            Action::NextMistake => return self.next_mistake(),
            Action::Find => self.search = Some(Default::default()),
            Action::FindNext if !self.document.find(false) => return say("not found"),
            Action::FindBack if !self.document.find_back() => return say("not found"),
            Action::Undo if !self.document.undo() => return say("nothing to undo"),
            Action::Redo if !self.document.redo() => return say("nothing to redo"),
            Action::CopyText => {
                return match self.document.copy() {
                    Some(text) => vec![Effect::Copy(text)],
                    None => say("select with shift and the arrows first"),
                };
            }
            Action::Cut => drop(self.document.cut()),
            Action::Paste => drop(self.document.paste()),
            Action::SelectAll => self.document.select_all(),
            _ => {}
        }
        Vec::new()
    }

    /// Writes the only choice, or shows all.
    fn complete(&mut self) -> Vec<Effect> {
        match self.choices() {
            None => return vec![Effect::Toast(Toast::error("nothing is known that goes on here"))],
            Some(choices) if choices.candidates.len() == 1 => {
                choices.accept(0, &mut self.document);
            }
            Some(choices) => self.popup = Some(Popup::new(choices)),
        }
        Vec::new()
    }

    fn next_mistake(&mut self) -> Vec<Effect> {
        self.recheck();
        match self.check.next(self.document.offset()) {
            Some(mistake) => self.document.go(mistake.span.start),
            None => return vec![Effect::Toast(Toast::good("there is no mistake"))],
        }
        Vec::new()
    }

    /// Nothing is started from a text with mistakes.
    fn run(&mut self) -> Vec<Effect> {
        self.recheck();
        if let Some(first) = self.check.mistakes.first() {
            let text = format!("not started: line {}: {}", first.line, first.message);
            self.document.go(first.span.start);
            return vec![Effect::Toast(Toast::error(text))];
        }
        if self.is_modified() { self.save(AfterSave::Run) } else { self.go_on(AfterSave::Run) }
    }

    pub(super) fn on_mouse(&mut self, mouse: &MouseEvent, text: Rect) -> Vec<Effect> {
        if self.stage != Stage::Ready || !text.contains(Position::new(mouse.column, mouse.row)) {
            return Vec::new();
        }
        match mouse.kind {
            MouseEventKind::ScrollDown => self.document.move_rows(WHEEL_ROWS, false),
            MouseEventKind::ScrollUp => self.document.move_rows(-WHEEL_ROWS, false),
            MouseEventKind::Down(MouseButton::Left) => {
                let scroll = self.scroll.following(&self.document, text);
                let (row, column) =
                    view::hit(&self.document, scroll, text, mouse.column, mouse.row);
                self.document.jump(row, column);
            }
            _ => return Vec::new(),
        }
        self.popup = None;
        Vec::new()
    }
}
