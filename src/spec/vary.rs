//! Several values for some fields, as a person types them on one line, to a table `[sweep]`.
//!
//! `learning_rate 0.001..0.1 x5 log; train.optimizer sgd, adam`

use std::path::Path;

use toml_edit::DocumentMut;

use super::draft::Override;
use super::fields::field;
use super::sweep::SWEEP;
use super::unknown::unknown;
use super::{Experiment, parse};

/// A table that fits an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Varied {
    /// `[sweep]` and its lines.
    pub table: String,
    /// So many runs it makes.
    pub runs: usize,
}

/// Why a line is no sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotVaried {
    /// It is begun: what may follow.
    Unfinished(String),
    /// What is wrong with it, as a file with that value would have it.
    Mistake(String),
}

/// Reads a line of settings with their values; the experiment is that which they are of.
pub fn vary(experiment: &Experiment, typed: &str) -> Result<Varied, NotVaried> {
    let mut lines = Vec::new();
    let parts: Vec<&str> = typed.split(';').map(str::trim).collect();
    for (at, part) in parts.iter().enumerate() {
        if part.is_empty() {
            // Behind the last one more may follow.
            let is_last = at + 1 == parts.len() && at > 0;
            if is_last {
                continue;
            }
            return Err(NotVaried::Unfinished(
                "a setting and its values, such as learning_rate 0.001, 0.01".to_owned(),
            ));
        }
        lines.push(line(part)?);
    }
    let table = format!("[{SWEEP}]\n{}\n", lines.join("\n"));
    // As the experiment says it itself, so that only the table can be wrong.
    let text = format!("{}\n{table}", experiment.to_toml());
    match parse(&text, Path::new("")) {
        Ok(checked) => {
            let runs = checked.sweep.map_or(0, |sweep| sweep.members().len());
            Ok(Varied { table, runs })
        }
        Err(mistakes) => Err(NotVaried::Mistake(
            mistakes.0.first().map_or_else(String::new, |mistake| mistake.message.clone()),
        )),
    }
}

/// The experiment's text with this table in the place of any that it has; comments stay.
pub fn with_sweep(text: &str, table: &str) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|err: toml_edit::TomlError| {
        format!("the experiment is no TOML: {}", err.message())
    })?;
    document.remove(SWEEP);
    Ok(format!("{}\n\n{table}", document.to_string().trim_end()))
}

/// One setting: `"train.optimizer" = ["sgd", "adam"]`.
fn line(part: &str) -> Result<String, NotVaried> {
    let end = part.find([' ', '=']).unwrap_or(part.len());
    let (key, values) = (&part[..end], part[end..].trim_start_matches([' ', '=']).trim());
    let Some(field) = field(key) else { return Err(NotVaried::Mistake(unknown(key))) };
    if values.is_empty() {
        return Err(NotVaried::Unfinished(format!(
            "{}; {}; several with a comma between, or a range such as 1..9 x5",
            field.meaning,
            field.kind.expected()
        )));
    }
    let values = match values.split_once("..") {
        // A word or a path may hold two dots.
        Some((from, rest)) if from.trim().parse::<f64>().is_ok() => range(from, rest)?,
        _ => list(field.key, values)?,
    };
    Ok(format!("\"{}\" = {values}", field.key))
}

/// `0.001..0.1 x5 log`: how many and the scale may be left out at first.
fn range(from: &str, rest: &str) -> Result<String, NotVaried> {
    let mut words = rest.split_whitespace();
    let to = words.next().unwrap_or_default();
    if to.parse::<f64>().is_err() {
        return Err(NotVaried::Unfinished("the other end of the range".to_owned()));
    }
    let (mut count, mut scale) = (None, "linear");
    for word in words {
        match (word, word.strip_prefix(['x', '×']).map(str::parse::<u32>)) {
            ("log" | "linear", _) => scale = word,
            (_, Some(Ok(number))) => count = Some(number),
            ("x" | "×", _) => {}
            _ => {
                let said = format!("{word} says nothing of a range, expected x5, log or linear");
                return Err(NotVaried::Mistake(said));
            }
        }
    }
    let Some(count) = count else {
        let said = "how many values of the range: x5; with log behind it they are spaced evenly on a \
                    log scale";
        return Err(NotVaried::Unfinished(said.to_owned()));
    };
    Ok(format!("{{ from = {}, to = {to}, count = {count}, scale = \"{scale}\" }}", from.trim()))
}

