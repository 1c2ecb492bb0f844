//! Properties of the language, over random texts and random expressions.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::key::{Key, Keys, Kind};
use super::value::Found;
use super::{Query, Row, complete, parse, quoted, run_keys};

/// A row of a few texts and numbers.
#[derive(Debug)]
struct Made {
    name: String,
    size: Option<f64>,
}

fn keys() -> Keys {
    Keys::new(vec![
        Key::new("name", Kind::Text, ""),
        Key::new("size", Kind::Number, ""),
        Key::new("red", Kind::Flag, ""),
    ])
}

impl Row for Made {
    fn value(&self, key: &'static str) -> Found<'_> {
        match key {
            "name" => Found::Text(Cow::Borrowed(&self.name)),
            _ => Found::number(self.size),
        }
    }

    fn contains(&self, word: &str) -> bool {
        self.name.to_lowercase().contains(word)
    }

    fn has(&self, _flag: &'static str) -> bool {
        self.name.contains('r')
    }
}

fn read(text: &str) -> Query {
    parse(text, &keys(), &TimeZone::UTC).unwrap_or_else(|err| panic!("{text}: {err}"))
}

fn holds(text: &str, row: &Made) -> bool {
    read(text).matches(row, Timestamp::UNIX_EPOCH)
}

/// Texts of terms, with any characters where a value may have them.
fn term() -> impl Strategy<Value = String> {
    let word = "[a-c]{1,3}|[ \"\\\\():=<>!a-cAÉ-]{1,6}|AND|OR|NOT";
    prop_oneof![
        word.prop_map(|word| quoted(&word)),
        (prop_oneof![Just(":"), Just("="), Just("!=")], word)
            .prop_map(|(sign, word)| format!("name{sign}{}", quoted(&word))),
        (prop_oneof![Just("<"), Just("<="), Just("="), Just("!="), Just(">")], -3i32..4)
            .prop_map(|(sign, number)| format!("size{sign}{number}")),
        prop_oneof![Just("has:size"), Just("has:red")].prop_map(str::to_owned),
    ]
}

/// Texts of whole filters.
fn filter() -> impl Strategy<Value = String> {
    term().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|all| format!("({})", all.join(" "))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|any| format!("({})", any.join(" OR "))),
            inner.prop_map(|inner| format!("(NOT {inner})")),
        ]
    })
}

fn row() -> impl Strategy<Value = Made> {
    ("[a-cr AÉ\"]{0,5}", prop::option::of(-3i32..4))
        .prop_map(|(name, size)| Made { name, size: size.map(f64::from) })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_it_panic_and_a_mistake_lies_in_the_text(
        text in "[a-z() \"\\\\:=<>!%.,0-9é-]{0,40}|(accuracy|state|has|NOT|AND|OR|-|\\(|>|=|:| |\"|7|%|done|note){0,16}"
    ) {
        if let Err(err) = parse(&text, run_keys(), &TimeZone::UTC) {
            prop_assert!(err.span.end <= text.len() && text.is_char_boundary(err.span.start));
        }
        let values = |_: &Key| vec!["a b".to_owned()];
        if let Some(choices) = complete(&text, run_keys(), values) {
            prop_assert!(text.get(choices.span).is_some());
        }
    }

    #[test]
    fn what_is_printed_is_read_again_as_the_same(text in filter()) {
        let query = read(&text);
        let printed = query.to_string();
        prop_assert_eq!(&read(&printed).expression, &query.expression, "{} as {}", text, printed);
    }

    #[test]
    fn not_and_or_are_those_of_logic(
        a in filter(), b in filter(), c in term(), row in row()
    ) {
        let [is_a, is_b, is_c] = [&a, &b, &c].map(|text| holds(text, &row));
        prop_assert_eq!(holds(&format!("NOT {a}"), &row), !is_a);
        prop_assert_eq!(holds(&format!("NOT NOT {a}"), &row), is_a);
        prop_assert_eq!(holds(&format!("-{a}"), &row), !is_a);
        prop_assert_eq!(holds(&format!("{a} {b}"), &row), is_a && is_b);
        prop_assert_eq!(holds(&format!("{a} AND {b}"), &row), is_a && is_b);
        prop_assert_eq!(holds(&format!("{a} OR {b}"), &row), is_a || is_b);
        prop_assert_eq!(holds(&format!("NOT ({a} OR {b})"), &row), holds(&format!("NOT {a} NOT {b}"), &row));
        prop_assert_eq!(holds(&format!("NOT ({a} {b})"), &row), holds(&format!("NOT {a} OR NOT {b}"), &row));
        // `AND` binds closer than `OR`, `NOT` closer than both.
        prop_assert_eq!(holds(&format!("{a} OR {b} {c}"), &row), is_a || (is_b && is_c));
        prop_assert_eq!(holds(&format!("{c} {b} OR {a}"), &row), is_a || (is_b && is_c));
        prop_assert_eq!(holds(&format!("NOT {a} {b}"), &row), !is_a && is_b);
    }
}

#[test]
fn hostile_depths_and_lengths_are_refused_or_read() {
    let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(64), &keys(), &TimeZone::UTC).is_ok());
    let err = parse(&deep(65), &keys(), &TimeZone::UTC).unwrap_err();
    assert_eq!(err.to_string(), "column 65: more than 64 parentheses inside each other");
    assert!(parse(&deep(1_000_000), &keys(), &TimeZone::UTC).is_err());
    assert!(parse(&"NOT (".repeat(1_000_000), &keys(), &TimeZone::UTC).is_err());
    let made = Made { name: "a".into(), size: None };
    assert!(holds(&"NOT ".repeat(1_000_000).add("a"), &made));
    assert!(!holds(&"-".repeat(1_000_001).add("a"), &made));
    assert!(holds(&"a OR ".repeat(100_000).add("a"), &made));
}

/// `text.add(more)`, for the end of a repeated text.
trait Add {
    fn add(self, more: &str) -> String;
}

impl Add for String {
    fn add(mut self, more: &str) -> String {
        self.push_str(more);
        self
    }
}
