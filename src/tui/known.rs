//! All that is known of the outside: the fold of the news. Screens read it, none keeps a copy.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::additions::{Added, AdditionNews};
use super::compared::ComparedMeans;
use super::experiments::KnownExperiments;
use super::followed::Followed;
use super::growth::Asked;
use super::known_run::KnownRun;
use super::news::{FollowedNews, GlanceNews, HostNews, News, RunsNews, WorkerLogNews};
use super::preview::Graphics;
use super::scores::{ScoreTable, ScoresNews, Source};
use crate::insight::Comparison;
use crate::runner::KnownJobs;
use crate::store::trash::Trashed;
use crate::store::{History, Queue, RunFolder, State, Timestamp};

#[derive(Debug, Default)]
pub struct Known {
    /// By name, so oldest first.
    pub runs: BTreeMap<String, KnownRun>,
    /// Every run has been read once.
    pub is_complete: bool,
    pub queue: Queue,
    /// What was seen last of jobs in a cluster.
    pub jobs: KnownJobs,
    /// By name, the runs that are followed closely, with all their points; or why one cannot be
    /// read.
    followed: BTreeMap<String, Result<Followed, String>>,
    /// Runs that are being resumed, and what they were when that was asked.
    starting: BTreeMap<String, (State, Option<Timestamp>)>,
    /// Of a run that is followed alone: what its worker costs now, and its last words.
    pub host: Option<HostNews>,
    pub worker_log: Option<WorkerLogNews>,
    /// The run that others are measured against, whether it is still there or not.
    baseline: Option<String>,
    /// How often a photo was right in each of two runs, by their names; or why they cannot be
    /// compared.
    compared: BTreeMap<(String, String), Result<Comparison, String>>,
    /// The mean accuracies of repeats, by their names; or why they cannot be compared.
    compared_repeats: BTreeMap<(Vec<String>, Vec<String>), Result<ComparedMeans, String>>,
    /// What more photos of a run would bring, by its name; training on makes it another.
    growth: BTreeMap<String, Asked>,
    /// The run that was looked at last, beside a list.
    pub glance: Option<GlanceNews>,
    /// What was typed at prompts before.
    pub history: History,
    /// What can be brought back, newest last.
    pub trashed: Vec<Trashed>,
    /// Copies of photos that were added to experiments, the newest last.
    pub added: Vec<Added>,
    /// How pictures are drawn.
    pub graphics: Graphics,
    /// What was read or scored last, the latest last.
    scores: Vec<ScoresNews>,
    pub experiments: KnownExperiments,
}

/// A table of 50,000 images takes some ten megabytes.
const SCORE_TABLES: usize = 3;
/// Images in all tables but the newest: a table of a million is kept alone.
const SPARE_IMAGES: usize = 500_000;

