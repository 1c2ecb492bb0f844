//! `retrain` alone: the screens.

use std::io::{IsTerminal, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;

use super::{Args, EXIT_MISTAKE, launchers, out, own_file};
use crate::config::Config;
use crate::runner::{self, Jobs};
use crate::store::RunFolder;
use crate::tui;

/// Opens the screens; where there is no terminal, says what can be typed instead.
pub fn screens() -> Result<ExitCode> {
    if !is_possible() {
        news!("{}", Args::command().render_help());
        if out::is_dumb() {
            newsln!("\nretrain: no screens can be drawn where TERM is dumb; type a command");
        }
        return Ok(ExitCode::from(EXIT_MISTAKE));
    }
    open(&super::config()?, None)
}

/// Whether there is a terminal to draw on and to be told keys by.
pub fn is_possible() -> bool {
    stdin().is_terminal() && stdout().is_terminal() && !out::is_dumb()
}

/// Starts a run of the experiment and shows it.
pub fn watch(config: &Config, experiment: &Path) -> Result<ExitCode> {
    let run = runner::create(config, experiment, &[])?;
    runner::enqueue(&launchers(config)?, &config.runs, &run, None)?;
    open(config, Some(run))
}

fn open(config: &Config, run: Option<RunFolder>) -> Result<ExitCode> {
    let (config, slots) = (config.clone(), runner::slots(config));
    let context = tui::Context { config, program: own_file()?, slots, jobs: Jobs::default() };
    tui::open(context, run)?;
    Ok(ExitCode::SUCCESS)
}
