//! What a key does that several screens have.

pub(super) const RESUME: &str = "resume this run: it ended before its time or never started";
pub(super) const PAUSE: &str = "pause this run: it keeps a checkpoint and can be resumed";
pub(super) const RERUN: &str = "again: a new run with this run's own settings";
pub(super) const OTHER_NETWORK: &str = "backbone: the same with the other built-in network";
pub(super) const REPORT: &str = "out: write a report of this run as a page, with its photos";
pub(super) const EXPLAIN_CHANGE: &str =
    "go to the explanation: what the change of the accuracy comes from";
pub(super) const SHOW_SWEEP: &str =
    "go to the sweep that this is one of: the best values by validation";
pub(super) const SHOW_LABELS: &str =
    "go to the labels: which are probably wrong, and keys to put them right";
pub(super) const SHOW_KINDS: &str =
    "go to the kinds of photos of each category, and to wrong photos that are alike";
pub(super) const SHOW_MAP: &str =
    "go to the map: every photo as a point, alike ones near each other";
pub(super) const SHOW_GROWTH: &str = "go to the learning curve: what more photos would bring";
pub(super) const SHOW_QUEUE: &str = "queue: what works, what waits and in which order";
