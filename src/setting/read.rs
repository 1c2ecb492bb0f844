//! Holding a value against its field: taken, or refused with what was expected.

use std::collections::HashSet;
use std::ops;

use toml::Spanned;
use toml::de::DeValue;

use super::{Field, Kind, Range, Value, Words};
use crate::config::{BACKSLASH, excerpt, nearest};

/// Mistakes in one written value: the bytes, and what is said about them.
pub type Refusals = Vec<(ops::Range<usize>, String)>;

/// A mistake in a value: of which item of a list (`None`: of the whole), and what is said of it.
type Refused = (Option<usize>, String);

impl Field {
    /// The default, read as if it had been written; `None`: it has to be written.
    pub fn default_value(&self) -> Option<Value> {
        let default = self.default?;
        self.read(&DeValue::parse(default).ok()?, default).ok()
    }

    /// Whether a value as written in TOML is the field's default; `0.90` is `0.9`.
    pub fn is_default(&self, written: &str) -> bool {
        let Ok(value) = DeValue::parse(written) else { return false };
        let read = self.read(&value, written).ok();
        read.is_some() && read == self.default_value()
    }

    /// Reads the value that stands in `text` for this field.
    pub fn read(&self, written: &Spanned<DeValue>, text: &str) -> Result<Value, Refusals> {
        let items = written.get_ref().as_array();
        let span = |item: Option<usize>| {
            let at = item.and_then(|item| items?.get(item)).unwrap_or(written);
            at.span()
        };
        let found = |item: Option<usize>| match (item, written.get_ref()) {
            (None, DeValue::Table(_)) => "a table".to_owned(),
            (None, DeValue::Array(_)) => "a list".to_owned(),
            _ => excerpt(text, span(item)),
        };
        self.take(&Value::from_toml(written.get_ref()), &found)
            .map_err(|refused| refused.into_iter().map(|(item, said)| (span(item), said)).collect())
    }

    /// The value as the field holds it: the same, or a whole number as any number. Errors with what
    /// is wrong with it, a sentence each.
    pub fn accept(&self, value: &Value) -> Result<Value, Vec<String>> {
        let found = |item: Option<usize>| {
            let shown = match (item, value) {
                (Some(item), Value::List(items)) => items[item].to_toml(),
                (None, Value::List(_)) => "a list".to_owned(),
                _ => value.to_toml(),
            };
            excerpt(&shown, 0..shown.len())
        };
        self.take(value, &found)
            .map_err(|refused| refused.into_iter().map(|(_, said)| said).collect())
    }

    /// The value as the field holds it, or what is wrong with it; `found` shows it, or one of its
    /// items, as it was written.
    fn take(
        &self,
        value: &Value,
        found: &dyn Fn(Option<usize>) -> String,
    ) -> Result<Value, Vec<Refused>> {
        let taken = match (&self.kind, value) {
            (Kind::TextList, Value::List(items)) => return self.texts(items, found, is_label),
            (Kind::FolderNames, Value::List(items)) => {
                return self.texts(items, found, is_folder_name);
            }
            (Kind::ClassWeights(_), Value::List(items)) => return self.weights(items, found),
            (Kind::Text, Value::Text(_)) | (Kind::Bool, Value::Bool(_)) => Some(value.clone()),
            (Kind::Path, Value::Text(path)) => {
                (is_path(path) && !is_garbled(path)).then(|| value.clone())
            }
            (Kind::Form(rule), Value::Text(text)) => (rule.holds)(text).then(|| value.clone()),
            // A number of minutes or of GPUs need not stand in quotes.
            (Kind::Form(rule), Value::Int(number)) => {
                let text = number.to_string();
                (rule.holds)(&text).then_some(Value::Text(text))
            }
            (Kind::Int { min, max }, Value::Int(number)) => {
                (i128::from(*min)..=i128::from(*max)).contains(number).then(|| value.clone())
            }
            (Kind::Float(range) | Kind::Percent(range), _) => number(value, range),
            (Kind::FloatOrAuto(range), _) => {
                word(value, self.kind.words()).or_else(|| number(value, range))
            }
            (Kind::Choice(words) | Kind::ClassWeights(words), _) => word(value, words),
            _ => None,
        };
        taken.ok_or_else(|| vec![(None, self.refusal(value, &found(None)))])
    }

