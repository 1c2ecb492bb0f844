//! What is said in a run whose job has ended without its worker's last word.

use super::seen::SeenJob;
use crate::runner::last_word::write_last_word;
use crate::store::{Event, Job, RunFolder};
use crate::words::grouped;

/// Says how `job` has ended, where nobody has; `seen` is how the cluster saw it last.
pub(super) fn say(run: &RunFolder, job: &Job, seen: Option<&SeenJob>) {
    let Ok(state) = run.replay() else { return };
    let has_begun = run.log_bytes() != job.log_bytes;
    if has_begun && state.end.is_some() {
        return;
    }
    let has_timed_out = seen.is_some_and(SeenJob::has_timed_out);
    let message = words(run, job, seen, state.step());
    let was_ended = !has_begun && (state.started.is_some() || state.end.is_some());
    match (has_timed_out, was_ended) {
        (_, true) => write_last_word(run, vec![Event::Refused { message, fault: true }]),
        (true, false) => {
            write_last_word(run, vec![Event::Warning { message }, Event::Paused]);
        }
        (false, false) => write_last_word(run, vec![Event::Failed { message, fault: true }]),
    }
}

fn words(run: &RunFolder, job: &Job, seen: Option<&SeenJob>, step: usize) -> String {
    let (id, name) = (run.id(), job.name());
    let at = match step {
        0 => String::new(),
        step => format!(", it is at iteration {}", grouped(step)),
    };
    let resume = format!("'retrain resume {id}' goes on{at}");
    match seen {
        Some(seen) if seen.has_timed_out() => time_is_over(&id, &name, step),
        Some(seen) => {
            let said = run.last_words();
            let said = if said.is_empty() { said } else { format!("its last words: {said}; ") };
            format!("job {name} of Slurm is {}; {said}{resume}", seen.in_words())
        }
        None => format!(
            "job {name} of Slurm is not in its queue any more, as after 'scancel', and has not said how \
             it ended; {resume}"
        ),
    }
}

/// What is said of a run that has to leave its job at its time limit.
pub(super) fn time_is_over(run: &str, job: &str, step: usize) -> String {
    format!(
        "the time of job {job} is over at iteration {}: 'retrain resume {run}' goes on from there in a \
         new job; launch.time in the run's experiment.toml may be made longer",
        grouped(step)
    )
}
