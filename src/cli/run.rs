//! `retrain run`: makes the run, starts its worker, follows it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::follow::{Begun, Followed, follow};
use super::{EXIT_FAILED, EXIT_INTERRUPTED, EXIT_MISTAKE, report};
use crate::config::Config;
use crate::runner;
use crate::store::{End, Run, RunFolder};

pub fn run(
    config: &Config,
    experiment: &Path,
    overrides: &[String],
    detach: bool,
) -> Result<ExitCode> {
    let folder = runner::create(config, experiment, overrides)?;
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let begun = Begun::of(&folder)?;
    let mut worker = runner::launch(&program, &folder).context("cannot start the worker")?;
    if detach {
        println!("{}", folder.id());
        return Ok(ExitCode::SUCCESS);
    }
    let (run, followed) = follow(&folder, &mut worker, begun)?;
    outcome(&folder, &run, followed)
}

/// What a followed run has come to, in words and as an exit code.
pub fn outcome(folder: &RunFolder, run: &Run, followed: Followed) -> Result<ExitCode> {
    if followed == Followed::Left {
        eprintln!("left; the run goes on: retrain show {}", folder.id());
        return Ok(ExitCode::from(EXIT_INTERRUPTED));
    }
    match &run.end {
        Some(End::Finished { .. }) => {
            print!("{}", report::result(folder, run)?);
            Ok(ExitCode::SUCCESS)
        }
        Some(End::Failed(message)) => {
            eprintln!("retrain: {message}");
            let mistake = run.network.is_none() && !run.fault;
            Ok(ExitCode::from(if mistake { EXIT_MISTAKE } else { EXIT_FAILED }))
        }
        Some(End::Cancelled) => {
            eprintln!("stopped before training began; there is no result, features are kept");
            Ok(ExitCode::from(EXIT_INTERRUPTED))
        }
        Some(End::Paused) => {
            eprintln!("paused; go on with: {} resume {}", super::program(), folder.id());
            Ok(ExitCode::from(EXIT_INTERRUPTED))
        }
        None => {
            eprintln!(
                "retrain: the worker ended without a word; its last ones: {}",
                report::last_words(folder)
            );
            Ok(ExitCode::from(EXIT_FAILED))
        }
    }
}
