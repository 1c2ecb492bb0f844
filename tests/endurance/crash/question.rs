//! A question that runs are asked, and its answer when nothing disturbs them.

use std::collections::BTreeMap;
use std::time::Duration;

use retrain::store::{RunFolder, Timestamp};

use super::victim::Phase;
use crate::common::Project;
use crate::common::compare::features;

/// What is asked in a run, and the run that was never disturbed.
pub struct Question {
    pub settings: Vec<&'static str>,
    /// Instead of those in `settings`, asked for when the run goes on.
    pub more: Option<usize>,
    pub eval_interval: usize,
    /// Whether a person pauses or stops it, too.
    pub is_interrupted: bool,
    pub expected: RunFolder,
    pub features: BTreeMap<Vec<u8>, Vec<u8>>,
    pub usual: BTreeMap<Phase, Duration>,
}

impl Question {
    pub fn new(project: &Project, settings: &[&'static str], more: Option<usize>) -> Question {
        let mut arguments = vec!["run", "experiments/photos.toml"];
        arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
        let more_text = more.map(|more| format!("iterations={more}"));
        arguments.extend(more_text.iter().flat_map(|setting| ["--set", setting]));
        project.ok(&arguments);
        let expected = project.find("last");
        let usual = usual_times(&expected);
        let is_interrupted = settings.contains(&"iterations=50000");
        Question {
            settings: settings.to_vec(),
            more,
            eval_interval: 7,
            is_interrupted,
            expected,
            features: features(&project.path().join("own")),
            usual,
        }
    }
}

/// How long each phase of a run took.
fn usual_times(run: &RunFolder) -> BTreeMap<Phase, Duration> {
    let records = run.tail().poll().unwrap();
    let mut begun = BTreeMap::new();
    for said in 1..=records.len() {
        begun.entry(Phase::after(&records[..said])).or_insert(records[said - 1].at);
    }
    let times: Vec<_> = begun.into_iter().collect();
    let time = |pair: &[(Phase, Timestamp)]| {
        let length = pair[1].1.duration_since(pair[0].1);
        (pair[0].0, Duration::try_from(length).unwrap())
    };
    times.windows(2).map(time).collect()
}
