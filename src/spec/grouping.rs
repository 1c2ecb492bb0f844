//! `split.groups`: which photos are kept in one set.

use crate::setting::{FieldType, TextRule, Value};

/// Which photos are kept in one set, or one fold, beside those with the same bytes and those of one
/// `_nohash_` name, which always are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// No others.
    #[default]
    None,
    /// Near copies.
    Near,
    /// Photos below one folder of a category.
    Folder,
    /// Photos whose names agree up to a mark, in all categories.
    Name {
        /// Up to the last such mark in the name, else up to the first.
        is_last: bool,
        /// `_`, or `-frame`.
        mark: String,
    },
}

const BEFORE_LAST: &str = "before last ";
const BEFORE_FIRST: &str = "before first ";

impl Grouping {
    /// What may be written for it.
    pub const RULE: &'static TextRule = &TextRule {
        expected: "\"none\", \"near\", \"folder\", or \"before last MARK\" or \"before first MARK\" with \
                   a mark in the names of photos, as in \"before last _\"",
        examples: &[
            ("none", "only photos with the same bytes or one _nohash_ name stay together"),
            (
                "near",
                "near copies stay together: encoded anew, resized, cropped a little, mirrored",
            ),
            ("folder", "photos below one folder of a category stay together"),
            ("before last _", "photos whose names agree up to the last _ stay together"),
            ("before first _", "photos whose names agree up to the first _ stay together"),
        ],
        holds: |text| Grouping::from_text(text).is_some(),
    };

    fn from_text(text: &str) -> Option<Grouping> {
        let name = |is_last, mark: &str| {
            let mark = mark.to_owned();
            (!mark.trim().is_empty()).then_some(Grouping::Name { is_last, mark })
        };
        match text {
            "none" => Some(Grouping::None),
            "near" => Some(Grouping::Near),
            "folder" => Some(Grouping::Folder),
            _ => match text.strip_prefix(BEFORE_LAST) {
                Some(mark) => name(true, mark),
                None => name(false, text.strip_prefix(BEFORE_FIRST)?),
            },
        }
    }
}

impl FieldType for Grouping {
    fn from_value(value: &Value) -> Option<Self> {
        Grouping::from_text(value.as_text()?)
    }

    fn to_value(&self) -> Value {
        Value::Text(match self {
            Grouping::None => "none".to_owned(),
            Grouping::Near => "near".to_owned(),
            Grouping::Folder => "folder".to_owned(),
            Grouping::Name { is_last: true, mark } => format!("{BEFORE_LAST}{mark}"),
            Grouping::Name { is_last: false, mark } => format!("{BEFORE_FIRST}{mark}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_nothing_else_is_taken() {
        let words = Grouping::RULE.examples.iter().map(|(word, _)| *word);
        for text in words.chain(["before last -frame", "before first  ("]) {
            let grouping = Grouping::from_text(text).unwrap();
            assert_eq!(grouping.to_value(), Value::Text(text.to_owned()));
        }
        for text in ["", "Near", "name", "before last", "before last ", "before _", "folder "] {
            assert_eq!(Grouping::from_text(text), None, "{text}");
        }
    }
}
