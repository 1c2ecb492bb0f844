//! The text on the screen: line numbers, colours, the cursor, what is selected, found or wrong.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::document::Document;
use super::lexer::Kind;
use crate::config::Mistake;
use crate::store::is_harmful;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{put, width};

const TAB_CELLS: usize = 4;
/// Cells kept in sight on both sides of the cursor.
const MARGIN: usize = 4;

/// The first row and the first cell in sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    pub top: usize,
    pub left: usize,
}

/// One thing that takes cells: a character with what combines with it.
struct Glyph<'a> {
    symbol: &'a str,
    /// In bytes of the line.
    span: Range<usize>,
    /// The first cell, counted from the start of the line.
    x: usize,
    cells: usize,
}

/// Cells of line numbers and of the sign before them.
pub fn gutter(document: &Document) -> u16 {
    let digits = document.lines().len().max(1).ilog10() as u16 + 1;
    digits.max(2) + 3
}

impl Scroll {
    /// Moved so that the cursor is in sight.
    pub fn following(self, document: &Document, area: Rect) -> Scroll {
        let rows = usize::from(area.height).max(1);
        let cells = usize::from(area.width.saturating_sub(gutter(document))).max(1);
        let (row, _) = document.cursor();
        let lowest = document.lines().len().saturating_sub(rows);
        let top = self.top.min(lowest).min(row).max((row + 1).saturating_sub(rows));
        let x = cursor_cell(document);
        let margin = MARGIN.min(cells / 4);
        let left =
            self.left.min(x.saturating_sub(margin)).max((x + 2 + margin).saturating_sub(cells));
        // A line that fits is shown from its start.
        Scroll { top, left: if x + 2 <= cells { 0 } else { left } }
    }
}

/// The cell of the cursor, counted from the start of its line.
fn cursor_cell(document: &Document) -> usize {
    let (row, _) = document.cursor();
    let at = document.offset() - document.start(row);
    let glyphs = glyphs(&document.lines()[row]);
    match glyphs.iter().find(|glyph| glyph.span.contains(&at)) {
        Some(glyph) => glyph.x,
        None => glyphs.last().map_or(0, |glyph| glyph.x + glyph.cells),
    }
}

/// The place of the cursor on the screen.
pub fn cursor_position(document: &Document, scroll: Scroll, area: Rect) -> (u16, u16) {
    let (row, _) = document.cursor();
    let x = cursor_cell(document).saturating_sub(scroll.left) as u16;
    let y = row.saturating_sub(scroll.top) as u16;
    (area.x + gutter(document) + x, area.y + y)
}

/// The row, and the characters before the place in it, that a cell of the screen shows.
pub fn hit(document: &Document, scroll: Scroll, area: Rect, x: u16, y: u16) -> (usize, usize) {
    let row = (scroll.top + usize::from(y.saturating_sub(area.y))).min(document.lines().len() - 1);
    let cell = scroll.left + usize::from(x.saturating_sub(area.x + gutter(document)));
    let line = &document.lines()[row];
    let glyphs = glyphs(line);
    let found = glyphs.iter().find(|glyph| glyph.x + glyph.cells > cell);
    let at = found.map_or(line.len(), |glyph| glyph.span.start);
    (row, line[..at].chars().count())
}

fn glyphs(line: &str) -> Vec<Glyph<'_>> {
    let mut found = Vec::new();
    let (mut at, mut x) = (0, 0);
    // Graphemes leave control characters out, which a text may hold and must show.
    for part in line.split_inclusive(char::is_control) {
        let control = part.chars().next_back().filter(|c| c.is_control());
        let plain = &part[..part.len() - control.map_or(0, char::len_utf8)];
        let span = Span::raw(plain);
        let graphemes: Vec<usize> =
            span.styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol.len()).collect();
        for bytes in graphemes {
            let symbol = &line[at..at + bytes];
            let (symbol, cells) = match symbol.chars().next() {
                Some(c) if is_harmful(c) => ("�", 1),
                _ => (symbol, width(symbol)),
            };
            found.push(Glyph { symbol, span: at..at + bytes, x, cells });
            (at, x) = (at + bytes, x + cells);
        }
        if let Some(control) = control {
            let cells = if control == '\t' { TAB_CELLS - x % TAB_CELLS } else { 1 };
            let symbol = if control == '\t' { "" } else { "�" };
            let span = at..at + control.len_utf8();
            found.push(Glyph { symbol, span, x, cells });
            (at, x) = (at + control.len_utf8(), x + cells);
        }
    }
    found
}

/// What is drawn besides the text itself.
pub struct Marks<'a> {
    pub mistakes: &'a [Mistake],
    pub warnings: &'a [Mistake],
}

