//! The events of a run: one JSON object a line, append only, versioned.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};

use crate::spec;

pub use jiff::Timestamp;

/// Version of the event log's lines. A reader refuses newer ones rather than misread them.
pub const SCHEMA_VERSION: u32 = 2;
/// Version of the lines that every program reads; others are of the version that brought them.
const FIRST_VERSION: u32 = 1;
/// Bytes of the longest line of a log that is waited for; one with 100,000 categories has a tenth.
pub const LONGEST_LINE: u64 = 64 << 20;

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the line; see [`SCHEMA_VERSION`].
    pub v: u32,
    /// When it was written, by the clock of the worker's machine.
    pub at: Timestamp,
    /// The number of the worker's lease; 0 where no worker wrote it, and in logs of before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lease: u64,
    /// What happened; its fields stand in the same JSON object as those above.
    #[serde(flatten)]
    pub event: Event,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Photos of one category in each set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The category's name, as in tables and settings.
    pub category: String,
    /// Photos that the weights are fitted to.
    #[serde(deserialize_with = "count")]
    pub training: usize,
    /// Photos that tell during training which weights to keep.
    #[serde(deserialize_with = "count")]
    pub validation: usize,
    /// Photos scored once, at the end.
    #[serde(deserialize_with = "count")]
    pub test: usize,
    /// With folds, which test every photo: how many are in each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<usize>,
}

impl Counts {
    /// Photos of the category in all sets.
    pub fn total(&self) -> usize {
        self.training + self.validation + self.test
    }
}

/// What made the features, in words: every property and where it was learnt from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkFacts {
    /// The network's name, as in `network.backbone`.
    pub backbone: String,
    /// Where its weights are from, in words.
    pub weights: String,
    /// Numbers of one feature.
    pub feature_len: usize,
    /// Name of the feature cache's folder: the hash of all that a feature depends on.
    pub feature_key: String,
    /// (property, value with its source), in the order in which they are shown.
    pub properties: Vec<(String, String)>,
}

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Photos are found, hashed and split.
    Scan,
    /// Photos are turned into features.
    Features,
    /// The last layer is fitted to the features.
    Training,
    /// Every image is scored.
    Evaluation,
}

impl Stage {
    /// As written in events and shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Scan => "scan",
            Stage::Features => "features",
            Stage::Training => "training",
            Stage::Evaluation => "evaluation",
        }
    }
}

/// How a run that has a result came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All iterations were done.
    Completed,
    /// Validation had stopped improving (`train.early_stop`).
    EarlyStop,
    /// A person stopped it and kept what it had.
    Stopped,
}

/// The final evaluation of every test image, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// Test images whose highest score is the true category's.
    #[serde(deserialize_with = "count")]
    pub correct: usize,
    /// Test images scored.
    #[serde(deserialize_with = "count")]
    pub n: usize,
    /// Share of test images whose highest score is the true category's.
    pub accuracy: f64,
    /// 95 % Wilson interval of the accuracy.
    pub low: f64,
    /// The upper end of that interval.
    pub high: f64,
    /// Mean cross-entropy, natural logarithm.
    pub log_loss: f64,
    /// With so many folds every photo was tested, by heads that were trained on the other folds; 0:
    /// the head that was kept was tested on the test set.
    #[serde(default, skip_serializing_if = "is_none")]
    pub folds: usize,
    /// The share of an unknown kind of photo that would be called none of the categories, found by
    /// leaving out each category in turn. `None`: of an older version, or with too few photos or
    /// categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_notice: Option<f64>,
}

#[cfg(test)]
impl TestResult {
    /// One of two photos right, where it does not matter which result it is.
    pub(crate) fn half() -> TestResult {
        TestResult {
            correct: 1,
            n: 2,
            accuracy: 0.5,
            low: 0.1,
            high: 0.9,
            log_loss: 1.0,
            folds: 0,
            would_notice: None,
        }
    }
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// One iteration: loss and accuracy of its batch, before the update.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepPoint {
    /// From 1.
    #[serde(deserialize_with = "count")]
    pub step: usize,
    /// Mean cross-entropy of the batch, natural logarithm.
    #[serde(with = "finite_or_null")]
    pub loss: f64,
    /// Share of the batch, 0 to 1.
    pub accuracy: f64,
    /// The rate of this step under the experiment's schedule.
    pub learning_rate: f64,
}

/// One evaluation: of the batch just used, after its update, and of the whole validation set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationPoint {
    /// The iteration after which it was made, from 1.
    #[serde(deserialize_with = "count")]
    pub step: usize,
    /// Mean cross-entropy of the batch, natural logarithm.
    #[serde(with = "finite_or_null")]
    pub train_loss: f64,
    /// Share of the batch, 0 to 1.
    pub train_accuracy: f64,
    /// Mean cross-entropy of the validation set, natural logarithm.
    #[serde(with = "finite_or_null")]
    pub validation_loss: f64,
    /// Share of the validation set, 0 to 1.
    pub validation_accuracy: f64,
}

