//! A run as the fold of its events: live view, reload and comparison share it, so they agree.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::event::{
    Counts, Ending, EvaluationPoint, Event, NetworkFacts, Record, Stage, StepPoint, TestResult,
    Timestamp,
};
use super::tested_folds::TestedFolds;

impl EvaluationPoint {
    fn is_better_than(&self, other: &EvaluationPoint) -> bool {
        self.validation_accuracy > other.validation_accuracy
            || (self.validation_accuracy == other.validation_accuracy
                && self.validation_loss < other.validation_loss)
    }
}

/// A number of iterations that a person wanted, and where it began to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Horizon {
    /// The last iteration that was reported before: those behind it are of the new number.
    pub after: usize,
    /// How many iterations the whole run was to have from then on.
    pub iterations: usize,
}

/// How far the feature stage is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeatureProgress {
    /// Features that are there, computed or found.
    pub done: usize,
    /// Features that the run needs.
    pub total: usize,
    /// Of those that are there: found in the cache.
    pub from_cache: usize,
    /// Photos that could not be read.
    pub skipped: usize,
    /// Of the images that went through the network; 0 while none has.
    pub images_per_second: f64,
    /// The photo that was computed last, below the folder of images, as it is shown to people.
    #[serde(default)]
    pub latest: Option<String>,
}

impl FeatureProgress {
    /// Seconds left at the present rate; `None` before there is a rate.
    pub fn seconds_left(&self) -> Option<f64> {
        let left = self.total.saturating_sub(self.done);
        (self.images_per_second > 0.0).then(|| left as f64 / self.images_per_second)
    }
}

/// What a run has reported so far, of its iterations only those that stand out: as large after ten
/// million of them as after one. [`Points`] has them all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Name of the experiment.
    pub experiment: String,
    /// The experiment file as the person named it.
    pub source: PathBuf,
    /// The project folder.
    pub root: PathBuf,
    /// Version of the program that made the run.
    pub program: String,
    /// The sweep that it is one of.
    #[serde(default)]
    pub group: Option<String>,
    /// Every field of the experiment and its value, as written in TOML.
    pub settings: BTreeMap<String, String>,
    /// How many iterations the whole run is to have, as wanted last.
    pub iterations: usize,
    /// All numbers of iterations that were wanted, the present one last.
    pub horizons: Vec<Horizon>,
    /// When the run was made.
    pub created: Option<Timestamp>,
    /// When the present or last worker began.
    pub started: Option<Timestamp>,
    /// When the newest event was written.
    pub updated: Option<Timestamp>,
    /// The machine of that worker.
    pub host: String,
    /// Its process number there.
    pub pid: u32,
    /// Its threads.
    pub threads: usize,
    /// What it does, or did last.
    pub stage: Option<Stage>,
    /// The folder of the photos.
    pub images: PathBuf,
    /// Photos of each category.
    pub counts: Vec<Counts>,
    /// Photos that could not be read.
    pub skipped: usize,
    /// Photos with the bytes of another.
    pub duplicates: usize,
    /// What makes the features.
    pub network: Option<NetworkFacts>,
    /// How far the feature stage is.
    pub features: Option<FeatureProgress>,
    /// With folds, once a head is trained: how far they are. What is said of iterations and
    /// evaluations is of the head that is trained.
    #[serde(default)]
    pub folds: Option<TestedFolds>,
    /// The newest iteration.
    pub latest: Option<StepPoint>,
    /// The newest evaluation.
    pub evaluated: Option<EvaluationPoint>,
    /// The evaluation with the highest validation accuracy; of equals the one with the lower loss,
    /// then the earlier one.
    pub best: Option<EvaluationPoint>,
    /// The evaluation with the lowest validation loss; of equals the earlier one. Its head is the one
    /// that early stopping keeps.
    pub lowest_loss: Option<EvaluationPoint>,
    /// Evaluations since that one.
    pub since_lowest_loss: usize,
    /// What a person should know, each once.
    pub warnings: Vec<String>,
    /// How it ended; `None` while it has not.
    pub end: Option<End>,
    /// Why the last worker did not go on with the run.
    pub refusal: Option<String>,
    /// The last worker ended by a fault of the machine.
    pub fault: bool,
    /// The end that the present worker found, as long as it has added no iteration.
    pub earlier_end: Option<End>,
    /// Seconds of the workers before the present one.
    pub earlier_seconds: f64,
    /// The largest number of a worker's lease that was seen.
    pub lease: u64,
}

