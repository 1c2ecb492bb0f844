//! The text being edited: its lines, the cursor, undo, and every byte as it was.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea};

use super::lexer::{self, Token};

/// Steps that can be undone.
const UNDO_STEPS: usize = 10_000;

#[derive(Debug)]
pub struct Document {
    area: TextArea<'static>,
    /// `\r\n` only where every line ends so; other carriage returns are part of their lines.
    line_end: &'static str,
    text: String,
    /// Byte of the text at which each line starts.
    starts: Vec<usize>,
    tokens: Vec<Token>,
    /// Another number for another text.
    version: u64,
}

impl Document {
    pub fn new(text: &str) -> Document {
        let ends = text.matches('\n').count();
        let is_crlf = ends > 0 && text.matches("\r\n").count() == ends;
        let line_end = if is_crlf { "\r\n" } else { "\n" };
        let lines = text.split(line_end).map(str::to_owned).collect();
        let mut area = TextArea::new(lines);
        area.set_max_histories(UNDO_STEPS);
        let mut document = Document {
            area,
            line_end,
            text: String::new(),
            starts: Vec::new(),
            tokens: Vec::new(),
            version: 0,
        };
        document.refresh();
        document
    }

    fn refresh(&mut self) {
        self.text = self.area.lines().join(self.line_end);
        self.tokens = lexer::lex(&self.text);
        let mut at = 0;
        self.starts.clear();
        for line in self.area.lines() {
            self.starts.push(at);
            at += line.len() + self.line_end.len();
        }
        self.version += 1;
    }

