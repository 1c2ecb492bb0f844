//! Watches the queue, and starts what may start where nobody else is left to do it.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::store::Queue;
use crate::tui::Context;
use crate::tui::launch::advance;

/// As a rule the keeper of a run that ended has started the next one long before.
const ADVANCE: Duration = Duration::from_secs(2);

/// The queue as it was last seen.
#[derive(Default)]
pub struct QueueWatch {
    pub queue: Queue,
    seen: Option<(SystemTime, u64)>,
    advanced: Option<Instant>,
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

    pub fn advance(&mut self, context: &Context) -> Result<(), String> {
        let is_due = self.advanced.is_none_or(|at| at.elapsed() >= ADVANCE);
        if self.queue.waiting.is_empty() || self.queue.held || !is_due {
            return Ok(());
        }
        self.advanced = Some(Instant::now());
        match advance(context) {
            Ok(()) => Ok(()),
            Err(problem) => self.complain(problem),
        }
    }

    fn complain(&mut self, problem: String) -> Result<(), String> {
        if self.problem.as_ref() == Some(&problem) {
            return Ok(());
        }
        self.problem = Some(problem.clone());
        Err(problem)
    }
}
