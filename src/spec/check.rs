//! What was written, checked as a whole, to an experiment.

use std::path::{Path, PathBuf};

use super::choices::Choice;
use super::draft::Draft;
use super::fields::{FIELDS, Field, field};
use super::kind::{Value, grouped};
use super::{
    ClassWeights, Data, DeviceChoice, Distort, Experiment, Network, Optimizer, Schedule, Split,
    SplitRule, Train, Weights,
};
use crate::config::{Mistake, Mistakes};

/// An experiment that can run, and what in it has no effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub experiment: Experiment,
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
    let mut mistakes = draft.mistakes.clone();
    mistakes.extend(contradictions(&draft, &experiment));
    if !mistakes.is_empty() {
        mistakes.sort_by_key(|mistake| (mistake.line == 0, mistake.span.start));
        return Err(Mistakes(mistakes));
    }
    let warnings = without_effect(&draft, &experiment);
    Ok(Checked { experiment, warnings })
}

/// Values that are right each by itself, and wrong together.
fn contradictions(draft: &Draft, experiment: &Experiment) -> Vec<Mistake> {
    let mut found = Vec::new();
    let Experiment { split, train, categories, .. } = experiment;
    let kept = split.validation_percent + split.test_percent;
    if kept >= 100.0 {
        found.push(draft.mistake(
            &["split.test_percent", "split.validation_percent"],
            format!(
                "split.validation_percent and split.test_percent are {kept} together, \
                 expected less than 100: the rest is for training"
            ),
        ));
    }
    if categories.len() == 1 {
        found.push(draft.mistake(
            &["categories"],
            "categories names 1 folder, expected 2 or more, or [] for every folder".into(),
        ));
    }
    if let ClassWeights::Given(weights) = &train.class_weights {
        let (given, named) = (weights.len(), categories.len());
        if named > 0 && given != named {
            found.push(draft.mistake(
                &["train.class_weights", "categories"],
                format!(
                    "train.class_weights has {given} numbers, expected {named}: one a category"
                ),
            ));
        }
    }
    found
}

/// Settings that the user wrote and that change nothing.
fn without_effect(draft: &Draft, experiment: &Experiment) -> Vec<Mistake> {
    let Experiment { split, train, distort, iterations, .. } = experiment;
    let folders = split.by == SplitRule::Folders;
    let stepped = train.schedule == Schedule::Step;
    let rules = [
        ("split.seed", split.by == SplitRule::Seed, "split.by", "\"seed\""),
        ("split.validation_percent", !folders, "split.by", "a rule other than \"folders\""),
        ("split.test_percent", !folders, "split.by", "a rule other than \"folders\""),
        (
            "train.momentum",
            train.optimizer == Optimizer::Momentum,
            "train.optimizer",
            "\"momentum\"",
        ),
        ("train.step_every", stepped, "train.schedule", "\"step\""),
        ("train.step_factor", stepped, "train.schedule", "\"step\""),
        ("distort.copies", !distort.is_off(), "one of distort.*", "more than 0"),
    ];
    let mut warnings: Vec<Mistake> = rules
        .into_iter()
        .filter(|(key, has_effect, ..)| {
            !has_effect && draft.written(key).is_some_and(|written| written.by_user)
        })
        .map(|(key, _, other, needed)| {
            draft.mistake(&[key], format!("{key} has no effect unless {other} is {needed}"))
        })
        .collect();
    if stepped && train.step_every >= *iterations {
        let (every, iterations) = (count(train.step_every), count(*iterations));
        warnings.push(draft.mistake(
            &["train.step_every", "train.schedule"],
            format!(
                "the rate never changes: train.step_every is {every}, iterations is {iterations}"
            ),
        ));
    }
    warnings.sort_by_key(|warning| (warning.line == 0, warning.span.start));
    warnings
}