impl Known {
    pub fn learn(&mut self, news: &News) {
        match news {
            News::Runs(news) => self.learn_runs(news),
            News::Followed(news) => self.learn_points(news),
            News::Starting(run) => {
                self.growth.remove(&run.id());
                self.begin(&run.id());
            }
            News::Growth(news) => drop(self.growth.insert(news.run.id(), news.growth.clone())),
            News::NotStarted { run, .. } => {
                let before = self.starting.remove(&run.id());
                if let (Some((state, _)), Some(run)) = (before, self.runs.get_mut(&run.id())) {
                    run.set_state(state);
                }
            }
            News::Queued { run, .. } => drop(self.starting.remove(&run.id())),
            News::Trashed(trashed) => self.trashed.push(trashed.clone()),
            News::Graphics(graphics) => self.graphics = *graphics,
            News::PicturesForgotten => self.graphics = self.graphics.forgotten(),
            News::Addition(AdditionNews::Added(added, _)) if !added.copies.is_empty() => {
                self.added.push(added.clone());
            }
            // What is left of it was changed by somebody, and is theirs.
            News::Addition(AdditionNews::TakenBack(added, _)) => {
                self.added.retain(|one| one != added);
            }
            News::Addition(_) => {}
            News::Scores(news) => {
                self.scores.retain(|known| known.source != news.source);
                self.scores.push(news.clone());
                self.forget_scores();
            }
            News::Compared(news) => {
                let names = (news.first.clone(), news.second.clone());
                let compared = news.compared.as_ref().map(|found| found.comparison);
                self.compared.insert(names, compared.map_err(Clone::clone));
            }
            News::ComparedRepeats(news) => {
                let names = (news.first.clone(), news.second.clone());
                self.compared_repeats.insert(names, news.compared.clone());
            }
            News::Glanced(news) => self.glance = Some(news.clone()),
            News::Baseline(run) => self.baseline.clone_from(run),
            News::History(history) => self.history.clone_from(history),
            News::Queue(queue) => self.queue = queue.clone(),
            News::Jobs(jobs) => self.jobs = jobs.clone(),
            News::Host(news) => self.host = Some(news.clone()),
            News::WorkerLog(news) => self.worker_log = Some(news.clone()),
            News::Explained(_)
            | News::Doubts(_)
            | News::Kinds(_)
            | News::Calibrated(_)
            | News::Kept(_)
            | News::LessonOver(_)
            | News::Picture(_)
            | News::Looked(_)
            | News::Said(_)
            | News::Launched(_)
            | News::Resumed(_)
            | News::QueueWaits => {}
            News::Restored(restored) => {
                self.trashed.retain(|trashed| trashed != restored);
                self.experiments.trashed.retain(|trashed| trashed != restored);
            }
            News::Experiment(news) => self.experiments.learn(news),
        }
    }

    fn learn_runs(&mut self, news: &RunsNews) {
        for id in &news.gone {
            self.runs.remove(id);
        }
        for run in &news.changed {
            // A run that is trained on tests anew.
            self.compared.retain(|(first, second), _| first != run.id() && second != run.id());
            self.compared_repeats
                .retain(|(first, second), _| !first.iter().chain(second).any(|id| id == run.id()));
            let mut run = run.clone();
            let now = run.summary().map(|summary| (summary.state, summary.updated));
            if self.starting.contains_key(run.id()) {
                if now.as_ref() == self.starting.get(run.id()) {
                    run.set_state(State::Starting);
                } else {
                    self.starting.remove(run.id());
                }
            }
            self.runs.insert(run.id().to_owned(), run);
        }
        self.is_complete |= news.complete;
    }

    /// A worker is asked to go on with a run: until it says something, or cannot be started, the
    /// run is starting, whatever its folder says.
    fn begin(&mut self, id: &str) {
        let Some(run) = self.runs.get_mut(id) else { return };
        let Some(summary) = run.summary() else { return };
        if summary.state.is_unfinished() {
            self.starting.insert(id.to_owned(), (summary.state, summary.updated));
            run.set_state(State::Starting);
        }
    }

    fn learn_points(&mut self, news: &FollowedNews) {
        let id = news.run.id();
        match &news.said {
            Ok(said) if said.from_start => {
                let (run, mut curves) = (said.run.clone(), said.curves.clone());
                // Another head of the run is looked at as the one before.
                if let Some(Ok(before)) = self.followed.get(&id)
                    && before.curves.smoothing() != curves.smoothing()
                {
                    Arc::make_mut(&mut curves).set_smoothing(before.curves.smoothing());
                }
                self.followed.insert(id, Ok(Followed { run, curves }));
            }
            Ok(said) => {
                // One that is not followed any more may still have something to say.
                if let Some(Ok(followed)) = self.followed.get_mut(&id) {
                    followed.run = said.run.clone();
                    Arc::make_mut(&mut followed.curves).extend(&said.curves);
                }
            }
            // What was read before stays.
            Err(problem) => drop(self.followed.entry(id).or_insert_with(|| Err(problem.clone()))),
        }
    }

