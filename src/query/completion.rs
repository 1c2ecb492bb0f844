//! How a text may go on: keys, then operators, then values.

use std::ops::Range;

use super::key::{Key, Keys, Kind};
use super::lexer::{Comparison, Part, Token, tokens};
use super::parser::HAS;
use super::{folded_contains, quoted};

/// Something that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// As it is written.
    pub text: String,
    /// One short line; empty where the text says it all.
    pub meaning: String,
}

/// What may be written, and in place of which bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The bytes that are replaced.
    pub span: Range<usize>,
    /// At least one.
    pub candidates: Vec<Candidate>,
}

/// More are no help.
const MOST: usize = 200;

/// What may stand at the end of `text`, which is what was typed before the cursor. `values` gives the
/// values that occur under a key. `None`: nothing is known.
pub fn complete(text: &str, keys: &Keys, values: impl Fn(&Key) -> Vec<String>) -> Option<Choices> {
    // Inside an open quote the text up to it says which key it is a value of.
    let (read, open) = match tokens(text) {
        Ok(tokens) => (tokens, None),
        Err(err) => (tokens(&text[..err.span.start]).ok()?, Some(err.span.start)),
    };
    let place = match open {
        Some(start) => value_place(&read, text[start + 1..].to_owned(), start..text.len())?,
        None => place(&read, text),
    };
    let (span, mut candidates) = match place {
        Place::Value { key, typed, span } if key.eq_ignore_ascii_case(HAS) => {
            (span, keys_like(keys, &typed, |_| true))
        }
        Place::Value { key, typed, span } => {
            let key = keys.find(&key)?.0;
            (span, values_like(key, &typed, values))
        }
        Place::Word { typed, span } => match keys.find(&typed) {
            Some((key, _)) if key.kind != Kind::Flag => (text.len()..text.len(), signs(key)),
            _ => {
                let mut found = keys_like(keys, &typed, |key| key.kind != Kind::Flag);
                if HAS.starts_with(&typed.to_lowercase()) {
                    let meaning = "there is a value under the key".to_owned();
                    found.push(Candidate { text: format!("{HAS}:"), meaning });
                }
                (span, found)
            }
        },
    };
    candidates.truncate(MOST);
    (!candidates.is_empty()).then_some(Choices { span, candidates })
}

/// The key that the last word of a text may be the beginning of, and where that word begins.
pub fn first_key(text: &str, keys: &Keys) -> Option<(usize, &'static str)> {
    let read = tokens(text).ok()?;
    let Token { part: Part::Word(typed), span } = read.last()? else { return None };
    let is_last = span.end == text.len();
    let key = keys.iter().filter(|key| key.kind != Kind::Flag).find(|key| begins(key, typed))?;
    is_last.then_some((span.start, key.name))
}

/// What the end of a text belongs to.
enum Place {
    Word { typed: String, span: Range<usize> },
    Value { key: String, typed: String, span: Range<usize> },
}

fn place(read: &[Token], text: &str) -> Place {
    let end = text.len();
    let nothing = || Place::Word { typed: String::new(), span: end..end };
    match read {
        [before @ .., Token { part: Part::Value(typed), span }] if span.end == end => {
            value_place(before, typed.clone(), span.clone()).unwrap_or_else(nothing)
        }
        [.., Token { part: Part::Comparison(_), .. }] => {
            value_place(read, String::new(), end..end).unwrap_or_else(nothing)
        }
        [.., Token { part: Part::Word(typed), span }] if span.end == end => {
            Place::Word { typed: typed.clone(), span: span.clone() }
        }
        _ => nothing(),
    }
}

fn value_place(before: &[Token], typed: String, span: Range<usize>) -> Option<Place> {
    match before {
        [.., Token { part: Part::Word(key), .. }, Token { part: Part::Comparison(_), .. }] => {
            Some(Place::Value { key: key.clone(), typed, span })
        }
        _ => None,
    }
}

fn begins(key: &Key, typed: &str) -> bool {
    let typed = typed.to_lowercase();
    let mut names = std::iter::once(&key.name).chain(key.others);
    names.any(|name| {
        name.starts_with(&typed)
            || name.rsplit('.').next().is_some_and(|last| last.starts_with(&typed))
    })
}

