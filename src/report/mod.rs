//! Runs as one file to send, print or paste: an HTML page or Markdown.
//!
//! [`Report::of`] gathers the facts from run folders and photos; [`html`] and [`markdown`] are pure
//! functions of these; [`write()`] puts the text into a file and never over one that somebody else
//! wrote. Not here: statistics (`insight`) and the pairing of two runs (`compare`).

mod curves;
mod facts;
mod file;
mod gather;
mod html;
mod markdown;
mod picture;
mod sentences;
#[cfg(test)]
mod tests;

pub use curves::Curves;
pub use facts::{Difference, Guess, PhotoCard, Report, RunFacts, TestScores, Versus};
pub use file::{Form, file_name, write};
pub use gather::{MOST_RUNS, ReportError};
pub use html::html;
pub use markdown::markdown;
pub use picture::Picture;
pub use sentences::early_end;
