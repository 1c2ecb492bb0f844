//! `retrain sweep`, and following the runs of one to the last.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use signal_hook::consts::SIGINT;

use super::args::EndName;
use super::out::{has_replaceable_line, print_json, replace_line};
use super::{EXIT_INTERRUPTED, informed_launchers, launchers};
use crate::compare::{Combination, SweepResult};
use crate::config::Config;
use crate::insight::final_test_accuracy;
use crate::runner::{self, JobsWatcher, Place};
use crate::store::{self, RunFolder, Stop, Summary};
use crate::words::{counted, grouped, pad_right, percent, progress, width};

/// Time between two looks at the runs.
const LOOK: Duration = Duration::from_millis(200);
/// Time between two tries to start what waits.
const ADVANCE: Duration = Duration::from_secs(2);
/// Without a terminal, a line of progress this often.
const PLAIN_NEWS: Duration = Duration::from_secs(5);
/// Cells of the longest bar.
const BAR: usize = 40;

pub fn sweep(config: &Config, name: &str, as_json: bool) -> Result<ExitCode> {
    let (group, runs) = find(config, name)?;
    let runs: Vec<(&RunFolder, &Summary)> = runs.iter().map(|(run, known)| (run, known)).collect();
    let found = SweepResult::of(&group, &runs);
    if as_json {
        print_json(&json(&found))?;
    } else {
        out!("{}", text(&found));
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes the runs of a sweep that wait off the queue, and asks those at work to end.
pub fn end(config: &Config, name: &str, how: EndName) -> Result<ExitCode> {
    let (group, runs) = find(config, name)?;
    let how = match how {
        EndName::Pause => Stop::Pause,
        EndName::Stop => Stop::Keep,
        EndName::Cancel => Stop::Cancel,
    };
    let launchers = informed_launchers(config)?;
    let ended = runner::end_all(&launchers, &config.runs, &folders(runs), how)?;
    newsln!(
        "{} off the queue, {} at work asked to end; go on with: {} sweep {group} --resume",
        counted(ended.waited, "run"),
        counted(ended.worked, "run"),
        super::program()
    );
    Ok(ExitCode::SUCCESS)
}

/// Queues the runs of a sweep that are not done and do not wait already.
pub fn resume(config: &Config, name: &str) -> Result<ExitCode> {
    let (group, runs) = find(config, name)?;
    let queued = runner::resume_all(&informed_launchers(config)?, &config.runs, &folders(runs))?;
    newsln!(
        "{} queued; '{} sweep {group}' shows what is known",
        counted(queued, "run"),
        super::program()
    );
    Ok(ExitCode::SUCCESS)
}

fn folders(runs: Vec<(RunFolder, Summary)>) -> Vec<RunFolder> {
    runs.into_iter().map(|(run, _)| run).collect()
}

/// The runs of the sweep whose name begins so; 'last': of the newest.
fn find(config: &Config, name: &str) -> Result<(String, Vec<(RunFolder, Summary)>)> {
    let mut groups: Vec<(String, Vec<(RunFolder, Summary)>)> = Vec::new();
    for folder in store::list(&config.runs)? {
        // A damaged run must not hide the others.
        let Ok(summary) = folder.summary() else { continue };
        let Some(group) = summary.group.clone() else { continue };
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, runs)) => runs.push((folder, summary)),
            None => groups.push((group, vec![(folder, summary)])),
        }
    }
    let names: Vec<String> = groups.iter().map(|(group, _)| group.clone()).collect();
    let mut fitting = groups.into_iter().filter(|(group, _)| match name {
        store::LAST => Some(group) == names.last(),
        // A whole name may be the beginning of another.
        name if names.iter().any(|known| known == name) => group == name,
        name => group.starts_with(name),
    });
    match (fitting.next(), fitting.next()) {
        (Some(found), None) => Ok(found),
        (Some((one, _)), Some((other, _))) => {
            bail!("'{name}' begins the names of several sweeps, such as {one} and {other}")
        }
        (None, _) if names.is_empty() => bail!(
            "there is no sweep yet; 'retrain run EXPERIMENT' makes one of an experiment with a table \
             [sweep], such as learning_rate = [0.01, 0.1]"
        ),
        (None, _) => bail!("there is no sweep '{name}'; there are {}", names.join(", ")),
    }
}

