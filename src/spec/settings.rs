//! An experiment as values by name: changed, compared and written down.

use std::collections::BTreeMap;
use std::fmt;

use super::fields::{FIELDS, SECTIONS, field};
use super::launch::LAUNCH;
use super::unknown::unknown;
use super::{Experiment, ExperimentField};
use crate::config::{Mistake, Mistakes};
use crate::nets::NETWORKS;
use crate::setting::{Value, quoted};

/// Every field's key and value as written in TOML, in the order of the table of fields. Options of
/// other networks than the experiment's are left out.
pub fn settings(experiment: &Experiment) -> Vec<(&'static str, String)> {
    let own = FIELDS.iter().filter(|field| field.belongs_to(experiment));
    own.map(|field| (field.key, field.get(experiment).to_toml())).collect()
}

/// The settings, as `key=value`, with which a run of these settings is made with the other built-in
/// network; `None` where its weights are a file, which the other could not take.
pub fn with_other_network(settings: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let is = |key: &str| settings.get(key).map(String::as_str);
    if is("network.weights").is_some_and(|weights| !is_default("network.weights", weights)) {
        return None;
    }
    let backbone = field("network.backbone")?;
    let now = is("network.backbone").or(backbone.default)?;
    let mut built_in = NETWORKS.iter().filter(|network| network.has_weights());
    let (own, others): (Vec<&str>, Vec<&str>) =
        built_in.by_ref().map(|network| network.name).partition(|name| quoted(name) == now);
    let (Some(_), Some(other)) = (own.first(), others.first()) else { return None };
    let mut changed = vec![format!("network.backbone={other}")];
    if is("network.taps").is_some_and(|taps| !is_default("network.taps", taps)) {
        changed.push("network.taps=[]".to_owned());
    }
    Some(changed)
}

/// In how many folds a run with these settings tests every photo; 0: it has one test set.
pub fn folds(settings: &BTreeMap<String, String>) -> usize {
    settings.get("split.folds").and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// Whether a value as written in TOML is the field's default; `0.90` is `0.9`.
pub fn is_default(key: &str, value: &str) -> bool {
    field(key).is_some_and(|field| field.is_default(value))
}

/// A setting of a run as it takes effect: what was not recorded was the field's default, and for the
/// weights in this program the resizing `antialias`, which runs recorded before there was `auto`, is
/// `auto`.
pub fn in_effect<'a>(settings: &'a BTreeMap<String, String>, key: &str) -> &'a str {
    let default = || field(key).and_then(|field| field.default).unwrap_or("not set");
    let value = settings.get(key).map_or_else(default, String::as_str);
    let is_built_in =
        || settings.get("network.weights").is_none_or(|path| is_default("network.weights", path));
    match key == "network.resize" && value == "\"antialias\"" && is_built_in() {
        true => "\"auto\"",
        false => value,
    }
}

/// The settings that differ in effect between two runs, as each recorded them; what one did not record
/// was the field's default.
pub fn differing_settings(
    one: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
) -> Vec<(String, [String; 2])> {
    let keys: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let value = |settings: &BTreeMap<String, String>, key: &str| {
        settings.get(key).cloned().unwrap_or_else(|| in_effect(settings, key).to_owned())
    };
    keys.into_iter()
        // Where they were done has changed nothing.
        .filter(|key| !key.starts_with(LAUNCH))
        .filter(|key| in_effect(one, key) != in_effect(other, key))
        .map(|key| (key.clone(), [value(one, key), value(other, key)]))
        .collect()
}

/// Gives settings that a run recorded under former keys their present ones.
pub fn rename_former(settings: &mut BTreeMap<String, String>) {
    for field in FIELDS.iter() {
        if let Some(value) = field.former.and_then(|former| settings.remove(former)) {
            settings.entry(field.key.to_owned()).or_insert(value);
        }
    }
}

impl Experiment {
    /// The same experiment with other values for some of its fields, by their keys. Errors, with
    /// what was expected, when a key is unknown, a value does not fit its field, or the fields
    /// contradict each other in the end.
    ///
    /// ```
    /// use retrain::setting::Value;
    /// use retrain::spec::Experiment;
    ///
    /// let experiment = Experiment::default();
    /// let other = experiment.with(&[("train.seed", Value::Int(3))]).unwrap();
    /// assert_eq!(other.train.seed, 3);
    /// assert!(experiment.with(&[("iterations", Value::Int(0))]).is_err());
    /// ```
    pub fn with(&self, values: &[(&str, Value)]) -> Result<Experiment, Mistakes> {
        let mut experiment = self.clone();
        let mut mistakes = Vec::new();
        for (key, value) in values {
            let mut refuse = |said: String| {
                let shown = format!("{key} = {}", value.to_toml());
                mistakes.push(Mistake::in_argument(&shown, said));
            };
            match field(key).map(|field| (field, field.accept(value))) {
                None => refuse(unknown(key)),
                Some((field, Ok(value))) => field.set(&mut experiment, value),
                Some((_, Err(said))) => said.into_iter().for_each(refuse),
            }
        }
        for field in FIELDS.iter() {
            if let Some(said) = field.mistake().and_then(|rule| (rule.broken)(&experiment)) {
                mistakes.push(Mistake::in_argument(field.key, said));
            }
        }
        if mistakes.is_empty() { Ok(experiment) } else { Err(Mistakes(mistakes)) }
    }

