//! Experiment files, right and wrong, and what is said about them.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use retrain::spec::{self, DeviceChoice, ExperimentField, FIELDS, Grouping, Kind, Mistakes};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn corpus(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = repository().join("tests/specs").join(folder);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "the corpus was not read");
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What the comment lines of a file say after `# keyword: `.
fn said<'a>(text: &'a str, keyword: &str) -> Vec<&'a str> {
    let start = format!("# {keyword}: ");
    text.lines().filter_map(|line| line.strip_prefix(start.as_str())).collect()
}

#[test]
fn every_valid_file_is_accepted_with_exactly_the_warnings_it_names() {
    for (path, text) in corpus("valid") {
        let checked = spec::parse(&text, &path).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let mut expected = said(&text, "warn");
        expected.sort_unstable();
        let mut warnings: Vec<String> = checked
            .warnings
            .iter()
            .map(|warning| format!("{}: {}", warning.line, warning.message))
            .collect();
        warnings.sort_unstable();
        assert_eq!(warnings, expected, "{}", path.display());
    }
}

#[test]
fn every_invalid_file_is_refused_with_each_message_it_names() {
    for (path, text) in corpus("invalid") {
        let Err(mistakes) = spec::parse(&text, &path) else { panic!("{}", path.display()) };
        let shown = mistakes.to_string();
        let expected = said(&text, "expect");
        assert!(!expected.is_empty(), "{} expects nothing", path.display());
        for part in expected {
            let line = format!("{}{part}", if part.starts_with(':') { ".toml" } else { "" });
            assert!(shown.contains(&line), "{part:?} is not in:\n{shown}");
        }
        if let [count] = said(&text, "count")[..] {
            assert_eq!(mistakes.0.len().to_string(), count, "{shown}");
        }
        assert_places(&text, &mistakes);
    }
}

