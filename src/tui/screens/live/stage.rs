//! What a run does now, in words: its stage and how far that is, or how it ended.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::shown::Shown;
use crate::store::{End, Ending, FeatureProgress, Stage, State, TestedFolds};
use crate::tui::keys::names::{QUEUE, RESUME, RUN};
use crate::tui::theme::Role;
use crate::tui::widgets::put;
use crate::words::{duration, grouped, progress, rate};

/// Draws one line, with a gauge where it is known how much there is to do.
pub fn draw(shown: &Shown, row: Rect, buffer: &mut Buffer) {
    let (share, words) = words(shown);
    let mut x = row.x;
    if let Some(share) = share {
        let width = (row.width / 5).clamp(8, 24).min(row.width);
        let full = (share * f64::from(width)).floor() as usize;
        let gauge = "█".repeat(full) + &"░".repeat(usize::from(width) - full);
        x = put(buffer, row, x, row.y, &gauge, shown.theme.style(Role::Accent)) + 1;
    }
    put(buffer, row, x, row.y, &words, shown.theme.style(Role::Text));
}

/// The share that is done, where it is known, and the words.
fn words(shown: &Shown) -> (Option<f64>, String) {
    let run = &shown.followed.run;
    let plain = |words: &str| (None, words.to_owned());
    match (&run.end, run.stage) {
        _ if shown.state == State::Starting => plain("waiting for its new worker"),
        (Some(end), _) => (None, ended(shown, end)),
        (None, None) if shown.state == State::Queued => {
            (None, format!("waits in the queue for its turn; {QUEUE} shows the queue"))
        }
        (None, None) if shown.is_queued => plain("waiting for its worker"),
        (None, None) => (None, format!("not in the queue and without a worker; {RUN} queues it")),
        (None, Some(Stage::Scan)) => plain("finding, hashing and splitting the photos"),
        (None, Some(Stage::Features)) => match &run.features {
            Some(found) => (share(found.done, found.total), features(found)),
            None => plain("loading the network"),
        },
        (None, Some(Stage::Training)) => (share(run.step(), run.iterations), training(shown)),
        (None, Some(Stage::Evaluation)) => plain("scoring every image"),
    }
}

fn share(done: usize, total: usize) -> Option<f64> {
    (total > 0).then(|| (done as f64 / total as f64).min(1.0))
}

fn features(features: &FeatureProgress) -> String {
    let mut words = format!("{} images", progress(features.done, features.total));
    if features.images_per_second > 0.0 {
        words += &format!(" · {} images/s", rate(features.images_per_second));
    }
    if let Some(seconds) = features.seconds_left() {
        words += &format!(" · {} left", duration(seconds));
    }
    words
}

fn training(shown: &Shown) -> String {
    let run = &shown.followed.run;
    let heads_left = run.folds.as_ref().map_or(0, TestedFolds::heads_left);
    let left = run.iterations.saturating_sub(run.step()) + heads_left * run.iterations;
    let head = run.folds.as_ref().map_or(String::new(), |folds| format!("{} · ", folds.name()));
    let mut words = format!("{head}iteration {}", progress(run.step(), run.iterations));
    if let Some(per_second) = shown.iterations_per_second {
        words += &format!(" · {} iterations/s", rate(per_second));
        if per_second > 0.0 {
            words += &format!(" · {} left", duration(left as f64 / per_second));
        }
    }
    words
}

fn ended(shown: &Shown, end: &End) -> String {
    let run = &shown.followed.run;
    match end {
        End::Finished { ending, step, kept_step, .. } => {
            let how = match ending {
                Ending::Completed => "completed",
                Ending::EarlyStop => "stopped early: validation no longer improved",
                Ending::Stopped => "stopped on request",
            };
            let (step, seconds) = (grouped(step), duration(run.seconds()));
            let kept = grouped(kept_step);
            format!("{how} · {step} iterations in {seconds} · kept iteration {kept}")
        }
        End::Failed(_) => format!("failed after {}", duration(run.seconds())),
        End::Cancelled => format!("cancelled: no result was kept; {RESUME} resumes it"),
        End::Paused => match run.step() {
            0 => format!("paused before the first iteration; {RESUME} resumes it"),
            step => {
                let reached = progress(step, run.iterations);
                let head = run.folds.as_ref().map(|folds| format!(" ({})", folds.name()));
                let head = head.unwrap_or_default();
                format!("paused at iteration {reached}{head}; {RESUME} resumes it")
            }
        },
    }
}
