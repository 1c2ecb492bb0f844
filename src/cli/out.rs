//! What the commands print. Names of files, categories and runs, and texts from files, may hold
//! anything; what is printed here can move no cursor, ring no bell and write to no clipboard.
//!
//! Commands answer on stdout by `out!` and `outln!`, and tell of their progress on stderr by `news!` and
//! `newsln!`. None of them panics where nobody reads any more, as those of the standard library do,
//! which clippy refuses here.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::Result;
use serde::Serialize;

use super::EXIT_FAILED;
use crate::store::{harmless, is_harmful};

macro_rules! out {
    ($($words:tt)*) => { $crate::cli::out::write(&format!($($words)*)) };
}

macro_rules! outln {
    ($($words:tt)*) => { $crate::cli::out::write(&(format!($($words)*) + "\n")) };
}

macro_rules! news {
    ($($words:tt)*) => { $crate::cli::out::write_news(&format!($($words)*)) };
}

macro_rules! newsln {
    ($($words:tt)*) => { $crate::cli::out::write_news(&(format!($($words)*) + "\n")) };
}

/// Why stdout takes no more words; nothing is written to it from then on.
static STDOUT_LOST: OnceLock<io::Error> = OnceLock::new();

/// Writes to stdout. Where that fails the command goes on, since it may have more to do than to
/// print; [`finish`] says so at its end.
pub fn write(words: &str) {
    write_plain(&harmless(words));
}

fn write_plain(words: &str) {
    if STDOUT_LOST.get().is_none()
        && let Err(err) = io::stdout().write_all(words.as_bytes())
    {
        let _ = STDOUT_LOST.set(err);
    }
}

/// Whether stdout takes no more words, as when its reader has gone: [`finish`] says what there is to say.
pub fn is_lost() -> bool {
    STDOUT_LOST.get().is_some()
}

/// Writes to stderr; where that fails nobody is there to hear it.
pub fn write_news(words: &str) {
    let _ = io::stderr().write_all(harmless(words).as_bytes());
}

/// The exit code of a command that ends with `code`: a failure where its words could not be
/// written. A reader that has gone has seen what it wanted.
pub fn finish(code: ExitCode) -> ExitCode {
    if let Err(err) = io::stdout().flush() {
        let _ = STDOUT_LOST.set(err);
    }
    match STDOUT_LOST.get() {
        Some(err) if err.kind() != io::ErrorKind::BrokenPipe => {
            newsln!("retrain: cannot write to stdout: {err}");
            if code == ExitCode::SUCCESS { ExitCode::from(EXIT_FAILED) } else { code }
        }
        _ => code,
    }
}

/// Whether the terminal, such as a plain window of an editor, can only be written to line by line.
pub fn is_dumb() -> bool {
    std::env::var("TERM").is_ok_and(|term| term == "dumb")
}

/// Whether [`replace_line`] can show how far something is.
pub fn has_replaceable_line() -> bool {
    io::stderr().is_terminal() && !is_dumb()
}

/// On a terminal: `words` in place of what stands in the last line of stderr.
pub fn replace_line(words: &str) {
    let _ = io::stderr().write_all(format!("\r\x1b[K{}", harmless(words)).as_bytes());
}

/// Prints JSON; what is harmful in it is written by number, which every reader of JSON undoes.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    write_plain(&(escaped(&serde_json::to_string_pretty(value)?) + "\n"));
    Ok(())
}

/// The same on one line, for a program that reads line by line.
pub fn print_json_line(value: &impl Serialize) -> Result<()> {
    write_plain(&(escaped(&serde_json::to_string(value)?) + "\n"));
    Ok(())
}

/// One array of JSON, as [`print_json`] prints it, of which each value is printed as it comes.
#[derive(Default)]
pub struct JsonArray {
    has_values: bool,
}

impl JsonArray {
    pub fn print(&mut self, value: &impl Serialize) -> Result<()> {
        write_plain(&in_array(value, !self.has_values)?);
        self.has_values = true;
        Ok(())
    }

    /// What stands behind the last value. Without it, after a failure, nobody takes the array for whole.
    pub fn end(self) {
        write_plain(if self.has_values { "\n]\n" } else { "[]\n" });
    }
}

/// What [`JsonArray`] prints of a value that stands behind others or is the first.
fn in_array(value: &impl Serialize, is_first: bool) -> Result<String> {
    let value = escaped(&serde_json::to_string_pretty(value)?).replace('\n', "\n  ");
    Ok(format!("{}\n  {value}", if is_first { "[" } else { "," }))
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

    #[test]
    fn an_array_that_is_printed_as_it_comes_is_the_same() {
        let values = serde_json::json!([{"a": [1, {"b": "x\ny"}]}, "c", [], 4]);
        let array = values.as_array().unwrap().iter().enumerate();
        let printed: String = array.map(|(at, value)| in_array(value, at == 0).unwrap()).collect();
        assert_eq!(printed + "\n]", serde_json::to_string_pretty(&values).unwrap());
    }
}
