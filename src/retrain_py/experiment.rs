//! The settings of an experiment that trains as retrain.py did with these flags.

use thiserror::Error;

use super::command_line::{CommandLine, Given};
use super::flags::{Becomes, FLAGS};
use super::{Answer, network};
use crate::setting::{Value, quoted};
use crate::spec::{Experiment, Mistakes, fields};

/// What retrain.py did without being asked, and no flag changes: field, value as written in TOML, and
/// why.
pub const AS_THERE: &[(&str, &str, &str)] = &[
    (
        "split.by",
        "\"path27\"",
        "a photo's whole path, spelled as images is, decides its set; before September 2016: \"path16\"",
    ),
    ("train.draw", "\"balanced\"", "each category as often as the others, whatever its size"),
    ("train.optimizer", "\"sgd\"", "plain gradient descent"),
    ("train.schedule", "\"constant\"", "the learning rate stays as it is"),
    ("train.standardize", "false", "features go into the head as they are"),
    ("train.early_stop", "0", "all steps are made, and the last weights count"),
    (
        "train.eval_first",
        "true",
        "evaluated at its steps 0, 10, 20, which are iterations 1, 11, 21",
    ),
];

/// Inception's photos only: other networks want them as they were trained.
const RESIZE: (&str, &str, &str) = (
    "network.resize",
    "\"legacy\"",
    "TensorFlow 1's bilinear, which takes no mean when it shrinks",
);

