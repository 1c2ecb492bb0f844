//! What an experiment is: a TOML file read, checked against one table of fields, and typed.
//!
//! `fields` is the table; `kind` reads one value, `draft` a text, `check` makes the experiment of
//! it; `resolve` writes down what will run. `files`, `template` and `tables` are for the commands.
//!
//! Not here: photos and devices. A checked experiment may still name a folder that is not there.

mod check;
mod choices;
mod draft;
mod experiment;
pub mod fields;
mod files;
mod kind;
mod resolve;
mod settings;
mod tables;
mod template;

pub use check::{Checked, parse};
pub use experiment::*;
pub use fields::{FIELDS, Field};
pub use files::{SpecError, load, name, read};
pub use kind::{Kind, Range};
pub use resolve::{Resolved, resolve};
pub use settings::{is_default, settings};
pub use tables::{fields_json, fields_markdown, fields_table};
pub use template::template;

pub use crate::config::{Mistake, Mistakes};
