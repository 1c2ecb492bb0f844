//! A line of text being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::text::{put, safe, width};
use crate::tui::theme::{Role, Theme};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    text: String,
    /// Byte position of the cursor, between two characters.
    cursor: usize,
}

impl Field {
    pub fn new(text: &str) -> Field {
        Field { text: text.to_owned(), cursor: text.len() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Puts `text` in the place of these bytes, and the cursor behind it.
    pub fn replace(&mut self, span: std::ops::Range<usize>, text: &str) {
        self.text.replace_range(span.clone(), text);
        self.cursor = span.start + text.len();
    }

    /// Inserts pasted text; line ends become spaces.
    pub fn paste(&mut self, text: &str) {
        for c in text.trim_end_matches(['\r', '\n']).chars() {
            self.insert(if c.is_control() { ' ' } else { c });
        }
    }

    /// Whether the key was one of a line of text. `enter`, `esc` and the like are not.
    pub fn on(&mut self, key: &KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('a') if ctrl => self.cursor = 0,
            KeyCode::Char('e') if ctrl => self.cursor = self.text.len(),
            KeyCode::Char('u') if ctrl => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            KeyCode::Char('k') if ctrl => self.text.truncate(self.cursor),
            KeyCode::Char('w') if ctrl => {
                let kept = self.text[..self.cursor].trim_end();
                let start = kept.rfind(' ').map_or(0, |at| at + 1);
                self.text.drain(start..self.cursor);
                self.cursor = start;
            }
            KeyCode::Char(_) if ctrl || key.modifiers.contains(KeyModifiers::ALT) => return false,
            KeyCode::Char(c) => self.insert(c),
            KeyCode::Backspace => {
                let before = self.before();
                self.text.drain(before..self.cursor);
                self.cursor = before;
            }
            KeyCode::Delete => {
                let after = self.after();
                self.text.drain(self.cursor..after);
            }
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn insert(&mut self, c: char) {
        self.text.insert(self.cursor, c);
        self.cursor += c.len_utf8();
    }

    /// Start of the character before the cursor, with the marks that combine with it.
    fn before(&self) -> usize {
        let chars = self.text[..self.cursor].char_indices().rev();
        let mut at = self.cursor;
        for (start, c) in chars {
            at = start;
            if width(c.encode_utf8(&mut [0; 4])) > 0 {
                break;
            }
        }
        at
    }

    fn after(&self) -> usize {
        let mut chars = self.text[self.cursor..].char_indices();
        chars.next();
        chars
            .find(|(_, c)| width(c.encode_utf8(&mut [0; 4])) > 0)
            .map_or(self.text.len(), |(at, _)| self.cursor + at)
    }

    /// Draws `label` and the text, scrolled so that the cursor is seen.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, label: &str, theme: &Theme) {
        if area.is_empty() {
            return;
        }
        let x = put(buffer, area, area.x, area.y, label, theme.style(Role::Accent));
        let room = usize::from(area.right().saturating_sub(x)).max(1);
        let mut start = 0;
        while width(&safe(&self.text[start..self.cursor])) >= room {
            start += self.text[start..].chars().next().map_or(1, char::len_utf8);
        }
        let style = theme.style(Role::Text);
        let x = put(buffer, area, x, area.y, &self.text[start..self.cursor], style);
        let after = self.after();
        let under = if after > self.cursor { &self.text[self.cursor..after] } else { " " };
        let x = put(buffer, area, x, area.y, under, style.add_modifier(Modifier::REVERSED));
        put(buffer, area, x, area.y, &self.text[after..], style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(field: &mut Field, codes: &[KeyCode]) {
        for &code in codes {
            assert!(field.on(&KeyEvent::new(code, KeyModifiers::NONE)));
        }
    }

    #[test]
    fn a_character_and_its_combining_marks_are_deleted_together() {
        let mut field = Field::new("ae\u{301}文");
        typed(&mut field, &[KeyCode::Backspace, KeyCode::Backspace]);
        assert_eq!(field.text(), "a");
        let mut field = Field::new("ae\u{301}文");
        typed(&mut field, &[KeyCode::Home, KeyCode::Right, KeyCode::Delete]);
        assert_eq!(field.text(), "a文");
    }

    #[test]
    fn words_and_lines_are_erased_as_in_a_shell() {
        let mut field = Field::new("one two");
        field.on(&KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(field.text(), "one ");
        field.on(&KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert_eq!(field.text(), "");
        field.paste("a\nb\n");
        assert_eq!(field.text(), "a b");
        assert!(!field.on(&KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
    }

    #[test]
    fn the_cursor_stays_in_sight_in_any_width() {
        let theme = Theme::choose(crate::tui::theme::ThemeName::NoColour, &Default::default());
        for cells in 0..12 {
            let area = Rect::new(0, 0, cells, 1);
            let mut buffer = Buffer::empty(area);
            Field::new("文字 long text").draw(area, &mut buffer, "/", &theme);
            let seen = |x: u16| buffer[(x, 0)].modifier.contains(Modifier::REVERSED);
            assert!(cells < 2 || (0..cells).any(seen), "{cells}: {buffer:?}");
        }
    }
}
