//! Values of which one can be chosen.

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Lines such as 'fire (score = 0.86540)'
    Text,
    /// A table with a row for each file and a column for each category
    Csv,
    /// JSON, one object a line for each file
    Jsonl,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogName {
    /// Lines such as '2026-11-30 08:00:00.123456: Step 0: Train accuracy = 49.0%'
    #[value(name = "retrain.py")]
    RetrainPy,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PriorsName {
    /// Each as frequent as the others
    Equal,
    /// As frequent as in the folders that the run was trained on
    Folders,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SetName {
    Training,
    Validation,
    Test,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EndName {
    /// With a checkpoint, to go on later
    Pause,
    /// Evaluate what was learned, and keep the result
    Stop,
    /// Without a result
    Cancel,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutcomeName {
    /// Wrong in the first run, right in the second
    Fixed,
    /// Right in the first run, wrong in the second
    Broken,
    /// Wrong in both
    BothWrong,
    /// Right in both
    BothRight,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortBy {
    /// Cross-entropy of the true category, highest first
    Loss,
    /// True score minus the best other, lowest first
    Margin,
    /// Highest score, lowest first
    Confidence,
    /// By file name
    File,
}
