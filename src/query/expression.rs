//! What was read of a text, and whether it holds for a row.

use std::fmt;

use jiff::Timestamp;

use super::lexer::Comparison;
use super::quoted;
use super::value::{Found, Wanted};

/// What can be filtered.
pub trait Row {
    /// What it has under the key of this name.
    fn value(&self, key: &'static str) -> Found<'_>;
    /// Whether a word, in lower case, occurs in any text that the row shows.
    fn contains(&self, word: &str) -> bool;
    /// Whether it has something that has no value (a key of the kind `Flag`).
    fn has(&self, _flag: &'static str) -> bool {
        false
    }
}

/// A filter that was read; the empty one lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub(super) expression: Option<Expression>,
    /// What is to be said of how it was understood.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Occurs anywhere in the row; in lower case.
    Word(String),
    /// The row has a value under the key.
    Has {
        key: &'static str,
        is_flag: bool,
    },
    Compare(Compare),
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    pub key: &'static str,
    pub comparison: Comparison,
    pub typed: String,
    pub wanted: Wanted,
    /// The moment's distance from now is compared, not the moment.
    pub is_age: bool,
}

impl Query {
    /// Whether it lets the row through at this moment.
    pub fn matches(&self, row: &impl Row, now: Timestamp) -> bool {
        self.expression.as_ref().is_none_or(|expression| expression.holds(row, now))
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.expression.is_none()
    }
}

impl Expression {
    fn holds(&self, row: &impl Row, now: Timestamp) -> bool {
        match self {
            Expression::Word(word) => row.contains(word),
            Expression::Has { key, is_flag: true } => row.has(key),
            Expression::Has { key, is_flag: false } => row.value(key) != Found::Nothing,
            Expression::Compare(compare) => compare.holds(&row.value(compare.key), now),
            Expression::Not(inner) => !inner.holds(row, now),
            Expression::And(all) => all.iter().all(|inner| inner.holds(row, now)),
            Expression::Or(any) => any.iter().any(|inner| inner.holds(row, now)),
        }
    }
}

impl Compare {
    /// Never where there is no value.
    fn holds(&self, found: &Found, now: Timestamp) -> bool {
        match (&self.wanted, found) {
            (_, Found::Nothing) => false,
            (Wanted::Text(wanted), Found::Text(text)) => match self.comparison {
                Comparison::Contains => folded_contains(text, wanted),
                Comparison::NotEqual => !folded_equal(text, wanted),
                _ => folded_equal(text, wanted),
            },
            (Wanted::Text(wanted), Found::List(texts)) => {
                let any =
                    |holds: fn(&str, &str) -> bool| texts.iter().any(|text| holds(text, wanted));
                match self.comparison {
                    Comparison::Contains => any(folded_contains),
                    Comparison::NotEqual => !any(folded_equal),
                    _ => any(folded_equal),
                }
            }
            (Wanted::Number { number, tolerance }, found) => {
                let found = match found {
                    Found::Number(found) => Some(*found),
                    Found::Text(text) => text.parse().ok(),
                    Found::Time(at) if self.is_age => Some(now.duration_since(*at).as_secs_f64()),
                    _ => None,
                };
                // A setting that is a word is no number.
                let is_other = self.comparison == Comparison::NotEqual;
                found.map_or(is_other, |found| self.compare_numbers(found, *number, *tolerance))
            }
            (Wanted::Time(from, until), Found::Time(at)) => match self.comparison {
                Comparison::Less => at < from,
                Comparison::LessOrEqual => at < until,
                Comparison::Greater => at >= until,
                Comparison::GreaterOrEqual => at >= from,
                Comparison::NotEqual => at < from || at >= until,
                Comparison::Equal | Comparison::Contains => at >= from && at < until,
            },
            // One key gives one kind.
            _ => false,
        }
    }

    fn compare_numbers(&self, found: f64, wanted: f64, tolerance: f64) -> bool {
        // 94.4% is not exactly 118/125 as numbers of a machine go.
        let slack = 1e-9 * wanted.abs().max(f64::MIN_POSITIVE);
        let (distance, below) = ((found - wanted).abs(), found < wanted);
        match self.comparison {
            Comparison::Less => below && distance > slack,
            Comparison::LessOrEqual => below || distance <= slack,
            Comparison::Greater => !below && distance > slack,
            Comparison::GreaterOrEqual => !below || distance <= slack,
            Comparison::NotEqual => distance > tolerance + slack,
            Comparison::Equal | Comparison::Contains => distance <= tolerance + slack,
        }
    }
}

/// Whether a text contains `part`, which is in lower case; without regard to case.
pub fn folded_contains(text: &str, part: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(part);
    }
    // Without an allocation: ten thousand rows are searched at each key.
    let (text, part) = (text.as_bytes(), part.as_bytes());
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

fn folded_equal(text: &str, wanted: &str) -> bool {
    if text.is_ascii() { text.eq_ignore_ascii_case(wanted) } else { text.to_lowercase() == wanted }
}

/// As it could have been typed: read again, it is the same.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.expression.as_ref().map_or(Ok(()), |expression| expression.fmt(f))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let list = |f: &mut fmt::Formatter, all: &[Expression], between: &str| {
            for (at, inner) in all.iter().enumerate() {
                f.write_str(if at > 0 { between } else { "" })?;
                inner.fmt_inside(f)?;
            }
            Ok(())
        };
        match self {
            Expression::Word(word) => f.write_str(&quoted(word)),
            Expression::Has { key, .. } => write!(f, "has:{key}"),
            Expression::Compare(Compare { key, comparison, typed, .. }) => {
                write!(f, "{key}{}{}", comparison.sign(), quoted(typed))
            }
            Expression::Not(inner) => {
                f.write_str("NOT ")?;
                inner.fmt_inside(f)
            }
            Expression::And(all) => list(f, all, " "),
            Expression::Or(any) => list(f, any, " OR "),
        }
    }
}

impl Expression {
    fn fmt_inside(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Expression::Not(_) | Expression::And(_) | Expression::Or(_) => write!(f, "({self})"),
            _ => write!(f, "{self}"),
        }
    }
}
