//! One setting of an experiment: its key, what may be written for it, and what is said when
//! something else is written.
//!
//! `field` declares a setting, `kind` says which values it takes, `read` holds a value against
//! that, `value` is a value on its way between a text and the type that holds it, `choice` makes
//! such types of a few words.
//!
//! Not here: the settings themselves. `spec` has those of an experiment, each network of `nets` its
//! own.

mod choice;
mod field;
mod kind;
mod read;
mod value;

pub use choice::{Choice, Words};
pub use field::Field;
pub use kind::{Kind, Range, TextRule};
pub use read::{Refusals, is_folder_name};
pub use value::{FieldType, Value, quoted};

pub(crate) use choice::choices;
