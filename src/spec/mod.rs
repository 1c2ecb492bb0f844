//! What an experiment is: a TOML file read, checked against one table of fields, and typed.
//!
//! Not here: photos and devices. A checked experiment may still name a folder that is not there.

mod experiment;

pub use experiment::*;