fn text(found: &SweepResult) -> String {
    let done: usize = found.combinations.iter().map(|one| one.runs.len()).sum();
    let mut text = format!(
        "sweep {}: {}, {} with a result; the best validation first\n\n",
        found.group,
        counted(found.runs, "run"),
        grouped(done)
    );
    let Some(best) = found.combinations.first() else {
        return text
            + "without a validation accuracy a run is not ranked; with split.folds it has none\n";
    };
    text += &table(found);
    for (at, key) in found.keys.iter().enumerate() {
        text += &format!("\n{key}, mean validation accuracy\n");
        let effects = found.effects(at);
        let widest = effects.iter().map(|effect| width(&effect.value)).max().unwrap_or(0);
        for effect in effects {
            let bar = "█".repeat((effect.mean * BAR as f64).round() as usize);
            let (value, mean) = (pad_right(&effect.value, widest), percent(effect.mean));
            text += &format!("  {value}  {mean:>6}  {bar}\n");
        }
    }
    text += &format!("\nchosen by validation: {}\n", named(found, best));
    for (run, test) in &best.runs {
        text += &format!("  {run}  {}\n", final_test_accuracy(test.correct, test.n));
    }
    if found.combinations.len() > 1 {
        text += &format!(
            "Of the others the test accuracy is not told: the best of {} would flatter.\n",
            found.combinations.len()
        );
    }
    text
}

fn named(found: &SweepResult, one: &Combination) -> String {
    let values = found.keys.iter().zip(&one.values).map(|(key, value)| format!("{key} = {value}"));
    values.collect::<Vec<_>>().join(", ")
}

fn table(found: &SweepResult) -> String {
    let widths: Vec<usize> = found
        .keys
        .iter()
        .enumerate()
        .map(|(at, key)| {
            let values = found.combinations.iter().map(|one| width(&one.values[at]));
            values.max().unwrap_or(0).max(width(key))
        })
        .collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| pad_right(cell, width));
        padded.collect::<Vec<_>>().join("  ")
    };
    let mut text = format!("VALIDATION  LOSS   {}  RUN\n", line(&found.keys));
    for one in &found.combinations {
        let run = match &one.runs[..] {
            [(run, _)] => run.clone(),
            runs => counted(runs.len(), "repeat"),
        };
        text += &format!(
            "{:>10}  {:.3}  {}  {run}\n",
            percent(one.validation_accuracy),
            one.validation_loss,
            line(&one.values)
        );
    }
    text
}

fn json(found: &SweepResult) -> Value {
    let combinations: Vec<Value> = found
        .combinations
        .iter()
        .enumerate()
        .map(|(place, one)| {
            let values: serde_json::Map<String, Value> = found
                .keys
                .iter()
                .cloned()
                .zip(one.values.iter().map(|v| v.clone().into()))
                .collect();
            let test = |test: &store::TestResult| (place == 0).then_some(test.accuracy);
            let runs =
                one.runs.iter().map(|(run, result)| json!({"run": run, "test": test(result)}));
            json!({
                "values": values,
                "validation_accuracy": one.validation_accuracy,
                "validation_loss": one.validation_loss,
                "runs": runs.collect::<Vec<Value>>(),
            })
        })
        .collect();
    json!({"sweep": found.group, "runs": found.runs, "combinations": combinations})
}

/// Follows queued runs to the last, with one line of progress. Ctrl-c once takes those that wait off
/// the queue and stops those at work; twice leaves at once.
pub fn follow(config: &Config, folders: &[RunFolder]) -> Result<ExitCode> {
    let interrupted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, interrupted.clone())?;
    let launcher = launchers(config)?;
    let _watcher = JobsWatcher::start(&launcher, &config.runs, |_| {}, |_| {}).ok();
    let (mut interrupts, mut advanced, mut told) = (0, Instant::now(), Instant::now());
    loop {
        let mut left = Vec::new();
        for folder in folders {
            if runner::place(&launcher, &config.runs, folder)? != Place::Nowhere {
                left.push(folder.clone());
            }
        }
        let line = format!("sweep: {} runs", progress(folders.len() - left.len(), folders.len()));
        if has_replaceable_line() {
            replace_line(&line);
        } else if told.elapsed() >= PLAIN_NEWS {
            told = Instant::now();
            newsln!("{line}");
        }
        if left.is_empty() {
            break;
        }
        if advanced.elapsed() >= ADVANCE {
            advanced = Instant::now();
            // Whoever would have started the next may have been killed.
            runner::advance(&launcher, &config.runs)?;
        }
        if interrupted.swap(false, Ordering::Relaxed) {
            interrupts += 1;
            if interrupts > 1 {
                break;
            }
            runner::end_all(&launcher, &config.runs, &left, Stop::Keep)?;
            newsln!("stopping: runs that wait are off the queue; ctrl-c again leaves at once");
        }
        std::thread::sleep(LOOK);
    }
    if has_replaceable_line() {
        replace_line("");
    }
    match interrupts {
        0 => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::from(EXIT_INTERRUPTED)),
    }
}
