//! The keys that a table can be filtered by: their names, and what their values are.

use super::lexer::Comparison;
use crate::config::{distance, nearest};

/// What may be written for a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Several texts, any of which may be meant.
    List,
    /// One of these words.
    Words(Vec<String>),
    /// A number, compared as it is.
    Number,
    /// A number, or one of these words.
    NumberOr(Vec<String>),
    /// A number that was measured: equal is what has the digits that were typed.
    Measure,
    /// A share, 0 to 1: `70%`, `0.7`, and `70`, as no share is larger than 1.
    Percent,
    /// A number of parts in a hundred, as experiment files have them: `20`, `20%`.
    Hundredths,
    /// A time span, in seconds: `90s`, `5m`, `1h30m`.
    Duration,
    /// A moment: `2026-11-20`, `2026-11`, `2026-11-20T16:25`.
    Time,
    /// How long ago a moment was: `2d`, `3h`.
    Age,
    /// No value: only `has:` asks for it.
    Flag,
}

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// As it is written, in full.
    pub name: &'static str,
    /// Other names that are taken for it.
    pub others: &'static [&'static str],
    /// What may be written for it.
    pub kind: Kind,
    /// One short line.
    pub meaning: &'static str,
    /// A setting of an experiment.
    pub is_setting: bool,
}

impl Key {
    /// A key of that name.
    pub const fn new(name: &'static str, kind: Kind, meaning: &'static str) -> Key {
        Key { name, others: &[], kind, meaning, is_setting: false }
    }

    /// Is taken under these names, too.
    pub fn or(self, others: &'static [&'static str]) -> Key {
        Key { others, ..self }
    }

    fn answers_to(&self, typed: &str) -> bool {
        let is = |name: &&str| name.eq_ignore_ascii_case(typed);
        is(&self.name) || self.others.iter().any(is)
    }

    /// `seed` of `train.seed`.
    fn last_part(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

impl Kind {
    /// Which comparisons it takes, the usual one first.
    pub(super) fn comparisons(&self) -> &'static [Comparison] {
        use Comparison::{Contains, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        match self {
            Kind::Text | Kind::List => &[Contains, Equal, NotEqual],
            Kind::Words(_) => &[Equal, NotEqual, Contains],
            Kind::Flag => &[],
            Kind::Number | Kind::NumberOr(_) | Kind::Hundredths => {
                &[Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Contains]
            }
            Kind::Measure | Kind::Percent | Kind::Duration | Kind::Time | Kind::Age => {
                &[Greater, GreaterOrEqual, Less, LessOrEqual, Equal, NotEqual, Contains]
            }
        }
    }

    /// For the papers and what is said of a wrong value.
    pub fn expected(&self) -> String {
        match self {
            Kind::Text => "text".into(),
            Kind::List => "texts".into(),
            // Which categories there are, only the table knows.
            Kind::Words(words) if words.is_empty() => "a category".into(),
            Kind::Words(words) => words.join(", "),
            Kind::Number => "a number".into(),
            Kind::NumberOr(words) => format!("a number, or {}", words.join(", ")),
            Kind::Measure => "a number such as 0.25".into(),
            Kind::Percent => "a share such as 70% or 0.7".into(),
            Kind::Hundredths => "a percentage such as 20".into(),
            Kind::Duration => "a time span such as 90s, 5m or 1h30m".into(),
            Kind::Time => "a day or time such as 2026-11-20 or 2026-11-20T16:25".into(),
            Kind::Age => "a time span such as 2d or 3h".into(),
            Kind::Flag => "only has:".into(),
        }
    }

    /// The words that may be written.
    pub fn words(&self) -> &[String] {
        match self {
            Kind::Words(words) | Kind::NumberOr(words) => words,
            _ => &[],
        }
    }
}

/// All keys of one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// These keys, in the order in which they are offered.
    pub fn new(keys: Vec<Key>) -> Keys {
        Keys(keys)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    /// The key that is meant by a name, by another name of it, or by its last part where no other
    /// key ends in that; and what is to be said where another key could be meant, too.
    pub(super) fn find(&self, typed: &str) -> Option<(&Key, Option<String>)> {
        let ends_so = |key: &&Key| {
            key.name.len() > typed.len() && key.last_part().eq_ignore_ascii_case(typed)
        };
        let named = self.iter().find(|key| key.answers_to(typed));
        let mut ending = self.iter().filter(ends_so);
        let key = match named {
            Some(key) => key,
            None => ending.next()?,
        };
        let is_whole = key.name.eq_ignore_ascii_case(typed);
        let others: Vec<&str> =
            ending.map(|key| key.name).filter(|name| *name != key.name).collect();
        let note = (!is_whole && !others.is_empty())
            .then(|| format!("{typed} is {}; {} is written in full", key.name, others.join(", ")));
        Some((key, note))
    }

    /// The name that is nearest to a word that is no key.
    pub(super) fn nearest(&self, typed: &str) -> Option<&'static str> {
        let names = self.0.iter().flat_map(|key| {
            [key.name, key.last_part()].into_iter().chain(key.others.iter().copied())
        });
        // Found again by what was found: the names outlive the table.
        let near = nearest(typed, names.clone())?;
        // What is no key may as well be a text with a colon: only a slip of the finger is one.
        if distance(typed, near) > (typed.chars().count() / 3).max(1) {
            return None;
        }
        names.into_iter().find(|name| *name == near)
    }

    /// The keys that are no settings as a table for the papers.
    pub fn markdown(&self) -> String {
        let mut text = "| key | value | meaning |\n|---|---|---|\n".to_owned();
        for key in self.iter().filter(|key| !key.is_setting) {
            let names: Vec<String> = std::iter::once(&key.name)
                .chain(key.others)
                .map(|name| format!("`{name}`"))
                .collect();
            text +=
                &format!("| {} | {} | {} |\n", names.join(" "), key.kind.expected(), key.meaning);
        }
        text
    }
}
