//! Asks the cluster now and then, on a thread of its own, as long as somebody wants to know.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::{KnownJobs, Launchers};
use crate::runner::launcher::Launcher;
use crate::runner::queue::advance;
use crate::store::{Job, Queue, Target, Waiting};

/// Between two questions while something happens. The controller serves everybody.
const OFTEN: Duration = Duration::from_secs(5);
/// Between two questions when nothing has happened for long.
const SELDOM: Duration = Duration::from_secs(60);
/// Between two looks at the queue's file.
const LOOK: Duration = Duration::from_millis(500);

/// Asks the cluster about the jobs of the queue, where there are any, and has the queue go on by what it
/// says. Errors with why it is not known what has become of them.
pub fn look(launchers: &Launchers, runs: &Path) -> Result<(), String> {
    let queue = Queue::read(runs).map_err(|err| err.to_string())?;
    if queue.jobs().next().is_none() {
        return Ok(());
    }
    launchers.jobs.look_for(queue.jobs().map(|(_, job)| job)).map_err(|err| err.to_string())?;
    advance(launchers, runs).map_err(|err| err.to_string())
}

/// Looks until it is dropped.
pub struct JobsWatcher {
    ended: Arc<AtomicBool>,
}

impl Drop for JobsWatcher {
    fn drop(&mut self) {
        // Not waited for: it may be waiting for the cluster.
        self.ended.store(true, Ordering::Relaxed);
    }
}

impl JobsWatcher {
    /// Begins to look after the jobs of the queue in `runs`, and to submit what waits there for the
    /// cluster. `tell`s what is known after each answer, and `complain`s once of what the queue cannot do.
    pub fn start(
        launchers: &Launchers,
        runs: &Path,
        tell: impl Fn(KnownJobs) + Send + 'static,
        complain: impl Fn(String) + Send + 'static,
    ) -> io::Result<JobsWatcher> {
        let ended = Arc::new(AtomicBool::new(false));
        let watch = Watch { launchers: launchers.clone(), runs: runs.to_owned() };
        let end = ended.clone();
        let run = move || watch.run(&end, tell, complain);
        thread::Builder::new().name("slurm".into()).spawn(run)?;
        Ok(JobsWatcher { ended })
    }
}

struct Watch {
    launchers: Launchers,
    runs: PathBuf,
}

/// The queue, which is read again only when its file is another one; now and then in any case, as file
/// systems count time in steps.
struct KnownQueue<'a> {
    runs: &'a Path,
    read: Option<Instant>,
    /// Inode, length, and when it was changed; `None`: there is no file.
    seen: Option<(u64, u64, SystemTime)>,
    queue: Queue,
}

impl KnownQueue<'_> {
    fn of(runs: &Path) -> KnownQueue<'_> {
        KnownQueue { runs, read: None, seen: None, queue: Queue::default() }
    }

    /// The queue as it is now. It is only ever replaced by a new file.
    fn look(&mut self) -> &Queue {
        let found = fs::metadata(Queue::path(self.runs)).ok();
        let seen = found.and_then(|found| Some((found.ino(), found.len(), found.modified().ok()?)));
        if seen != self.seen || self.read.is_none_or(|read| read.elapsed() >= SELDOM) {
            // One that cannot be read is complained of where it is changed.
            self.queue = Queue::read(self.runs).unwrap_or_default();
            (self.seen, self.read) = (seen, Some(Instant::now()));
        }
        &self.queue
    }
}

impl Watch {
    fn run(self, ended: &AtomicBool, tell: impl Fn(KnownJobs), complain: impl Fn(String)) {
        let mut said = None;
        let mut advance = || {
            let problem = advance(&self.launchers, &self.runs).err().map(|err| err.to_string());
            if let Some(problem) = problem.clone().filter(|_| problem != said) {
                complain(problem);
            }
            said = problem;
        };
        let mut pause = OFTEN;
        let mut due = Instant::now();
        let mut before = (Vec::new(), KnownJobs::default());
        let mut queue = KnownQueue::of(&self.runs);
        while !ended.load(Ordering::Relaxed) {
            if self.waits(queue.look()) {
                advance();
                queue.look();
            }
            let jobs = jobs_of(&queue.queue);
            let is_new = jobs != before.0;
            if !jobs.is_empty() && (is_new || Instant::now() >= due) {
                // Whoever shows what is known shows this, too.
                let _ = self.launchers.jobs.look();
                advance();
                let known = self.launchers.jobs.as_seen();
                let has_changed = is_new || !known.says_the_same(&before.1);
                pause = if has_changed { OFTEN } else { (pause * 3 / 2).min(SELDOM) };
                due = Instant::now() + pause;
                tell(known.clone());
                before = (jobs_of(queue.look()), known);
            } else if jobs.is_empty() {
                before.0 = jobs;
            }
            thread::sleep(LOOK);
        }
    }

    /// Whether something waits to be submitted, and may be.
    fn waits(&self, queue: &Queue) -> bool {
        let is_due = |waiting: &Waiting| {
            matches!(waiting.target, Target::Cluster { .. })
                && self.launchers.has_place(&waiting.target, &queue.started)
        };
        !queue.held && queue.waiting.iter().any(is_due)
    }
}

fn jobs_of(queue: &Queue) -> Vec<Job> {
    queue.jobs().map(|(_, job)| job.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{QueueError, RunFolder};

    #[test]
    fn the_queue_is_read_when_its_file_is_another_one_and_only_then() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path();
        let mut known = KnownQueue::of(runs);
        assert!(known.look().waiting.is_empty());
        let wait = || {
            Queue::change(runs, |queue| {
                let target = Target::this_machine();
                let run = RunFolder::at(runs.join(format!("run-{}", queue.waiting.len())));
                queue.waiting.push(Waiting::new(&run, target, None));
                Ok::<_, QueueError>(())
            })
            .unwrap();
        };
        wait();
        assert_eq!(known.look().waiting.len(), 1);
        // Shows whether it is read again.
        known.queue.held = true;
        assert!(known.look().held);
        wait();
        assert!(!known.look().held);
        assert_eq!(known.queue.waiting.len(), 2);
        fs::remove_file(Queue::path(runs)).unwrap();
        assert!(known.look().waiting.is_empty());
    }
}