/// Values with commas between, bare words without their quotes.
fn list(key: &str, values: &str) -> Result<String, NotVaried> {
    let mut items = Vec::new();
    for value in items_of(values) {
        if value.is_empty() {
            continue;
        }
        let read = Override::parse(&format!("{key}={value}"));
        items.push(read.map_err(|mistake| NotVaried::Mistake(mistake.message))?.toml);
    }
    Ok(format!("[{}]", items.join(", ")))
}

/// Parts between commas that stand in no list and no quotes.
fn items_of(values: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start, mut items) = (0, None, 0, Vec::new());
    for (at, c) in values.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('[', None) => depth += 1,
            (']', None) => depth -= 1,
            (',', None) if depth == 0 => {
                items.push(values[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(values[start..].trim());
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment() -> Experiment {
        parse("images = 'p'\n", Path::new("x.toml")).unwrap().experiment
    }

    fn varied(typed: &str) -> Varied {
        vary(&experiment(), typed).unwrap()
    }

    #[test]
    fn a_line_becomes_a_table_that_makes_so_many_runs() {
        let found = varied("learning_rate 0.001..0.1 x5 log; train.optimizer sgd, adam;");
        assert_eq!(
            found.table,
            "[sweep]\n\"learning_rate\" = { from = 0.001, to = 0.1, count = 5, scale = \"log\" }\n\
             \"train.optimizer\" = [\"sgd\", \"adam\"]\n"
        );
        assert_eq!(found.runs, 10);
        assert_eq!(varied("learning_rate = 0.1, 0.01").runs, 2);
        // Lists of a field whose value is one, texts with commas, a value that is named twice.
        assert_eq!(varied("network.taps [], ['mixed_7b', 'mixed_9']").runs, 2);
        assert_eq!(varied("iterations 400, 400, 4000").runs, 2);
    }

    #[test]
    fn what_is_wrong_is_said_as_in_a_file_and_what_is_begun_says_what_may_follow() {
        let said = |typed: &str| vary(&experiment(), typed).unwrap_err();
        for (typed, words) in [
            ("iterations 0, 400", "iterations is 0, expected 1 to"),
            ("learning_rat 0.1", "did you mean learning_rate"),
            ("images a, b", "images cannot have several values"),
            ("iterations 1..9 y3", "y3 says nothing of a range"),
            ("train.momentum 0..0.9 x3 log", "ends above 0"),
            ("iterations 1, 2; iterations 3", "duplicate key"),
        ] {
            match said(typed) {
                NotVaried::Mistake(said) => assert!(said.contains(words), "{typed}: {said}"),
                other => panic!("{typed}: {other:?}"),
            }
        }
        for typed in ["", "iterations", "iterations 1..", "iterations 1..9", "iterations 1; ; x"] {
            assert!(matches!(said(typed), NotVaried::Unfinished(_)), "{typed}");
        }
    }

    #[test]
    fn a_table_takes_the_place_of_another_and_comments_stay() {
        let text =
            "# why\nimages = 'p' # here\n\n[sweep]\niterations = [1, 2]\n\n[train]\nseed = 3\n";
        let text = with_sweep(text, &varied("learning_rate 0.1, 0.01").table).unwrap();
        assert!(text.contains("# why") && text.contains("# here"), "{text}");
        let checked = parse(&text, Path::new("x.toml")).unwrap();
        assert_eq!(checked.sweep.unwrap().keys(), ["learning_rate"]);
        assert_eq!(checked.experiment.train.seed, 3);
    }
}
