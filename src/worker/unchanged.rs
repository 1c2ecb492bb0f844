//! A run goes on only as the same question: what must not have changed since it began.

use anyhow::{Context, Result, bail};

use crate::dataset::DecodeRule;
use crate::features::Extractor;
use crate::kernels::Rounding;
use crate::nets;
use crate::setting::Value;
use crate::spec::{self, Experiment};
use crate::store::Run;

/// The setting that may change between two workers beside those that change no result: it is asked for.
const FREE: &str = "iterations";

/// The name of the network's arithmetic among the properties that a run records.
pub(super) const ARITHMETIC: &str = "arithmetic";

/// Errors when the run's experiment is not the one it began with.
pub(super) fn check_settings(run: &Run, experiment: &Experiment) -> Result<()> {
    let known = run.settings.iter().filter(|(key, _)| spec::fields::field(key).is_some());
    let recorded: Vec<(&str, Value)> =
        known.filter_map(|(key, value)| Some((key.as_str(), Value::parse(value)?))).collect();
    let began = experiment.with(&recorded).context("the run's log holds wrong settings")?;
    let changed: Vec<String> = spec::differences(&began, experiment)
        .iter()
        .filter(|difference| difference.field.key != FREE)
        .filter(|difference| spec::changes_results(difference.field.key))
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

/// How the run's features were rounded, where it has trained on them: another processor than the one that
/// it began on may round in another way, but a run does not.
pub(super) fn rounding(run: &Run) -> Option<Rounding> {
    nets::rounding_of(arithmetic(run)?)
}

/// Whether the run's features are in bf16 without AMX, where it has trained on them: a processor that has AMX
/// computes them in the same way.
pub(super) fn bf16_without_amx(run: &Run) -> bool {
    arithmetic(run).is_some_and(nets::is_bf16_without_amx)
}

/// The arithmetic of the features that the run has trained on.
fn arithmetic(run: &Run) -> Option<&str> {
    let began = run.network.as_ref().filter(|_| run.has_trained())?;
    let (_, arithmetic) = began.properties.iter().find(|(name, _)| name == ARITHMETIC)?;
    Some(arithmetic)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{NetworkFacts, StepPoint};

    #[test]
    fn a_run_that_has_trained_goes_on_with_the_arithmetic_that_it_began_with() {
        let run = |arithmetic: &str, step: usize| Run {
            network: Some(NetworkFacts {
                properties: vec![(ARITHMETIC.to_owned(), arithmetic.to_owned())],
                ..NetworkFacts::default()
            }),
            latest: (step > 0).then_some(StepPoint {
                step,
                loss: 1.0,
                accuracy: 0.5,
                learning_rate: 0.1,
            }),
            ..Run::default()
        };
        for (arithmetic, expected) in [
            ("int8, full range, calibration 1", Some(Rounding::Full)),
            ("int8, calibration 1", Some(Rounding::Reduced)),
            ("f32", None),
        ] {
            assert_eq!(rounding(&run(arithmetic, 10)), expected);
            assert_eq!(rounding(&run(arithmetic, 0)), None, "no head needs it yet");
        }
        assert_eq!(rounding(&Run::default()), None);
        assert!(bf16_without_amx(&run("bf16", 10)));
        assert!(!bf16_without_amx(&run("bf16", 0)), "nothing was trained on it yet");
        assert!(!bf16_without_amx(&run("bf16 by AMX", 10)));
        assert!(!bf16_without_amx(&run("f32", 10)));
    }
}
