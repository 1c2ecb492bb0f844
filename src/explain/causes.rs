//! What differs between two runs, as causes of which each can be had the old or the new way.

use std::collections::{HashMap, HashSet};

use crate::past::PastRun;
use crate::setting::Value;
use crate::spec::{Set, differences};
use crate::store::ListedPhoto;
use crate::words::{counted, grouped};

/// With more, single settings are one cause: each further one doubles the heads to train.
const MOST_CAUSES: usize = 5;

/// Settings of the training that explain nothing: one is luck, one only says what is kept.
const NO_CAUSES: [&str; 2] = ["train.seed", "train.keep_every"];

/// One thing that can be the old or the new way, in a mixture of two runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Which photos are for training and validation.
    Photos { added: usize, removed: usize },
    /// In which category photos are that both runs train on.
    Labels { photos: usize },
    /// What makes the features of photos: these settings, or none where it is the program.
    Network { settings: Vec<&'static str> },
    /// How training photos are distorted.
    Distort { settings: Vec<&'static str> },
    /// A setting of the training.
    Setting { key: &'static str, before: Value, after: Value },
}

/// Changes that are taken as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause(pub Vec<Change>);

impl Cause {
    /// Such as `learning_rate` or `training photos (30 added)`.
    pub fn name(&self) -> String {
        let names: Vec<String> = self.0.iter().map(Change::name).collect();
        names.join(" and ")
    }

    /// With the values of a setting: `learning_rate = 0.01, then 0.1`.
    pub fn in_words(&self) -> String {
        let words: Vec<String> = self.0.iter().map(Change::in_words).collect();
        words.join("; ")
    }
}

impl Change {
    fn name(&self) -> String {
        match self {
            Change::Photos { added: 0, removed: 0 } => {
                "photos that went from training to validation or back".to_owned()
            }
            Change::Photos { added, removed } => {
                let counts = [(added, "added"), (removed, "removed")]
                    .into_iter()
                    .filter(|(count, _)| **count > 0)
                    .map(|(count, what)| format!("{} {what}", grouped(*count)));
                format!("training photos ({})", counts.collect::<Vec<_>>().join(", "))
            }
            Change::Labels { photos } => {
                format!("{} in another category", counted(*photos, "training photo"))
            }
            Change::Network { settings } if settings.is_empty() => {
                "how this version of the program reads photos".to_owned()
            }
            Change::Network { settings } | Change::Distort { settings } => settings.join(" and "),
            Change::Setting { key, .. } => (*key).to_owned(),
        }
    }

    fn in_words(&self) -> String {
        match self {
            Change::Setting { key, before, after } => {
                format!("{key} = {}, then {}", before.to_toml(), after.to_toml())
            }
            other => other.name(),
        }
    }
}

/// The causes between two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Causes(pub Vec<Cause>);

impl Causes {
    /// What differs, but [`NO_CAUSES`], and what acts only through the photos: where they lie, and how
    /// they are split.
    pub fn between([first, second]: &[PastRun; 2]) -> Causes {
        let mut changes = Vec::new();
        changes.extend(photos(&first.photos, &second.photos));
        changes.extend(labels(&first.photos, &second.photos));
        let (mut network, mut distort, mut settings) = (Vec::new(), Vec::new(), Vec::new());
        for difference in differences(&first.experiment, &second.experiment) {
            let key = difference.field.key;
            match key.split_once('.').map_or(key, |(table, _)| table) {
                "network" => network.push(key),
                "distort" => distort.push(key),
                "train" | "iterations" | "learning_rate" if !NO_CAUSES.contains(&key) => {
                    let (before, after) = (difference.before, difference.after);
                    settings.push(Change::Setting { key, before, after });
                }
                _ => {}
            }
        }
        if first.feature_key != second.feature_key {
            changes.push(Change::Network { settings: network });
        }
        if first.experiment.distort != second.experiment.distort {
            changes.push(Change::Distort { settings: distort });
        }
        changes.extend(settings);
        let mut causes = Causes(changes.into_iter().map(|change| Cause(vec![change])).collect());
        if causes.0.len() > MOST_CAUSES {
            causes.join_settings();
        }
        causes
    }

    /// Makes one cause of all that decides which features training takes.
    pub fn join_photos_and_features(&mut self) {
        self.join(|change| !matches!(change, Change::Setting { .. }));
    }

    /// Makes one cause of the settings of the training. Whether there were several.
    pub fn join_settings(&mut self) -> bool {
        self.join(|change| matches!(change, Change::Setting { .. }))
    }

    fn join(&mut self, belongs: impl Fn(&Change) -> bool) -> bool {
        let (joined, kept): (Vec<Cause>, Vec<Cause>) =
            self.0.drain(..).partition(|cause| cause.0.iter().all(&belongs));
        let several = joined.len() > 1;
        let changes: Vec<Change> = joined.into_iter().flat_map(|cause| cause.0).collect();
        self.0 = kept;
        if !changes.is_empty() {
            self.0.push(Cause(changes));
        }
        several
    }
}

fn is_learned(photo: &&ListedPhoto) -> bool {
    photo.set != Set::Test
}

fn photos(first: &[ListedPhoto], second: &[ListedPhoto]) -> Option<Change> {
    let sets = |photos: &[ListedPhoto]| -> Vec<(String, Set)> {
        photos.iter().filter(is_learned).map(|p| (p.hash.clone(), p.set)).collect()
    };
    if sets(first) == sets(second) {
        return None;
    }
    let [before, now] = [first, second].map(|photos| {
        photos.iter().filter(is_learned).map(|photo| &*photo.hash).collect::<HashSet<&str>>()
    });
    let (added, removed) = (now.difference(&before).count(), before.difference(&now).count());
    Some(Change::Photos { added, removed })
}

fn labels(first: &[ListedPhoto], second: &[ListedPhoto]) -> Option<Change> {
    let before: HashMap<&str, &str> =
        first.iter().map(|photo| (&*photo.hash, &*photo.category)).collect();
    let learned: HashSet<&str> =
        first.iter().chain(second).filter(is_learned).map(|photo| &*photo.hash).collect();
    let changed: HashSet<&str> = second
        .iter()
        .filter(|photo| before.get(&*photo.hash).is_some_and(|was| *was != photo.category))
        .map(|photo| &*photo.hash)
        .filter(|hash| learned.contains(hash))
        .collect();
    (!changed.is_empty()).then_some(Change::Labels { photos: changed.len() })
}
