//! `retrain pause`, `stop` and `cancel`: ask a run at work to end, and wait until it has.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use super::follow::Followed;
use super::run::outcome;
use super::{EXIT_MISTAKE, informed_launchers, program};
use crate::config::Config;
use crate::runner::{self, JobsWatcher, Place};
use crate::spec;
use crate::store::{RunFolder, State, Stop, Summary};
use crate::words::progress;

/// Time between two looks at a worker that was asked to end.
const LOOK: Duration = Duration::from_millis(100);

pub fn stop(config: &Config, folder: &RunFolder, stop: Stop) -> Result<ExitCode> {
    let id = folder.id();
    let launchers = informed_launchers(config)?;
    let place = || runner::place(&launchers, &config.runs, folder);
    match place()? {
        Place::AtWork => {}
        Place::Waiting(_) => {
            bail!("{id} waits in the queue; take it off with 'retrain queue remove {id}'")
        }
        Place::Pending => {
            runner::take_off(&launchers, &config.runs, std::slice::from_ref(folder))?;
            newsln!("off the queue of its cluster; queue it again with: {} resume {id}", program());
            return Ok(ExitCode::SUCCESS);
        }
        Place::Nowhere => match folder.summary()?.state {
            State::Created => bail!("{id} is not running: it was never started"),
            state => bail!("{id} is not running: it is {}", state.name()),
        },
    }
    // A head of several is no result.
    let has_folds = spec::folds(&folder.replay()?.settings) > 0;
    let doing = match stop {
        Stop::Pause => "pausing",
        Stop::Keep if has_folds => "pausing, as with folds there is a result only at the end,",
        Stop::Keep => "stopping, to evaluate and keep the result,",
        Stop::Cancel => "cancelling",
    };
    // Without a thread for it the worker is asked all the same: by a file.
    let _watcher = JobsWatcher::start(&launchers, &config.runs, |_| {}, |_| {}).ok();
    newsln!("{doing} when the current photos or iteration are done; ctrl-c stops waiting for it");
    folder.request_stop(stop)?;
    while place()? == Place::AtWork {
        // A worker that just begins takes what it finds for a request to an earlier one.
        if !folder.stop_file().exists() {
            folder.request_stop(stop)?;
        }
        thread::sleep(LOOK);
    }
    let run = folder.replay()?;
    let wanted = match stop {
        Stop::Pause => State::Paused,
        Stop::Cancel => State::Cancelled,
        Stop::Keep => return outcome(folder, &run, Followed::ToTheEnd),
    };
    if run.refusal.is_some() {
        return outcome(folder, &run, Followed::ToTheEnd);
    }
    let Summary { state, step, iterations, .. } = folder.summary()?;
    if state != wanted {
        newsln!("retrain: {id} had ended by itself: it is {}", state.name());
        return Ok(ExitCode::from(EXIT_MISTAKE));
    }
    newsln!("{} at iteration {}", state.name(), progress(step, iterations));
    outln!("{} resume {id}", program());
    Ok(ExitCode::SUCCESS)
}
