//! The process of a job: the worker itself, as signals go to no other, of one run after the other.

use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use super::end::time_is_over;
use super::seen::{Seen, SeenJob};
use crate::config::Config;
use crate::runner::keep::root_of;
use crate::runner::last_word::write_last_word;
use crate::runner::on_end::OnEnd;
use crate::runner::process;
use crate::store::{
    EndSignals, Event, Job, Queue, QueueError, RunFolder, Task, Timestamp, say_aside,
};

/// A job that was told to end has not much more than this.
const TO_SAY: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(200);

/// Does the runs that the queue of the folder `runs` has for this job of a submission, each by `work`, and
/// leaves when the cluster ends the job. What it did not come to, a job that is requeued does.
pub fn do_job(
    runs: &Path,
    submission: &str,
    work: impl Fn(&RunFolder, Option<usize>, &EndSignals) -> ExitCode,
) -> ExitCode {
    process::settle_in_job();
    let signals = match EndSignals::watched() {
        Ok(signals) => signals,
        Err(err) => {
            say_aside(&format!("the cluster's signals cannot be heard: {err}"));
            return ExitCode::FAILURE;
        }
    };
    let this = ThisJob::of_environment(submission);
    let members = match this.take(runs) {
        Ok(members) => members,
        Err(err) => {
            say_aside(&format!("the queue cannot be read: {err}"));
            return ExitCode::FAILURE;
        }
    };
    if members.is_empty() {
        say_aside("no run waits for this job any more");
        return ExitCode::SUCCESS;
    }
    let mut code = ExitCode::SUCCESS;
    for (number, (run, _)) in members.iter().enumerate() {
        let folder = RunFolder::at(runs.join(run));
        // It may have been taken off while another was done.
        let Some(job) = Queue::read(runs).ok().and_then(|queue| queue.job(run).cloned()) else {
            continue;
        };
        if !job.is_that_of(&this.job) || has_ended(&folder, &job) {
            this.leave(runs, run);
            continue;
        }
        process::speak_in(&folder);
        let done = work(&folder, job.iterations, &signals);
        if signals.has_to_end() && !has_ended(&folder, &job) {
            let rest: Vec<&str> = members[number..].iter().map(|(run, _)| run.as_str()).collect();
            this.end(runs, &rest);
            return ExitCode::FAILURE;
        }
        if done != ExitCode::SUCCESS {
            code = done;
        }
        let on_end = root_of_run(&folder).and_then(|config| OnEnd::start(&config, &folder));
        this.leave(runs, run);
        if let Some(on_end) = on_end {
            on_end.wait();
        }
    }
    code
}

/// Whether a worker of this job, or of the same job before it was requeued, has said the last word.
fn has_ended(run: &RunFolder, job: &Job) -> bool {
    run.log_bytes() != job.log_bytes && run.replay().is_ok_and(|run| run.end.is_some())
}

fn root_of_run(folder: &RunFolder) -> Option<Config> {
    let root = root_of(folder, &folder.replay().ok()?)?;
    Config::load(&root).ok()
}

struct ThisJob {
    /// As the queue may know it.
    job: Job,
}

impl ThisJob {
    fn of_environment(submission: &str) -> ThisJob {
        let number = |name: &str| env::var(name).ok().filter(|number| !number.is_empty());
        let task = number("SLURM_ARRAY_TASK_ID").and_then(|task| task.parse().ok()).unwrap_or(0);
        let job = number("SLURM_ARRAY_JOB_ID").or(number("SLURM_JOB_ID")).unwrap_or_default();
        let job = Job {
            cluster: super::CLUSTER.to_owned(),
            job,
            submission: submission.to_owned(),
            task,
            submitter: None,
            since: Timestamp::now(),
            iterations: None,
            log_bytes: 0,
        };
        ThisJob { job }
    }

