//! The filter language of every table: words, `key=value`, `key>0.5`, `NOT`; all must hold.

use std::cmp::Ordering;

/// A parsed filter; the empty one lets everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// Occurs anywhere in the row.
    Word(String),
    Compare {
        key: String,
        comparison: Comparison,
        value: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    /// `:`, the value contains it.
    Contains,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longer ones first: `>=` is not `>`.
const COMPARISONS: [(&str, Comparison); 7] = [
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("=", Comparison::Equal),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    (":", Comparison::Contains),
];

/// What can be filtered: named values, and all its words.
pub trait Filterable {
    /// The value of `key`, in lower case; `None`: it has no such value.
    fn value(&self, key: &str) -> Option<String>;
    /// Whether `word`, in lower case, occurs in any text that the row shows.
    fn contains(&self, word: &str) -> bool;
}

impl Filter {
    /// Reads any text; what is no comparison is a word.
    pub fn parse(text: &str) -> Filter {
        let mut terms = Vec::new();
        let mut negated = false;
        for word in text.split_whitespace() {
            match word {
                "NOT" => negated = !negated,
                "AND" => {}
                word => {
                    terms.push(Term { negated, test: Test::parse(&word.to_lowercase()) });
                    negated = false;
                }
            }
        }
        Filter { terms }
    }

    /// Whether all terms hold for the row.
    pub fn lets_through(&self, row: &impl Filterable) -> bool {
        self.terms.iter().all(|term| term.test.holds(row) != term.negated)
    }
}

impl Test {
    fn parse(word: &str) -> Test {
        let found = COMPARISONS
            .iter()
            .filter_map(|&(sign, comparison)| Some((word.find(sign)?, sign, comparison)))
            .filter(|(at, ..)| *at > 0)
            // Of signs at the same place the longer one, which stands first.
            .min_by_key(|(at, ..)| *at);
        match found {
            Some((at, sign, comparison)) if at + sign.len() < word.len() => Test::Compare {
                key: word[..at].to_owned(),
                comparison,
                value: word[at + sign.len()..].to_owned(),
            },
            // `key=` is still being typed: what stands there already is a word.
            Some((at, ..)) => Test::Word(word[..at].to_owned()),
            None => Test::Word(word.to_owned()),
        }
    }

    fn holds(&self, row: &impl Filterable) -> bool {
        let (key, comparison, value) = match self {
            Test::Word(word) => return row.contains(word),
            Test::Compare { key, comparison, value } => (key, *comparison, value),
        };
        let Some(found) = row.value(key) else { return false };
        let order = compare(&found, value);
        match comparison {
            Comparison::Contains => found.contains(value.as_str()),
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// As numbers where both are (`94%` is a number too), else as text.
pub fn compare(a: &str, b: &str) -> Ordering {
    let number = |text: &str| text.trim_end_matches('%').replace('_', "").parse::<f64>().ok();
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row;

    impl Filterable for Row {
        fn value(&self, key: &str) -> Option<String> {
            match key {
                "lr" => Some("0.01".into()),
                "tag" => Some("good night".into()),
                _ => None,
            }
        }

        fn contains(&self, word: &str) -> bool {
            "fire done".contains(word)
        }
    }

    #[test]
    fn all_terms_must_hold() {
        let holds = |text: &str| Filter::parse(text).lets_through(&Row);
        for text in ["", "fire", "FIRE done", "lr>0.001", "lr>=0.01 lr<1", "lr=1e-2", "tag:night"] {
            assert!(holds(text), "{text}");
        }
        for text in ["NOT fire", "fog", "lr>0.01", "lr!=0.01", "seed=1", "fire NOT tag:good"] {
            assert!(!holds(text), "{text}");
        }
        assert!(holds("NOT seed=1 NOT fog"));
    }

    #[test]
    fn a_filter_that_is_being_typed_does_not_empty_the_table() {
        assert!(Filter::parse("fire=").lets_through(&Row));
        assert!(Filter::parse("NOT").lets_through(&Row));
    }
}