fn keys_like(keys: &Keys, typed: &str, wanted: impl Fn(&Key) -> bool) -> Vec<Candidate> {
    let candidate =
        |key: &Key| Candidate { text: key.name.to_owned(), meaning: key.meaning.to_owned() };
    keys.iter().filter(|key| wanted(key) && begins(key, typed)).map(candidate).collect()
}

fn signs(key: &Key) -> Vec<Candidate> {
    let meaning = |comparison: Comparison| match (comparison, &key.kind) {
        (Comparison::Contains, Kind::Text | Kind::List | Kind::Words(_)) => "contains",
        (Comparison::Contains | Comparison::Equal, _) => "is",
        (Comparison::NotEqual, _) => "is not",
        (Comparison::Less, _) => "less than",
        (Comparison::LessOrEqual, _) => "at most",
        (Comparison::Greater, _) => "more than",
        (Comparison::GreaterOrEqual, _) => "at least",
    };
    let has_parts = matches!(key.kind, Kind::Text | Kind::List | Kind::Words(_));
    let signs = key.kind.comparisons().iter().copied();
    signs
        .filter(|sign| has_parts || *sign != Comparison::Contains)
        .map(|sign| Candidate { text: sign.sign().to_owned(), meaning: meaning(sign).to_owned() })
        .collect()
}

/// Words that may be written and values that occur, those first that begin as was typed.
fn values_like(key: &Key, typed: &str, values: impl Fn(&Key) -> Vec<String>) -> Vec<Candidate> {
    let typed = typed.to_lowercase();
    let mut found: Vec<String> = key.kind.words().to_vec();
    if !matches!(key.kind, Kind::Words(_)) {
        let mut occurring = values(key);
        occurring.sort();
        occurring.dedup();
        found.extend(occurring);
    }
    found.retain(|value| !value.is_empty() && folded_contains(value, &typed));
    found.sort_by_key(|value| !value.to_lowercase().starts_with(&typed));
    let candidate = |value: String| Candidate { text: quoted(&value), meaning: String::new() };
    found.into_iter().map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::run_keys;

    fn offered(text: &str) -> Vec<String> {
        let values = |key: &Key| match key.name {
            "experiment" => vec!["fog".into(), "night fire".into(), "fire".into(), "fog".into()],
            _ => Vec::new(),
        };
        let choices = complete(text, run_keys(), values);
        let Some(Choices { span, candidates }) = choices else { return Vec::new() };
        let before = &text[..span.start];
        candidates.iter().map(|found| format!("{before}{}", found.text)).collect()
    }

    #[test]
    fn keys_come_first_then_operators_then_values() {
        assert_eq!(offered("acc"), ["accuracy", "launch.account"]);
        assert_eq!(offered("fire OR acc"), ["fire OR accuracy", "fire OR launch.account"]);
        assert_eq!(offered("accuracy")[..2], ["accuracy>", "accuracy>="]);
        assert_eq!(offered("state"), ["state=", "state!=", "state:"]);
        assert_eq!(offered("state=lo"), ["state=lost"]);
        assert_eq!(offered("state=p")[..2], ["state=paused", "state=stopped"]);
        assert_eq!(
            offered("experiment="),
            ["experiment=fire", "experiment=fog", "experiment=\"night fire\""]
        );
        assert_eq!(offered("experiment=\"night"), ["experiment=\"night fire\""]);
        assert_eq!(
            offered("seed"),
            offered("train.seed").iter().map(|text| text.replace("train.", "")).collect::<Vec<_>>()
        );
        assert_eq!(offered("has:no"), ["has:note"]);
        assert_eq!(offered("ha"), ["has:"]);
        assert!(offered("").len() > 20);
        assert!(
            offered("zzz").is_empty()
                && offered("zzz=").is_empty()
                && offered("note=x ").len() > 20
        );
    }

    #[test]
    fn a_word_that_begins_a_key_is_known_for_it() {
        assert_eq!(first_key("fire accu", run_keys()), Some((5, "accuracy")));
        for text in ["fire ", "fire", "accuracy>", "\"accu", ""] {
            assert_eq!(first_key(text, run_keys()), None, "{text}");
        }
    }
}