pub fn draw(
    document: &Document,
    scroll: Scroll,
    marks: &Marks,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let rows = scroll.top..document.lines().len();
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        draw_gutter(document, row, marks, Rect { y, height: 1, ..area }, buffer, theme);
        let gutter = gutter(document).min(area.width);
        let line = Rect { x: area.x + gutter, y, width: area.width - gutter, height: 1 };
        draw_line(document, row, scroll.left, marks, line, buffer, theme);
    }
}

fn draw_gutter(
    document: &Document,
    row: usize,
    marks: &Marks,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let is_here = |mistake: &Mistake| mistake.line == row + 1;
    let (sign, role) = if marks.mistakes.iter().any(is_here) {
        ("✗", Role::Bad)
    } else if marks.warnings.iter().any(is_here) {
        ("!", Role::Warning)
    } else {
        (" ", Role::Dim)
    };
    put(buffer, area, area.x, area.y, sign, theme.style(role));
    let digits = usize::from(gutter(document)) - 3;
    let is_cursor = document.cursor().0 == row;
    let role = if is_cursor { Role::Accent } else { Role::Dim };
    put(buffer, area, area.x + 1, area.y, &format!("{:>digits$}", row + 1), theme.style(role));
}

fn draw_line(
    document: &Document,
    row: usize,
    left: usize,
    marks: &Marks,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let line = &document.lines()[row];
    let start = document.start(row);
    let styles = styles(document, row, marks, theme);
    let (cursor_row, _) = document.cursor();
    let cursor = (cursor_row == row).then(|| document.offset() - start);
    let cells = usize::from(area.width);
    let glyphs = glyphs(line);
    for glyph in &glyphs {
        let mut style = styles.get(glyph.span.start).copied().unwrap_or_default();
        if cursor.is_some_and(|at| glyph.span.contains(&at)) {
            style = style.add_modifier(Modifier::REVERSED);
        }
        if glyph.x < left || glyph.x + glyph.cells > left + cells {
            continue;
        }
        let x = area.x + (glyph.x - left) as u16;
        buffer.set_stringn(x, area.y, " ".repeat(glyph.cells), glyph.cells, style);
        buffer.set_stringn(x, area.y, glyph.symbol, glyph.cells, style);
    }
    let end = glyphs.last().map_or(0, |glyph| glyph.x + glyph.cells);
    // Behind the text: the cursor, and mistakes that have no character of their own.
    let is_wrong = marks.mistakes.iter().any(|m| m.line == row + 1 && m.span.is_empty());
    let is_cursor = cursor.is_some_and(|at| at >= line.len());
    if (is_wrong || is_cursor) && (left..left + cells).contains(&end) {
        let mut style = Style::new();
        if is_wrong {
            style = theme.style(Role::Bad).add_modifier(Modifier::UNDERLINED);
        }
        if is_cursor {
            style = style.add_modifier(Modifier::REVERSED);
        }
        buffer.set_stringn(area.x + (end - left) as u16, area.y, " ", 1, style);
    }
}

/// The style of each byte of a row.
fn styles(document: &Document, row: usize, marks: &Marks, theme: &Theme) -> Vec<Style> {
    let line = &document.lines()[row];
    let start = document.start(row);
    let mut styles = vec![theme.style(Role::Text); line.len()];
    let mut paint = |span: Range<usize>, style: Style| {
        let from = span.start.max(start) - start;
        let to = span.end.saturating_sub(start).min(line.len());
        if from < to {
            styles[from..to].iter_mut().for_each(|old| *old = old.patch(style));
        }
    };
    let first = document.tokens().partition_point(|token| token.span.end <= start);
    for token in &document.tokens()[first..] {
        if token.span.start > start + line.len() {
            break;
        }
        paint(token.span.clone(), token_style(token.kind, theme));
    }
    for warning in marks.warnings {
        let style = theme.style(Role::Warning).add_modifier(Modifier::UNDERLINED);
        paint(warning.span.clone(), style);
    }
    for mistake in marks.mistakes {
        paint(mistake.span.clone(), theme.style(Role::Bad).add_modifier(Modifier::UNDERLINED));
    }
    for found in document.places(row) {
        let style = theme.style(Role::Mark).add_modifier(Modifier::REVERSED);
        paint(start + found.start..start + found.end, style);
    }
    if let Some(((from_row, from), (to_row, to))) = document.selection()
        && (from_row..=to_row).contains(&row)
    {
        let byte = |column| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let from = if row == from_row { byte(from) } else { 0 };
        let to = if row == to_row { byte(to) } else { line.len() };
        paint(start + from..start + to, theme.style(Role::Selection));
    }
    styles
}

fn token_style(kind: Kind, theme: &Theme) -> Style {
    match kind {
        Kind::Comment => theme.style(Role::Dim),
        Kind::Table => theme.style(Role::Accent),
        Kind::Key => theme.series(0),
        Kind::String => theme.series(2),
        Kind::Number => theme.series(1),
        Kind::Bool => theme.series(3),
        Kind::Other => theme.style(Role::Text),
    }
}
