//! What the cluster says of a person's jobs: one `squeue` for all of them.

use std::collections::HashMap;

use rustix::process::geteuid;

use super::call::{LIMIT, SlurmError, call};
use crate::runner::Status;
use crate::store::{Job, Timestamp};

/// How the comment of our jobs begins; the name of the submission stands behind it.
pub const COMMENT: &str = "retrain:";

/// A job as the cluster sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenJob {
    /// The cluster's word for its state: `PENDING`.
    pub state: String,
    /// Why it waits or has ended, in the cluster's word; empty where it gives none.
    pub reason: String,
    /// The nodes that it is on.
    pub nodes: String,
    /// When it began, or will as the cluster guesses.
    pub start: Option<Timestamp>,
    /// When it ended, or has to.
    pub end: Option<Timestamp>,
}

/// All jobs of this user at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When the cluster was asked.
    pub at: Timestamp,
    jobs: HashMap<String, SeenJob>,
    /// Numbers by the name of the submission.
    numbers: HashMap<String, String>,
}

/// As `squeue -O` wants them. The separator also keeps it from cutting values off at 20 characters; what
/// people write comes last.
const FIELDS: [&str; 8] =
    ["ArrayJobID", "ArrayTaskID", "State", "Reason", "StartTime", "EndTime", "NodeList", "Comment"];

impl Seen {
    /// Asks the cluster.
    pub fn now() -> Result<Seen, SlurmError> {
        let at = Timestamp::now();
        let form: Vec<String> = FIELDS.iter().map(|field| format!("{field}:|")).collect();
        let arguments = [
            "--noheader".to_owned(),
            "--array".to_owned(),
            "--states=all".to_owned(),
            format!("--user={}", geteuid().as_raw()),
            format!("--Format={}", form.join(",")),
        ];
        Ok(Seen::read(at, &call("squeue", &arguments, "", LIMIT)?))
    }

    /// From what `squeue` prints.
    pub fn read(at: Timestamp, printed: &str) -> Seen {
        let mut seen = Seen { at, jobs: HashMap::new(), numbers: HashMap::new() };
        for line in printed.lines() {
            let mut fields = line.splitn(FIELDS.len(), '|').map(str::trim);
            let mut next = || fields.next().unwrap_or_default();
            let (job, task, state, reason) = (next(), next(), next(), next());
            let (start, end, nodes) = (time(next()), time(next()), next().to_owned());
            let comment = next().trim_end_matches('|');
            if job.is_empty() || state.is_empty() {
                continue;
            }
            if let Some(submission) = comment.strip_prefix(COMMENT) {
                seen.numbers.insert(submission.to_owned(), job.to_owned());
            }
            let name = match task.parse::<usize>() {
                Ok(task) => format!("{job}_{task}"),
                Err(_) => job.to_owned(),
            };
            let reason = if reason == "None" { String::new() } else { reason.to_owned() };
            let found = SeenJob { state: state.to_owned(), reason, nodes, start, end };
            seen.jobs.insert(name, found);
        }
        seen
    }

    /// The job as it was seen then; `None` where the cluster does not know it.
    pub fn job(&self, job: &Job) -> Option<&SeenJob> {
        self.jobs.get(&job.name())
    }

    /// Whether all jobs were as they are in another answer.
    pub fn says_the_same(&self, other: &Seen) -> bool {
        self.jobs == other.jobs
    }

    /// The number of the job, or of the array, that this submission came to.
    pub fn number(&self, submission: &str) -> Option<&str> {
        self.numbers.get(submission).map(String::as_str)
    }
}

fn time(written: &str) -> Option<Timestamp> {
    Timestamp::from_second(written.parse().ok()?).ok()
}

impl SeenJob {
    /// What has become of it. States that later versions may bring are taken for ones that go on.
    pub fn status(&self) -> Status {
        match self.state.as_str() {
            "PENDING" | "CONFIGURING" | "REQUEUED" | "REQUEUE_FED" | "REQUEUE_HOLD"
            | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => Status::Pending,
            "COMPLETED" | "CANCELLED" | "FAILED" | "TIMEOUT" | "NODE_FAIL" | "BOOT_FAIL"
            | "DEADLINE" | "OUT_OF_MEMORY" | "PREEMPTED" | "REVOKED" => Status::Ended,
            _ => Status::AtWork,
        }
    }

    /// Whether its time was over.
    pub fn has_timed_out(&self) -> bool {
        matches!(self.state.as_str(), "TIMEOUT" | "DEADLINE")
    }

    /// The cluster's words for how it is: `PENDING (Priority)`.
    pub fn in_words(&self) -> String {
        match self.reason.as_str() {
            "" => self.state.clone(),
            reason => format!("{} ({reason})", self.state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(number: &str, task: usize) -> Job {
        let job = r#"{"cluster":"slurm","job":"0"}"#;
        Job { job: number.into(), task, ..serde_json::from_str(job).unwrap() }
    }

    #[test]
    fn what_squeue_prints_is_read_by_number_and_by_the_name_of_the_submission() {
        let printed = "17|3|PENDING|JobArrayTaskLimit|N/A|N/A||retrain:abc|\n\
                       17|1|RUNNING|None|1796039263|1796039863|n1|retrain:abc|\n\
                       21|N/A|FAILED|NonZeroExitCode|1796039263|1796039264|n2|a|b \"c\"|\n\
                       22|N/A|HALF_DONE|None|N/A|N/A||(null)|\n\nnonsense\n";
        let seen = Seen::read(Timestamp::UNIX_EPOCH, printed);
        let waits = seen.job(&job("17", 3)).unwrap();
        assert_eq!(
            (waits.status(), &*waits.in_words()),
            (Status::Pending, "PENDING (JobArrayTaskLimit)")
        );
        let works = seen.job(&job("17", 1)).unwrap();
        assert_eq!(
            (works.status(), &*works.nodes, &*works.in_words()),
            (Status::AtWork, "n1", "RUNNING")
        );
        assert_eq!(works.start.unwrap().as_second(), 1796039263);
        assert_eq!(seen.job(&job("21", 0)).unwrap().status(), Status::Ended);
        assert_eq!(seen.job(&job("22", 0)).unwrap().status(), Status::AtWork, "an unknown word");
        assert_eq!(seen.job(&job("23", 0)), None);
        assert_eq!(seen.number("abc"), Some("17"));
        assert_eq!(seen.number("b \"c\""), None, "a stranger's comment");
    }
}
