//! Mistakes in a TOML text: where they are, and how they are said.

use std::fmt;
use std::ops::Range;

use toml::de::DeTable;

use super::cure::cure;

/// One mistake (or warning) in a text, or in a command line argument that stands for a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file as the user named it, or the argument (`--set iterations=0`).
    pub origin: String,
    /// From 1; 0 when the mistake is in an argument.
    pub line: usize,
    /// In characters, from 1; 0 when the mistake is in an argument.
    pub column: usize,
    /// In bytes of the text or of the argument; always inside it and on character boundaries.
    pub span: Range<usize>,
    /// What was found and what was expected.
    pub message: String,
}

impl Mistake {
    /// A mistake in the bytes `span` of `text`, a file that the user named `origin`.
    pub fn in_text(origin: &str, text: &str, span: Range<usize>, message: String) -> Self {
        let span = inside(text, span);
        // A mistake at the very end is shown on the last line that is there.
        let shown = match text.strip_suffix('\n') {
            Some(lines) if span.start == text.len() => lines.len(),
            _ => span.start,
        };
        let before = &text[..shown];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Self { origin: origin.to_owned(), line, column, span, message }
    }

    /// A mistake in a whole command line argument.
    pub fn in_argument(argument: &str, message: String) -> Self {
        let span = 0..argument.len();
        Self { origin: argument.to_owned(), line: 0, column: 0, span, message }
    }
}

/// `origin:line: message`, without the line for an argument.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.origin, self.message),
            line => write!(f, "{}:{line}: {}", self.origin, self.message),
        }
    }
}

/// Mistakes that are told of one text. A text with more is hardly the kind of file it is read as.
pub const MOST_MISTAKES: usize = 100;

/// The mistakes of a text, in its order; shown one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, mistake) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// What could be read of a TOML text, and where it is not TOML.
pub struct Syntax<'a> {
    /// Every key and value that could be read.
    pub table: DeTable<'a>,
    /// In the order of the text, at most one a line.
    pub errors: Vec<Mistake>,
    /// After this byte nothing can be relied on: something was opened and not closed.
    pub readable: usize,
}

impl Syntax<'_> {
    /// Whether what was read at `offset`, on `line`, can be taken for what the user meant: there is no
    /// error on its line, and nothing that was left open before it.
    pub fn is_reliable(&self, offset: usize, line: usize) -> bool {
        offset < self.readable && self.errors.iter().all(|error| error.line != line)
    }
}

/// Reads a TOML text as far as possible, past its errors.
pub fn syntax<'a>(origin: &str, text: &'a str) -> Syntax<'a> {
    let (table, mut found) = DeTable::parse_recoverable(text);
    let start = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    found.sort_by_key(start);
    let mut readable = found.get(MOST_MISTAKES).map_or(usize::MAX, start);
    let mut errors: Vec<Mistake> = found
        .iter()
        .take(MOST_MISTAKES)
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            let mut message = error.message().replace('\n', ", ");
            if let Some(cure) = cure(line_at(text, span.start)) {
                message += &format!("; {cure}");
            }
            Mistake::in_text(origin, text, span, message)
        })
        .collect();
    let runs_on = |message: &str| {
        ["unclosed array", "unclosed inline", "invalid multi-line"]
            .iter()
            .any(|start| message.starts_with(start))
    };
    if errors.iter().any(|error| runs_on(&error.message)) {
        errors.truncate(1);
        readable = errors[0].span.start;
    }
    errors.dedup_by_key(|error| error.line);
    Syntax { table: table.into_inner(), errors, readable }
}

/// The line that a byte of the text is in, without the mark that some editors begin a file with.
fn line_at(text: &str, at: usize) -> &str {
    let at = text.floor_char_boundary(at.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or("");
    line.strip_prefix('\u{feff}').filter(|_| start == 0).unwrap_or(line)
}

/// The text at `span`, cut to its first line and 40 characters, for a message.
pub fn excerpt(text: &str, span: Range<usize>) -> String {
    const LONGEST: usize = 40;
    let whole = &text[inside(text, span)];
    let line = whole.lines().next().unwrap_or("");
    let short: String = line.chars().take(LONGEST).collect();
    if short.len() == whole.len() { short } else { format!("{short}…") }
}

/// The candidate nearest to `word`, unless even that one is mostly different.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (distance, candidate) = candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .min_by_key(|(distance, _)| *distance)?;
    let longer = word.chars().count().max(candidate.chars().count());
    (2 * distance <= longer).then_some(candidate)
}

