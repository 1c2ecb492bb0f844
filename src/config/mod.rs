//! This machine: where experiments, runs and the cache are, how many threads, which colours.
//!
//! Also what every TOML file of the project folder needs: reading it with a limit, and saying its
//! mistakes with the line and the cure. Not here: experiments.

mod machine;
mod mistakes;
mod plain_file;
mod text_file;
mod threads;

pub use machine::{CONFIG_FILE, Config, ConfigError, Theme};
pub use mistakes::{MOST_MISTAKES, Mistake, Mistakes, Syntax, distance, excerpt, nearest, syntax};
pub use plain_file::{append_plain, open_plain, read_plain, read_small, write_plain};
pub use text_file::{TextFileError, read_text};
