//! retrain.py's and label_image.py's command lines, said in this program's terms.
//!
//! `flags` is the table: every flag of the scripts from 2016 to 2020 with what becomes of it here.
//! `command_line` reads what a person typed or pasted as the scripts did, `experiment` makes the
//! settings of an experiment of it, and `prediction` the arguments of a prediction.
//!
//! Not here: photos, files of experiments, and what is printed around the answers (`cli`).

mod command_line;
mod experiment;
mod flags;
mod network;
mod prediction;

pub use command_line::{CommandLine, CommandLineError, Given};
pub use experiment::{AS_THERE, Settings, SettingsError, settings};
pub use flags::{Becomes, FLAGS, Flag, Script, Takes, flags_markdown};
pub use prediction::{Prediction, prediction};

/// What became of one flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// As it was given, with its whole name: `--learning_rate 0.01`.
    pub given: String,
    /// What it is here, or where what it was about is, or why it cannot be.
    pub became: String,
}
