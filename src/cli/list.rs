//! `retrain list`: all runs, the newest last.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use super::out::print_json;
use crate::config::Config;
use crate::spec::{Nameable, differences_in_words};
use crate::store::{self, Queue, Summary};
use crate::words::{duration, pad_right, percent, progress, width};

#[derive(Serialize)]
struct Listed {
    run: String,
    #[serde(flatten)]
    summary: Summary,
}

pub fn list(config: &Config, json: bool) -> Result<ExitCode> {
    let mut listed = Vec::new();
    let queue = Queue::read(&config.runs).unwrap_or_else(|err| {
        // It hides no run; those that wait are told as created.
        newsln!("retrain: {err}");
        Queue::default()
    });
    for folder in store::list(&config.runs)? {
        match folder.summary() {
            Ok(mut summary) => {
                queue.mark(&folder, &mut summary);
                listed.push(Listed { run: folder.id(), summary });
            }
            // One damaged run must not hide the others.
            Err(err) => newsln!("retrain: {err}"),
        }
    }
    if json {
        print_json(&listed)?;
    } else if listed.is_empty() {
        newsln!("no run yet; 'retrain demo' makes one, 'retrain run EXPERIMENT' makes yours");
    } else {
        out!("{}", table(&listed));
    }
    Ok(ExitCode::SUCCESS)
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
            format!("{} ({} to {})", percent(test.accuracy), percent(test.low), percent(test.high))
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
    text
}
