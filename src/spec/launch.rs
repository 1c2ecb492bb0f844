//! `[launch]`: where a run is done, and what a cluster is asked for.

use crate::config::launch::{GPUS, MEMORY, MOST_TASKS, Place, TIME};
use crate::setting::{Kind, TextRule, choices};

choices! { Place {
    Config = "config": "as config.toml says; where that says nothing, on this machine",
    Here = "here": "on this machine, in its queue",
    Slurm = "slurm": "by a cluster, in the queue of its Slurm",
} }

/// How the keys of the table begin.
pub(super) const LAUNCH: &str = "launch.";

/// A number of tasks or processors; 0 leaves it to others.
pub(super) const COUNT: Kind = Kind::Int { min: 0, max: MOST_TASKS as i64 };

/// What may be written for `launch.time`.
pub(super) const TIME_RULE: &TextRule = &TextRule {
    expected: TIME.expected,
    examples: &[
        ("", "as config.toml or the cluster says"),
        ("30", "30 minutes"),
        ("2:00:00", "2 hours"),
        ("1-12:00:00", "a day and a half"),
    ],
    holds: |text| text.is_empty() || (TIME.holds)(text),
};

/// What may be written for `launch.gpus`.
pub(super) const GPUS_RULE: &TextRule = &TextRule {
    expected: GPUS.expected,
    examples: &[
        ("", "as config.toml or the cluster says"),
        ("1", "one GPU of any kind"),
        ("a100:1", "one GPU that the cluster calls a100"),
    ],
    holds: |text| text.is_empty() || (GPUS.holds)(text),
};

/// What may be written for `launch.memory`.
pub(super) const MEMORY_RULE: &TextRule = &TextRule {
    expected: MEMORY.expected,
    examples: &[("", "as config.toml or the cluster says"), ("16G", "16 gigabytes")],
    holds: |text| text.is_empty() || (MEMORY.holds)(text),
};

/// Whether the setting of this key can change what a run comes to: not what it is called, nor where it is
/// done.
pub fn changes_results(key: &str) -> bool {
    key != "description" && !key.starts_with(LAUNCH)
}