/// Settings, and what became of each flag.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `--image_dir`, as it was typed.
    pub image_dir: String,
    /// Of each flag that was given, in their order.
    pub answers: Vec<Answer>,
    /// Field and value of each flag that has one, whether it was given or not, and of [`AS_THERE`]; all
    /// but `images`.
    pub values: Vec<(&'static str, Value)>,
    /// Field, value and why, of those that no flag asked for.
    pub as_there: Vec<(&'static str, &'static str, &'static str)>,
    /// What is not as there, with these flags.
    pub notes: Vec<String>,
}

/// Why flags do not make an experiment.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "the fields are the words of the messages")]
pub enum SettingsError {
    #[error("--image_dir is missing: the folder with one folder of photos for each category")]
    NoImages,
    #[error("{given}: {said}")]
    Value { given: String, said: String },
    #[error(transparent)]
    Together(#[from] Mistakes),
}

/// The settings of these flags of retrain.py. Flags that were left out have the values that they had
/// there.
pub fn settings(line: &CommandLine) -> Result<Settings, SettingsError> {
    let image_dir = text(line, Becomes::Images).ok_or(SettingsError::NoImages)?.to_owned();
    let mut values = values_of_fields(line)?;
    let (backbone, _) = network::nearest(text(line, Becomes::Backbone).unwrap_or_default());
    let is_inception = network::is_inception(backbone);
    let weights = text(line, Becomes::Weights).filter(|_| is_inception);
    let weights = weights.and_then(network::weights_in);
    let answer = |given: &Given| Answer {
        given: given.in_words(),
        became: became(given, &values, weights.as_deref()),
    };
    let answers = line.given.iter().map(answer).collect();

    let mut as_there = AS_THERE.to_vec();
    if is_inception {
        as_there.push(RESIZE);
    }
    let has_weights_of_2015 = weights.is_some();
    values.push(("network.backbone", Value::Text(backbone.to_owned())));
    values.extend(weights.map(|path| ("network.weights", Value::Text(path))));
    values.extend(as_there.iter().map(|(key, value, _)| (*key, parsed(value))));
    let experiment = Experiment::default().with(&values)?;
    let notes = notes(&experiment, has_weights_of_2015);
    Ok(Settings { image_dir, answers, values, as_there, notes })
}

/// The text of the flag that becomes this; of two such flags that of the last.
fn text(line: &CommandLine, becomes: Becomes) -> Option<&str> {
    line.given.iter().rfind(|given| given.flag.becomes == becomes)?.value.as_text()
}

/// Of each flag that is a field here, given or not.
fn values_of_fields(line: &CommandLine) -> Result<Vec<(&'static str, Value)>, SettingsError> {
    let mut values = Vec::new();
    for flag in FLAGS {
        if let Becomes::Field(key) = flag.becomes {
            let value = match line.given.iter().find(|given| given.flag == flag) {
                Some(given) => accepted(given, key)?,
                None => parsed(flag.default),
            };
            values.push((key, value));
        }
    }
    Ok(values)
}

/// What became of a flag, in words.
fn became(given: &Given, values: &[(&'static str, Value)], weights: Option<&str>) -> String {
    let text = given.value.as_text().unwrap_or_default();
    match given.flag.becomes {
        Becomes::Field(key) => {
            let value = values.iter().find(|(known, _)| *known == key);
            format!("{key} = {}", value.map_or(String::new(), |(_, value)| value.to_toml()))
        }
        Becomes::Images => format!("images = {}", given.value.to_toml()),
        Becomes::Backbone => backbone_in_words(network::nearest(text)),
        Becomes::Weights => weights_in_words(weights),
        Becomes::WholeSet(set) => whole_set(set, &given.value),
        Becomes::Elsewhere(said) => format!("elsewhere: {said}"),
        Becomes::Nothing(said) => format!("nothing: {said}"),
        Becomes::Photo | Becomes::Top => unreachable!("a flag of label_image.py"),
    }
}

/// The value as the field holds it.
fn accepted(given: &Given, key: &'static str) -> Result<Value, SettingsError> {
    let field = fields::field(key).expect("the table names fields");
    field
        .accept(&given.value)
        .map_err(|said| SettingsError::Value { given: given.in_words(), said: said.join("; ") })
}

fn parsed(toml: &str) -> Value {
    Value::parse(toml).expect("the tables hold TOML")
}

fn backbone_in_words((backbone, is_same): (&str, bool)) -> String {
    match is_same {
        true => format!("network.backbone = \"{backbone}\""),
        false => format!(
            "network.backbone = \"{backbone}\", the nearest in the program: that network is not here \
             (docs/weights.md lists those that take a file of weights)"
        ),
    }
}

fn weights_in_words(found: Option<&str>) -> String {
    match found {
        Some(path) => format!("network.weights = {}", quoted(path)),
        None => "nothing: no Inception of 2015 is there, and weights are in the program".to_owned(),
    }
}

/// Of a batch size that is not a training step's.
fn whole_set(set: &str, value: &Value) -> String {
    let as_there = match value {
        Value::Int(-1) => "as -1 says",
        _ => "where retrain.py drew so many at random",
    };
    format!("always the whole {set} set, each photo once, {as_there}")
}

/// What a person who compares numbers should know.
fn notes(experiment: &Experiment, has_weights_of_2015: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let backbone = experiment.network.backbone.name;
    if network::is_inception(backbone) && !has_weights_of_2015 {
        notes.push(
            "the weights in the program are others than retrain.py's: for its numbers name \
             inception-2015-12-05.tgz in network.weights (docs/weights.md says where it is)"
                .to_owned(),
        );
    }
    if !experiment.distort.is_off() {
        notes.push(format!(
            "each training photo has {} changed copies, whose features are kept, where retrain.py \
             changed it anew at every step; distort.copies sets how many",
            experiment.distort.copies
        ));
    }
    notes
}

impl Settings {
    /// The fields and their values as written in TOML, for a new file.
    pub fn written(&self) -> Vec<(&'static str, String)> {
        self.values.iter().map(|(key, value)| (*key, value.to_toml())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrain_py::Script;
    use crate::spec::{BatchDraw, SplitRule};

    fn of(line: &str) -> Result<Settings, SettingsError> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        settings(&CommandLine::read(&words).unwrap())
    }

    fn value(settings: &Settings, key: &str) -> String {
        let found = settings.written().into_iter().find(|(known, _)| *known == key);
        found.unwrap_or_else(|| panic!("{key} is not written")).1
    }

    #[test]
    fn without_flags_an_experiment_trains_as_retrain_py_did_without_them() {
        let settings = of("--image_dir photos").unwrap();
        let experiment = Experiment::default().with(&settings.values).unwrap();
        assert_eq!((experiment.iterations, experiment.learning_rate), (4000, 0.01));
        assert_eq!(experiment.split.by, SplitRule::Path27);
        let (train, split) = (&experiment.train, &experiment.split);
        assert_eq!((split.validation_percent, split.test_percent), (10.0, 10.0));
        assert_eq!(
            (train.batch_size, train.draw, train.eval_interval),
            (100, BatchDraw::Balanced, 10)
        );
        assert!(train.eval_first && !train.standardize && experiment.distort.is_off());
        assert_eq!(value(&settings, "network.resize"), "\"legacy\"");
        assert_eq!(settings.image_dir, "photos");
        assert!(settings.notes[0].contains("inception-2015-12-05.tgz"), "{:?}", settings.notes);
    }

    #[test]
    fn every_flag_of_retrain_py_has_an_answer() {
        for flag in FLAGS.iter().filter(|flag| flag.script == Script::Retrain) {
            let value = if flag.default.is_empty() { "x" } else { flag.default };
            let line = format!("--image_dir photos --{} {value}", flag.name);
            let settings = of(&line).unwrap_or_else(|err| panic!("{line}: {err}"));
            let answer = settings.answers.last().unwrap();
            assert_eq!(answer.given, format!("--{} {value}", flag.name));
            assert!(!answer.became.is_empty(), "{line}");
        }
    }

    #[test]
    fn flags_become_fields_with_their_values() {
        let line = "--image_dir p --how_many_training_steps 500 --learning_rate 0.5 \
                    --testing_percentage 20 --flip_left_right --random_crop 5 \
                    --intermediate_store_frequency 100 --print_misclassified_test_images";
        let settings = of(line).unwrap();
        for (key, expected) in [
            ("iterations", "500"),
            ("learning_rate", "0.5"),
            ("split.test_percent", "20"),
            ("distort.flip", "true"),
            ("distort.crop_percent", "5"),
            ("train.keep_every", "100"),
        ] {
            assert_eq!(value(&settings, key), expected, "{key}");
        }
        let became = |flag: &str| {
            let answer = settings.answers.iter().find(|answer| answer.given.starts_with(flag));
            answer.unwrap().became.clone()
        };
        assert_eq!(became("--learning_rate"), "learning_rate = 0.5");
        assert!(became("--print_misclassified").starts_with("elsewhere: 'retrain scores"));
        assert!(settings.notes.iter().any(|note| note.contains("8 changed copies")));
    }

    #[test]
    fn a_network_that_is_not_here_becomes_the_nearest_and_takes_photos_in_its_own_way() {
        let settings = of("--image_dir p --architecture mobilenet_1.0_224").unwrap();
        assert_eq!(value(&settings, "network.backbone"), "\"efficientnet_lite2\"");
        assert!(settings.answers[1].became.contains("the nearest in the program"));
        assert!(settings.values.iter().all(|(key, _)| *key != "network.resize"));
    }

    #[test]
    fn values_that_no_experiment_can_have_are_refused_with_their_flag() {
        let said = |line: &str| of(line).unwrap_err().to_string();
        assert!(said("").starts_with("--image_dir is missing"));
        let zero = said("--image_dir p --testing_percentage 0");
        let expected = "--testing_percentage 0: split.test_percent is 0, expected more than 0";
        assert!(zero.starts_with(expected), "{zero}");
        let none = said("--image_dir p --testing_percentage 50 --validation_percentage 50");
        assert!(none.contains("100 together"), "{none}");
        let many = said("--image_dir p --intermediate_store_frequency 1");
        assert!(many.contains("keeps 4,000 heads"), "{many}");
    }

    #[test]
    fn sizes_of_tested_batches_have_no_place_here() {
        let became = |line: &str| of(line).unwrap().answers[1].became.clone();
        assert!(became("--image_dir p --test_batch_size -1").ends_with("once, as -1 says"));
        assert!(
            became("--image_dir p --validation_batch_size 50").contains("whole validation set")
        );
    }
}
