//! What an experiment is: a TOML file read, checked against one table of fields, and typed.
//!
//! `fields` is the table, of which each row knows its field's key, range, default and meaning, how
//! the value is put into an [`Experiment`] and got out of it, and the rules that it is part of.
//! `draft` reads a text, `check` makes the experiment of it, `settings` changes, compares and writes
//! one by names; `naming` names runs by what makes them different; `resolve` writes down what will run. `files`, `template` and `tables` are for the
//! commands.
//!
//! Not here: photos and devices. A checked experiment may still name a folder that is not there.
//! What a network wants to be told is its own to declare (`nets`).

mod check;
mod draft;
mod expected;
mod experiment;
pub mod fields;
mod files;
mod grouping;
mod launch;
mod naming;
mod resolve;
mod settings;
pub mod sweep;
mod tables;
mod template;
mod unknown;
mod vary;

pub use check::{Checked, parse};
pub use expected::{expected_in_words, expected_seconds, heads_in_words};
pub use experiment::*;
pub use fields::{ExperimentField, FIELDS};
pub use files::{SpecError, load, name, read};
pub use grouping::Grouping;
pub use launch::changes_results;
pub use naming::{Nameable, differences_in_words, distinct_names, short_key, sort_by_telling};
pub use resolve::{Resolved, resolve};
pub use settings::{
    Difference, differences, differing_settings, folds, in_effect, is_default, rename_former,
    settings, with_other_network,
};
pub use sweep::{Member, Sweep, is_swept};
pub use tables::{fields_json, fields_markdown, fields_table};
pub use template::{Draft, networks, template};
pub use vary::{NotVaried, Varied, vary, with_sweep};

pub use crate::config::{Mistake, Mistakes};
pub use crate::nets::{DeviceChoice, NetworkSettings, Precision, Resize, Weights};
pub use crate::setting::{Field, Kind, Range};
