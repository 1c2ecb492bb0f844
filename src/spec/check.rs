//! What was written, checked as a whole, to an experiment.

use std::path::Path;

use super::draft::Draft;
use super::fields::{FIELDS, Rule};
use super::sweep::Sweep;
use super::{Experiment, ExperimentField};
use crate::config::{Mistake, Mistakes};

/// An experiment that can run, and what in it has no effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What will run.
    pub experiment: Experiment,
    /// Keys of the fields that somebody wrote; all others have their defaults, also where a run's
    /// copy of its experiment says them.
    pub written: Vec<&'static str>,
    /// Where several runs are to be made: what differs between them.
    pub sweep: Option<Sweep>,
    /// What was written and changes nothing, or is probably not meant.
    pub warnings: Vec<Mistake>,
}

/// Checks the text of an experiment file. All mistakes are returned, in the order of the text.
///
/// `origin` is only for messages: the file as the user named it.
pub fn parse(text: &str, origin: &Path) -> Result<Checked, Mistakes> {
    check(Draft::read(text, &[], origin))
}

pub(super) fn check(draft: Draft) -> Result<Checked, Mistakes> {
    let experiment = experiment(&draft);
    let broken = |field: &ExperimentField, rule: Option<&Rule>| {
        let rule = rule?;
        let said = (rule.broken)(&experiment)?;
        let keys: Vec<&str> = [&[field.key], rule.others].concat();
        Some(draft.mistake(&keys, said))
    };
    let mut mistakes = draft.mistakes.clone();
    mistakes.extend(FIELDS.iter().filter_map(|field| broken(field, field.mistake())));
    if mistakes.is_empty()
        && let Some((sweep, at)) = &draft.sweep
        && let Some(said) = sweep.mistake(&experiment)
    {
        mistakes.push(draft.sweep_mistake(at.clone(), said));
    }
    if !mistakes.is_empty() {
        return Err(Mistakes(in_order(mistakes)));
    }
    let by_user = |key: &str| draft.written(key).is_some_and(|written| written.by_user);
    let idle = FIELDS
        .iter()
        .filter(|field| by_user(field.key))
        .filter_map(|field| Some(draft.mistake(&[field.key], field.without_effect(&experiment)?)));
    let alone = FIELDS
        .iter()
        .filter(|field| by_user(field.key))
        .filter_map(|field| Some(draft.mistake(&[field.key], field.odd_value(&experiment)?)));
    let together = FIELDS.iter().filter_map(|field| broken(field, field.warning()));
    let warnings = in_order(idle.chain(alone).chain(together).collect());
    let written = FIELDS.iter().map(|field| field.key).filter(|key| by_user(key)).collect();
    let sweep = draft.sweep.map(|(sweep, _)| sweep);
    Ok(Checked { experiment, written, sweep, warnings })
}

/// As in the text, those of arguments behind it.
fn in_order(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    mistakes.sort_by_key(|mistake| (mistake.line == 0, mistake.span.start));
    mistakes
}

/// The written values, and the defaults of all others.
fn experiment(draft: &Draft) -> Experiment {
    let mut experiment = Experiment::default();
    for field in FIELDS.iter() {
        if let Some(written) = draft.written(field.key) {
            field.set(&mut experiment, written.value.clone());
        }
    }
    experiment
}
