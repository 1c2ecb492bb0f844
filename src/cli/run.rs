//! `retrain run`: makes the runs, queues them, follows them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow};

use super::args::LogName;
use super::follow::{Begun, Followed, follow};
use super::{EXIT_FAILED, EXIT_INTERRUPTED, EXIT_MISTAKE, launchers, result, sweep};
use crate::compare::Repeats;
use crate::config::Config;
use crate::runner;
use crate::store::{self, End, Run, RunFolder};
use crate::words::progress;

pub fn run(
    config: &Config,
    experiments: &[PathBuf],
    overrides: &[String],
    repeats: usize,
    detach: bool,
    log: Option<LogName>,
) -> Result<ExitCode> {
    let launcher = launchers(config)?;
    // All are checked before the first is started.
    let folders = runner::create_all(config, experiments, overrides, repeats)?;
    let groups: Vec<String> = groups(&folders);
    let firsts: Vec<RunFolder> = folders.iter().step_by(repeats).cloned().collect();
    let begun: Vec<Begun> = folders.iter().map(Begun::of).collect::<Result<_, _>>()?;
    runner::enqueue_all(&launcher, &config.runs, &folders, None)?;
    if detach {
        folders.iter().for_each(|folder| outln!("{}", folder.id()));
        return Ok(ExitCode::SUCCESS);
    }
    let followed: Vec<(RunFolder, Begun)> = folders.into_iter().zip(begun).collect();
    if !groups.is_empty() {
        let folders: Vec<RunFolder> = followed.into_iter().map(|(folder, _)| folder).collect();
        if log.is_some() {
            newsln!("retrain: --log is for single runs; a sweep is followed as one");
        }
        let mut code = sweep::follow(config, &folders)?;
        for group in groups {
            sweep::sweep(config, &group, false)?;
        }
        for folder in folders {
            let run = folder.replay()?;
            let is_told = run.group.is_some() && run.test().is_some();
            if code == ExitCode::SUCCESS && !is_told {
                code = outcome(&folder, &run, Followed::ToTheEnd)?;
            }
        }
        return Ok(code);
    }
    let code = follow_all(config, followed, log)?;
    if repeats > 1 && code == ExitCode::SUCCESS {
        let all = store::list(&config.runs)?;
        for first in firsts {
            let found = Repeats::of(&first, &all).map_err(|reason| anyhow!(reason))?;
            outln!("{} of {}", found.in_words(), first.summary()?.experiment);
        }
    }
    Ok(code)
}

/// The sweeps that some of the runs are of.
fn groups(folders: &[RunFolder]) -> Vec<String> {
    let group = |folder: &RunFolder| folder.summary().ok()?.group;
    let mut groups: Vec<String> = folders.iter().filter_map(group).collect();
    groups.dedup();
    groups
}

/// One after the other; the exit code is that of the first that did not succeed.
fn follow_all(
    config: &Config,
    runs: Vec<(RunFolder, Begun)>,
    log: Option<LogName>,
) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for (folder, begun) in runs {
        let (run, followed) = follow(config, &folder, begun, log)?;
        let outcome = outcome(&folder, &run, followed)?;
        if code == ExitCode::SUCCESS {
            code = outcome;
        }
        if followed == Followed::Left {
            break;
        }
    }
    Ok(code)
}

/// What a followed run has come to, in words and as an exit code.
pub fn outcome(folder: &RunFolder, run: &Run, followed: Followed) -> Result<ExitCode> {
    let id = folder.id();
    match followed {
        Followed::ToTheEnd => {}
        Followed::Left => {
            newsln!("left; the run goes on: {} show {id}", super::program());
            return Ok(ExitCode::from(EXIT_INTERRUPTED));
        }
        Followed::TakenOff => {
            newsln!("off the queue; queue it again with: {} resume {id}", super::program());
            return Ok(ExitCode::from(EXIT_INTERRUPTED));
        }
        Followed::NotBegun | Followed::NotStarted if !folder.path().exists() => {
            newsln!(
                "retrain: {id} was moved or deleted meanwhile; '{} trash' lists what can come back",
                super::program()
            );
            return Ok(ExitCode::from(EXIT_FAILED));
        }
        Followed::NotBegun => {
            newsln!("retrain: {}", result::last_words(folder));
            return Ok(ExitCode::from(EXIT_FAILED));
        }
        Followed::NotStarted => {
            newsln!(
                "retrain: {id} is not in the queue any more: somebody took it off; queue it again \
                 with: {} resume {id}",
                super::program()
            );
            return Ok(ExitCode::from(EXIT_FAILED));
        }
    }
    if let Some(message) = &run.refusal {
        newsln!("retrain: {message}");
        return Ok(ExitCode::from(if run.fault { EXIT_FAILED } else { EXIT_MISTAKE }));
    }
    match &run.end {
        Some(End::Finished { .. }) => {
            out!("{}", result::result(folder, run)?);
            Ok(ExitCode::SUCCESS)
        }
        Some(End::Failed(message)) => {
            newsln!("retrain: {message}");
            let mistake = run.network.is_none() && !run.fault;
            Ok(ExitCode::from(if mistake { EXIT_MISTAKE } else { EXIT_FAILED }))
        }
        Some(End::Cancelled) => {
            let when = match run.step() {
                0 => "before training began".to_owned(),
                step => format!("at iteration {}", progress(step, run.iterations)),
            };
            newsln!(
                "ended {when}; there is no result; continue with: {} resume {id}",
                super::program()
            );
            Ok(ExitCode::from(EXIT_INTERRUPTED))
        }
        Some(End::Paused) => {
            newsln!("paused; continue with: {} resume {id}", super::program());
            Ok(ExitCode::from(EXIT_INTERRUPTED))
        }
        None => {
            newsln!(
                "retrain: the worker ended without a word; its last ones: {}",
                result::last_words(folder)
            );
            Ok(ExitCode::from(EXIT_FAILED))
        }
    }
}