/// The last thing a run reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    /// It trained to an end and has a result.
    Finished {
        /// Why training ended there.
        ending: Ending,
        /// Iterations done.
        step: usize,
        /// The iteration whose weights were kept.
        kept_step: usize,
        /// How the kept weights do on the test set.
        test: TestResult,
    },
    /// An error ended it, whose message this is; there is no result.
    Failed(String),
    /// A person cancelled it; there is no result.
    Cancelled,
    /// A person paused it; it is meant to go on from its checkpoint.
    Paused,
}

impl Run {
    /// The fold of these records.
    pub fn replay<'a>(records: impl IntoIterator<Item = &'a Record>) -> Run {
        records.into_iter().fold(Run::default(), |mut run, record| {
            run.apply(record);
            run
        })
    }

    /// Takes in one more record.
    pub fn apply(&mut self, record: &Record) {
        if matches!(record.event, Event::Started { .. }) {
            self.earlier_seconds = self.seconds();
        }
        self.updated = Some(record.at);
        self.lease = self.lease.max(record.lease);
        match record.event.clone() {
            Event::Created { experiment, source, root, program, iterations, settings, group } => {
                self.created = Some(record.at);
                (self.experiment, self.source, self.root) = (experiment, source, root);
                (self.program, self.iterations, self.settings) = (program, iterations, settings);
                self.horizons = vec![Horizon { after: 0, iterations }];
                self.group = group;
            }
            Event::Started { pid, host, threads } => {
                self.started = Some(record.at);
                (self.pid, self.host, self.threads) = (pid, host, threads);
                self.earlier_end = self.end.take().or(self.earlier_end.take());
                (self.refusal, self.fault) = (None, false);
            }
            Event::Stage { stage } => self.stage = Some(stage),
            Event::Dataset { images, counts, skipped, duplicates } => {
                (self.images, self.counts) = (images, counts);
                (self.skipped, self.duplicates) = (skipped, duplicates);
            }
            Event::Network(facts) => self.network = Some(facts),
            Event::Features { done, total, from_cache, skipped, images_per_second, latest } => {
                self.features = Some(FeatureProgress {
                    done,
                    total,
                    from_cache,
                    skipped,
                    images_per_second,
                    latest,
                });
            }
            Event::Head { fold, folds } => {
                self.earlier_end = None;
                self.forget_head();
                self.folds = Some(TestedFolds::begin(self.folds.take(), fold, folds));
            }
            Event::FoldTested(result) => {
                self.earlier_end = None;
                if let Some(folds) = &mut self.folds {
                    folds.add(result);
                }
            }
            Event::Step(point) => {
                self.earlier_end = None;
                self.latest = Some(point);
            }
            Event::Evaluation(point) => {
                self.evaluated = Some(point);
                if self.best.is_none_or(|best| point.is_better_than(&best)) {
                    self.best = Some(point);
                }
                if self.lowest_loss.is_none_or(|low| point.validation_loss < low.validation_loss) {
                    (self.lowest_loss, self.since_lowest_loss) = (Some(point), 0);
                } else {
                    self.since_lowest_loss += 1;
                }
            }
            Event::Iterations { iterations } => {
                self.iterations = iterations;
                if self.folds.take().is_some() {
                    // One accuracy over all folds is of heads of the same number of iterations.
                    self.forget_head();
                    self.horizons.clear();
                }
                self.horizons.push(Horizon { after: self.step(), iterations });
                self.settings.insert("iterations".to_owned(), iterations.to_string());
            }
            // A worker that goes on with a run finds the same to say.
            Event::Warning { message } if self.warnings.contains(&message) => {}
            Event::Warning { message } => self.warnings.push(message),
            Event::Finished { ending, step, kept_step, test } => {
                self.end = Some(End::Finished { ending, step, kept_step, test });
            }
            Event::Failed { message, fault } => {
                (self.end, self.fault) = (Some(End::Failed(message)), fault);
            }
            Event::Cancelled => self.end = Some(End::Cancelled),
            Event::Paused => self.end = Some(End::Paused),
            Event::Refused { message, fault } => {
                self.fault = fault;
                self.end = match self.end.take().or(self.earlier_end.take()) {
                    None | Some(End::Failed(_)) => Some(End::Failed(message.clone())),
                    end => end,
                };
                self.refusal = Some(message);
            }
        }
    }

    fn forget_head(&mut self) {
        (self.latest, self.evaluated, self.best) = (None, None, None);
        self.lowest_loss = None;
    }

    /// Whether the training of a head has begun: photos and network are settled.
    pub fn has_trained(&self) -> bool {
        self.folds.is_some() || self.step() > 0
    }

    /// The iteration reached, of the head that is trained.
    pub fn step(&self) -> usize {
        self.latest.map_or(0, |point| point.step)
    }

    /// The result, where it has one.
    pub fn test(&self) -> Option<&TestResult> {
        match &self.end {
            Some(End::Finished { test, .. }) => Some(test),
            _ => None,
        }
    }

    /// Whether early stopping was asked for: it keeps the head of the lowest validation loss, while
    /// without it the last one is kept.
    pub fn stops_early(&self) -> bool {
        self.settings.get("train.early_stop").is_some_and(|patience| patience != "0")
    }

    /// The evaluation of the head that is kept: by what the run ended with, and before its end by what
    /// it would end with now. `None` also where that evaluation is not among those that stand out.
    pub fn kept(&self) -> Option<EvaluationPoint> {
        match self.end {
            Some(End::Finished { kept_step, .. }) => [self.evaluated, self.lowest_loss, self.best]
                .into_iter()
                .flatten()
                .find(|point| point.step == kept_step),
            _ if self.stops_early() => self.lowest_loss,
            _ => self.evaluated,
        }
    }

    /// Names of the categories, in their order.
    pub fn categories(&self) -> impl Iterator<Item = &str> {
        self.counts.iter().map(|counts| counts.category.as_str())
    }

    /// Seconds that workers have spent: of each from its start to its last event.
    pub fn seconds(&self) -> f64 {
        let present = match (self.started, self.updated) {
            (Some(started), Some(updated)) => {
                (updated.as_millisecond() - started.as_millisecond()) as f64 / 1000.0
            }
            _ => 0.0,
        };
        self.earlier_seconds + present
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{FoldResult, SCHEMA_VERSION};
    use super::*;
    use crate::store::Points;

    fn at(second: i64, event: Event) -> Record {
        Record { v: SCHEMA_VERSION, at: Timestamp::from_second(second).unwrap(), lease: 0, event }
    }

    fn evaluation(step: usize, accuracy: f64, loss: f64) -> Event {
        Event::Evaluation(EvaluationPoint {
            step,
            train_loss: 0.0,
            train_accuracy: 1.0,
            validation_loss: loss,
            validation_accuracy: accuracy,
        })
    }

    #[test]
    fn a_run_is_what_its_events_say_so_far() {
        let records = [
            at(10, Event::Started { pid: 7, host: "box".into(), threads: 2 }),
            at(11, Event::Stage { stage: Stage::Training }),
            at(12, step(1)),
            at(12, evaluation(1, 0.8, 0.6)),
            at(13, step(2)),
            at(13, evaluation(2, 0.8, 0.5)),
            at(14, evaluation(3, 0.7, 0.4)),
        ];
        let run = Run::replay(&records);
        assert_eq!((run.step(), run.seconds(), run.stage), (2, 4.0, Some(Stage::Training)));
        assert_eq!(run.best.unwrap().step, 2, "of equal accuracies the lower loss is better");
        assert_eq!(run.end, None);
    }

    #[test]
    fn the_head_that_is_kept_is_the_last_one_and_with_early_stopping_that_of_the_lowest_loss() {
        let evaluations =
            [evaluation(10, 0.9, 0.5), evaluation(20, 0.8, 0.3), evaluation(30, 0.7, 0.4)];
        let records: Vec<Record> = evaluations.map(|event| at(1, event)).into();
        let mut run = Run::replay(&records);
        assert_eq!((run.kept().unwrap().step, run.best.unwrap().step), (30, 10));
        assert_eq!((run.lowest_loss.unwrap().step, run.since_lowest_loss), (20, 1));
        run.settings.insert("train.early_stop".into(), "0".into());
        assert_eq!(run.kept().unwrap().step, 30);
        run.settings.insert("train.early_stop".into(), "5".into());
        assert_eq!(run.kept().unwrap().step, 20);
        // What it ended with counts, whatever the settings say.
        let mut finished = |kept_step| {
            let test = TestResult::half();
            run.apply(&at(
                2,
                Event::Finished { ending: Ending::Completed, step: 30, kept_step, test },
            ));
            run.kept().map(|point| point.step)
        };
        assert_eq!([10, 20, 30, 25].map(&mut finished), [Some(10), Some(20), Some(30), None]);
    }

    fn started() -> Event {
        Event::Started { pid: 8, host: "box".into(), threads: 2 }
    }

    fn step(step: usize) -> Event {
        Event::Step(StepPoint { step, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 })
    }

    fn stopped() -> Event {
        let test = TestResult::half();
        Event::Finished { ending: Ending::Stopped, step: 1, kept_step: 1, test }
    }

    #[test]
    fn a_run_that_is_started_again_has_not_ended() {
        let failed = Event::Failed { message: "disk full".into(), fault: true };
        assert_eq!(Run::replay(&[at(1, failed), at(2, started())]).end, None);
    }

    #[test]
    fn the_time_between_two_workers_is_not_the_runs() {
        let records = [
            at(10, started()),
            at(13, step(1)),
            at(1000, started()),
            at(1004, step(2)),
            at(5000, started()),
        ];
        assert_eq!(Run::replay(&records).seconds(), 7.0);
        assert_eq!(Run::replay(&records[..4]).seconds(), 7.0);
        assert_eq!(Run::replay(&records[..2]).seconds(), 3.0);
    }

    #[test]
    fn a_worker_that_could_not_go_on_leaves_the_run_as_it_was() {
        let refused = Event::Refused { message: "photos changed".into(), fault: false };
        let mut records = vec![at(1, started()), at(2, step(1)), at(3, stopped())];
        let before = Run::replay(&records).end;
        // Another worker was killed before it added anything.
        records.extend([at(4, started()), at(5, started()), at(6, refused.clone())]);
        let run = Run::replay(&records);
        assert_eq!((run.end, run.refusal.as_deref()), (before, Some("photos changed")));
        records.push(at(7, started()));
        assert_eq!(Run::replay(&records).refusal, None);
        // What has gone on is not what it was.
        records.extend([at(8, step(2)), at(9, started()), at(10, refused)]);
        let end = Run::replay(&records).end;
        assert_eq!(end, Some(End::Failed("photos changed".into())));
    }

    #[test]
    fn what_is_said_again_is_one_warning() {
        let warning = || Event::Warning { message: "few photos".into() };
        let records = [at(1, warning()), at(2, warning())];
        assert_eq!(Run::replay(&records).warnings, ["few photos"]);
    }

    fn tested(fold: usize) -> Event {
        Event::FoldTested(FoldResult { fold, correct: 3, n: 4, step: 2, kept_step: 2 })
    }

    #[test]
    fn each_head_of_a_run_with_folds_has_iterations_of_its_own() {
        let head = |fold| Event::Head { fold, folds: 2 };
        let mut records = vec![at(1, started()), at(2, head(Some(1))), at(3, step(1))];
        records.extend([at(4, evaluation(1, 0.9, 0.1)), at(5, step(2)), at(6, tested(1))]);
        let folds = Run::replay(&records).folds.unwrap();
        assert_eq!((folds.training, folds.heads_left()), (Some(1), 2));
        records.extend([at(7, head(Some(2))), at(8, step(1))]);
        let run = Run::replay(&records);
        assert_eq!((run.step(), run.best), (1, None), "they are not those of the first head");
        assert_eq!(Points::of(&records).steps.len(), 1);
        let folds = run.folds.unwrap();
        assert_eq!((folds.is_tested(1), folds.is_tested(2)), (true, false));
        // Tested again, as its scores were lost.
        records.extend([at(9, tested(2)), at(10, head(None)), at(11, tested(2))]);
        let folds = Run::replay(&records).folds.unwrap();
        assert_eq!((folds.right_so_far(), folds.heads_left()), (Some((6, 8)), 0));
        // With another number of iterations all heads begin anew.
        records.push(at(12, Event::Iterations { iterations: 90 }));
        let run = Run::replay(&records);
        assert!(!run.has_trained());
        assert_eq!(run.horizons, [Horizon { after: 0, iterations: 90 }]);
    }

    #[test]
    fn another_number_of_iterations_is_the_runs_and_a_setting() {
        let run = Run::replay(&[at(1, Event::Iterations { iterations: 90 })]);
        assert_eq!((run.iterations, &*run.settings["iterations"]), (90, "90"));
    }

    #[test]
    fn another_number_of_iterations_counts_from_the_last_reported_one() {
        let created = Event::Created {
            experiment: "fire".into(),
            source: PathBuf::new(),
            root: PathBuf::new(),
            program: "0".into(),
            iterations: 40,
            settings: BTreeMap::new(),
            group: None,
        };
        let records = [at(1, created), at(2, step(7)), at(3, Event::Iterations { iterations: 90 })];
        let horizon = |after, iterations| Horizon { after, iterations };
        assert_eq!(Run::replay(&records).horizons, [horizon(0, 40), horizon(7, 90)]);
    }
}
