//! `retrain cache`: what the feature cache holds, and the deletion of what no run uses.

use std::collections::HashMap;
use std::process::ExitCode;

use anyhow::{Result, bail};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::args::Cache;
use super::ask::{is_yes, told};
use super::out::print_json;
use super::{EXIT_FAILED, typed};
use crate::config::Config;
use crate::features::{self, FeatureKey, Portion};
use crate::store::{self, Timestamp, shown};
use crate::words::{counted, grouped, in_bytes, moment, short_size};

pub fn cache(config: &Config, wanted: &Cache) -> Result<ExitCode> {
    let keys = features::survey(&config.cache)?;
    let runs = runs_by_key(config)?;
    let uses = |key: &FeatureKey| runs.get(&key.name).copied().unwrap_or(0);
    if wanted.prune {
        return prune(config, &chosen(&keys, &wanted.keys, uses)?, wanted.yes);
    }
    if wanted.json {
        let list: Vec<Value> = keys.iter().map(|key| as_json(key, uses(key))).collect();
        print_json(&list)?;
    } else if keys.is_empty() {
        newsln!("no features are cached in {}", typed(&config.cache));
    } else {
        out!("{}", table(&keys, uses));
    }
    Ok(ExitCode::SUCCESS)
}

/// How many runs of this project use each feature key.
fn runs_by_key(config: &Config) -> Result<HashMap<String, usize>> {
    let mut runs = HashMap::new();
    for run in store::list(&config.runs)? {
        match store::feature_key(&run) {
            Ok(Some(key)) => *runs.entry(key).or_insert(0) += 1,
            Ok(None) => {}
            // One damaged run must not hide the others.
            Err(err) => newsln!("retrain: cannot read {}: {err}", typed(&run.events())),
        }
    }
    Ok(runs)
}

/// What to delete. With `names`: all features of the keys that they mean. Without: all features of
/// keys that no run uses, and of the other keys what is damaged or left over.
fn chosen<'a>(
    keys: &'a [FeatureKey],
    names: &[String],
    uses: impl Fn(&FeatureKey) -> usize,
) -> Result<Vec<(&'a FeatureKey, Portion)>> {
    if names.is_empty() {
        let portion = |key| match uses(key) {
            0 => Some((key, Portion::All)),
            _ if key.waste() > 0 || !key.leftovers.is_empty() || !key.damaged.is_empty() => {
                Some((key, Portion::Waste))
            }
            _ => None,
        };
        return Ok(keys.iter().filter_map(portion).collect());
    }
    let mut chosen: Vec<(&FeatureKey, Portion)> = Vec::new();
    for name in names {
        let exact = keys.iter().filter(|key| key.name == *name);
        let key = match exact.chain(keys.iter().filter(|key| key.name.starts_with(name))).next() {
            None => bail!("no feature key begins with '{name}'; 'retrain cache' lists them all"),
            Some(key) => key,
        };
        let count = keys.iter().filter(|key| key.name.starts_with(name)).count();
        if count > 1 && key.name != *name {
            bail!("'{name}' is the beginning of {count} feature keys; give more of the name");
        }
        if !chosen.iter().any(|(other, _)| other.name == key.name) {
            chosen.push((key, Portion::All));
        }
    }
    Ok(chosen)
}

fn prune(config: &Config, chosen: &[(&FeatureKey, Portion)], yes: bool) -> Result<ExitCode> {
    if chosen.is_empty() {
        newsln!("there is nothing to delete in the feature cache");
        return Ok(ExitCode::SUCCESS);
    }
    let mut bytes = 0;
    for (key, portion) in chosen {
        let waste = format!(
            "{}, {}",
            counted(key.damaged.len(), "damaged shard"),
            counted(key.leftovers.len(), "leftover file")
        );
        let (what, size) = match portion {
            Portion::All => (format!("{}, {waste}", counted(key.features, "feature")), key.bytes()),
            Portion::Waste => (waste, key.waste()),
        };
        outln!("{}  {what}  {}", key.name, short_size(size));
        bytes += size;
    }
    newsln!(
        "this would be deleted from {}, which frees {}; what is used again is computed again: the \
         cache may be shared, and runs of other projects are not known here",
        typed(&config.cache),
        in_bytes(bytes)
    );
    if !is_yes(yes)? {
        return Ok(ExitCode::SUCCESS);
    }
    delete(chosen)
}

fn delete(chosen: &[(&FeatureKey, Portion)]) -> Result<ExitCode> {
    let (mut bytes, mut is_whole) = (0, true);
    for (key, portion) in chosen {
        let (freed, is_gone) = told(key.prune(*portion));
        bytes += freed;
        is_whole &= is_gone;
    }
    outln!("{} freed", in_bytes(bytes));
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) })
}

fn table(keys: &[FeatureKey], uses: impl Fn(&FeatureKey) -> usize) -> String {
    let width = keys.iter().map(|key| key.name.chars().count()).max().unwrap_or(0).max(11);
    let mut text = format!(
        "{:width$}  {:>9}  {:>9}  {:16}  {:>6}\n",
        "FEATURE KEY", "FEATURES", "SIZE", "LAST USED", "RUNS"
    );
    let zone = TimeZone::system();
    for key in keys {
        text += &format!(
            "{:width$}  {:>9}  {:>9}  {:16}  {:>6}{}\n",
            key.name,
            grouped(key.features),
            short_size(key.bytes()),
            moment(last_used(key), &zone),
            grouped(uses(key)),
            remarks(key)
        );
    }
    let bytes = keys.iter().map(FeatureKey::bytes).sum();
    text + &format!("total: {}, {}\n", counted(keys.len(), "feature key"), in_bytes(bytes))
}

fn remarks(key: &FeatureKey) -> String {
    let mut text = String::new();
    for user in &key.users {
        text += &format!("  in use by process {} on {}", user.pid, user.host);
    }
    if !key.damaged.is_empty() {
        text += &format!("  {}", counted(key.damaged.len(), "damaged shard"));
    }
    if !key.leftovers.is_empty() {
        text += &format!("  {}", counted(key.leftovers.len(), "leftover file"));
    }
    text
}

fn last_used(key: &FeatureKey) -> Timestamp {
    Timestamp::try_from(key.last_used).unwrap_or_default()
}

fn as_json(key: &FeatureKey, runs: usize) -> Value {
    let paths = |files: &[features::Kept]| -> Vec<String> {
        files.iter().map(|kept| shown(&kept.path)).collect()
    };
    json!({
        "feature_key": key.name,
        "features": key.features,
        "bytes": key.bytes(),
        "last_used": last_used(key),
        "runs": runs,
        "users": key.users,
        "damaged": paths(&key.damaged),
        "leftovers": paths(&key.leftovers),
    })
}