#[test]
fn the_experiment_files_of_this_repository_are_right() {
    let mut count = 0;
    for entry in fs::read_dir(repository().join("experiments")).unwrap() {
        let path = entry.unwrap().path();
        let checked = spec::load(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn every_valid_file_resolves_to_a_text_that_says_the_same_and_is_final() {
    for (path, text) in corpus("valid") {
        assert_resolves(&text, &path);
    }
}

fn assert_resolves(text: &str, path: &Path) {
    let written = spec::parse(text, path).unwrap();
    let resolved = spec::resolve(text, &[], path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(resolved.experiment, written.experiment);
    assert_eq!(resolved.warnings, written.warnings);
    let read = spec::parse(&resolved.text, path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.experiment, written.experiment, "{}", resolved.text);
    let told = |warnings: &[spec::Mistake]| -> Vec<String> {
        let mut told: Vec<String> =
            warnings.iter().map(|warning| warning.message.clone()).collect();
        told.sort();
        told
    };
    assert_eq!(told(&read.warnings), told(&written.warnings), "{}", resolved.text);
    assert_eq!(spec::resolve(&resolved.text, &[], path).unwrap().text, resolved.text);
    for comment in text.lines().filter_map(|line| line.trim().strip_prefix("# ")) {
        assert!(resolved.text.contains(comment), "{comment:?} was lost in {}", path.display());
    }
}

/// Lines exist, spans lie inside the text and can be sliced.
fn assert_places(text: &str, mistakes: &Mistakes) {
    assert!(!mistakes.0.is_empty());
    let lines = text.lines().count().max(1);
    for mistake in &mistakes.0 {
        assert!((1..=lines).contains(&mistake.line), "line {} of {lines}", mistake.line);
        assert!(mistake.column >= 1);
        assert!(text.get(mistake.span.clone()).is_some(), "{:?}", mistake.span);
        assert!(!mistake.message.contains(char::is_control), "{:?}", mistake.message);
    }
}

fn assert_never_panics(text: &str) {
    let path = Path::new("experiments/x.toml");
    match spec::parse(text, path) {
        Err(mistakes) => assert_places(text, &mistakes),
        Ok(checked) => {
            let resolved = spec::resolve(text, &[], path).unwrap();
            let read = spec::parse(&resolved.text, path).unwrap();
            assert_eq!(read.experiment, checked.experiment, "{}", resolved.text);
        }
    }
}

#[test]
fn deep_and_long_texts_are_refused_without_overflow() {
    let deep = 100_000;
    for text in [
        format!("images = {}", "[".repeat(deep)),
        format!("images = {}", "{a=".repeat(deep)),
        format!("images = {}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("images{} = 1", ".a".repeat(deep)),
        format!("[images{}]", ".a".repeat(deep)),
        format!("{} = 1", "a".repeat(deep)),
        format!("images = 'p'\niterations = {}", "9".repeat(deep)),
        "a = 1\n".repeat(2_000),
    ] {
        let mistakes = spec::parse(&text, Path::new("x.toml")).unwrap_err();
        assert_places(&text, &mistakes);
        assert!(mistakes.0.iter().all(|mistake| mistake.message.len() < 300));
        assert!(spec::resolve(&text, &[], Path::new("x.toml")).is_err());
    }
}

/// One value as it may be written for a field.
fn written(kind: Kind) -> BoxedStrategy<String> {
    match kind {
        Kind::Text | Kind::Path => {
            "[a-z][a-z/ #\"é]{0,12}".prop_map(|text| format!("{text:?}")).boxed()
        }
        Kind::Int { min, max } => (min..=max).prop_map(|number| number.to_string()).boxed(),
        Kind::Float(range) | Kind::Percent(range) | Kind::FloatOrAuto(range) => (0.001..0.999_f64)
            .prop_map(move |share| format!("{:?}", range.min + share * (range.max - range.min)))
            .boxed(),
        Kind::Bool => any::<bool>().prop_map(|yes| yes.to_string()).boxed(),
        Kind::Choice(words) | Kind::ClassWeights(words) => {
            select(words).prop_map(|(word, _)| format!("'{word}'")).boxed()
        }
        Kind::Form(rule) if rule == Grouping::RULE => prop_oneof![
            select(kind.words()).prop_map(|(word, _)| format!("'{word}'")),
            "[-_a-z ]{0,5}[-_]".prop_map(|mark| format!("\"before last {mark}\"")),
        ]
        .boxed(),
        Kind::Form(rule) if rule != DeviceChoice::RULE => {
            select(kind.words()).prop_map(|(word, _)| format!("'{word}'")).boxed()
        }
        Kind::Form(_) => prop_oneof![
            select(kind.words()).prop_map(|(word, _)| format!("'{word}'")),
            any::<usize>().prop_map(|number| format!("\"cuda:{number}\"")),
        ]
        .boxed(),
        Kind::TextList | Kind::FolderNames => Just("[\"a\", \n 'b'] # two".to_owned()).boxed(),
    }
}

/// A valid experiment with any of the fields written, as tables, dotted or inline.
fn experiment() -> impl Strategy<Value = String> {
    let fields: Vec<_> =
        FIELDS.iter().map(|field| proptest::option::of(written(field.kind))).collect();
    (fields, select(vec![Style::Tables, Style::Dotted, Style::Inline]), any::<bool>()).prop_map(
        |(values, style, last_newline)| {
            let fields = FIELDS.iter().zip(values).filter_map(|(field, value)| {
                let value = match field.key {
                    "images" => value.unwrap_or_else(|| "'p'".into()),
                    // Together they could leave nothing for training, or not fit the categories.
                    "split.test_percent" => value.map(|_| "5".into())?,
                    "split.validation_percent" => value.map(|_| "7.5 # seven".into())?,
                    // One fold is refused, and so are folds of given sets.
                    "split.folds" => value.map(|_| "0".into())?,
                    // With many iterations it would be too many heads.
                    "train.keep_every" => value.map(|_| "0".into())?,
                    // What every network can have.
                    "network.weights" => value.unwrap_or_else(|| "'w'".into()),
                    "network.precision" => value.map(|_| "'f32'".into())?,
                    _ => value?,
                };
                Some((field, value))
            });
            let end = if last_newline { "# end\n" } else { "# end" };
            format!("# top\n{}{end}", style.write(fields))
        },
    )
}

#[derive(Clone, Copy, Debug)]
enum Style {
    Tables,
    Dotted,
    Inline,
}

impl Style {
    fn write(self, fields: impl Iterator<Item = (&'static ExperimentField, String)>) -> String {
        let mut text = String::new();
        let mut section = "";
        for (field, value) in fields {
            // A table in an inline table is written in it, with dotted keys.
            let (outer, inner) = field.key.split_once('.').unwrap_or(("", field.key));
            let own = if matches!(self, Style::Inline) { outer } else { field.section() };
            if own != section {
                let close = if section.is_empty() { "" } else { "} # closed\n" };
                section = own;
                match self {
                    Style::Tables => text += &format!("\n# about\n[{section}] # {section}\n"),
                    Style::Inline => text += &format!("{close}# about\n{section} = {{\n"),
                    Style::Dotted => {}
                }
            }
            let (key, leaf) = (field.key, field.leaf());
            match self {
                Style::Tables => text += &format!("{leaf} = {value}\n"),
                Style::Dotted => text += &format!("{key} = {value}\n"),
                Style::Inline if section.is_empty() => text += &format!("{leaf} = {value}\n"),
                Style::Inline => text += &format!("  # a comment\n  {inner} = {value}\n,\n"),
            }
        }
        if matches!(self, Style::Inline) && !section.is_empty() {
            text += "}\n";
        }
        text
    }
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        assert_never_panics(&text);
    }

    #[test]
    fn text_that_looks_like_toml_never_panics(
        pieces in prop::collection::vec(select(vec![
            "images", "=", " ", "\n", "'p'", "\"", "'''", "[", "]", "[[", "{", "}", ",", ".", "#",
            "train", "split", "categories", "seed", "5", "-", "1e9", "nan", "true", "\r\n", "é",
            "\u{feff}", "\\", "class_weights", "[train]\n", "images = 'p'\n", "iterations = 3\n",
        ]), 0..30),
    ) {
        assert_never_panics(&pieces.concat());
    }

    #[test]
    fn a_valid_file_with_a_mistake_in_it_never_panics_and_its_error_lines_exist(
        file in any::<Index>(),
        at in any::<Index>(),
        cut in 0..6_usize,
        put in "[\\[\\]{}'\"=.,#\n a-z0-9\\\\-]{0,4}",
    ) {
        let corpus = corpus("valid");
        let mut letters: Vec<char> = file.get(&corpus).1.chars().collect();
        let start = at.index(letters.len());
        let end = (start + cut).min(letters.len());
        letters.splice(start..end, put.chars());
        assert_never_panics(&letters.into_iter().collect::<String>());
    }

    #[test]
    fn arbitrary_overrides_never_panic(key in any::<Index>(), value in any::<String>()) {
        let set = format!("{}={value}", key.get(&FIELDS).key);
        let path = Path::new("x.toml");
        match spec::resolve("images = 'p'", std::slice::from_ref(&set), path) {
            Ok(resolved) => {
                let read = spec::parse(&resolved.text, path).unwrap();
                assert_eq!(read.experiment, resolved.experiment);
            }
            Err(error) => assert!(error.to_string().starts_with("--set ")),
        }
        let _ = spec::resolve("images = 'p'", &[value], path);
    }

    #[test]
    fn any_experiment_resolves_to_a_text_that_says_the_same_and_is_final(text in experiment()) {
        assert_resolves(&text, Path::new("x.toml"));
    }

    #[test]
    fn the_settings_of_any_experiment_written_down_are_that_experiment(text in experiment()) {
        let path = Path::new("x.toml");
        let experiment = spec::parse(&text, path).unwrap().experiment;
        let settings = spec::settings(&experiment);
        let lines: Vec<String> =
            settings.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        prop_assert!(settings.iter().all(|(_, value)| !value.contains('\n')));
        prop_assert_eq!(spec::parse(&lines.concat(), path).unwrap().experiment, experiment);
    }
}