    /// All points of a run, or why it cannot be read; `None`: it is not read yet, or not followed.
    pub fn followed(&self, id: &str) -> Option<&Result<Followed, String>> {
        self.followed.get(id)
    }

    /// Forgets the points of other runs.
    pub fn keep_followed(&mut self, runs: &[RunFolder]) {
        self.followed.retain(|id, _| runs.iter().any(|run| run.id() == *id));
    }

    /// Smooths the training curves of all runs that are followed.
    pub fn smooth(&mut self, factor: f64) {
        for followed in self.followed.values_mut().flatten() {
            if followed.curves.smoothing() != factor {
                Arc::make_mut(&mut followed.curves).set_smoothing(factor);
            }
        }
    }

    /// The oldest tables of scores go where there are too many, or too many images in them.
    fn forget_scores(&mut self) {
        let images = |known: &ScoresNews| known.table.as_ref().map_or(0, |table| table.len());
        let Some((_, before)) = self.scores.split_last() else { return };
        let mut left = SPARE_IMAGES;
        let fits = |known: &&ScoresNews| {
            let room = left.checked_sub(images(known));
            left = room.unwrap_or(0);
            room.is_some()
        };
        let kept = before.iter().rev().take(SCORE_TABLES - 1).take_while(fits).count();
        self.scores.drain(..before.len() - kept);
    }

    /// The images of `source`, or why there are none; `None`: they have to be read first.
    pub fn scores(&self, source: &Source) -> Option<&Result<Arc<ScoreTable>, String>> {
        self.scores.iter().find(|known| known.source == *source).map(|known| &known.table)
    }

    /// The run that others are measured against.
    pub fn baseline(&self) -> Option<&KnownRun> {
        self.runs.get(self.baseline.as_ref()?)
    }

    /// What became of the photos that both runs tested, the first being measured against; `None`:
    /// they were not compared yet.
    pub fn compared(&self, first: &str, second: &str) -> Option<&Result<Comparison, String>> {
        self.compared.get(&(first.to_owned(), second.to_owned()))
    }

    /// The mean accuracies of the repeats `second` less those of `first`; `None`: they were not
    /// compared yet.
    pub fn compared_repeats(
        &self,
        first: &[String],
        second: &[String],
    ) -> Option<&Result<ComparedMeans, String>> {
        self.compared_repeats.get(&(first.to_owned(), second.to_owned()))
    }

    /// What more photos of a run would bring; `None`: it was not asked yet.
    pub fn growth(&self, id: &str) -> Option<&Asked> {
        self.growth.get(id)
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::RunFolder;

    #[test]
    fn tables_of_many_images_push_older_ones_out_and_small_ones_do_not() {
        let learn = |known: &mut Known, name: &str, images: usize| {
            let mut table = ScoreTable::new(vec!["a".into()], "photos".into());
            (0..images).for_each(|_| table.add("a/1.jpg", None, None, &[1.0]));
            let source = Source::Run(RunFolder::at(Path::new("runs").join(name)));
            known.learn(&News::Scores(ScoresNews { source, table: Ok(Arc::new(table)) }));
        };
        let kept = |known: &Known| -> Vec<usize> {
            known.scores.iter().map(|known| known.table.as_ref().map_or(0, |t| t.len())).collect()
        };
        let mut known = Known::default();
        for (name, images) in [("1", 10), ("2", 20), ("3", 30), ("4", 40)] {
            learn(&mut known, name, images);
        }
        assert_eq!(kept(&known), [20, 30, 40]);
        learn(&mut known, "5", SPARE_IMAGES);
        assert_eq!(kept(&known), [30, 40, SPARE_IMAGES]);
        learn(&mut known, "6", 60);
        assert_eq!(kept(&known), [SPARE_IMAGES, 60]);
        learn(&mut known, "7", SPARE_IMAGES + 1);
        learn(&mut known, "8", 80);
        assert_eq!(kept(&known), [80]);
    }
}