    /// A TOML text that says all of it, one field a line, in its tables; [`parse`](super::parse)
    /// makes the same experiment of it.
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use retrain::setting::Value;
    /// use retrain::spec::{Experiment, parse};
    ///
    /// let text = "images = 'photos'\n[train]\nschedule = 'cosine'\nclass_weights = [1, 2.5]\n\
    ///             [network.inception_v3]\nlast_pool = 'max'\n";
    /// let written = parse(text, Path::new("x.toml")).unwrap().experiment;
    /// let experiment = written.with(&[("train.seed", Value::Int(3))]).unwrap();
    /// let read_back = parse(&experiment.to_toml(), Path::new("y.toml")).unwrap().experiment;
    /// assert_eq!(read_back, experiment);
    /// ```
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let tables = SECTIONS.iter().map(|section| section.name);
        for name in [""].into_iter().chain(tables) {
            let mut fields = FIELDS
                .iter()
                .filter(|field| field.section() == name && field.belongs_to(self))
                .peekable();
            if fields.peek().is_some() && !name.is_empty() {
                text += &format!("\n[{name}]\n");
            }
            for field in fields {
                text += &format!("{} = {}\n", field.leaf(), field.get(self).to_toml());
            }
        }
        text
    }
}

/// A field that is not the same in two experiments. Shown as `train.seed was 0 and is 3`.
#[derive(Debug)]
pub struct Difference {
    /// The field.
    pub field: &'static ExperimentField,
    /// Its value in the first.
    pub before: Value,
    /// Its value in the second.
    pub after: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { field, before, after } = self;
        write!(f, "{} was {} and is {}", field.key, before.to_toml(), after.to_toml())
    }
}

