//! Files of the open format ONNX: their nodes and numbers, and their bytes.
//!
//! A [`Graph`] grows node by node; the networks and the head add theirs. Only operators that every
//! reader of ONNX has had for years are used ([`OPERATORS`]). Not here: what is computed, and reading.

mod graph;
mod layers;
mod message;

pub use graph::{Attribute, Graph, Length, Numbers, Type, Value};
pub use layers::Conv;
#[cfg(test)]
pub(crate) use message::Model;

/// The version of the set of operators. Of 2020; later ones only add what is not needed here.
pub const OPERATORS: i64 = 13;

/// The version of the file's form that came with these operators.
const FORM: i64 = 7;
