//! (skeleton)

mod names;

pub use names::*;