/// A fold whose photos were scored by a head that never saw them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldResult {
    /// From 1.
    #[serde(deserialize_with = "count")]
    pub fold: usize,
    /// Photos whose highest score is the true category's.
    #[serde(deserialize_with = "count")]
    pub correct: usize,
    /// Photos in the fold.
    #[serde(deserialize_with = "count")]
    pub n: usize,
    /// Iterations of its head.
    #[serde(deserialize_with = "count")]
    pub step: usize,
    /// The iteration whose weights scored them.
    #[serde(deserialize_with = "count")]
    pub kept_step: usize,
}

/// What a worker, or who starts it, has to say of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run folder was made; nothing has run yet.
    Created {
        /// The experiment's name: that of its file, without the ending.
        experiment: String,
        /// The experiment file as the person named it.
        source: PathBuf,
        /// The project folder, where relative paths of the experiment start: as seen from the run
        /// folder where that lies in it, else, and in older runs, from the root.
        root: PathBuf,
        /// Version of the program.
        program: String,
        /// Iterations wanted when the run was made; `Iterations` may change the number later.
        #[serde(deserialize_with = "count")]
        iterations: usize,
        /// Every field of the experiment and its value, as written in TOML; a key that has another
        /// name today is read as that.
        #[serde(deserialize_with = "present_settings")]
        settings: BTreeMap<String, String>,
        /// The sweep that it is one of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
    },
    /// A worker took the run, for the first time or to go on with it.
    Started {
        /// The worker's process number on its host.
        pid: u32,
        /// Name of the machine that the worker runs on.
        host: String,
        /// Threads that the worker may compute with.
        threads: usize,
    },
    /// What the worker does from now on.
    Stage {
        /// The one that begins now.
        stage: Stage,
    },
    /// The photos were found and split.
    Dataset {
        /// The folder of photos; relative to the project folder when it lies in that.
        images: PathBuf,
        /// Photos of each category by set.
        counts: Vec<Counts>,
        /// Files that cannot be used as photos; `skipped.csv` gives the reason for each.
        #[serde(deserialize_with = "count")]
        skipped: usize,
        /// Photos with the same bytes as an earlier one.
        #[serde(deserialize_with = "count")]
        duplicates: usize,
    },
    /// The network was opened; it says what every feature depends on.
    Network(NetworkFacts),
    /// Progress of the feature stage.
    Features {
        /// Photos with an outcome so far: from the cache, computed or skipped.
        #[serde(deserialize_with = "count")]
        done: usize,
        /// All photos of the run, each of which needs a feature.
        #[serde(deserialize_with = "count")]
        total: usize,
        /// Photos whose features were in the cache already.
        #[serde(deserialize_with = "count")]
        from_cache: usize,
        /// Photos found unreadable at this stage.
        #[serde(deserialize_with = "count")]
        skipped: usize,
        /// Of the images that went through the network; 0 while none has.
        images_per_second: f64,
        /// The photo that was computed last, below the folder of images, as it is shown to people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        latest: Option<String>,
    },
    /// In a run with folds: another head is trained from here on, from its first iteration. (Since
    /// version 2: who does not know it would take the heads' iterations for those of one.)
    Head {
        /// The fold, from 1, that it is tested on; `None`: it is the head that is kept.
        fold: Option<usize>,
        /// How many folds there are.
        folds: usize,
    },
    /// A fold was tested, and its scores are in the run folder. (Since version 2.)
    FoldTested(FoldResult),
    /// An iteration of training was done.
    Step(StepPoint),
    /// The weights were evaluated on a batch and on the validation set, as training goes on.
    Evaluation(EvaluationPoint),
    /// A person wants another number of iterations than before; training goes on to that one.
    Iterations {
        /// The new number, counted from the run's beginning and not from here.
        #[serde(deserialize_with = "count")]
        iterations: usize,
    },
    /// Something a person should know; the run goes on.
    Warning {
        /// What it is about, in a sentence for people.
        message: String,
    },
    /// The end, with a result.
    Finished {
        /// Why training ended.
        ending: Ending,
        /// Iterations done.
        #[serde(deserialize_with = "count")]
        step: usize,
        /// The iteration whose weights were kept.
        #[serde(deserialize_with = "count")]
        kept_step: usize,
        /// How well the kept weights do on images that training never used.
        test: TestResult,
    },
    /// The end, without a result.
    Failed {
        /// Why it failed, in a sentence for people.
        message: String,
        /// The machine's, not the question's: it goes on when the cause is gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fault: bool,
    },
    /// The end, because a person cancelled it: no result.
    Cancelled,
    /// The end for now, because a person paused it: it is meant to go on from its checkpoint.
    Paused,
    /// The worker could not go on with the run before it had added anything: it is left as it was.
    Refused {
        /// Why the worker could not go on, in a sentence for people.
        message: String,
        /// As in `Failed`: the machine's, and it can go on when the cause is gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fault: bool,
    },
}

