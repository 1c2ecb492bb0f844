//! All that is known of the outside: the fold of the news. Screens read it, none keeps a copy.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::experiments::KnownExperiments;
use super::news::{HostNews, News, Trashed, WorkerLogNews};
use super::note::Note;
use super::preview::Graphics;
use super::scores::{ScoreTable, ScoresNews, Source};
use crate::store::{Queue, Run, RunFolder, State, Summary};

#[derive(Debug, Default)]
pub struct Known {
    /// By name, so oldest first.
    pub runs: BTreeMap<String, KnownRun>,
    /// Every run has been read once.
    pub is_complete: bool,
    pub queue: Queue,
    /// The run that is followed closely, with all its points.
    pub followed: Option<(RunFolder, Run)>,
    /// Of the run that is followed: what its worker costs now, and its last words.
    pub host: Option<HostNews>,
    pub worker_log: Option<WorkerLogNews>,
    /// What can be brought back, newest last.
    pub trashed: Vec<Trashed>,
    /// How pictures are drawn.
    pub graphics: Graphics,
    /// What was read or scored last, the latest last.
    scores: Vec<ScoresNews>,
    pub experiments: KnownExperiments,
}

/// A table of 50,000 images takes some ten megabytes.
const SCORE_TABLES: usize = 3;

#[derive(Clone, Debug)]
pub struct KnownRun {
    folder: RunFolder,
    id: String,
    reading: Reading,
    pub note: Note,
}

#[derive(Clone, Debug)]
pub enum Reading {
    /// Only the name is known yet.
    Pending,
    Read(Arc<Summary>),
    Unreadable(String),
}

impl KnownRun {
    pub fn new(folder: RunFolder, reading: Reading, note: Note) -> KnownRun {
        KnownRun { id: folder.id(), folder, reading, note }
    }

    pub fn unread(folder: RunFolder) -> KnownRun {
        KnownRun::new(folder, Reading::Pending, Note::default())
    }

    /// Reads summary and note from the disk; whether it waits is for `queue` to say.
    pub fn read(folder: &RunFolder, queue: &Queue) -> KnownRun {
        let (reading, note) = match (folder.summary(), Note::read(folder)) {
            (Ok(mut summary), Ok(note)) => {
                queue.mark(folder, &mut summary);
                (Reading::Read(Arc::new(summary)), note)
            }
            (Err(err), note) => (Reading::Unreadable(err.to_string()), note.unwrap_or_default()),
            (_, Err(err)) => (Reading::Unreadable(err.to_string()), Note::default()),
        };
        KnownRun::new(folder.clone(), reading, note)
    }

    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn summary(&self) -> Option<&Summary> {
        match &self.reading {
            Reading::Read(summary) => Some(summary),
            _ => None,
        }
    }

    /// Why it could not be read.
    pub fn problem(&self) -> Option<&str> {
        match &self.reading {
            Reading::Unreadable(problem) => Some(problem),
            _ => None,
        }
    }

    pub fn state(&self) -> Option<State> {
        self.summary().map(|summary| summary.state)
    }

    pub fn is_running(&self) -> bool {
        self.state() == Some(State::Running)
    }
}

impl Known {
    pub fn learn(&mut self, news: &News) {
        match news {
            News::Runs(news) => {
                for id in &news.gone {
                    self.runs.remove(id);
                }
                for run in &news.changed {
                    self.runs.insert(run.id.clone(), run.clone());
                }
                self.is_complete |= news.complete;
            }
            News::Followed(news) => {
                let known =
                    self.followed.take().filter(|(run, _)| *run == news.run && !news.from_start);
                let (_, mut run) = known.unwrap_or_else(|| (news.run.clone(), Run::default()));
                news.records.iter().for_each(|record| run.apply(record));
                self.followed = Some((news.run.clone(), run));
            }
            News::Trashed(trashed) => self.trashed.push(trashed.clone()),
            News::Graphics(graphics) => self.graphics = *graphics,
            News::PicturesForgotten => self.graphics = self.graphics.forgotten(),
            News::Scores(news) => {
                self.scores.retain(|known| known.source != news.source);
                self.scores.push(news.clone());
                let excess = self.scores.len().saturating_sub(SCORE_TABLES);
                self.scores.drain(..excess);
            }
            News::Queue(queue) => self.queue = queue.clone(),
            News::Host(news) => self.host = Some(news.clone()),
            News::WorkerLog(news) => self.worker_log = Some(news.clone()),
            News::Picture(_)
            | News::Said(_)
            | News::Launched(_)
            | News::Queued { .. }
            | News::Resumed(_)
            | News::Curves(_) => {}
            News::Restored(restored) => {
                self.trashed.retain(|trashed| trashed != restored);
                self.experiments.trashed.retain(|trashed| trashed != restored);
            }
            News::Experiment(news) => self.experiments.learn(news),
        }
    }

    /// The images of `source`, or why there are none; `None`: they have to be read first.
    pub fn scores(&self, source: &Source) -> Option<&Result<Arc<ScoreTable>, String>> {
        self.scores.iter().find(|known| known.source == *source).map(|known| &known.table)
    }

    /// The newest run that ended with scores.
    pub fn newest_scored(&self) -> Option<&KnownRun> {
        let has_scores =
            |run: &&KnownRun| matches!(run.state(), Some(State::Done | State::Stopped));
        self.runs.values().rfind(has_scores)
    }

    /// The newest run that works now, else the newest of all.
    pub fn newest(&self) -> Option<&KnownRun> {
        let running = |run: &&KnownRun| run.state() == Some(State::Running);
        self.runs.values().rfind(running).or_else(|| self.runs.values().next_back())
    }
}
