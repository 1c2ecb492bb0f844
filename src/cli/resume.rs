//! `retrain resume` and `retrain pause`.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use super::follow::{Begun, Followed, follow};
use super::{EXIT_FAILED, EXIT_MISTAKE, own_file, run};
use crate::config::Config;
use crate::runner::{self, Stop};
use crate::store::{RunFolder, State};

/// Time between two looks at a worker that was asked to pause.
const LOOK: Duration = Duration::from_millis(100);

pub fn resume(
    config: &Config,
    folder: &RunFolder,
    iterations: Option<usize>,
    detach: bool,
) -> Result<ExitCode> {
    let begun = Begun::of(folder)?;
    let reported = begun.run().step();
    runner::resume(&own_file()?, config, folder, iterations)?;
    if reported > 0 && !folder.checkpoint().exists() {
        eprintln!("there is no checkpoint: the {reported} iterations so far are made again first");
    }
    if detach {
        println!("{}", folder.id());
        return Ok(ExitCode::SUCCESS);
    }
    let (run, followed) = follow(config, folder, begun)?;
    if let (Some(message), Followed::ToTheEnd) = (&run.refusal, followed) {
        eprintln!("retrain: {message}");
        return Ok(ExitCode::from(if run.fault { EXIT_FAILED } else { EXIT_MISTAKE }));
    }
    run::outcome(folder, &run, followed)
}

/// Asks, and waits until the worker is gone.
pub fn pause(folder: &RunFolder) -> Result<ExitCode> {
    let id = folder.id();
    if !folder.has_worker() {
        bail!("{id} is not running: it is {}", folder.summary()?.state.name());
    }
    runner::request(folder, Stop::Pause)?;
    eprintln!("pausing after the photos or the iteration in hand; ctrl-c leaves it at that");
    while folder.has_worker() {
        thread::sleep(LOOK);
    }
    let summary = folder.summary()?;
    if summary.state != State::Paused {
        eprintln!("retrain: {id} ended before it could pause: it is {}", summary.state.name());
        return Ok(ExitCode::from(EXIT_MISTAKE));
    }
    eprintln!("paused at iteration {}/{}", summary.step, summary.iterations);
    println!("{} resume {id}", super::program());
    Ok(ExitCode::SUCCESS)
}
