//! Types whose values are a few words, each with its meaning.

use super::{FieldType, Value};

/// `(word in TOML, meaning)`, as [`Kind::Choice`](super::Kind::Choice) holds them.
pub type Words = &'static [(&'static str, &'static str)];

/// A type whose values are written as words.
pub trait Choice: Copy + Sized {
    /// The word that is written for it.
    fn word(self) -> &'static str;

    /// The value that is written as this word.
    fn from_word(word: &str) -> Option<Self>;
}

/// Gives an enum its words: `CHOICES` with the meanings, `name`, and how it is read and written.
macro_rules! choices {
    ($type:ident { $($variant:ident = $name:literal: $meaning:literal,)+ }) => {
        impl $type {
            /// `(word in TOML, meaning)` of each value.
            pub const CHOICES: &'static [(&'static str, &'static str)] = &[$(($name, $meaning)),+];

            /// As written in TOML.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl $crate::setting::Choice for $type {
            fn word(self) -> &'static str {
                self.name()
            }

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl $crate::setting::FieldType for $type {
            fn from_value(value: &$crate::setting::Value) -> Option<Self> {
                $crate::setting::Choice::from_word(value.as_text()?)
            }

            fn to_value(&self) -> $crate::setting::Value {
                $crate::setting::Value::Text(self.name().to_owned())
            }
        }
    };
}

pub(crate) use choices;

/// The word for what is left to the program to find out.
const AUTO: &str = "auto";

/// `"auto"` is `None`.
impl<T: Choice> FieldType for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value.as_text()? {
            AUTO => Some(None),
            word => T::from_word(word).map(Some),
        }
    }

    fn to_value(&self) -> Value {
        Value::Text(self.map_or(AUTO, T::word).to_owned())
    }
}

/// `"auto"` is `None`.
impl FieldType for Option<f64> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(word) => (word == AUTO).then_some(None),
            number => f64::from_value(number).map(Some),
        }
    }

    fn to_value(&self) -> Value {
        self.map_or_else(|| Value::Text(AUTO.to_owned()), Value::Float)
    }
}
