//! Which of its settings somebody chose for a run.

use super::{Run, RunFolder};
use crate::spec;

/// A setting as a run recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSetting {
    /// The field's key.
    pub key: String,
    /// Its value, as written in TOML.
    pub value: String,
    /// Somebody wrote it, be it the default, or it is not the default.
    pub is_chosen: bool,
}

impl RunFolder {
    /// Every setting of the run, in the order of their keys.
    pub fn settings(&self, run: &Run) -> Vec<RunSetting> {
        let written = spec::load(&self.experiment()).map(|checked| checked.written);
        let written = written.unwrap_or_default();
        let setting = |(key, value): (&String, &String)| RunSetting {
            is_chosen: written.contains(&key.as_str()) || !spec::is_default(key, value),
            key: key.clone(),
            value: value.clone(),
        };
        run.settings.iter().map(setting).collect()
    }
}
