//! `retrain resume`: goes on with a run, and follows it.

use std::process::ExitCode;

use anyhow::Result;

use super::follow::{Begun, follow};
use super::{informed_launchers, run};
use crate::config::Config;
use crate::runner;
use crate::store::RunFolder;

pub fn resume(
    config: &Config,
    folder: &RunFolder,
    iterations: Option<usize>,
    detach: bool,
) -> Result<ExitCode> {
    let begun = Begun::of(folder)?;
    let reported = begun.run().step();
    runner::resume(&informed_launchers(config)?, &config.runs, folder, iterations)?;
    if reported > 0 && !folder.checkpoint().exists() {
        newsln!("there is no checkpoint: the {reported} iterations so far are made again first");
    }
    if detach {
        outln!("{}", folder.id());
        return Ok(ExitCode::SUCCESS);
    }
    let (run, followed) = follow(config, folder, begun, None)?;
    run::outcome(folder, &run, followed)
}
