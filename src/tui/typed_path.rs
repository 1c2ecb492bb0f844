//! A path as a person types it, or as a terminal writes it when a file is dropped on its window.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::config::expand_home;

/// The path that is meant: without the quotes, backslashes, `file://` and `%20` of a drop, and with
/// the home folder for `~`. It may still be relative.
pub fn typed_path(typed: &str) -> PathBuf {
    let typed = typed.trim();
    if let Some(address) = typed.strip_prefix("file://") {
        // The name of the machine may stand before the path.
        let path = &address[address.find('/').unwrap_or(0)..];
        return PathBuf::from(OsString::from_vec(decoded(path)));
    }
    expand_home(Path::new(&unquoted(typed)))
}

/// Without the quotes and backslashes of a shell: `'a b'`, `"a b"` and `a\ b` are `a b`.
fn unquoted(text: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') if text.matches(c).count() > 1 => quote = Some(c),
            // In double quotes it stands before a few signs only, at the end before nothing.
            (None, '\\') => out.push(characters.next().unwrap_or('\\')),
            (Some('"'), '\\') if matches!(characters.peek(), Some('"' | '\\' | '$' | '`')) => {
                out.extend(characters.next());
            }
            (_, c) => out.push(c),
        }
    }
    out
}

/// `%20` is a space; what is no number stays as it is.
fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &behind[2..];
            }
            None => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_understood_as_terminals_drop_it() {
        for typed in [
            "/tmp/a b.jpg",
            " '/tmp/a b.jpg' ",
            "\"/tmp/a b.jpg\"",
            "/tmp/a\\ b.jpg",
            "'/tmp/'a' b.jpg'",
            "file:///tmp/a%20b.jpg",
            "file://machine/tmp/a%20b.jpg",
        ] {
            assert_eq!(typed_path(typed), PathBuf::from("/tmp/a b.jpg"), "{typed}");
        }
    }

    #[test]
    fn what_is_no_quoting_stays() {
        assert_eq!(typed_path("it's.jpg"), PathBuf::from("it's.jpg"), "one quote is no pair");
        assert_eq!(typed_path("it\\'s.jpg"), PathBuf::from("it's.jpg"));
        assert_eq!(typed_path("100%.jpg"), PathBuf::from("100%.jpg"));
        assert_eq!(typed_path("a\\"), PathBuf::from("a\\"));
        assert_eq!(typed_path("file:///a%2"), PathBuf::from("/a%2"));
        assert_eq!(typed_path("\"a\\b\""), PathBuf::from("a\\b"));
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        let home = std::env::home_dir().unwrap();
        assert_eq!(typed_path("~/photos"), home.join("photos"));
        assert_eq!(typed_path("~"), home);
        assert_eq!(typed_path("~other"), PathBuf::from("~other"));
    }
}
