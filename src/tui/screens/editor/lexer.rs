//! TOML cut into tokens for colours, and for knowing where the cursor is. Never fails: what is not
//! TOML is coloured as far as it looks like it; mistakes are `spec`'s to find.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Comment,
    /// A header with its brackets.
    Table,
    Key,
    String,
    /// Dates too.
    Number,
    Bool,
    /// Signs, and words that are no value.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// In bytes.
    pub span: Range<usize>,
}

/// The tokens of a text, in order; what is between them is white space.
pub fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, open: Vec::new(), expects_key: true, found: Vec::new() };
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.found
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Brackets that wait for their ends.
    open: Vec<u8>,
    expects_key: bool,
    found: Vec<Token>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn step(&mut self) {
        let byte = self.text.as_bytes()[self.at];
        match byte {
            b'\n' => {
                self.at += 1;
                if begins_statement(self.rest()) {
                    self.open.clear();
                }
                self.expects_key = self.open.is_empty();
            }
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'#' => self.take(Kind::Comment, line_end(self.rest())),
            b'[' if self.expects_key && self.open.is_empty() => self.header(),
            _ if self.expects_key && !matches!(byte, b'=' | b'}' | b',') => self.key(),
            b'"' | b'\'' => self.take(Kind::String, string_end(self.rest())),
            _ if is_sign(byte) => self.sign(byte),
            _ => self.word(),
        }
    }

    fn take(&mut self, kind: Kind, bytes: usize) {
        let span = self.at..self.at + bytes;
        self.at = span.end;
        self.found.push(Token { kind, span });
    }

    fn header(&mut self) {
        let line = &self.rest()[..line_end(self.rest())];
        let end = line.rfind(']').map_or(line.trim_end().len(), |at| at + 1);
        let end = line.find('#').map_or(end, |comment| end.min(comment));
        self.take(Kind::Table, line[..end].trim_end().len());
        self.expects_key = false;
    }

    /// Up to the equals sign, dots and quotes included.
    fn key(&mut self) {
        let rest = self.rest();
        let mut end = 0;
        while let Some(byte) = rest.as_bytes().get(end) {
            match byte {
                b'"' | b'\'' => end += string_end(&rest[end..]),
                b'=' | b'\n' | b'#' | b',' | b'}' => break,
                _ => end += 1,
            }
        }
        let name = rest[..end].trim_end().len();
        if name > 0 {
            self.take(Kind::Key, name);
        }
        self.expects_key = false;
    }

    fn sign(&mut self, byte: u8) {
        self.take(Kind::Other, 1);
        match byte {
            b'[' | b'{' => self.open.push(byte),
            b']' | b'}' => drop(self.open.pop()),
            _ => {}
        }
        let in_table = self.open.last() == Some(&b'{');
        self.expects_key = in_table && matches!(byte, b'{' | b',');
    }

    fn word(&mut self) {
        let ends = |c: char| c.is_whitespace() || c == '#' || (c.is_ascii() && is_sign(c as u8));
        // White space that TOML does not know is a word too.
        let first = self.rest().chars().next().map_or(1, char::len_utf8);
        let bytes = self.rest()[first..].find(ends).map_or(self.rest().len(), |at| first + at);
        let word = &self.rest()[..bytes];
        let unsigned = word.trim_start_matches(['+', '-']);
        let kind = match word {
            "true" | "false" => Kind::Bool,
            _ if unsigned.starts_with(|c: char| c.is_ascii_digit()) => Kind::Number,
            _ if matches!(unsigned, "inf" | "nan") => Kind::Number,
            _ => Kind::Other,
        };
        self.take(kind, bytes);
    }
}

fn is_sign(byte: u8) -> bool {
    matches!(byte, b'=' | b'[' | b']' | b'{' | b'}' | b',')
}

fn line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Bytes of the string at the start of `text`, with its quotes; to the line's end when it is open.
fn string_end(text: &str) -> usize {
    let quote = &text[..1];
    let escapes = quote == "\"";
    let triple = quote.repeat(3);
    let is_long = text.starts_with(&triple);
    let close = if is_long { triple.as_str() } else { quote };
    let mut at = close.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(close) {
            return at + close.len();
        }
        match rest.as_bytes()[0] {
            b'\\' if escapes => at += 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            b'\n' if !is_long => return at,
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    text.len()
}

/// Whether a line is `key =` or `[table]`: then a bracket opened before was forgotten, and the rest
/// of the text is not to change its colours for that.
fn begins_statement(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if let Some(header) = line.strip_prefix('[') {
        let name = header.find(|c| !is_bare(c)).unwrap_or(header.len());
        let begins_well = header.starts_with(|c: char| c.is_ascii_alphabetic());
        return begins_well && header[name..].starts_with(']') && !header[name..].starts_with("],");
    }
    let key = line.find(|c| !is_bare(c)).unwrap_or(line.len());
    key > 0 && line[key..].trim_start_matches(' ').starts_with('=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        lex(text).into_iter().map(|token| (token.kind, &text[token.span])).collect()
    }

    #[test]
    fn a_line_is_cut_into_key_value_and_comment() {
        use Kind::*;
        assert_eq!(
            kinds("train.batch_size = 1_00 # photos\r\n"),
            [(Key, "train.batch_size"), (Other, "="), (Number, "1_00"), (Comment, "# photos\r")]
        );
        assert_eq!(kinds("[train] # how"), [(Table, "[train]"), (Comment, "# how")]);
        assert_eq!(kinds("\"a = b\" = true")[0], (Key, "\"a = b\""));
        assert_eq!(kinds("a = -1.5e-3")[2], (Number, "-1.5e-3"));
        assert_eq!(kinds("a = 'x # y'")[2], (String, "'x # y'"));
        assert_eq!(kinds("a = tru")[2], (Other, "tru"));
        assert_eq!(kinds(r#"a = "q\"uo" # c"#)[2], (String, r#""q\"uo""#));
    }

    #[test]
    fn lists_and_inline_tables_go_over_lines() {
        use Kind::*;
        let found = kinds("a = [\n  \"x\", # one\n  2,\n]\nb = { c = 1, d = false }");
        let keys: Vec<_> = found.iter().filter(|(kind, _)| *kind == Key).collect();
        assert_eq!(keys, [&(Key, "a"), &(Key, "b"), &(Key, "c"), &(Key, "d")]);
        assert!(found.contains(&(Comment, "# one")) && found.contains(&(Bool, "false")));
    }

    #[test]
    fn what_is_open_does_not_change_the_lines_below_it() {
        use Kind::*;
        assert_eq!(kinds("a = [1, 2\nb = 'x\n[train]\nc = 3").last(), Some(&(Number, "3")));
        assert_eq!(kinds("a = [1, 2\nb = 3")[6], (Key, "b"));
        assert_eq!(kinds("a = [\n[train]\nb = 3")[3], (Table, "[train]"));
        let long = "a = '''\nb = 1\n''' # c";
        assert_eq!(kinds(long)[2], (String, "'''\nb = 1\n'''"));
    }

    proptest! {
        #[test]
        fn tokens_of_any_text_are_in_order_and_on_character_boundaries(
            text in "[a-c=\\[\\]{}#\"'\\\\, \n\r\té文\u{85}\u{a0}1.-]{0,60}"
        ) {
            let mut end = 0;
            for token in lex(&text) {
                prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                prop_assert!(text.get(token.span.clone()).is_some());
                end = token.span.end;
            }
            prop_assert!(end <= text.len());
        }
    }
}
