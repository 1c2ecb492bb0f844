//! `retrain export --csv`: runs and curves as tables.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::super::{EXIT_FAILED, typed};
use crate::config::Config;
use crate::export::Tables;
use crate::store::{Queue, RunFolder};

/// A damaged run does not keep the others from the tables.
pub fn export(config: &Config, runs: &[RunFolder], folder: &Path) -> Result<ExitCode> {
    let queue = Queue::read(&config.runs).unwrap_or_else(|err| {
        // It hides no run; those that wait are told as created.
        newsln!("retrain: {err}");
        Queue::default()
    });
    let mut tables = Tables::default();
    let mut failed = false;
    for run in runs {
        if let Err(err) = tables.add(run, &queue) {
            failed = true;
            newsln!("{}: {err}", run.id());
        }
    }
    for file in tables.write(folder)? {
        outln!("{}", typed(&file));
    }
    Ok(if failed { ExitCode::from(EXIT_FAILED) } else { ExitCode::SUCCESS })
}
