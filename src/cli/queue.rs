//! `retrain queue`: the runs at work and waiting, and their order.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;

use super::args::QueueCommand;
use super::out::print_json;
use super::{find, informed_launchers};
use crate::config::Config;
use crate::runner::{self, EnqueueError, Launchers, Place};
use crate::store::{Job, Queue, QueueError, RunFolder, Timestamp, Waiting};
use crate::words::{counted, grouped};

pub fn queue(config: &Config, what: Option<QueueCommand>, json: bool) -> Result<ExitCode> {
    match what {
        None => {}
        Some(QueueCommand::Move { run, place }) => {
            let run = find(config, &run)?.id();
            let Some(place) = place.checked_sub(1) else {
                bail!("place is 0, expected 1, the next to start, or more")
            };
            if !change(config, |queue| queue.shift(&run, place))? {
                bail!("{run} does not wait in the queue; 'retrain queue' shows what does");
            }
        }
        Some(QueueCommand::Remove { runs }) => remove(config, &runs)?,
        Some(QueueCommand::Empty) => {
            let queue = Queue::read(&config.runs)?;
            let waiting = queue.waiting.iter().map(|waiting| waiting.run.as_str());
            let runs: Vec<RunFolder> = waiting
                .chain(queue.jobs().map(|(run, _)| run))
                .map(|run| RunFolder::at(config.runs.join(run)))
                .collect();
            let launchers = informed_launchers(config)?;
            let before = runs.into_iter().filter(|run| waits(config, &launchers, run));
            let runs: Vec<RunFolder> = before.collect();
            runner::take_off(&launchers, &config.runs, &runs)?;
            for run in runs {
                newsln!("off the queue: {}", run.id());
            }
        }
        Some(QueueCommand::Hold) => change(config, |queue| queue.held = true)?,
        Some(QueueCommand::Release) => change(config, |queue| queue.held = false)?,
    }
    let launchers = advance(config)?;
    show(config, &launchers, json)?;
    Ok(ExitCode::SUCCESS)
}

/// Starts what may start, also where a machine was switched off and with it all that would do so.
///
/// What a container did before it was started anew counts as at work for up to a minute, as another
/// container might do it now. A script that calls this once, at the start, would leave the runs that
/// wait for it waiting: so it is waited for, until it was heard of again or is gone.
fn advance(config: &Config) -> Result<Launchers> {
    const LOOK: Duration = Duration::from_secs(1);
    let local = informed_launchers(config)?;
    let mut heard = None;
    loop {
        match runner::advance(&local, &config.runs) {
            // What there is can be shown all the same.
            Err(err @ (EnqueueError::Later { .. } | EnqueueError::Refused { .. })) => {
                newsln!("retrain: {err}");
            }
            advanced => advanced?,
        }
        let Some(unseen) = runner::unseen_at_work(&local, &config.runs)? else { return Ok(local) };
        let now = (unseen.path().to_owned(), unseen.last_heartbeat());
        match &heard {
            None => newsln!(
                "{} has the place that others wait for, but its process cannot be seen from here; \
                 looking for up to a minute whether it lives",
                unseen.id()
            ),
            Some((path, before)) if *path == now.0 && *before != now.1 => return Ok(local),
            Some(_) => {}
        }
        heard = Some(now);
        thread::sleep(LOOK);
    }
}

fn change<T>(config: &Config, change: impl FnOnce(&mut Queue) -> T) -> Result<T> {
    Ok(Queue::change(&config.runs, |queue| Ok::<_, QueueError>(change(queue)))?)
}

fn remove(config: &Config, names: &[String]) -> Result<()> {
    let runs = names.iter().map(|name| find(config, name)).collect::<Result<Vec<_>>>()?;
    let launchers = informed_launchers(config)?;
    if let Some(run) = runs.iter().find(|run| !waits(config, &launchers, run)) {
        bail!("{} does not wait in the queue; 'retrain queue' shows what does", run.id());
    }
    runner::take_off(&launchers, &config.runs, &runs)?;
    Ok(())
}

