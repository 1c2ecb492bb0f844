//! What a person is told of news.

use std::path::Path;

use crate::runner;
use crate::tui::labels::KeptNews;
use crate::tui::news::{FollowedNews, LessonNews, News, Toast};
use crate::tui::scores::{ScoreTable, ScoresNews, Source};
use crate::tui::trash;
use crate::words::{counted, grouped};

/// `None`: nothing, the screens show it; `bin` is where the configuration wants what is trashed.
pub fn words(news: &News, bin: &Path) -> Option<Toast> {
    match news {
        News::Said(toast) => Some(toast.clone()),
        News::Launched(run) => Some(Toast::good(format!("started {}", run.id()))),
        News::Queued { run, before } => {
            Some(Toast::good(format!("{} is queued{}", run.id(), runner::behind(*before))))
        }
        News::Starting(run) => Some(Toast::good(format!("starting {}", run.id()))),
        News::NotStarted { problem, .. } => Some(Toast::error(problem)),
        News::Resumed(run) => Some(Toast::good(format!("resumed {}", run.id()))),
        News::Followed(FollowedNews { said: Err(problem), .. }) => Some(Toast::error(problem)),
        News::Trashed(trashed) => Some(trash::words(trashed, bin)),
        News::Restored(restored) => {
            Some(Toast::good(format!("{} is back", restored.from.display())))
        }
        News::Experiment(news) => news.words(),
        News::Scores(ScoresNews { source: Source::Unseen(_, path), table }) => Some(match table {
            Ok(table) => scored(table, path),
            Err(problem) => Toast::error(problem),
        }),
        News::Kept(KeptNews { kept: Err(problem), .. }) => {
            Some(Toast::error(format!("not decided: {problem}")))
        }
        News::Addition(news) => news.words(),
        News::LessonOver(LessonNews { after, problem: Some(problem), .. }) => {
            Some(Toast::error(format!("{}: {problem}", after.id())))
        }
        News::LessonOver(LessonNews { after, .. }) => {
            Some(Toast::good(format!("{} has learned from these labels", after.id())))
        }
        News::Kept(_)
        | News::Runs(_)
        | News::Compared(_)
        | News::Explained(_)
        | News::Doubts(_)
        | News::Kinds(_)
        | News::Growth(_)
        | News::Calibrated(_)
        | News::ComparedRepeats(_)
        | News::Glanced(_)
        | News::Baseline(_)
        | News::History(_)
        | News::Followed(_)
        | News::Queue(_)
        | News::Jobs(_)
        | News::QueueWaits
        | News::Graphics(_)
        | News::Host(_)
        | News::WorkerLog(_)
        | News::PicturesForgotten
        | News::Picture(_)
        | News::Looked(_)
        | News::Scores(_) => None,
    }
}

/// How many files of `path` have scores; of those without, what is wrong with the first.
fn scored(table: &ScoreTable, path: &Path) -> Toast {
    let (all, path) = (table.len(), path.display());
    let mut problems = table.problems();
    match (problems.len(), problems.next()) {
        (_, None) if all == 1 => Toast::good(format!("{path} was scored")),
        (_, None) => Toast::good(format!("{} in {path} were scored", counted(all, "file"))),
        (1, Some(problem)) if all == 1 => Toast::error(format!("{path} was not scored: {problem}")),
        (failed, Some(problem)) => Toast::error(format!(
            "{} of {} in {path} not scored: {problem}",
            grouped(failed as u64),
            counted(all, "file"),
        )),
    }
}
