//! What the commands print. Names of files, categories and runs, and texts from files, may hold
//! anything; what is printed here can move no cursor, ring no bell and write to no clipboard.
//!
//! The macros stand in for those of the standard library in the whole area, so that no command can
//! print past them.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use crate::store::{harmless, is_harmful};

macro_rules! print {
    ($($words:tt)*) => { std::print!("{}", $crate::store::harmless(&format!($($words)*))) };
}

macro_rules! println {
    ($($words:tt)*) => { std::println!("{}", $crate::store::harmless(&format!($($words)*))) };
}

macro_rules! eprint {
    ($($words:tt)*) => { std::eprint!("{}", $crate::store::harmless(&format!($($words)*))) };
}

macro_rules! eprintln {
    () => { std::eprintln!() };
    ($($words:tt)*) => { std::eprintln!("{}", $crate::store::harmless(&format!($($words)*))) };
}

/// On a terminal: `words` in place of what stands in the last line of stderr.
pub fn replace_line(words: &str) {
    std::eprint!("\r\x1b[K{}", harmless(words));
    let _ = std::io::stderr().flush();
}

/// Prints JSON; what is harmful in it is written by number, which every reader of JSON undoes.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    std::println!("{}", escaped(&json));
    Ok(())
}

fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => text.push(c),
            // serde_json escapes what is below a space; the others are in one unit of UTF-16.
            c if is_harmful(c) => text += &format!("\\u{:04x}", c as u32),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_nothing_harmful_and_means_the_same() {
        let name = "a\u{1b}[2J\u{9b}2J\u{202e}\n\u{7f}文";
        let json = escaped(&serde_json::to_string(name).unwrap());
        assert!(!json.chars().any(is_harmful), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name);
    }
}