/// Whether a run waits, here or in the queue of a cluster.
fn waits(config: &Config, launchers: &Launchers, run: &RunFolder) -> bool {
    let place = runner::place(launchers, &config.runs, run);
    matches!(place, Ok(Place::Waiting(_) | Place::Pending))
}

#[derive(Serialize)]
struct Shown<'a> {
    held: bool,
    slots: usize,
    at_work: Vec<&'a str>,
    waiting: Vec<Row>,
    jobs: Vec<JobRow>,
    /// When the cluster said that.
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs_seen: Option<Timestamp>,
}

/// A run in the queue of a cluster.
#[derive(Serialize)]
struct JobRow {
    run: String,
    cluster: String,
    /// As the cluster calls it; empty as long as that is not known.
    job: String,
    /// How it is, and why, in the cluster's words.
    state: String,
    nodes: String,
}

#[derive(Serialize)]
struct Row {
    place: usize,
    run: String,
    /// Machine or cluster.
    host: String,
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    iterations: Option<usize>,
    #[serde(skip)]
    is_here: bool,
}

fn show(config: &Config, launcher: &Launchers, json: bool) -> Result<()> {
    let queue = Queue::read(&config.runs)?;
    let is_at_work = |run: &&str| {
        let folder = RunFolder::at(config.runs.join(run));
        let place = runner::place(launcher, &config.runs, &folder);
        place.is_ok_and(|place| place == runner::Place::AtWork)
    };
    let started = queue.started.iter().map(|started| &*started.run);
    let row = |(place, waiting): (usize, &'_ Waiting)| Row {
        place: place + 1,
        run: waiting.run.clone(),
        host: waiting.target.name().to_owned(),
        since: waiting.since,
        iterations: waiting.iterations,
        is_here: waiting.target.is_this_machine(),
    };
    let known = launcher.jobs.as_seen();
    let job = |(run, job): (&str, &Job)| {
        let seen = known.job(job).cloned().unwrap_or_default();
        JobRow {
            run: run.to_owned(),
            cluster: job.cluster.clone(),
            job: if job.job.is_empty() { String::new() } else { job.name() },
            state: seen.in_words(),
            nodes: seen.nodes,
        }
    };
    let shown = Shown {
        jobs: queue.jobs().map(job).collect(),
        jobs_seen: known.seen.as_ref().map(|seen| seen.at),
        held: queue.held,
        slots: runner::slots(config),
        at_work: started.filter(is_at_work).collect(),
        waiting: queue.waiting.iter().enumerate().map(row).collect(),
    };
    if json {
        print_json(&shown)?;
    } else {
        out!("{}", table(&shown));
    }
    Ok(())
}

fn table(shown: &Shown) -> String {
    let mut text = String::new();
    for run in &shown.at_work {
        text += &format!("at work  {run}\n");
    }
    for JobRow { run, cluster, job, state, nodes } in &shown.jobs {
        let number =
            if job.is_empty() { "is being submitted".into() } else { format!("job {job}") };
        let on = if nodes.is_empty() { String::new() } else { format!(" on {nodes}") };
        text += &format!("{cluster:>7}  {run}  {number}  {state}{on}\n");
    }
    for Row { place, run, host, iterations, is_here, .. } in &shown.waiting {
        text += &format!("{place:>7}  {run}");
        if let Some(iterations) = iterations {
            text += &format!("  to iteration {}", grouped(iterations));
        }
        if !is_here {
            text += &format!("  on {host}");
        }
        text.push('\n');
    }
    let (at_work, slots) = (shown.at_work.len(), shown.slots);
    newsln!(
        "{at_work} at work, {} waiting; {slots} at once on this machine{}{}",
        shown.waiting.len(),
        match shown.jobs.len() {
            0 => String::new(),
            jobs => format!("; {} given to a cluster", counted(jobs, "run")),
        },
        if shown.held { "; held: 'retrain queue release' starts runs again" } else { "" }
    );
    text
}
