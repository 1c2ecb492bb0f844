//! Kinds of values, and how what is expected is said.

use super::Words;
use crate::words::grouped;

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Not empty; relative to the project folder.
    Path,
    /// Both ends are allowed.
    Int {
        /// The least.
        min: i64,
        /// The largest; `i64::MAX`: there is no limit worth saying.
        max: i64,
    },
    /// A number, whole or not.
    Float(Range),
    /// A number of parts in a hundred: a share of 0.2 is written 20.
    Percent(Range),
    /// A number, or `"auto"`.
    FloatOrAuto(Range),
    /// `true` or `false`.
    Bool,
    /// One of these words, each with its meaning.
    Choice(Words),
    /// A list of texts, none twice.
    TextList,
    /// Names of folders: no paths, none twice.
    FolderNames,
    /// A text of a certain form.
    Form(&'static TextRule),
    /// One of these words, or a list of positive numbers.
    ClassWeights(Words),
}

/// A form that a text must have.
#[derive(Debug)]
pub struct TextRule {
    /// What may be written, in words.
    pub expected: &'static str,
    /// Texts of this form worth offering, each with its meaning.
    pub examples: Words,
    /// Whether a text has the form.
    pub holds: fn(&str) -> bool,
}

/// Two rules that say the same are the same.
impl PartialEq for TextRule {
    fn eq(&self, other: &Self) -> bool {
        self.expected == other.expected
    }
}

/// The numbers from `min` to `max`; an open end is not one of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lower end.
    pub min: f64,
    /// Only numbers above `min`.
    pub min_open: bool,
    /// The upper end.
    pub max: f64,
    /// Only numbers below `max`.
    pub max_open: bool,
}

impl Range {
    /// Both ends belong to it.
    pub const fn closed(min: f64, max: f64) -> Self {
        Self { min, min_open: false, max, max_open: false }
    }

    /// Without its lower end.
    pub const fn above(self) -> Self {
        Self { min_open: true, ..self }
    }

    /// Without its upper end.
    pub const fn below(self) -> Self {
        Self { max_open: true, ..self }
    }

    pub(super) fn holds(&self, number: f64) -> bool {
        let low = if self.min_open { number > self.min } else { number >= self.min };
        let high = if self.max_open { number < self.max } else { number <= self.max };
        low && high
    }

    fn say(&self) -> String {
        let (min, max) = (self.min, self.max);
        match (self.min_open, self.max_open) {
            (false, false) => format!("{min} to {max}"),
            (true, false) => format!("more than {min}, at most {max}"),
            (false, true) => format!("{min} or more, less than {max}"),
            (true, true) => format!("more than {min}, less than {max}"),
        }
    }
}

impl Kind {
    /// What may be written, in words.
    pub fn expected(&self) -> String {
        match self {
            Kind::Text => "text in quotes".into(),
            Kind::Path => "a path in quotes".into(),
            Kind::Int { min, max: i64::MAX } => format!("{} or more", grouped(*min)),
            Kind::Int { min, max } => format!("{} to {}", grouped(*min), grouped(*max)),
            Kind::Float(range) | Kind::Percent(range) => range.say(),
            Kind::FloatOrAuto(range) => format!("\"auto\", or a number {}", range.say()),
            Kind::Bool => "true or false".into(),
            Kind::Choice(words) => one_of(words),
            Kind::Form(rule) => rule.expected.into(),
            Kind::TextList => "a list of texts: [\"a\", \"b\"]".into(),
            Kind::FolderNames => "a list of folder names: [\"fire\", \"smoke\"]".into(),
            Kind::ClassWeights(words) => {
                format!("{}, or a list of positive numbers", one_of(words))
            }
        }
    }

    /// The words that may be written, with their meanings; empty where there are none.
    pub fn words(&self) -> Words {
        match self {
            Kind::Choice(words) | Kind::ClassWeights(words) => words,
            Kind::FloatOrAuto(_) => &[("auto", "as the weights say")],
            Kind::Form(rule) => rule.examples,
            Kind::Bool => &[("true", "yes"), ("false", "no")],
            _ => &[],
        }
    }
}

fn one_of(words: Words) -> String {
    let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