    /// Its runs, in their order. Who submitted it may have been killed before it could write the number.
    fn take(&self, runs: &Path) -> Result<Vec<(String, Job)>, QueueError> {
        Queue::change(runs, |queue| {
            let mut members = Vec::new();
            for started in &mut queue.started {
                let Task::Job(job) = &mut started.task else { continue };
                if job.is_that_of(&self.job) {
                    job.job.clone_from(&self.job.job);
                    job.submitter = None;
                    members.push((started.run.clone(), job.clone()));
                }
            }
            Ok(members)
        })
    }

    /// Takes a run that is over off the queue.
    fn leave(&self, runs: &Path, run: &str) {
        let left = Queue::change(runs, |queue| {
            queue.started.retain(|started| {
                started.run != run || !started.job().is_some_and(|job| job.is_that_of(&self.job))
            });
            Ok::<_, QueueError>(())
        });
        if let Err(err) = left {
            // Whoever asks the cluster finds that the job is over.
            say_aside(&format!("{run} stays in the queue: {err}"));
        }
    }

    /// The cluster ends the job. Where it will not do it again, that is said in the runs that it leaves.
    fn end(&self, runs: &Path, rest: &[&str]) {
        let asked = Instant::now();
        let why = loop {
            let why = self.why();
            if why != Why::Unknown || asked.elapsed() >= TO_SAY {
                break why;
            }
            thread::sleep(LOOK);
        };
        for run in rest {
            let folder = RunFolder::at(runs.join(run));
            let step = folder.replay().map_or(0, |run| run.step());
            let name = self.job.name();
            let events = match &why {
                // It begins again, or another one says how it ended.
                Why::Requeued | Why::Unknown => return,
                Why::TimeLimit => {
                    let message = time_is_over(run, &name, step);
                    vec![Event::Warning { message }, Event::Paused]
                }
                Why::Cancelled(said) => {
                    let message = format!(
                        "job {name} was ended in Slurm{said}, as by 'scancel'; 'retrain resume {run}' goes \
                         on where it was"
                    );
                    vec![Event::Failed { message, fault: true }]
                }
            };
            write_last_word(&folder, events);
            self.leave(runs, run);
        }
    }

    /// Why it has to end, as far as the cluster says that of a job that is about to.
    fn why(&self) -> Why {
        let Ok(seen) = Seen::now() else { return Why::Unknown };
        match seen.job(&self.job) {
            Some(job) => Why::of(job, Timestamp::now()),
            None => Why::Unknown,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    TimeLimit,
    Cancelled(String),
    Requeued,
    Unknown,
}

impl Why {
    /// Of one that is requeued the end stays the one that it would have had.
    fn of(job: &SeenJob, now: Timestamp) -> Why {
        let is_over = job.end.is_some_and(|end| end <= now);
        match (job.state.as_str(), job.reason.as_str()) {
            ("TIMEOUT", _) | (_, "TimeLimit") => Why::TimeLimit,
            ("PENDING" | "REQUEUED" | "PREEMPTED" | "NODE_FAIL", _) => Why::Requeued,
            ("CANCELLED" | "COMPLETING", reason) if is_over || job.state == "CANCELLED" => {
                let said = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                Why::Cancelled(said)
            }
            ("COMPLETING", _) => Why::Requeued,
            _ => Why::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_job_ends_is_told_by_what_the_cluster_says_of_it_just_then() {
        let at = |second| Timestamp::from_second(second).ok();
        let why = |state: &str, reason: &str, end| {
            let job = SeenJob {
                state: state.into(),
                reason: reason.into(),
                end: at(end),
                ..SeenJob::default()
            };
            Why::of(&job, at(100).unwrap())
        };
        assert_eq!(why("COMPLETING", "TimeLimit", 100), Why::TimeLimit);
        assert_eq!(why("COMPLETING", "", 100), Why::Cancelled(String::new()));
        assert_eq!(why("COMPLETING", "", 700), Why::Requeued);
        assert_eq!(why("PENDING", "BeginTime", 700), Why::Requeued);
        assert_eq!(why("RUNNING", "", 700), Why::Unknown);
    }
}
