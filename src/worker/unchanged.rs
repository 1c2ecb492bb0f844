//! A run goes on only as the same question: what must not have changed since it began.

use anyhow::{Context, Result, bail};

use crate::dataset::DecodeRule;
use crate::features::Extractor;
use crate::setting::Value;
use crate::spec::{self, Experiment};
use crate::store::Run;

/// Settings that may change between two workers: one is asked for, one says nothing.
const FREE: [&str; 2] = ["iterations", "description"];

/// Errors when the run's experiment is not the one it began with.
pub(super) fn check_settings(run: &Run, experiment: &Experiment) -> Result<()> {
    let known = run.settings.iter().filter(|(key, _)| spec::fields::field(key).is_some());
    let recorded: Vec<(&str, Value)> =
        known.filter_map(|(key, value)| Some((key.as_str(), Value::parse(value)?))).collect();
    let began = experiment.with(&recorded).context("the run's log holds wrong settings")?;
    let changed: Vec<String> = spec::differences(&began, experiment)
        .iter()
        .filter(|difference| !FREE.contains(&difference.field.key))
        .map(ToString::to_string)
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    bail!(
        "the run's experiment.toml was changed since it began: {}; a run goes on only with the \
         same settings: put them back, or begin a new run",
        changed.join(", ")
    )
}

/// The rule by which the run's photos are decoded: the newest, or the one that it began with.
pub(super) fn decode_rule(run: &Run, extractor: &Extractor) -> DecodeRule {
    let before = Extractor { decode_rule: DecodeRule::BEFORE, ..extractor.clone() };
    let began = run.network.as_ref().filter(|_| run.has_trained());
    match began.is_some_and(|network| network.feature_key == before.feature_key()) {
        true => DecodeRule::BEFORE,
        false => DecodeRule::CURRENT,
    }
}

/// Errors when what made the features is not what it was when training began.
pub(super) fn check_network(run: &Run, feature_key: &str) -> Result<()> {
    match &run.network {
        Some(before) if run.has_trained() && before.feature_key != feature_key => bail!(
            "the network is not the one that this run began with: its features were {} and are \
             {feature_key}; {}",
            before.feature_key,
            new_run(run)
        ),
        _ => Ok(()),
    }
}

/// What to do where it cannot go on.
pub(super) fn new_run(run: &Run) -> String {
    format!("begin a new run with 'retrain run {}'", run.source.display())
}
