//! File names as text that is safe on a screen, in a log and in a CSV, and back.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The path as one line of harmless text; [`unshown`] gives the exact path back.
///
/// Escaped: backslash, control characters (line ends, ESC, C1), line separators, characters that
/// turn the direction of writing (`\u{202e}`), and bytes that are no UTF-8 (`\xff`).
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str(r"\\"),
                '\n' => text.push_str(r"\n"),
                '\r' => text.push_str(r"\r"),
                '\t' => text.push_str(r"\t"),
                c if is_harmful(c) => write!(text, "\\u{{{:x}}}", c as u32).expect(TO_A_STRING),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect(TO_A_STRING);
        }
    }
    text
}

/// Text of any number of lines with all that [`shown`] escapes escaped, but for its line ends, tabs and
/// backslashes. For people: it cannot be turned back.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let is_kept = |c| matches!(c, '\n' | '\t') || !is_harmful(c);
    if text.chars().all(is_kept) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\r' => out.push_str(r"\r"),
            c if is_kept(c) => out.push(c),
            c => write!(out, "\\u{{{:x}}}", c as u32).expect(TO_A_STRING),
        }
    }
    Cow::Owned(out)
}

const TO_A_STRING: &str = "writing to a string does not fail";

/// Whether a terminal or an editor may act on the character, or be misled by it.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}'        // direction marks
            | '\u{202a}'..='\u{202e}'                  // embeddings and overrides
            | '\u{2066}'..='\u{2069}'                  // isolates
            | '\u{2028}' | '\u{2029}' | '\u{feff}') // line and paragraph separator, byte order mark
}

/// The path of which [`shown`] made this text. A backslash that begins no escape stands for itself,
/// so that a name typed by hand works.
pub fn unshown(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    unshown_to(text, &mut bytes);
    PathBuf::from(OsString::from_vec(bytes))
}

/// Adds the bytes of that path to `bytes`.
pub fn unshown_to(text: &str, bytes: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        let (meant, length) = unescape(rest).unwrap_or((vec![b'\\'], 1));
        bytes.extend(meant);
        rest = &rest[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
}

/// The bytes that the escape at the start of `text` means, and its length.
fn unescape(text: &str) -> Option<(Vec<u8>, usize)> {
    let simple = |byte: u8| Some((vec![byte], 2));
    match text.as_bytes().get(1)? {
        b'\\' => simple(b'\\'),
        b'n' => simple(b'\n'),
        b'r' => simple(b'\r'),
        b't' => simple(b'\t'),
        b'x' => {
            let digits = text.get(2..4).filter(|digits| is_hex(digits))?;
            Some((vec![u8::from_str_radix(digits, 16).ok()?], 4))
        }
        b'u' => {
            let digits = text[2..].strip_prefix('{')?.split_once('}')?.0;
            let code = u32::from_str_radix(Some(digits).filter(|d| is_hex(d))?, 16).ok()?;
            let meant = char::from_u32(code)?.to_string().into_bytes();
            Some((meant, r"\u{}".len() + digits.len()))
        }
        _ => None,
    }
}

/// `from_str_radix` alone would take a sign.
fn is_hex(digits: &str) -> bool {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(bytes: &[u8]) -> PathBuf {
        PathBuf::from(OsString::from_vec(bytes.to_vec()))
    }

    #[test]
    fn plain_names_of_any_script_are_shown_as_they_are() {
        for name in ["fire/a photo.jpg", "name_ünïcode_火.jpg", "👩‍🚒.jpg", "-dash.jpg"] {
            assert_eq!(shown(Path::new(name)), name);
        }
    }

    #[test]
    fn what_could_break_a_line_or_a_terminal_is_escaped() {
        let cases: [(&[u8], &str); 6] = [
            (b"name_new\nline.jpg", r"name_new\nline.jpg"),
            (b"\x1b[2J.jpg", r"\u{1b}[2J.jpg"),
            ("\u{9b}2J".as_bytes(), r"\u{9b}2J"),
            (b"a\\b", r"a\\b"),
            (b"invalid_utf8_\xff\xfe.jpg", r"invalid_utf8_\xff\xfe.jpg"),
            ("gpj.\u{202e}exe".as_bytes(), r"gpj.\u{202e}exe"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(shown(&path(bytes)), expected);
            assert_eq!(unshown(expected), path(bytes));
        }
    }

    #[test]
    fn lines_of_text_stay_lines_and_lose_what_a_terminal_would_act_on() {
        assert_eq!(harmless("two\n\tlines, a \\ 文"), "two\n\tlines, a \\ 文");
        assert_eq!(harmless("\x1b]52;c;eA==\x07\r\n\u{9b}"), "\\u{1b}]52;c;eA==\\u{7}\\r\n\\u{9b}");
    }

    #[test]
    fn a_backslash_that_begins_no_escape_stands_for_itself() {
        for name in [r"a\q", r"a\x+1", r"a\xé", r"a\u{d800}", r"a\u{+41}", r"a\u{12", "a\\"] {
            assert_eq!(unshown(name), Path::new(name));
        }
    }

    proptest! {
        #[test]
        fn every_path_survives_being_shown(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(unshown(&shown(&path(&bytes))), path(&bytes));
        }

        #[test]
        fn every_path_with_escapes_in_it_survives(text in r"[\\nxu{}0-9a-f\n\u{202e}é]{0,20}") {
            let shown = shown(Path::new(&text));
            prop_assert!(!shown.chars().any(is_harmful));
            prop_assert_eq!(unshown(&shown), Path::new(&text));
        }
    }
}
