//! The keys of the columns that every table of runs has; a setting's is its name.

pub const EXPERIMENT: &str = "#experiment";
pub const STATE: &str = "#state";
pub const ITERATIONS: &str = "#iterations";
pub const VALIDATION: &str = "#validation";
pub const TEST: &str = "#test";
pub const LOSS: &str = "#loss";
pub const DURATION: &str = "#duration";
pub const WHEN: &str = "#when";
pub const TAGS: &str = "#tags";
pub const NOTE: &str = "#note";
