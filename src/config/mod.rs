//! This machine: where experiments, runs and the cache are, how many threads, which colours.
//!
//! Also what every TOML file of a project needs: it is read with a limit to its size, and its mistakes
//! are told with line and cure. Nothing here knows experiments.

mod cure;
mod discover;
mod home;
pub mod launch;
mod machine;
mod mistakes;
mod plain_file;
mod text_file;
mod theme;
mod threads;

pub use cure::BACKSLASH;
pub use discover::{CONFIG_FILE, MARKS, find_project};
pub use home::expand_home;
pub use launch::Launch;
pub use machine::{Config, ConfigError, with_theme};
pub use mistakes::{MOST_MISTAKES, Mistake, Mistakes, Syntax, distance, excerpt, nearest, syntax};
pub use plain_file::{append_plain, open_plain, read_plain, read_small, write_plain};
pub use text_file::{TextFileError, read_text};
pub use theme::Theme;
