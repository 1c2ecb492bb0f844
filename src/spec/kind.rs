//! Kinds of values: what is read, what is refused, and how what is expected is said.

use std::collections::HashSet;
use std::ops;

use toml::Spanned;
use toml::de::{DeInteger, DeValue};

use super::DeviceChoice;
use super::choices::Words;
use super::fields::Field;
use crate::config::{excerpt, nearest};

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    /// Not empty; relative to the project folder.
    Path,
    /// Both ends are allowed.
    Int {
        min: i64,
        max: i64,
    },
    Float(Range),
    /// A number, or `"auto"`.
    FloatOrAuto(Range),
    Bool,
    /// One of these words, each with its meaning.
    Choice(&'static [(&'static str, &'static str)]),
    TextList,
    /// Names of folders: no paths, none twice.
    FolderNames,
    /// `"auto"`, `"cpu"`, or a GPU by its number: `"cuda:0"`.
    Device,
    /// One of these words, or a list of positive numbers.
    ClassWeights(&'static [(&'static str, &'static str)]),
}

/// The numbers from `min` to `max`; an open end is not one of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub min: f64,
    pub min_open: bool,
    pub max: f64,
    pub max_open: bool,
}

/// A value that was read, before it has the type of its place in `Experiment`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Texts(Vec<String>),
    Numbers(Vec<f64>),
}

/// Mistakes in one value: the bytes, and what is said about them.
pub(super) type Refusals = Vec<(ops::Range<usize>, String)>;

impl Range {
    pub const fn closed(min: f64, max: f64) -> Self {
        Self { min, min_open: false, max, max_open: false }
    }

    pub const fn above(self) -> Self {
        Self { min_open: true, ..self }
    }

    pub const fn below(self) -> Self {
        Self { max_open: true, ..self }
    }

    fn holds(&self, number: f64) -> bool {
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
            Kind::Float(range) => range.say(),
            Kind::FloatOrAuto(range) => format!("\"auto\", or a number {}", range.say()),
            Kind::Bool => "true or false".into(),
            Kind::Choice(words) => one_of(words),
            Kind::Device => "\"auto\", \"cpu\", or \"cuda:N\" with a GPU's number N from 0".into(),
            Kind::TextList => "a list of texts: [\"a\", \"b\"]".into(),
            Kind::FolderNames => "a list of folder names: [\"fire\", \"smoke\"]".into(),
            Kind::ClassWeights(words) => {
                format!("{}, or a list of positive numbers", one_of(words))
            }
        }
    }

    /// The words that may be written, with their meanings; empty where there are none.
    pub fn words(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Kind::Choice(words) | Kind::ClassWeights(words) => words,
            Kind::FloatOrAuto(_) => &[("auto", "as the weights say")],
            Kind::Device => DeviceChoice::WORDS,
            Kind::Bool => &[("true", "yes"), ("false", "no")],
            _ => &[],
        }
    }
}

impl Field {
    /// The default, read as if it had been written.
    pub(super) fn default_value(&self) -> Option<Value> {
        let default = self.default?;
        self.read(&DeValue::parse(default).ok()?, default).ok()
    }

    /// Reads the value that stands in `text` for this field.
    pub(super) fn read(&self, written: &Spanned<DeValue>, text: &str) -> Result<Value, Refusals> {
        let value = written.get_ref();
        let read = match &self.kind {
            Kind::Text => as_text(value),
            Kind::Path => as_text(value).filter(is_path),
            Kind::Int { min, max } => {
                as_int(value).filter(|number| (min..=max).contains(&number)).map(Value::Int)
            }
            Kind::Float(range) => as_float(value, range),
            Kind::FloatOrAuto(range) => {
                as_word(value, self.kind.words()).or_else(|| as_float(value, range))
            }
            Kind::Bool => value.as_bool().map(Value::Bool),
            Kind::Choice(words) => as_word(value, words),
            Kind::Device => as_text(value).filter(is_device),
            Kind::TextList if value.is_array() => return self.read_texts(written, text, is_label),
            Kind::FolderNames if value.is_array() => {
                return self.read_texts(written, text, is_folder_name);
            }
            Kind::ClassWeights(_) if value.is_array() => return self.read_weights(written, text),
            Kind::ClassWeights(words) => as_word(value, words),
            Kind::TextList | Kind::FolderNames => None,
        };
        read.ok_or_else(|| vec![(written.span(), self.refusal(written, text))])
    }

