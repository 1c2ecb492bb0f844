//! The declaration of a setting.

use super::kind::Kind;

/// A setting as it is declared: parser, editor, help and the documents are fed by it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// `iterations`, or `train.batch_size` in the table `[train]`.
    pub key: &'static str,
    /// Which values may be written.
    pub kind: Kind,
    /// As written in TOML; `None`: has to be written.
    pub default: Option<&'static str>,
    /// One short line.
    pub meaning: &'static str,
    /// What is usual, where the range says little: `... is usual`.
    pub usual: Option<&'static str>,
    /// The key that older files have it under.
    pub former: Option<&'static str>,
}

impl Field {
    /// A setting that may be left out; `default` as it would be written in TOML.
    pub const fn new(
        key: &'static str,
        kind: Kind,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { key, kind, default: Some(default), meaning, usual: None, former: None }
    }

    /// Adds what is usual, as in `"32 to 256"`.
    pub const fn usual(self, usual: &'static str) -> Self {
        Self { usual: Some(usual), ..self }
    }

    /// Without a default: it has to be written.
    pub const fn required(self) -> Self {
        Self { default: None, ..self }
    }

    /// Is still read under this key.
    pub const fn formerly(self, key: &'static str) -> Self {
        Self { former: Some(key), ..self }
    }

    /// The table that the field stands in; empty for those at the top of the file.
    pub fn section(&self) -> &'static str {
        self.key.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// The key inside its table.
    pub fn leaf(&self) -> &'static str {
        self.key.rsplit_once('.').map_or(self.key, |(_, leaf)| leaf)
    }
}