    fn refusal(&self, value: &Value, found: &str) -> String {
        let key = self.key;
        let kind = match (self.kind, value) {
            (Kind::Int { .. }, Value::Int(_)) => "",
            (Kind::Int { .. }, _) => "a whole number, ",
            (Kind::Float(_) | Kind::Percent(_), Value::Int(_) | Value::Float(_)) => "",
            (Kind::Float(_) | Kind::Percent(_), _) => "a number, ",
            _ => "",
        };
        let mut message = format!("{key} is {found}, expected {kind}{}", self.kind.expected());
        let near = value
            .as_text()
            .and_then(|word| nearest(word, self.kind.words().iter().map(|(known, _)| *known)));
        let is_garbled = value.as_text().is_some_and(is_garbled);
        if let (Kind::Path, true) = (self.kind, is_garbled) {
            message += &format!("; {BACKSLASH}");
        } else if let Some(near) = near.filter(|_| !matches!(self.kind, Kind::Bool)) {
            message += &format!("; did you mean \"{near}\"");
        } else if let Some(usual) = self.usual {
            message += &format!("; {usual} is usual");
        }
        message
    }

    /// A list of texts, none of them twice, each one as `rule` wants it.
    fn texts(
        &self,
        items: &[Value],
        found: &dyn Fn(Option<usize>) -> String,
        rule: fn(&str) -> Result<(), &'static str>,
    ) -> Result<Value, Vec<Refused>> {
        let (mut refused, mut seen) = (Vec::new(), HashSet::new());
        for (n, item) in items.iter().enumerate() {
            let (key, found) = (self.key, found(Some(n)));
            let mut refuse = |why: String| refused.push((Some(n), why));
            match item.as_text() {
                None => refuse(format!("{key} holds {found}, expected a text in quotes")),
                Some(read) => match rule(read) {
                    Err(why) => refuse(format!("{key} holds {found}, {why}")),
                    Ok(()) if !seen.insert(read) => refuse(format!("{key} names {found} twice")),
                    Ok(()) => {}
                },
            }
        }
        if refused.is_empty() { Ok(Value::List(items.to_vec())) } else { Err(refused) }
    }

    fn weights(
        &self,
        items: &[Value],
        found: &dyn Fn(Option<usize>) -> String,
    ) -> Result<Value, Vec<Refused>> {
        let positive = Range::closed(0.0, f64::MAX).above();
        let (mut weights, mut refused) = (Vec::new(), Vec::new());
        for (n, item) in items.iter().enumerate() {
            match number(item, &positive) {
                Some(weight) => weights.push(weight),
                None => {
                    let found = found(Some(n));
                    let why = format!("{} holds {found}, expected a positive number", self.key);
                    refused.push((Some(n), why));
                }
            }
        }
        if items.is_empty() {
            refused.push((None, format!("{} is an empty list", self.key)));
        }
        if refused.is_empty() { Ok(Value::List(weights)) } else { Err(refused) }
    }
}

fn word(value: &Value, words: Words) -> Option<Value> {
    let written = value.as_text()?;
    words.iter().any(|(word, _)| *word == written).then(|| value.clone())
}

/// Whole numbers do; `nan` and `inf` do not.
fn number(value: &Value, range: &Range) -> Option<Value> {
    let number = match value {
        Value::Float(number) => *number,
        Value::Int(number) => *number as f64,
        _ => return None,
    };
    // Adding zero turns -0 into 0.
    (number.is_finite() && range.holds(number)).then_some(Value::Float(number + 0.0))
}

fn is_path(path: &str) -> bool {
    !path.trim().is_empty() && !path.contains('\0')
}

/// A path of Windows whose backslashes made special characters: `C:\new` with a line end in it.
fn is_garbled(path: &str) -> bool {
    let mut letters = path.chars();
    let drive = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    drive && letters.next() == Some(':') && path.contains(char::is_control)
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

/// Errors with what is expected instead when a text cannot be a category: the name of a folder, and
/// a line of its own in `labels.txt`.
pub fn is_folder_name(text: &str) -> Result<(), &'static str> {
    is_label(text)?;
    if text == "." || text == ".." {
        return Err("expected the name of a folder inside images");
    }
    if text.contains(['/', '\\']) {
        return Err("expected a folder's name, not a path");
    }
    Ok(())
}