/// What differs between two experiments, in the order of the table of fields.
///
/// ```
/// use retrain::setting::Value;
/// use retrain::spec::{Experiment, differences};
///
/// let one = Experiment::default();
/// let other = one.with(&[("iterations", Value::Int(400))]).unwrap();
/// let differences = differences(&one, &other);
/// assert_eq!(differences.len(), 1);
/// assert_eq!(differences[0].to_string(), "iterations was 4000 and is 400");
/// ```
pub fn differences(one: &Experiment, other: &Experiment) -> Vec<Difference> {
    FIELDS
        .iter()
        .map(|field| Difference { field, before: field.get(one), after: field.get(other) })
        .filter(|difference| difference.before != difference.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec::parse;

    fn experiment(text: &str) -> Experiment {
        parse(text, Path::new("x.toml")).unwrap().experiment
    }

    #[test]
    fn settings_of_two_runs_differ_also_where_one_left_the_default() {
        let settings = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
        };
        let one = settings(&[("learning_rate", "0.1"), ("train.seed", "0")]);
        let other = settings(&[("iterations", "400"), ("train.seed", "0")]);
        assert_eq!(
            differing_settings(&one, &other),
            [
                ("iterations".to_owned(), ["4000".to_owned(), "400".to_owned()]),
                ("learning_rate".to_owned(), ["0.1".to_owned(), "0.01".to_owned()]),
            ]
        );
    }

    #[test]
    fn auto_is_no_difference_to_what_it_means_for_the_weights_in_this_program() {
        let settings = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
        };
        let with =
            |resize, weights| settings(&[("network.resize", resize), ("network.weights", weights)]);
        let differ = |one, other| !differing_settings(&one, &other).is_empty();
        let (auto, before) = ("\"auto\"", "\"antialias\"");
        assert!(!differ(with(auto, "\"built-in\""), with(before, "\"built-in\"")));
        assert!(!differ(settings(&[]), settings(&[("network.resize", before)])));
        assert!(differ(with("\"legacy\"", "\"built-in\""), with(before, "\"built-in\"")));
        let (file, built_in) = (with(auto, "\"w/own.pth\""), with(auto, "\"built-in\""));
        assert_eq!(differing_settings(&file, &built_in).len(), 1, "the weights alone");
        // What a file's weights want may be something else.
        assert!(differ(with(auto, "\"w/own.pth\""), with(before, "\"w/own.pth\"")));
    }

    #[test]
    fn the_other_network_is_the_one_that_a_run_did_not_use_and_takes_its_own_taps() {
        let settings = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let of = |pairs: &[(&str, &str)]| with_other_network(&settings(pairs));
        let lite = Some(vec!["network.backbone=efficientnet_lite2".to_owned()]);
        assert_eq!(of(&[]), lite);
        assert_eq!(of(&[("network.backbone", "\"inception_v3\"")]), lite);
        let back = of(&[
            ("network.backbone", "\"efficientnet_lite2\""),
            ("network.taps", "[\"head\"]"),
            ("network.weights", "\"built-in\""),
        ]);
        assert_eq!(back.unwrap(), ["network.backbone=inception_v3", "network.taps=[]"]);
        assert_eq!(of(&[("network.weights", "\"weights/own.pth\"")]), None);
    }

    #[test]
    fn settings_are_those_of_the_table_in_its_order() {
        let experiment = experiment("images = 'photos'");
        let settings = settings(&experiment);
        let keys: Vec<&str> = settings.iter().map(|(key, _)| *key).collect();
        let own = || FIELDS.iter().filter(|field| field.belongs_to(&experiment));
        let table: Vec<&str> = own().map(|field| field.key).collect();
        assert_eq!(keys, table);
        for (field, (key, value)) in own().zip(&settings) {
            assert_eq!(field.default.unwrap_or("\"photos\""), value, "{key}");
            assert_eq!(is_default(key, value), field.default.is_some(), "{key}");
        }
    }

    #[test]
    fn defaults_are_compared_by_value() {
        assert!(is_default("learning_rate", "1e-2"));
        assert!(is_default("iterations", "4_000"));
        assert!(is_default("split.by", "'base27'"));
        assert!(is_default("network.last_pool", "'auto'"));
        assert!(!is_default("iterations", "400"));
        assert!(!is_default("iterations", "\"4000\""));
        assert!(!is_default("iterations", "= ="));
        assert!(!is_default("no.such.key", "1"));
    }

    #[test]
    fn values_by_name_change_an_experiment_and_nothing_else_of_it() {
        let one = experiment("images = 'p'");
        let text = |word: &str| Value::Text(word.to_owned());
        let other = one
            .with(&[
                ("learning_rate", Value::Int(1)),
                ("train.optimizer", text("adam")),
                ("network.inception_v3.last_pool", text("max")),
                ("network.input_range", text("0..1")),
                ("categories", Value::List(vec![text("a"), text("b")])),
            ])
            .unwrap();
        let said: Vec<String> =
            differences(&one, &other).iter().map(Difference::to_string).collect();
        assert_eq!(
            said,
            [
                "categories was [] and is [\"a\", \"b\"]",
                "learning_rate was 0.01 and is 1",
                "train.optimizer was \"sgd\" and is \"adam\"",
                "network.inception_v3.last_pool was \"auto\" and is \"max\"",
                "network.inception_v3.input_range was \"auto\" and is \"0..1\"",
            ]
        );
        assert!(differences(&other, &other.clone()).is_empty());
    }

    #[test]
    fn values_are_refused_as_they_are_in_a_text() {
        let one = experiment("images = 'p'\ncategories = ['a', 'b']");
        let said = |values: &[(&str, Value)]| one.with(values).unwrap_err().to_string();
        let said_of_zero = said(&[("iterations", Value::Int(0))]);
        assert_eq!(
            said_of_zero,
            "iterations = 0: iterations is 0, expected 1 to 10,000,000; 400 to 4,000 is usual"
        );
        assert!(said(&[("iteration", Value::Int(1))]).ends_with("did you mean iterations"));
        let weights = Value::List(vec![Value::Int(1), Value::Int(-2)]);
        assert!(
            said(&[("train.class_weights", weights)]).contains("holds -2, expected a positive")
        );
        // Each alone is right; 60 and 50 are not, 60 and 20 are.
        let percent = |validation, test| {
            [
                ("split.validation_percent", Value::Int(validation)),
                ("split.test_percent", Value::Int(test)),
            ]
        };
        assert!(said(&percent(60, 50)).contains("are 110 together"));
        assert!(one.with(&percent(60, 20)).is_ok());
        assert!(
            said(&[("train.class_weights", Value::List(vec![Value::Int(1)]))])
                .contains("has 1 numbers, expected 2")
        );
    }

    #[test]
    fn what_was_recorded_under_a_former_key_is_found_under_the_present_one() {
        let mut settings: BTreeMap<String, String> =
            [("network.last_pool", "\"max\""), ("iterations", "400")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into();
        rename_former(&mut settings);
        let keys: Vec<&String> = settings.keys().collect();
        assert_eq!(keys, ["iterations", "network.inception_v3.last_pool"]);
    }
}
