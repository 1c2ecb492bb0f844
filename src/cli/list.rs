//! `retrain list`: all runs, the newest last.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::no_project;
use super::out::print_json;
use crate::config::Config;
use crate::insight::of_folds;
use crate::query::{Query, RunRow, parse, run_keys};
use crate::spec::{Nameable, differences_in_words};
use crate::store::{self, Note, Queue, RunFolder, Summary, Timestamp};
use crate::words::{duration, grouped, pad_right, percent, progress, width};

#[derive(Serialize)]
struct Listed {
    run: String,
    #[serde(flatten)]
    summary: Summary,
}

pub fn list(config: &Config, filter: Option<&str>, json: bool) -> Result<ExitCode> {
    let query = match filter {
        Some(filter) => parse(filter, run_keys(), &TimeZone::system())
            .with_context(|| format!("--filter '{filter}'"))?,
        None => Query::default(),
    };
    query.notes.iter().for_each(|note| newsln!("retrain: {note}"));
    let baseline = store::read_baseline(&config.runs);
    let mut listed = Vec::new();
    let mut all = 0;
    let queue = Queue::read(&config.runs).unwrap_or_else(|err| {
        // It hides no run; those that wait are told as created.
        newsln!("retrain: {err}");
        Queue::default()
    });
    for folder in store::list(&config.runs)? {
        match folder.summary() {
            Ok(mut summary) => {
                queue.mark(&folder, &mut summary);
                all += 1;
                let run = folder.id();
                if passes(&query, &folder, &run, &summary, baseline.as_deref()) {
                    listed.push(Listed { run, summary });
                }
            }
            // One damaged run must not hide the others.
            Err(err) => newsln!("retrain: {err}"),
        }
    }
    if json {
        print_json(&listed)?;
    } else if listed.is_empty() && all > 0 {
        newsln!("no run of {} passes the filter", grouped(all));
    } else if listed.is_empty() {
        newsln!("no run yet; 'retrain demo' makes one, 'retrain run EXPERIMENT' makes yours");
        no_project(config).into_iter().for_each(|looked| newsln!("{looked}"));
    } else {
        out!("{}", table(&listed));
    }
    Ok(ExitCode::SUCCESS)
}

/// The note is only read where something is asked of it.
fn passes(
    query: &Query,
    folder: &RunFolder,
    id: &str,
    summary: &Summary,
    baseline: Option<&str>,
) -> bool {
    if query.is_empty() {
        return true;
    }
    let note = Note::read(folder).unwrap_or_else(|err| {
        newsln!("retrain: {err}");
        Note::default()
    });
    let row = RunRow { id, summary: Some(summary), note: &note, is_baseline: baseline == Some(id) };
    query.matches(&row, Timestamp::now())
}

fn table(listed: &[Listed]) -> String {
    let columns = listed.iter().map(|row| width(&row.run)).max().unwrap_or(0).max(3);
    let mut text = format!(
        "{:columns$}  {:9}  {:>15}  {:>10}  {:>24}  {:>11}  {}\n",
        "RUN", "STATE", "ITERATIONS", "VALIDATION", "TEST (95% INTERVAL)", "TIME", "DIFFERS BY"
    );
    let runs: Vec<Nameable> = listed
        .iter()
        .map(|Listed { run, summary }| Nameable {
            id: run,
            experiment: &summary.experiment,
            settings: &summary.settings,
            made: "",
        })
        .collect();
    for (Listed { run, summary }, differs) in listed.iter().zip(differences_in_words(&runs)) {
        let iterations = progress(summary.step, summary.iterations);
        let validation = summary.validation().map_or("-".to_owned(), percent);
        let test = summary.test.as_ref().map_or("-".to_owned(), |test| {
            let mark = if test.folds > 0 { " *" } else { "" };
            let (low, high) = (percent(test.low), percent(test.high));
            format!("{} ({low} to {high}){mark}", percent(test.accuracy))
        });
        let line = format!(
            "{}  {:9}  {iterations:>15}  {validation:>10}  {test:>24}  {:>11}  {differs}",
            pad_right(run, columns),
            summary.state.name(),
            duration(summary.seconds)
        );
        text += line.trim_end();
        text += "\n";
    }
    let tests = listed.iter().filter_map(|row| row.summary.test.as_ref());
    let folds: BTreeSet<usize> = tests.map(|test| test.folds).collect();
    for of in folds.into_iter().filter_map(of_folds) {
        text += &format!("* {of}\n");
    }
    text
}
