//! The jobs of this user as they were seen last, shared by all who ask about them: nobody who asks waits
//! for the cluster.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::SignedDuration;

use super::call::SlurmError;
use super::seen::{Seen, SeenJob};
use crate::runner::Status;
use crate::store::{Job, Timestamp};

/// A job that was just submitted need not be known everywhere yet.
const TO_BE_KNOWN: SignedDuration = SignedDuration::from_secs(5);
/// Between two looks that find out whether a job is gone.
const AGAIN: Duration = Duration::from_secs(1);
/// A cluster that did not take a job is not asked again before this.
const PAUSE: Duration = Duration::from_secs(10);

/// What is known of the jobs of this user. Clones are the same knowledge.
#[derive(Clone, Debug, Default)]
pub struct Jobs(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    seen: Option<Seen>,
    before: Option<Seen>,
    problem: Option<String>,
    /// Since when the cluster takes no jobs.
    was_silent: Option<Instant>,
}

/// What is known for somebody who shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownJobs {
    /// The newest answer.
    pub seen: Option<Seen>,
    /// Why there is no newer one, where the last question had no answer.
    pub problem: Option<String>,
}

impl KnownJobs {
    /// Whether all jobs are as they were at another time.
    pub fn says_the_same(&self, other: &KnownJobs) -> bool {
        let is_same = match (&self.seen, &other.seen) {
            (Some(seen), Some(other)) => seen.says_the_same(other),
            (seen, other) => seen.is_none() && other.is_none(),
        };
        is_same && self.problem == other.problem
    }

    /// The job as it was seen last.
    pub fn job(&self, job: &Job) -> Option<&SeenJob> {
        self.seen.as_ref()?.job(job)
    }
}

impl Jobs {
    fn known(&self) -> MutexGuard<'_, Known> {
        // What another thread has left there is as good as what it found.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the cluster, and keeps what it says.
    pub fn look(&self) -> Result<(), SlurmError> {
        let answer = Seen::now();
        let mut known = self.known();
        match answer {
            Ok(seen) => {
                known.before = known.seen.replace(seen);
                known.problem = None;
                Ok(())
            }
            Err(err) => {
                known.problem = Some(err.to_string());
                Err(err)
            }
        }
    }

    /// The same, and once more where one of these jobs was not found: it may be gone.
    pub fn look_for<'a>(&self, jobs: impl Iterator<Item = &'a Job>) -> Result<(), SlurmError> {
        self.look()?;
        let is_missing = |job: &Job| !job.job.is_empty() && self.job(job).is_none();
        if jobs.into_iter().any(is_missing) {
            thread::sleep(AGAIN);
            self.look()?;
        }
        Ok(())
    }

    /// What is known now.
    pub fn as_seen(&self) -> KnownJobs {
        let known = self.known();
        KnownJobs { seen: known.seen.clone(), problem: known.problem.clone() }
    }

    /// The job as it was seen last.
    pub fn job(&self, job: &Job) -> Option<SeenJob> {
        self.known().seen.as_ref()?.job(job).cloned()
    }

    /// What has become of a job, by what was seen last. One that was not found at two looks is gone; of
    /// one of which nothing is known yet nothing else is said than that it waits.
    pub fn status(&self, job: &Job) -> Status {
        let known = self.known();
        let Some(seen) = known.seen.as_ref().filter(|_| !job.job.is_empty()) else {
            return Status::Pending;
        };
        if let Some(found) = seen.job(job) {
            return found.status();
        }
        let is_missing = |seen: &Seen| seen.job(job).is_none() && is_after(seen.at, job);
        match is_missing(seen) && known.before.as_ref().is_some_and(is_missing) {
            true => Status::Ended,
            false => Status::Pending,
        }
    }

    /// The number that a submission came to, of which only the name is known. `Some(None)`: the cluster
    /// does not have it.
    pub fn number(&self, job: &Job) -> Option<Option<String>> {
        let known = self.known();
        let seen = known.seen.as_ref()?;
        match seen.number(&job.submission) {
            Some(number) => Some(Some(number.to_owned())),
            None => is_after(seen.at, job).then_some(None),
        }
    }

    /// Whether the cluster was silent just now when it was given a job.
    pub fn is_paused(&self) -> bool {
        self.known().was_silent.is_some_and(|since| since.elapsed() < PAUSE)
    }

    pub(super) fn set_silent(&self, is_silent: bool) {
        self.known().was_silent = is_silent.then(Instant::now);
    }
}

fn is_after(at: Timestamp, job: &Job) -> bool {
    at.duration_since(job.since) >= TO_BE_KNOWN
}
