//! An experiment back to TOML values, for tables of runs and for `resolve`.

use std::path::Path;

use toml::de::DeValue;

use super::fields::field;
use super::{ClassWeights, Experiment, Weights};

/// Every field's key and value as written in TOML, in the order of the table of fields.
pub fn settings(experiment: &Experiment) -> Vec<(&'static str, String)> {
    let Experiment { data, split, train, distort, network, .. } = experiment;
    let weights = match &network.weights {
        Weights::BuiltIn => quoted("built-in"),
        Weights::File(path) => quoted_path(path),
    };
    let class_weights = match &train.class_weights {
        ClassWeights::None => quoted("none"),
        ClassWeights::Balanced => quoted("balanced"),
        ClassWeights::Given(weights) => list(weights.iter().map(|weight| number(*weight))),
    };
    let epsilon = network.batch_norm_epsilon.map_or_else(|| quoted("auto"), number);
    vec![
        ("description", quoted(&experiment.description)),
        ("images", quoted_path(&experiment.images)),
        ("categories", texts(&experiment.categories)),
        ("iterations", experiment.iterations.to_string()),
        ("learning_rate", number(experiment.learning_rate)),
        ("data.max_unreadable_percent", number(data.max_unreadable_percent)),
        ("data.max_megapixels", data.max_megapixels.to_string()),
        ("split.by", quoted(split.by.name())),
        ("split.validation_percent", number(split.validation_percent)),
        ("split.test_percent", number(split.test_percent)),
        ("split.seed", split.seed.to_string()),
        ("train.batch_size", train.batch_size.to_string()),
        ("train.optimizer", quoted(train.optimizer.name())),
        ("train.momentum", number(train.momentum)),
        ("train.weight_decay", number(train.weight_decay)),
        ("train.schedule", quoted(train.schedule.name())),
        ("train.step_every", train.step_every.to_string()),
        ("train.step_factor", number(train.step_factor)),
        ("train.standardize", train.standardize.to_string()),
        ("train.class_weights", class_weights),
        ("train.early_stop", train.early_stop.to_string()),
        ("train.eval_interval", train.eval_interval.to_string()),
        ("train.seed", train.seed.to_string()),
        ("distort.flip", distort.flip.to_string()),
        ("distort.crop_percent", number(distort.crop_percent)),
        ("distort.scale_percent", number(distort.scale_percent)),
        ("distort.brightness_percent", number(distort.brightness_percent)),
        ("distort.copies", distort.copies.to_string()),
        ("network.backbone", quoted(network.backbone.name())),
        ("network.weights", weights),
        ("network.taps", texts(&network.taps)),
        ("network.resize", quoted(network.resize.name())),
        ("network.average_pool", quoted(network.average_pool.name())),
        ("network.last_pool", quoted(network.last_pool.name())),
        ("network.input_range", quoted(network.input_range.name())),
        ("network.batch_norm_epsilon", epsilon),
        ("network.precision", quoted(network.precision.name())),
        ("network.device", quoted(&network.device.name())),
    ]
}

/// Whether a value as written in TOML is the field's default; `0.90` is `0.9`.
pub fn is_default(key: &str, value: &str) -> bool {
    let Some(field) = field(key) else { return false };
    let Ok(written) = DeValue::parse(value) else { return false };
    let read = field.read(&written, value).ok();
    read.is_some() && read == field.default_value()
}

/// A text as a TOML string on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if letter.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// `["a", "b"]`.
pub(super) fn texts(items: &[String]) -> String {
    list(items.iter().map(|item| quoted(item)))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// Short where it can be, and read back as the same number.
fn number(number: f64) -> String {
    let is_readable = number == 0.0 || (1e-7..1e15).contains(&number.abs());
    if is_readable { number.to_string() } else { format!("{number:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{FIELDS, parse};

    fn experiment(text: &str) -> Experiment {
        parse(text, Path::new("x.toml")).unwrap().experiment
    }

    #[test]
    fn settings_are_those_of_the_table_in_its_order() {
        let settings = settings(&experiment("images = 'photos'"));
        let keys: Vec<&str> = settings.iter().map(|(key, _)| *key).collect();
        let table: Vec<&str> = FIELDS.iter().map(|field| field.key).collect();
        assert_eq!(keys, table);
        for (field, (key, value)) in FIELDS.iter().zip(&settings) {
            assert_eq!(field.default.unwrap_or("\"photos\""), value, "{key}");
            assert_eq!(is_default(key, value), field.default.is_some(), "{key}");
        }
    }

    #[test]
    fn defaults_are_compared_by_value() {
        assert!(is_default("learning_rate", "1e-2"));
        assert!(is_default("iterations", "4_000"));
        assert!(is_default("split.by", "'base27'"));
        assert!(!is_default("iterations", "400"));
        assert!(!is_default("iterations", "\"4000\""));
        assert!(!is_default("iterations", "= ="));
        assert!(!is_default("no.such.key", "1"));
    }

    #[test]
    fn strings_of_any_characters_are_read_back() {
        let odd = "\"quotes\" \\ tab\t newline\n bell\u{7} delete\u{7f} next\u{85} é";
        let text = format!("images = 'p'\ndescription = {}", quoted(odd));
        assert_eq!(experiment(&text).description, odd);
        assert!(!quoted(odd).contains(char::is_control));
    }

    #[test]
    fn numbers_are_read_back_exactly() {
        for value in [0.0, 10.0, 0.1, 1e-5, 1e-300, 1.0 / 3.0, 1e300, 5e-324, 123_456.789] {
            let written = number(value);
            let read: toml::Value =
                format!("x = {written}").parse::<toml::Table>().unwrap()["x"].clone();
            let back = read.as_float().unwrap_or_else(|| read.as_integer().unwrap() as f64);
            assert_eq!(back, value, "{written}");
        }
    }
}
