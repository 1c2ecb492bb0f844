//! The keys of a run: what its summary says, what a person wrote about it, and every setting of its
//! experiment.

use std::sync::LazyLock;

use toml::de::DeValue;

use super::expression::{Row, folded_contains};
use super::key::{Key, Keys, Kind};
use super::value::Found;
use crate::setting;
use crate::spec::FIELDS;
use crate::store::{Note, State, Summary};

/// A run as a row.
pub struct RunRow<'a> {
    /// Its name.
    pub id: &'a str,
    /// `None`: it is not read yet, or cannot be.
    pub summary: Option<&'a Summary>,
    /// What a person wrote about it.
    pub note: &'a Note,
    /// The others are measured against it.
    pub is_baseline: bool,
}

/// What a run can be filtered by.
pub fn run_keys() -> &'static Keys {
    static KEYS: LazyLock<Keys> = LazyLock::new(|| {
        let states = State::ALL.map(|state| state.name().to_owned()).to_vec();
        let mut keys = vec![
            Key::new("experiment", Kind::Text, "the experiment's name"),
            Key::new("state", Kind::Words(states), "what the run is"),
            Key::new("accuracy", Kind::Percent, "final test accuracy").or(&["test"]),
            Key::new("validation", Kind::Percent, "validation accuracy of the kept head"),
            Key::new("loss", Kind::Measure, "final test loss"),
            Key::new("iterations", Kind::Number, "iterations done").or(&["step"]),
            Key::new("duration", Kind::Duration, "time that workers spent on it")
                .or(&["time", "seconds"]),
            Key::new("created", Kind::Time, "when the run was made").or(&["when"]),
            Key::new("started", Kind::Time, "when its last worker began"),
            Key::new("age", Kind::Age, "how long ago the run was made"),
            Key::new("tag", Kind::List, "one of its tags").or(&["tags"]),
            Key::new("note", Kind::Text, "its note"),
            Key::new("run", Kind::Text, "its own name").or(&["id"]),
            Key::new("sweep", Kind::Text, "the sweep that it is one of"),
            Key::new("category", Kind::List, "one of its categories"),
            Key::new("photos", Kind::Number, "photos in all sets"),
            Key::new("warnings", Kind::Number, "warnings in its log"),
            Key::new("error", Kind::Text, "why it failed or did not go on"),
            Key::new("head", Kind::Flag, "it has a trained head and scores"),
            Key::new("baseline", Kind::Flag, "it is the baseline"),
        ];
        let own: Vec<&str> = keys.iter().map(|key| key.name).collect();
        keys.extend(setting_keys().filter(|key| !own.contains(&key.name)));
        Keys::new(keys)
    });
    &KEYS
}

/// A key for each setting of an experiment.
pub fn setting_keys() -> impl Iterator<Item = Key> {
    FIELDS.iter().map(|field| Key {
        // What `lr` and `seed` mean where nothing else is said.
        others: match field.key {
            "learning_rate" => &["lr"],
            "train.seed" => &["seed"],
            _ => &[],
        },
        is_setting: true,
        ..Key::new(field.key, kind(&field.kind), field.meaning)
    })
}

fn kind(of: &setting::Kind) -> Kind {
    let words = || of.words().iter().map(|(word, _)| (*word).to_owned()).collect();
    match of {
        setting::Kind::Int { .. } | setting::Kind::Float(_) => Kind::Number,
        setting::Kind::FloatOrAuto(_) => Kind::NumberOr(words()),
        setting::Kind::Percent(_) => Kind::Hundredths,
        setting::Kind::Bool | setting::Kind::Choice(_) => Kind::Words(words()),
        setting::Kind::Text
        | setting::Kind::Path
        | setting::Kind::TextList
        | setting::Kind::FolderNames
        | setting::Kind::Form(_)
        | setting::Kind::ClassWeights(_) => Kind::Text,
    }
}

/// The value of a setting as it is written in TOML, without the quotes of a text.
pub fn setting(written: &str) -> Found<'_> {
    match written.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) if text.contains('\\') => match DeValue::parse(written) {
            Ok(read) => Found::Text(read.get_ref().as_str().unwrap_or(text).to_owned().into()),
            Err(_) => Found::text(text),
        },
        Some(text) => Found::text(text),
        None => Found::text(written),
    }
}