    fn refusal(&self, written: &Spanned<DeValue>, text: &str) -> String {
        let (key, value) = (self.key, written.get_ref());
        let found = match value {
            DeValue::Table(_) => "a table".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            _ => excerpt(text, written.span()),
        };
        let number = value.is_integer() || value.is_float();
        let kind = match self.kind {
            Kind::Int { .. } if !value.is_integer() => "a whole number, ",
            Kind::Float(_) if !number => "a number, ",
            _ => "",
        };
        let mut message = format!("{key} is {found}, expected {kind}{}", self.kind.expected());
        let near = value
            .as_str()
            .and_then(|word| nearest(word, self.kind.words().iter().map(|(known, _)| *known)));
        if let Some(near) = near.filter(|_| !matches!(self.kind, Kind::Bool)) {
            message += &format!("; did you mean \"{near}\"");
        } else if let Some(usual) = self.usual {
            message += &format!("; {usual} is usual");
        }
        message
    }

    /// A list of texts, none of them twice, each one as `rule` wants it.
    fn read_texts(
        &self,
        written: &Spanned<DeValue>,
        text: &str,
        rule: fn(&str) -> Result<(), &'static str>,
    ) -> Result<Value, Refusals> {
        let (mut texts, mut refusals, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for item in written.get_ref().as_array().into_iter().flat_map(|list| list.iter()) {
            let key = self.key;
            let mut refuse = |why: String| refusals.push((item.span(), why));
            let found = excerpt(text, item.span());
            match item.get_ref().as_str() {
                None => refuse(format!("{key} holds {found}, expected a text in quotes")),
                Some(read) => match rule(read) {
                    Err(why) => refuse(format!("{key} holds {found}, {why}")),
                    Ok(()) if !seen.insert(read) => refuse(format!("{key} names {found} twice")),
                    Ok(()) => texts.push(read.to_owned()),
                },
            }
        }
        if refusals.is_empty() { Ok(Value::Texts(texts)) } else { Err(refusals) }
    }

    fn read_weights(&self, written: &Spanned<DeValue>, text: &str) -> Result<Value, Refusals> {
        let positive = Range::closed(0.0, f64::MAX).above();
        let (mut weights, mut refusals) = (Vec::new(), Vec::new());
        for item in written.get_ref().as_array().into_iter().flat_map(|list| list.iter()) {
            match as_float(item.get_ref(), &positive) {
                Some(Value::Float(weight)) => weights.push(weight),
                _ => {
                    let found = excerpt(text, item.span());
                    let why = format!("{} holds {found}, expected a positive number", self.key);
                    refusals.push((item.span(), why));
                }
            }
        }
        if weights.is_empty() && refusals.is_empty() {
            refusals.push((written.span(), format!("{} is an empty list", self.key)));
        }
        if refusals.is_empty() { Ok(Value::Numbers(weights)) } else { Err(refusals) }
    }
}

/// Thousands set apart: `10,000,000`.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn one_of(words: Words) -> String {
    let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn as_text(value: &DeValue) -> Option<Value> {
    value.as_str().map(|text| Value::Text(text.to_owned()))
}

fn as_word(value: &DeValue, words: Words) -> Option<Value> {
    let written = value.as_str()?;
    words.iter().find(|(word, _)| *word == written).map(|(word, _)| Value::Text((*word).to_owned()))
}

fn as_int(value: &DeValue) -> Option<i64> {
    let whole: &DeInteger = value.as_integer()?;
    i64::from_str_radix(whole.as_str(), whole.radix()).ok()
}

/// Whole numbers do; `nan` and `inf` do not.
fn as_float(value: &DeValue, range: &Range) -> Option<Value> {
    let number = match value.as_float() {
        Some(float) => float.as_str().parse().ok()?,
        None => as_int(value)? as f64,
    };
    // Adding zero turns -0 into 0.
    (number.is_finite() && range.holds(number)).then_some(Value::Float(number + 0.0))
}

fn is_path(value: &Value) -> bool {
    matches!(value, Value::Text(path) if !path.trim().is_empty() && !path.contains('\0'))
}

fn is_device(value: &Value) -> bool {
    matches!(value, Value::Text(name) if DeviceChoice::from_name(name).is_some())
}

fn is_label(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("expected a name that is not empty");
    }
    if text.chars().any(char::is_control) {
        return Err("expected a name without control characters");
    }
    Ok(())
}

/// A category is a folder's name, and a line of its own in `labels.txt`.
pub(super) fn is_folder_name(text: &str) -> Result<(), &'static str> {
    is_label(text)?;
    if text == "." || text == ".." {
        return Err("expected the name of a folder inside images");
    }
    if text.contains(['/', '\\']) {
        return Err("expected a folder's name, not a path");
    }
    Ok(())
}
