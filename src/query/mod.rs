//! The language of filters: words, `key=value`, `AND OR NOT`, parentheses; read, explained, matched.
//!
//! `key` says which keys there are and what their values are, `lexer` and `parser` read a text with
//! them, `value` reads one value, `expression` holds what was read against a row, `completion` says
//! how a text may go on. `runs` has the keys of a run, which screens and commands share.
//!
//! Not here: how a filter is typed and shown (`tui`), and the keys that only one screen has.

mod completion;
mod error;
mod expression;
mod key;
mod lexer;
mod parser;
#[cfg(test)]
mod properties;
mod runs;
mod value;

pub use completion::{Candidate, Choices, complete, first_key};
pub use error::QueryError;
pub use expression::{Query, Row, folded_contains};
pub use key::{Key, Keys, Kind};
pub use parser::parse;
pub use runs::{RunRow, run_keys, setting, setting_keys};
pub use value::Found;

/// A text as one value of the language: in quotes where it would be read as several.
pub fn quoted(text: &str) -> String {
    match lexer::needs_quotes(text) {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text.to_owned(),
    }
}
