//! Watches the queue, and notices when somebody should look whether a run may start.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::store::Queue;

/// As a rule the keeper of a run that ended has started the next one long before.
const DUE: Duration = Duration::from_secs(2);

/// The queue as it was last seen.
#[derive(Default)]
pub struct QueueWatch {
    pub queue: Queue,
    seen: Option<(SystemTime, u64)>,
    was_due: Option<Instant>,
    problem: Option<String>,
}

impl QueueWatch {
    /// Names of the runs that came or went, where anything is different from the last time; an
    /// error once.
    pub fn look(&mut self, runs: &Path) -> Result<Option<Vec<String>>, String> {
        let data = std::fs::metadata(Queue::path(runs)).ok();
        let seen = data.and_then(|data| Some((data.modified().ok()?, data.len())));
        if seen == self.seen {
            return Ok(None);
        }
        self.seen = seen;
        let queue = match Queue::read(runs) {
            Ok(queue) => queue,
            Err(err) => return self.complain(err.to_string()).map(|()| None),
        };
        self.problem = None;
        let names = |queue: &Queue| -> HashSet<String> {
            queue.waiting.iter().map(|waiting| waiting.run.clone()).collect()
        };
        let changed = names(&queue).symmetric_difference(&names(&self.queue)).cloned().collect();
        let before = std::mem::replace(&mut self.queue, queue);
        Ok((before != self.queue).then_some(changed))
    }

    /// Whether runs wait, and it was not said for a while that they do.
    pub fn is_due(&mut self) -> bool {
        let was_said = self.was_due.is_some_and(|at| at.elapsed() < DUE);
        if self.queue.waiting.is_empty() || self.queue.held || was_said {
            return false;
        }
        self.was_due = Some(Instant::now());
        true
    }

    fn complain(&mut self, problem: String) -> Result<(), String> {
        if self.problem.as_ref() == Some(&problem) {
            return Ok(());
        }
        self.problem = Some(problem.clone());
        Err(problem)
    }
}