    /// Runs an edit; what depends on the text follows.
    fn edit(&mut self, edit: impl FnOnce(&mut TextArea<'static>) -> bool) -> bool {
        let is_edited = edit(&mut self.area);
        if is_edited {
            self.refresh();
        }
        is_edited
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// Row, and characters before the cursor in it.
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// The byte of the text at the cursor.
    pub fn offset(&self) -> usize {
        let (row, column) = self.cursor();
        self.starts[row] + bytes(&self.lines()[row], column)
    }

    /// The byte at which a row starts.
    pub fn start(&self, row: usize) -> usize {
        self.starts[row]
    }

    /// The row that a byte of the text is in.
    pub fn row(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Moves the cursor to a byte of the text.
    pub fn go(&mut self, offset: usize) {
        let row = self.row(offset);
        let line = &self.lines()[row];
        let inside = line.floor_char_boundary((offset - self.starts[row]).min(line.len()));
        let column = line[..inside].chars().count();
        self.jump(row, column);
    }

    pub fn jump(&mut self, row: usize, column: usize) {
        self.area.cancel_selection();
        let clamped = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(clamped(row), clamped(column)));
    }

    /// Moves up or down, the selection with it when `shift` is held.
    pub fn move_rows(&mut self, rows: isize, shift: bool) {
        match shift {
            true if !self.area.is_selecting() => self.area.start_selection(),
            true => {}
            false => self.area.cancel_selection(),
        }
        let step = if rows < 0 { CursorMove::Up } else { CursorMove::Down };
        (0..rows.unsigned_abs()).for_each(|_| self.area.move_cursor(step));
    }

    /// A key of a text. Whether it changed the text.
    pub fn on(&mut self, key: &KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            // A terminal that pastes without saying so sends this for the end of a line.
            KeyCode::Char('j') if ctrl => self.edit(|area| {
                area.insert_newline();
                true
            }),
            _ => self.edit(|area| area.input(*key)),
        }
    }

    pub fn insert(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.edit(|area| area.insert_str(text))
    }

    /// Replaces bytes of the text, on one line, and puts the cursor behind what is new.
    pub fn replace(&mut self, span: std::ops::Range<usize>, new: &str) {
        let characters = self.text[span.clone()].chars().count();
        self.go(span.start);
        self.edit(|area| {
            let has_deleted = area.delete_str(characters);
            area.insert_str(new) || has_deleted
        });
    }

    /// Another text, as one more edit: it can be undone.
    pub fn replace_all(&mut self, text: &str) {
        let row = self.cursor().0;
        let fresh = Document::new(text);
        self.line_end = fresh.line_end;
        let lines = fresh.lines().join("\n");
        self.edit(|area| {
            area.select_all();
            area.insert_str(lines);
            true
        });
        self.jump(row, 0);
    }

    pub fn undo(&mut self) -> bool {
        self.edit(TextArea::undo)
    }

    pub fn redo(&mut self) -> bool {
        self.edit(TextArea::redo)
    }

    pub fn select_all(&mut self) {
        self.area.select_all();
    }

    /// Whether there was a selection.
    pub fn cancel_selection(&mut self) -> bool {
        let is_selecting = self.area.is_selecting();
        self.area.cancel_selection();
        is_selecting
    }

    /// The selected rows and characters, `(from, to)`.
    pub fn selection(&self) -> Option<((usize, usize), (usize, usize))> {
        self.area.selection_range().filter(|(from, to)| from != to)
    }

    pub fn copy(&mut self) -> Option<String> {
        self.selection()?;
        self.area.copy();
        Some(self.area.yank_text())
    }

    /// Cuts the selection, else the whole line.
    pub fn cut(&mut self) -> bool {
        if self.selection().is_none() {
            let row = self.cursor().0;
            self.jump(row, 0);
            self.area.start_selection();
            let is_last = row + 1 == self.lines().len();
            let to = if is_last { CursorMove::End } else { CursorMove::Down };
            self.area.move_cursor(to);
        }
        self.edit(TextArea::cut)
    }

    pub fn paste(&mut self) -> bool {
        self.edit(TextArea::paste)
    }

    /// Looks for these very letters, large or small; empty: for nothing.
    pub fn search(&mut self, words: &str) {
        let mut pattern = String::new();
        for c in words.chars() {
            if c.is_ascii_punctuation() {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        let pattern = if words.is_empty() { pattern } else { format!("(?i){pattern}") };
        // With all signs escaped it is always a pattern; were it none, nothing would be found.
        let _ = self.area.set_search_pattern(pattern);
    }

    pub fn is_searching(&self) -> bool {
        self.area.search_pattern().is_some()
    }

    /// Goes to the next place, or stays where it is one; whether there is any.
    pub fn find(&mut self, may_stay: bool) -> bool {
        self.area.cancel_selection();
        self.is_searching() && self.area.search_forward(may_stay)
    }

    pub fn find_back(&mut self) -> bool {
        self.area.cancel_selection();
        self.is_searching() && self.area.search_back(false)
    }

    /// Bytes of the row in which the searched words stand.
    pub fn places(&self, row: usize) -> Vec<std::ops::Range<usize>> {
        let Some(pattern) = self.area.search_pattern() else { return Vec::new() };
        pattern.find_iter(&self.lines()[row]).map(|found| found.range()).collect()
    }
}

fn bytes(line: &str, characters: usize) -> usize {
    line.char_indices().nth(characters).map_or(line.len(), |(at, _)| at)
}

/// A text with the cursor at `|`, for tests.
#[cfg(test)]
pub fn at_mark(text: &str) -> Document {
    let at = text.find('|').unwrap();
    let mut document = Document::new(&text.replace('|', ""));
    document.go(at);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_stays_whatever_the_line_ends_are() {
        for text in
            ["", "\n", "a", "a\n", "a\r\nb\r\n", "a\r\nb", "a\nb\r\n", "\u{feff}a\n\n\n", "a\rb\n"]
        {
            assert_eq!(Document::new(text).text(), text, "{text:?}");
        }
    }

    #[test]
    fn a_new_line_ends_like_the_others() {
        let mut document = Document::new("a\r\nb\r\n");
        document.go(4);
        document.insert("x\ny");
        assert_eq!(document.text(), "a\r\nbx\r\ny\r\n");
        assert!(document.undo());
        assert_eq!(document.text(), "a\r\nb\r\n");
        assert!(document.redo());
        assert_eq!(document.text(), "a\r\nbx\r\ny\r\n");
    }

    #[test]
    fn bytes_and_places_are_each_others_inverse() {
        let mut document = Document::new("é = 1\r\n文字 = 2\r\n");
        for (offset, _) in "é = 1\r\n文字 = 2\r\n".char_indices() {
            document.go(offset);
            let inside_line_end = document.text()[offset..].starts_with('\n');
            assert!(document.offset() == offset || inside_line_end, "{offset}");
        }
    }

    #[test]
    fn a_reload_can_be_undone() {
        let mut document = Document::new("mine\n");
        document.replace_all("theirs\r\n");
        assert_eq!(document.text(), "theirs\r\n");
        while document.undo() {}
        assert_eq!(document.text().trim_end(), "mine");
    }

    #[test]
    fn cutting_without_a_selection_takes_the_line() {
        let mut document = Document::new("a\nb\nc");
        document.jump(1, 1);
        assert!(document.cut());
        assert_eq!(document.text(), "a\nc");
        assert!(document.paste());
        assert_eq!(document.text(), "a\nb\nc");
        document.jump(2, 0);
        document.cut();
        assert_eq!(document.text(), "a\nb\n");
    }

    #[test]
    fn search_takes_signs_as_they_are_and_goes_round() {
        let mut document = Document::new("a.b\naxb\nA.B");
        document.search("a.b");
        assert!(document.find(true));
        assert_eq!(document.cursor(), (0, 0));
        assert!(document.find(false));
        assert_eq!(document.cursor(), (2, 0));
        assert!(document.find(false));
        assert_eq!(document.cursor(), (0, 0));
        assert!(document.places(1).is_empty());
        document.search("");
        assert!(!document.find(false));
    }
}
