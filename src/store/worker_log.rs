//! What is said for `worker.log` by the processes whose stderr leads there.

use std::io::{self, Write};

use super::harmless;

/// Writes a line to stderr, which in a worker and in its keeper leads to the run's `worker.log`. A
/// log that takes no more words, as on a full disk, ends nothing.
pub fn say_aside(words: &str) {
    let _ = writeln!(io::stderr(), "{}", harmless(words));
}