fn count(number: usize) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The written values, and the defaults of all others.
fn experiment(draft: &Draft) -> Experiment {
    let values = Values(FIELDS.iter().map(|field| value(draft, field.key)).collect());
    Experiment {
        description: values.text("description"),
        images: values.path("images"),
        categories: values.texts("categories"),
        iterations: values.count("iterations"),
        learning_rate: values.float("learning_rate"),
        data: Data {
            max_unreadable_percent: values.float("data.max_unreadable_percent"),
            max_megapixels: values.count("data.max_megapixels"),
        },
        split: Split {
            by: values.choice("split.by"),
            validation_percent: values.float("split.validation_percent"),
            test_percent: values.float("split.test_percent"),
            seed: values.seed("split.seed"),
        },
        train: train(&values),
        distort: Distort {
            flip: values.bool("distort.flip"),
            crop_percent: values.float("distort.crop_percent"),
            scale_percent: values.float("distort.scale_percent"),
            brightness_percent: values.float("distort.brightness_percent"),
            copies: values.count("distort.copies"),
        },
        network: network(&values),
    }
}

fn train(values: &Values) -> Train {
    Train {
        batch_size: values.count("train.batch_size"),
        optimizer: values.choice("train.optimizer"),
        momentum: values.float("train.momentum"),
        weight_decay: values.float("train.weight_decay"),
        schedule: values.choice("train.schedule"),
        step_every: values.count("train.step_every"),
        step_factor: values.float("train.step_factor"),
        standardize: values.bool("train.standardize"),
        class_weights: match values.get("train.class_weights") {
            Value::Numbers(weights) => ClassWeights::Given(weights.clone()),
            Value::Text(word) if word == "balanced" => ClassWeights::Balanced,
            _ => ClassWeights::None,
        },
        early_stop: values.count("train.early_stop"),
        eval_interval: values.count("train.eval_interval"),
        seed: values.seed("train.seed"),
    }
}

fn network(values: &Values) -> Network {
    Network {
        backbone: values.choice("network.backbone"),
        weights: match values.text("network.weights") {
            word if word == "built-in" => Weights::BuiltIn,
            path => Weights::File(path.into()),
        },
        taps: values.texts("network.taps"),
        resize: values.choice("network.resize"),
        average_pool: values.choice("network.average_pool"),
        last_pool: values.choice("network.last_pool"),
        input_range: values.choice("network.input_range"),
        batch_norm_epsilon: match values.get("network.batch_norm_epsilon") {
            Value::Float(epsilon) => Some(*epsilon),
            _ => None,
        },
        precision: values.choice("network.precision"),
        device: match DeviceChoice::from_name(&values.text("network.device")) {
            Some(device) => device,
            None => unreachable!("network.device holds a word that its kind refuses"),
        },
    }
}

/// What was written for a field, else its default; nothing stands for a required one that is
/// missing, which is a mistake already.
fn value(draft: &Draft, key: &str) -> Value {
    if let Some(written) = draft.written(key) {
        return written.value.clone();
    }
    field(key).and_then(Field::default_value).unwrap_or(Value::Text(String::new()))
}

/// A value for each field, by key and type. Asking for another type than the table of fields says
/// is a slip in this file, and every test would meet it.
struct Values(Vec<Value>);

impl Values {
    fn get(&self, key: &str) -> &Value {
        match FIELDS.iter().position(|field| field.key == key) {
            Some(n) => &self.0[n],
            None => unreachable!("{key} is not in the table of fields"),
        }
    }

    fn text(&self, key: &str) -> String {
        match self.get(key) {
            Value::Text(text) => text.clone(),
            other => unreachable!("{key} holds {other:?}, not text"),
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.text(key).into()
    }

    fn texts(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Value::Texts(texts) => texts.clone(),
            other => unreachable!("{key} holds {other:?}, not a list"),
        }
    }

    fn float(&self, key: &str) -> f64 {
        match self.get(key) {
            Value::Float(number) => *number,
            other => unreachable!("{key} holds {other:?}, not a number"),
        }
    }

    /// Ranges keep these numbers from being negative.
    fn seed(&self, key: &str) -> u64 {
        match self.get(key) {
            Value::Int(number) => number.unsigned_abs(),
            other => unreachable!("{key} holds {other:?}, not a whole number"),
        }
    }

    fn count(&self, key: &str) -> usize {
        self.seed(key) as usize
    }

    fn bool(&self, key: &str) -> bool {
        match self.get(key) {
            Value::Bool(yes) => *yes,
            other => unreachable!("{key} holds {other:?}, not true or false"),
        }
    }

    fn choice<T: Choice>(&self, key: &str) -> T {
        match T::from_name(&self.text(key)) {
            Some(choice) => choice,
            None => unreachable!("{key} holds a word that is not in the table of fields"),
        }
    }
}
