//! Where the network looked in a photo, and which training photos are most like it: questions to a
//! process that keeps the network of a run in memory, as this one has none.

mod asker;
mod helper;
mod protocol;

pub use asker::{Asker, LookNews};
pub use protocol::{Answer, CategoryMap, Looked, Question, Similar, Verdict};
