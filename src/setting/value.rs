//! A value between a text and the type that holds it.

use std::path::PathBuf;

use toml::de::{DeInteger, DeValue};

/// A value of any setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, or one of a few words.
    Text(String),
    /// Wider than any setting, so that a number beyond its range can be told from one inside.
    Int(i128),
    /// A number with a fraction, or a whole one where any number may stand.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// Texts or numbers, in order.
    List(Vec<Value>),
    /// What no setting holds: a table or a date.
    Other,
}

impl Value {
    /// Reads a value as it is written in TOML, as in `0.5` or `["a", "b"]`; `None`: it is not TOML.
    pub fn parse(text: &str) -> Option<Value> {
        Some(Value::from_toml(DeValue::parse(text).ok()?.get_ref()))
    }

    /// What was written in a TOML text.
    pub(super) fn from_toml(written: &DeValue) -> Value {
        match written {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(whole) => Value::Int(int(whole)),
            DeValue::Float(float) => float.as_str().parse().map_or(Value::Other, Value::Float),
            DeValue::Boolean(yes) => Value::Bool(*yes),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| Value::from_toml(item.get_ref())).collect())
            }
            DeValue::Table(_) | DeValue::Datetime(_) => Value::Other,
        }
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// As written in TOML, on one line.
    pub fn to_toml(&self) -> String {
        match self {
            Value::Text(text) => quoted(text),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => short(*number),
            Value::Bool(yes) => yes.to_string(),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::to_toml).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Other => "{}".to_owned(),
        }
    }
}

/// A whole number of any size; one that is beyond every range becomes the furthest that there is.
fn int(whole: &DeInteger) -> i128 {
    let furthest = if whole.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(whole.as_str(), whole.radix()).unwrap_or(furthest)
}

/// A text as a TOML string on one line.
pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if letter.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// Short where it can be, and read back as the same number.
fn short(number: f64) -> String {
    let is_readable = number == 0.0 || (1e-7..1e15).contains(&number.abs());
    if is_readable { number.to_string() } else { format!("{number:?}") }
}

/// A type that holds the value of a setting.
pub trait FieldType: Sized {
    /// `None` when the value is not one of this type.
    fn from_value(value: &Value) -> Option<Self>;

    /// The value as it would be written.
    fn to_value(&self) -> Value;
}

impl FieldType for String {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_text().map(str::to_owned)
    }

    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl FieldType for PathBuf {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_text().map(PathBuf::from)
    }

    fn to_value(&self) -> Value {
        Value::Text(self.to_string_lossy().into_owned())
    }
}

impl FieldType for f64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Float(number) => Some(*number),
            Value::Int(number) => Some(*number as f64),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        Value::Float(*self)
    }
}

impl FieldType for bool {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(yes) => Some(*yes),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl<T: FieldType> FieldType for Vec<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::List(items) => items.iter().map(T::from_value).collect(),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(T::to_value).collect())
    }
}

macro_rules! whole {
    ($($type:ty),+) => {$(
        impl FieldType for $type {
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Int(number) => (*number).try_into().ok(),
                    _ => None,
                }
            }

            fn to_value(&self) -> Value {
                // As wide as `i128` or narrower.
                Value::Int(*self as i128)
            }
        }
    )+};
}

whole!(usize, u64);

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(written: &str) -> Value {
        Value::parse(written).unwrap()
    }

    #[test]
    fn strings_of_any_characters_are_read_back() {
        let odd = "\"quotes\" \\ tab\t newline\n bell\u{7} delete\u{7f} next\u{85} é";
        assert_eq!(read_back(&quoted(odd)), Value::Text(odd.to_owned()));
        assert!(!quoted(odd).contains(char::is_control));
    }

    #[test]
    fn numbers_are_read_back_exactly() {
        for value in [0.0, 10.0, 0.1, 1e-5, 1e-300, 1.0 / 3.0, 1e300, 5e-324, 123_456.789] {
            let written = Value::Float(value).to_toml();
            assert_eq!(f64::from_value(&read_back(&written)), Some(value), "{written}");
        }
    }

    #[test]
    fn whole_numbers_are_read_in_any_radix_and_size() {
        assert_eq!(read_back("0x10"), Value::Int(16));
        assert_eq!(read_back("4_000"), Value::Int(4000));
        assert_eq!(read_back(&"9".repeat(100)), Value::Int(i128::MAX));
        assert_eq!(read_back(&format!("-{}", "9".repeat(100))), Value::Int(i128::MIN));
        assert_eq!(usize::from_value(&Value::Int(-1)), None);
    }
}
