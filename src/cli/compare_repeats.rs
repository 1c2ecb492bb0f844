//! `retrain compare --repeats`: the mean accuracies of two sets of repeats.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::out::print_json;
use crate::compare::{Repeats, SEEDS};
use crate::config::Config;
use crate::insight::Resampled;
use crate::spec::differing_settings;
use crate::store::{self, RunFolder};

pub fn compare(
    config: &Config,
    first: &RunFolder,
    second: &RunFolder,
    as_json: bool,
) -> Result<ExitCode> {
    let all = store::list(&config.runs)?;
    let of = |run: &RunFolder| Repeats::of(run, &all).map_err(|reason| anyhow!(reason));
    let groups = [of(first)?, of(second)?];
    let compared = groups[0].compared_with(&groups[1]).map_err(|reason| anyhow!(reason))?;
    if as_json {
        print_json(&json!({
            "first": json(&groups[0]),
            "second": json(&groups[1]),
            "repeats": compared.n,
            "difference": compared.mean,
            "interval_95": interval(&compared),
            "deviation": compared.deviation,
            "p_value": compared.p_value,
            "in_words": compared.difference_in_words(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (name, run, group) in [("first", first, &groups[0]), ("second", second, &groups[1])] {
        outln!("{name:7} {}  {}", run.id(), group.in_words());
    }
    let [before, after] = [first.summary()?.settings, second.summary()?.settings];
    for (key, [before, after]) in differing_settings(&before, &after) {
        if !SEEDS.contains(&key.as_str()) {
            outln!("        {key} = {before}, then {after}");
        }
    }
    outln!("\n{}", compared.difference_in_words());
    if let Some(caveat) = groups[0].caveat() {
        outln!("{caveat}");
    }
    Ok(ExitCode::SUCCESS)
}

fn interval(found: &Resampled) -> [f64; 2] {
    [found.mean - found.reach, found.mean + found.reach]
}

fn json(group: &Repeats) -> Value {
    let runs: Vec<Value> = group
        .runs
        .iter()
        .map(|repeat| json!({"run": repeat.id, "seeds": repeat.seeds, "accuracy": repeat.accuracy}))
        .collect();
    let mean = group.accuracy();
    json!({
        "runs": runs,
        "mean": mean.map(|found| found.mean),
        "deviation": mean.map(|found| found.deviation),
        "interval_95": mean.as_ref().map(interval),
        "splits_vary": group.splits_vary,
    })
}
