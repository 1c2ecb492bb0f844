//! `retrain export`: results for other programs.

mod csv;
mod tensorboard;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use super::find;
use crate::config::Config;
use crate::store::{self, RunFolder};

/// What is exported, and for whom.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("form").required(true)))]
pub struct Export {
    /// Any unique beginning of a run's name, or 'last'; left out: all runs
    #[arg(value_name = "RUN")]
    pub runs: Vec<String>,
    /// For TensorBoard: curves, weights and confusion matrix, in FOLDER/RUN/train, validation and test
    ///
    /// The names are those of retrain.py. Only an earlier export of the same run is replaced.
    #[arg(long, value_name = "FOLDER", group = "form")]
    pub tensorboard: Option<PathBuf>,
    /// Two tables for pandas, DuckDB or a spreadsheet: FOLDER/runs.csv with one run a line, and
    /// FOLDER/curves.csv with one iteration a line
    #[arg(long, value_name = "FOLDER", group = "form")]
    pub csv: Option<PathBuf>,
}

pub fn export(config: &Config, asked: &Export) -> Result<ExitCode> {
    let runs = runs(config, &asked.runs)?;
    match (&asked.tensorboard, &asked.csv) {
        (Some(folder), _) => tensorboard::export(&runs, folder),
        (_, Some(folder)) => csv::export(config, &runs, folder),
        _ => unreachable!("one of them is required"),
    }
}

/// Those that were named, or all.
fn runs(config: &Config, names: &[String]) -> Result<Vec<RunFolder>> {
    match names.is_empty() {
        true => Ok(store::list(&config.runs)?),
        false => names.iter().map(|name| find(config, name)).collect(),
    }
}