impl Row for RunRow<'_> {
    fn value(&self, key: &'static str) -> Found<'_> {
        match key {
            "run" => return Found::text(self.id),
            "tag" if self.note.tags.is_empty() => return Found::Nothing,
            "tag" => return Found::List(self.note.tags.as_slice().into()),
            "note" => return Found::text(&self.note.note),
            _ => {}
        }
        let Some(summary) = self.summary else { return Found::Nothing };
        let test = summary.test.as_ref();
        let time = |at: Option<_>| at.map_or(Found::Nothing, Found::Time);
        match key {
            "experiment" => Found::text(&summary.experiment),
            "state" => Found::text(summary.state.name()),
            "sweep" => summary.group.as_deref().map_or(Found::Nothing, Found::text),
            "accuracy" => Found::number(test.map(|test| test.accuracy)),
            "validation" => Found::number(summary.validation()),
            "loss" => Found::number(test.map(|test| test.log_loss)),
            "iterations" => Found::Number(summary.step as f64),
            "duration" => Found::number(summary.started.map(|_| summary.seconds)),
            "created" | "age" => time(summary.created),
            "started" => time(summary.started),
            "category" if summary.categories.is_empty() => Found::Nothing,
            "category" => Found::List(summary.categories.as_slice().into()),
            "photos" => Found::Number(summary.images as f64),
            "warnings" if summary.warnings == 0 => Found::Nothing,
            "warnings" => Found::Number(summary.warnings as f64),
            "error" => summary.error.as_deref().map_or(Found::Nothing, Found::text),
            key => summary.settings.get(key).map_or(Found::Nothing, |value| setting(value)),
        }
    }

    fn contains(&self, word: &str) -> bool {
        folded_contains(self.id, word)
            || folded_contains(&self.note.note, word)
            || self.note.tags.iter().any(|tag| folded_contains(tag, word))
            || self.summary.is_some_and(|summary| {
                folded_contains(&summary.experiment, word) || summary.state.name().contains(word)
            })
    }

    fn has(&self, flag: &'static str) -> bool {
        match flag {
            "baseline" => self.is_baseline,
            // An evaluation writes both, or neither.
            "head" => self.summary.is_some_and(|summary| summary.test.is_some()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::query::parse;
    use crate::store::TestResult;

    fn summary() -> Summary {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let settings = [
            ("learning_rate", "0.01"),
            ("train.seed", "3"),
            ("split.seed", "7"),
            ("network.backbone", "\"inception_v3\""),
            ("split.test_percent", "20"),
            ("distort.flip", "false"),
            ("network.inception_v3.batch_norm_epsilon", "\"auto\""),
            ("description", "\"a \\\"first\\\" try\""),
        ];
        Summary {
            v: 1,
            experiment: "night fire".into(),
            state: State::Done,
            stage: None,
            created: at("2026-11-20T10:00:00Z"),
            started: at("2026-11-20T10:30:00Z"),
            updated: None,
            seconds: 185.0,
            categories: vec!["fire".into(), "smoke".into()],
            images: 1263,
            iterations: 4000,
            step: 4000,
            validation_accuracy: Some(0.931),
            best_step: Some(110),
            kept: None,
            group: Some("20261120-095900-night-fire".into()),
            test: Some(TestResult {
                correct: 118,
                n: 125,
                accuracy: 118.0 / 125.0,
                low: 0.889,
                high: 0.973,
                log_loss: 0.17234,
                folds: 0,
                would_notice: None,
            }),
            error: None,
            warnings: 2,
            settings: settings
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        }
    }

    fn holds(text: &str, summary: Option<&Summary>, tags: &[&str]) -> bool {
        let note =
            Note { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), note: String::new() };
        let row =
            RunRow { id: "20261120-100000-night-fire", summary, note: &note, is_baseline: true };
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let query = parse(text, run_keys(), &TimeZone::UTC);
        query.unwrap_or_else(|err| panic!("{text}: {err}")).matches(&row, now)
    }

    /// What holds for the run, and beside it what does not.
    const HELD: &[(&str, &str)] = &[
        ("night FIRE done", "fog"),
        ("experiment=\"Night fire\"", "experiment=night"),
        ("experiment:night", "experiment:fog"),
        ("state=done", "state!=done"),
        ("accuracy>70% accuracy>0.7 accuracy>70", "accuracy<0.7"),
        ("accuracy=94.4% test=94% accuracy>=94.4% accuracy<=94.4%", "accuracy>94.4%"),
        ("validation=93.1%", "validation=93.2%"),
        ("loss=0.1723 loss<0.18", "loss=0.1722"),
        ("iterations=4,000 step>=4000", "iterations!=4_000"),
        ("duration=\"3 min 05 s\" time>3m seconds=185", "duration>5m"),
        ("created=2026-11-20 when>=2026-11-20 created=2026", "created>2026-11-20"),
        ("started>\"2026-11-20 10:29\"", "started<2026-11-20T10:30"),
        ("age=2d age>36h", "age<1d"),
        ("tag=ok tag:o tags!=bad", "tag=o"),
        ("run:20261120", "id=20261120"),
        ("sweep:night sweep=20261120-095900-night-fire has:sweep", "sweep:fog"),
        ("category=smoke", "category=misc"),
        ("photos=1,263", "photos>1263"),
        ("warnings>1", "warnings=1"),
        ("has:accuracy has:head has:baseline has:warnings", "has:error OR has:note"),
        ("lr=1e-2 learning_rate<0.02", "lr=0.011"),
        ("seed=3 train.seed=3 split.seed=7", "seed=7"),
        ("backbone=inception_v3", "network.backbone=efficientnet_lite2"),
        ("test_percent=20 test_percent=20%", "test_percent<20"),
        ("flip=false", "flip=true"),
        ("batch_norm_epsilon=auto batch_norm_epsilon!=0.5", "batch_norm_epsilon>0.1"),
        ("description=\"a \\\"first\\\" try\"", "description=\"a try\""),
        ("NOT fog -fog fog OR fire", "-fire"),
        ("fog fog OR fire", "(fog OR fire) fog"),
        ("NOT (fog OR mist)", "NOT(fire OR mist)"),
        ("NOT note:x", "note:x"),
        ("\"night fire\" ( fire )", "\"fire night\""),
        ("", "AND_this_word"),
    ];

    #[test]
    fn each_comparison_means_what_a_person_expects() {
        let summary = summary();
        for (so, not_so) in HELD {
            assert!(holds(so, Some(&summary), &["ok", "good"]), "{so}");
            assert!(!holds(not_so, Some(&summary), &["ok", "good"]), "{not_so}");
        }
    }

    #[test]
    fn no_comparison_holds_for_a_missing_value_and_its_negation_always() {
        for key in run_keys().iter().filter(|key| key.kind != Kind::Flag && key.name != "run") {
            let value = match &key.kind {
                Kind::Time => "2026",
                Kind::Age => "1d",
                Kind::Words(words) => &words[0],
                _ => "1",
            };
            for sign in key.kind.comparisons() {
                let text = format!("{}{}{value}", key.name, sign.sign());
                assert!(!holds(&text, None, &[]), "{text}");
                assert!(holds(&format!("NOT {text}"), None, &[]), "{text}");
            }
        }
    }

    #[test]
    fn every_setting_is_a_key_by_its_name_and_its_last_part() {
        for field in FIELDS.iter() {
            let (found, _) = run_keys().find(field.key).unwrap();
            assert_eq!(found.name, field.key);
            assert!(run_keys().find(field.leaf()).is_some(), "{}", field.key);
        }
        let (seed, note) = run_keys().find("seed").unwrap();
        let said = "seed is train.seed; split.seed is written in full";
        assert_eq!((seed.name, note.as_deref()), ("train.seed", Some(said)));
    }

    /// A text, the column of its mistake, and what is said.
    const WRONG: &[(&str, usize, &str)] = &[
        ("acuracy>0.7", 1, "no key 'acuracy': did you mean accuracy?"),
        ("fire seeed=3", 6, "no key 'seeed': did you mean seed?"),
        ("https://x", 1, "no key 'https'; to find it as text: \"https://x\""),
        ("accuracy>70,5%", 10, "'70,5%': write a fraction with a point: 70.5%"),
        ("accuracy>high", 10, "accuracy is 'high', expected a share such as 70% or 0.7"),
        ("accuracy>170%", 10, "accuracy is '170%', expected 0% to 100%"),
        ("state=dnoe", 7, "no state 'dnoe': did you mean done?"),
        ("backbone=inception", 10, "network.backbone is one of inception_v3"),
        ("note>3", 5, "note takes : = !=, as it is no number"),
        ("duration>5x", 10, "duration is '5x', expected a time span such as 90s, 5m or 1h30m"),
        (
            "created=20-11",
            9,
            "created is '20-11', expected a day or time such as 2026-11-20 or 2026-11-20T16:25",
        ),
        ("age<2", 5, "age is '2', expected a time span such as 2d or 3h"),
        ("note=\"\"", 6, "an empty text is none: write NOT has:note"),
        ("baseline=x", 9, "baseline has no value: write has:baseline"),
        ("has:nose", 5, "no key 'nose': did you mean note?"),
        ("has=note", 4, "write has:KEY"),
        ("(a OR b", 8, "write ) for the ( that is open"),
        ("a) b", 2, "no ( belongs to this )"),
        ("a AND", 6, "a word or key=value is expected here"),
        ("a OR AND b", 6, "a word or key=value is expected before AND"),
        (">3", 1, "no key before >: write KEY>VALUE"),
        ("note:\"x", 6, "the quote is not closed: write \" at its end"),
        ("accuracy>", 10, "accuracy > …: a share such as 70% or 0.7"),
    ];

    #[test]
    fn a_mistake_is_said_with_its_place_and_its_cure() {
        for (text, column, said) in WRONG {
            let err = parse(text, run_keys(), &TimeZone::UTC).unwrap_err();
            assert_eq!((err.column, err.message.as_str()), (*column, *said), "{text}");
        }
    }
}