impl Event {
    /// Version of its line.
    pub fn version(&self) -> u32 {
        match self {
            Event::Head { .. } | Event::FoldTested(_) => SCHEMA_VERSION,
            _ => FIRST_VERSION,
        }
    }
}

/// Numbers that a log may hold as counts. Sums of many stay far below what a `usize` holds, so that
/// no reader of a damaged log can overflow.
const LARGEST_COUNT: usize = 1 << 53;

fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let count = usize::deserialize(deserializer)?;
    if count <= LARGEST_COUNT {
        return Ok(count);
    }
    Err(serde::de::Error::custom(format!("{count} is no count of anything that there is")))
}

/// A loss may be NaN or infinite; JSON has no number for that, so it is written as `null` and read
/// back as NaN.
mod finite_or_null {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            serializer.serialize_f64(*value)
        } else {
            serializer.serialize_none()
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
    }
}

/// Settings as a run recorded them, under the keys that they have today.
pub(super) fn present_settings<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let mut settings = BTreeMap::deserialize(deserializer)?;
    spec::rename_former(&mut settings);
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(loss: f64) -> StepPoint {
        StepPoint { step: 3, loss, accuracy: 0.75, learning_rate: 0.01 }
    }

    #[test]
    fn an_event_is_one_line_of_plain_json() {
        let record = Record {
            v: FIRST_VERSION,
            at: "2026-01-02T03:04:05.5Z".parse().unwrap(),
            lease: 0,
            event: Event::Step(step(0.5)),
        };
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(
            line,
            r#"{"v":1,"at":"2026-01-02T03:04:05.5Z","event":"step","step":3,"loss":0.5,"accuracy":0.75,"learning_rate":0.01}"#
        );
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
        let of_a_worker = Record { lease: 7, ..record };
        let line = serde_json::to_string(&of_a_worker).unwrap();
        assert!(line.contains(r#"05.5Z","lease":7,"event":"step""#), "{line}");
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), of_a_worker);
    }

    #[test]
    fn only_what_an_older_program_would_misread_is_of_a_newer_version() {
        let result = FoldResult { fold: 3, correct: 11, n: 12, step: 40, kept_step: 30 };
        let lines = [
            (Event::Head { fold: Some(3), folds: 5 }, r#""event":"head","fold":3,"folds":5}"#),
            (Event::Head { fold: None, folds: 5 }, r#""event":"head","fold":null,"folds":5}"#),
            (
                Event::FoldTested(result),
                r#""event":"fold_tested","fold":3,"correct":11,"n":12,"step":40,"kept_step":30}"#,
            ),
        ];
        for (event, line) in lines {
            assert_eq!(event.version(), 2);
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(json, format!("{{{line}"));
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        }
        assert_eq!((Event::Paused.version(), Event::Step(step(0.5)).version()), (1, 1));
    }

    #[test]
    fn settings_of_older_runs_have_their_present_keys() {
        let line = r#"{"v":1,"at":"2026-01-02T03:04:05Z","event":"created","experiment":"fire",
            "source":"fire.toml","root":"/p","program":"0.1.0","iterations":400,
            "settings":{"network.average_pool":"\"auto\"","network.resize":"\"legacy\""}}"#;
        let record: Record = serde_json::from_str(line).unwrap();
        let Event::Created { settings, .. } = record.event else { panic!() };
        let keys: Vec<&String> = settings.keys().collect();
        assert_eq!(keys, ["network.inception_v3.average_pool", "network.resize"]);
    }

    #[test]
    fn counts_that_no_run_can_have_are_damage_before_they_are_added_up() {
        let line =
            |n: usize| format!(r#"{{"category":"a","training":{n},"validation":{n},"test":{n}}}"#);
        let read = |n| serde_json::from_str::<Counts>(&line(n));
        assert_eq!(read(LARGEST_COUNT).unwrap().total(), 3 * LARGEST_COUNT);
        let err = read(usize::MAX).unwrap_err().to_string();
        assert!(err.contains("18446744073709551615 is no count"), "{err}");
    }

    #[test]
    fn a_loss_that_is_no_number_survives_the_log() {
        let event = Event::Step(step(f64::NAN));
        let line = serde_json::to_string(&event).unwrap();
        assert!(line.contains(r#""loss":null"#), "{line}");
        let Event::Step(StepPoint { loss, .. }) = serde_json::from_str(&line).unwrap() else {
            panic!()
        };
        assert!(loss.is_nan());
    }
}