/// Edits (insert, delete, replace, swap of neighbours) between two words, without regard to case.
/// Of longer words only the beginnings are compared.
pub fn distance(a: &str, b: &str) -> usize {
    // No key is longer, and the time grows with the product of the lengths.
    const LONGEST: usize = 64;
    let letters = |word: &str| -> String {
        word.chars().take(LONGEST).flat_map(char::to_lowercase).collect()
    };
    strsim::osa_distance(&letters(a), &letters(b))
}

fn inside(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.min(text.len()));
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let text = "a = 1\n  é = 2\n";
        let at = text.find('2').unwrap();
        let mistake = Mistake::in_text("f.toml", text, at..at + 1, "no".into());
        assert_eq!((mistake.line, mistake.column), (2, 7));
        assert_eq!(mistake.to_string(), "f.toml:2: no");
    }

    #[test]
    fn a_mistake_at_the_end_is_on_a_line_that_exists() {
        assert_eq!(Mistake::in_text("f", "a =\n", 4..4, String::new()).line, 1);
        assert_eq!(Mistake::in_text("f", "", 9..12, String::new()).line, 1);
    }

    #[test]
    fn spans_are_moved_onto_character_boundaries() {
        assert_eq!(Mistake::in_text("f", "é", 1..1, String::new()).span, 0..2);
    }

    #[test]
    fn every_line_that_is_not_toml_is_reported_once() {
        let syntax = syntax("f", "a = \nb = 2\nc = tru\n= = =\n");
        let lines: Vec<usize> = syntax.errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [1, 3, 4]);
        assert!(syntax.is_reliable(5, 2) && !syntax.is_reliable(11, 3));
    }

    #[test]
    fn a_line_of_another_keyboard_is_told_with_its_cure() {
        let text = "a = 1\nlearning_rate = 0,01\nb = “x”\nc = 'y'\nd =\u{a0}3\ne = \"C:\\Users\"\n";
        let told: Vec<String> =
            syntax("f", text).errors.iter().map(|error| error.to_string()).collect();
        let cures = ["f:2: ", "f:3: ", "f:5: ", "f:6: "].into_iter().zip([
            "; write a fraction with a point: 0.01",
            "; “ is a curly quote; write \" or '",
            "; column 4 holds a space of another kind (U+00A0), as web pages have them; type an \
             ordinary one",
            "; between double quotes a backslash begins a special character; write \
             \"C:/Users/me\" or 'C:\\Users\\me'",
        ]);
        assert_eq!(told.len(), 4, "{told:#?}");
        for ((start, cure), told) in cures.zip(&told) {
            assert!(told.starts_with(start) && told.ends_with(cure), "{told}");
        }
    }

    #[test]
    fn what_follows_an_unclosed_list_is_not_blamed() {
        let syntax = syntax("f", "a = [1, 2\nb = 3\nc = 4\n");
        assert_eq!(syntax.errors.len(), 1);
        assert!(!syntax.is_reliable(16, 3));
    }

    #[test]
    fn the_nearest_word_is_found_past_typing_errors_but_not_past_a_different_word() {
        let words = ["iterations", "images", "learning_rate"];
        assert_eq!(nearest("itertaions", words), Some("iterations"));
        assert_eq!(nearest("Image", words), Some("images"));
        assert_eq!(nearest("xyz", words), None);
        assert_eq!(distance("ab", "ba"), 1);
    }

    #[test]
    fn long_values_are_cut_in_messages() {
        assert_eq!(excerpt("0.5", 0..3), "0.5");
        assert_eq!(excerpt(&"é".repeat(60), 0..120).chars().count(), 41);
        assert_eq!(excerpt("a\nb", 0..3), "a…");
    }
}
