//! Text that cannot break the layout or the terminal.

use std::borrow::Cow;
use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use unicode_width::UnicodeWidthStr;

use crate::store::is_harmful;

/// Control characters, and those that turn the direction of writing, are shown by number.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_harmful(c) => write!(out, "\\u{{{:x}}}", u32::from(c)).expect("a String grows"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Cells that `text` takes on the screen.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text`, made safe, in at most `cells` cells; what does not fit is replaced by `…`.
///
/// Cut between what a reader sees as one character: wide characters and combining marks stay whole.
pub fn fit(text: &str, cells: usize) -> String {
    let text = safe(text);
    if width(&text) <= cells {
        return text.into_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    let span = Span::raw(text.as_ref());
    for grapheme in span.styled_graphemes(Style::new()) {
        let next = width(grapheme.symbol);
        if used + next + 1 > cells {
            break;
        }
        out.push_str(grapheme.symbol);
        used += next;
    }
    if cells > 0 {
        out.push('…');
    }
    out
}

/// As [`fit`], but what does not fit is cut at the beginning: a path says most at its end.
pub fn fit_end(text: &str, cells: usize) -> String {
    let text = safe(text);
    if width(&text) <= cells {
        return text.into_owned();
    }
    let span = Span::raw(text.as_ref());
    let graphemes: Vec<_> = span.styled_graphemes(Style::new()).collect();
    let mut used = 0;
    let kept = graphemes.iter().rev().take_while(|grapheme| {
        used += width(grapheme.symbol);
        used < cells
    });
    let kept = kept.count();
    let dots = if cells > 0 { "…" } else { "" };
    let end = graphemes[graphemes.len() - kept..].iter().map(|grapheme| grapheme.symbol);
    std::iter::once(dots).chain(end).collect()
}

/// `text` in lines of at most `cells` cells, broken between words where that is possible.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + 1 + width(word) <= cells {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// `text` in at most `rows` lines of `cells` cells; all that does not fit stands on the last line,
/// which is then longer.
pub fn wrap_into(text: &str, cells: usize, rows: usize) -> Vec<String> {
    let mut lines = wrap(text, cells);
    if lines.len() > rows {
        let rest = lines.split_off(rows.saturating_sub(1)).join(" ");
        lines.extend((rows > 0).then_some(rest));
    }
    lines
}

/// `text` without the sequences `ESC [ ... letter` with which programs write colours.
pub fn uncoloured(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| ('@'..='~').contains(&c));
        kept.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    kept
}

/// Writes `text`, fitted, into the row `y` of `area` from `x` on. Returns the x behind it.
pub fn put(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    if x >= area.right() || y >= area.bottom() || y < area.top() {
        return x;
    }
    let room = usize::from(area.right() - x);
    buffer.set_stringn(x, y, fit(text, room), room, style).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(safe("plain 文字"), "plain 文字");
        assert_eq!(safe("a\nb\x1b[2J\u{202e}"), "a\\nb\\u{1b}[2J\\u{202e}");
        assert_eq!(safe("\u{9b}31m"), "\\u{9b}31m");
    }

    #[test]
    fn a_log_line_cannot_steer_the_terminal() {
        let line = uncoloured("a\x1b[2Jb\tc\u{202e}d\x1b[31");
        assert_eq!(safe(&line), "ab\\tc\\u{202e}d");
    }

    #[test]
    fn what_does_not_fit_into_the_rows_stands_on_the_last_one() {
        assert_eq!(wrap_into("a b c d", 1, 9), ["a", "b", "c", "d"]);
        assert_eq!(wrap_into("a b c d", 1, 2), ["a", "b c d"]);
        assert!(wrap_into("a b", 1, 0).is_empty());
    }

    #[test]
    fn text_is_cut_between_whole_characters() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("文字文字", 4), "文…");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit_end("photos/fire/1.jpg", 9), "…re/1.jpg");
        assert_eq!(fit_end("文字文字", 4), "…字");
        assert_eq!((fit_end("abc", 3), fit_end("abc", 0)), ("abc".into(), String::new()));
        for text in ["文字文字", "e\u{301}文a\u{300}", "👩‍👩‍👧 family", "\x07bell"]
        {
            for cells in 0..12 {
                assert!(width(&fit(text, cells)) <= cells, "{text:?} in {cells}");
                assert!(width(&fit_end(text, cells)) <= cells, "{text:?} in {cells}");
            }
        }
    }
}
