//! Runs that stand in one row: repeats of each other, or the runs of a sweep.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::row::SortKey;
use super::{keys, row};
use crate::compare::{RepeatKey, SEEDS, seeds};
use crate::spec::{Nameable, differences_in_words, in_effect};
use crate::store::{Summary, Timestamp};
use crate::tui::known_run::KnownRun;
use crate::tui::screens::several::Several;
use crate::words::percent;

/// What the runs of a row have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// The sweep of this name.
    Sweep(String),
    /// All settings but the seeds.
    Repeats(RepeatKey),
}

/// Runs in one row, and what is said of them together.
#[derive(Debug)]
pub struct Group {
    pub key: GroupKey,
    /// Their names, in the order in which they are listed.
    pub members: Vec<String>,
    pub is_open: bool,
    /// What tells each from the others; empty while they are not listed.
    pub member_names: Vec<String>,
    pub name: String,
    pub facts: Several,
    newest: Option<Timestamp>,
    newest_id: String,
    /// Settings that have columns: the value where all have the same, else how many values there are.
    settings: BTreeMap<String, Result<String, usize>>,
}

impl Group {
    fn of(key: GroupKey, runs: &[&KnownRun], columns: &[String], is_open: bool) -> Group {
        let is_sweep = matches!(key, GroupKey::Sweep(_));
        // Of the same seeds the newest counts.
        let mut in_time = runs.to_vec();
        in_time.sort_by_key(|run| run.id());
        let read: Vec<&Summary> = in_time.iter().filter_map(|run| run.summary()).collect();
        Group {
            members: runs.iter().map(|run| run.id().to_owned()).collect(),
            member_names: if is_open { names_of(runs) } else { Vec::new() },
            is_open,
            name: name(&key, read.first().map_or("", |summary| &summary.experiment)),
            facts: Several::of(&read),
            newest: read.iter().filter_map(|summary| summary.created).max(),
            newest_id: in_time.last().map_or("", |run| run.id()).to_owned(),
            settings: columns
                .iter()
                .map(|key| (key.clone(), value(&read, key, is_sweep)))
                .collect(),
            key,
        }
    }

    pub fn is_sweep(&self) -> bool {
        matches!(self.key, GroupKey::Sweep(_))
    }

    /// The name of the sweep.
    pub fn sweep(&self) -> Option<&str> {
        match &self.key {
            GroupKey::Sweep(name) => Some(name),
            GroupKey::Repeats(_) => None,
        }
    }

    /// `5 repeats of res rate 0.1`, `8 runs of the sweep 20261129-215036-lr`.
    pub fn in_words(&self) -> String {
        match self.key {
            GroupKey::Sweep(_) => format!("{} runs of the sweep {}", self.members.len(), self.name),
            GroupKey::Repeats(_) => format!("{} repeats of {}", self.members.len(), self.name),
        }
    }

    /// As the first column has it: `▸ 5 × res rate 0.1`, `▸ 8 of 20261129-215036-lr`.
    pub fn title(&self) -> String {
        let sign = if self.is_open { "▾" } else { "▸" };
        let of = if self.is_sweep() { "of" } else { "×" };
        format!("{sign} {} {of} {}", self.members.len(), self.name)
    }

    /// Mean test accuracy of repeats with deviation and number. Of a sweep none: the best of many is
    /// partly luck, and the mean over all that was tried promises nothing.
    pub fn accuracy(&self) -> Option<String> {
        if self.is_sweep() { None } else { self.facts.accuracy() }
    }

    pub fn loss(&self) -> Option<String> {
        if self.is_sweep() { None } else { self.facts.loss() }
    }

    /// Of repeats mean and deviation; of a sweep the best, which is how its values are chosen.
    pub fn validation(&self) -> Option<String> {
        match self.is_sweep() {
            true => self.best_validation().map(|best| format!("best {}", percent(best))),
            false => self.facts.validation(),
        }
    }

    fn best_validation(&self) -> Option<f64> {
        self.facts.validations.iter().copied().max_by(f64::total_cmp)
    }

    /// When the newest was made.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// A setting as far as all have the same value, else how many there are: `0.01`, `5 seeds`.
    pub fn setting(&self, key: &str) -> Option<String> {
        match self.settings.get(key)? {
            Ok(value) => Some(value.clone()),
            Err(values) if SEEDS.contains(&key) => Some(format!("{values} seeds")),
            Err(values) => Some(format!("{values} values")),
        }
    }

    pub fn sort_key(&self, key: &str) -> SortKey<'_> {
        let number = |number: Option<f64>| number.map_or(SortKey::Missing, SortKey::Number);
        let mean = |shares: &[f64]| {
            (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
        };
        match key {
            keys::EXPERIMENT => SortKey::Text(&self.name),
            keys::STATE => SortKey::Text(&self.facts.state.0),
            keys::ITERATIONS => SortKey::Number(self.facts.steps.0 as f64),
            keys::VALIDATION if self.is_sweep() => number(self.best_validation()),
            keys::VALIDATION => number(mean(&self.facts.validations)),
            keys::TEST | keys::LOSS if self.is_sweep() => SortKey::Missing,
            keys::TEST => number(mean(&self.facts.accuracies)),
            keys::LOSS => number(mean(&self.facts.losses)),
            keys::DURATION => SortKey::Number(self.facts.seconds),
            keys::WHEN => SortKey::Words(self.newest_id.as_str().into()),
            keys::TAGS | keys::NOTE => SortKey::Missing,
            setting => match self.settings.get(setting) {
                Some(Ok(value)) => SortKey::Text(value),
                _ => SortKey::Missing,
            },
        }
    }
}

/// The runs by the settings in which they differ.
pub fn names_of(runs: &[&KnownRun]) -> Vec<String> {
    let nameable: Vec<Nameable> = runs
        .iter()
        .filter_map(|run| {
            let Summary { experiment, settings, .. } = run.summary()?;
            Some(Nameable { id: run.id(), experiment, settings, made: "" })
        })
        .collect();
    let words = differences_in_words(&nameable).into_iter();
    let named = words.zip(&nameable).map(|(words, run)| match words.is_empty() {
        true => run.experiment.to_owned(),
        false => words,
    });
    named.collect()
}

fn name(key: &GroupKey, experiment: &str) -> String {
    match key {
        GroupKey::Sweep(name) => name.clone(),
        GroupKey::Repeats(_) => experiment.to_owned(),
    }
}

/// What all of `runs` have under `key`, else how many values; repeats differ in their seeds alone.
fn value(runs: &[&Summary], key: &str, is_sweep: bool) -> Result<String, usize> {
    let value =
        |summary: &&Summary| row::setting_text(in_effect(&summary.settings, key)).to_owned();
    let first = runs.first().map(value).unwrap_or_default();
    if !is_sweep && !SEEDS.contains(&key) {
        return Ok(first);
    }
    let values: BTreeSet<String> = runs.iter().map(value).collect();
    if values.len() > 1 { Err(values.len()) } else { Ok(first) }
}

/// A row of the table.
#[derive(Debug)]
pub enum Row {
    /// One run; where it is listed below the row of its group, by `name`.
    Run { id: String, name: Option<String> },
    /// Several runs.
    Group(Box<Group>),
}

impl Row {
    /// The runs that it stands for by itself: of a group whose runs are listed below it none.
    pub fn own(&self) -> &[String] {
        match self {
            Row::Run { id, .. } => std::slice::from_ref(id),
            Row::Group(group) if group.is_open => &[],
            Row::Group(group) => &group.members,
        }
    }

    /// All runs that it stands for.
    pub fn runs(&self) -> &[String] {
        match self {
            Row::Run { id, .. } => std::slice::from_ref(id),
            Row::Group(group) => &group.members,
        }
    }

    pub fn group(&self) -> Option<&Group> {
        match self {
            Row::Run { .. } => None,
            Row::Group(group) => Some(group),
        }
    }
}

/// The row of a run or of a group, before it is known which are shown.
#[derive(Debug)]
pub enum Entry<'a> {
    Run(&'a KnownRun),
    Group(Box<Group>),
}

impl Entry<'_> {
    pub fn group(&self) -> Option<&Group> {
        match self {
            Entry::Run(_) => None,
            Entry::Group(group) => Some(group),
        }
    }

    pub fn sort_key(&self, key: &str) -> SortKey<'_> {
        match self {
            Entry::Run(run) => row::sort_key(run, key),
            Entry::Group(group) => group.sort_key(key),
        }
    }
}

/// Puts `runs` that belong together into groups, each where its first run stands, of which those in
/// `open` are. What belongs together is at least two runs of a sweep, or two that differ in their
/// seeds alone: the same seeds again are the same run twice.
pub fn grouped<'a>(
    runs: &[&'a KnownRun],
    columns: &[String],
    open: &BTreeSet<GroupKey>,
) -> Vec<Entry<'a>> {
    let mut members: HashMap<GroupKey, Vec<&KnownRun>> = HashMap::new();
    let keys: Vec<Option<GroupKey>> = runs.iter().map(|run| key_of(run)).collect();
    for (key, run) in keys.iter().zip(runs) {
        if let Some(key) = key {
            members.entry(key.clone()).or_default().push(run);
        }
    }
    members.retain(|key, runs| belong_together(key, runs));
    let mut entries = Vec::with_capacity(runs.len());
    let mut is_there: HashSet<GroupKey> = HashSet::new();
    for (key, run) in keys.into_iter().zip(runs) {
        let Some((key, members)) = key.and_then(|key| members.get(&key).map(|runs| (key, runs)))
        else {
            entries.push(Entry::Run(run));
            continue;
        };
        if is_there.insert(key.clone()) {
            let is_open = open.contains(&key);
            entries.push(Entry::Group(Box::new(Group::of(key, members, columns, is_open))));
        }
    }
    name_apart(&mut entries, runs);
    entries
}

fn key_of(run: &KnownRun) -> Option<GroupKey> {
    match &run.summary()?.group {
        Some(sweep) => Some(GroupKey::Sweep(sweep.clone())),
        None => run.repeat_key().map(GroupKey::Repeats),
    }
}

fn belong_together(key: &GroupKey, runs: &[&KnownRun]) -> bool {
    match key {
        GroupKey::Sweep(_) => runs.len() > 1,
        GroupKey::Repeats(_) => have_several_seeds(runs),
    }
}

/// Whether the runs are more than one question's answer given twice.
pub fn have_several_seeds(runs: &[&KnownRun]) -> bool {
    let mut all = runs.iter().filter_map(|run| run.summary()).map(seeds);
    let first = all.next();
    all.any(|other| Some(other) != first)
}

/// Beyond so many groups of repeats the columns of the settings tell them apart alone.
const NAMED: usize = 300;

/// Adds to the names of repeats in which settings they differ from the other repeats of their
/// experiment.
fn name_apart(entries: &mut [Entry], runs: &[&KnownRun]) {
    let groups: Vec<&mut Box<Group>> = entries
        .iter_mut()
        .filter_map(|entry| match entry {
            Entry::Group(group) if !group.is_sweep() => Some(group),
            _ => None,
        })
        .collect();
    if !(2..=NAMED).contains(&groups.len()) {
        return;
    }
    let by_id: HashMap<&str, &KnownRun> = runs.iter().map(|run| (run.id(), *run)).collect();
    let summaries: Vec<Option<&Summary>> =
        groups.iter().map(|group| by_id.get(group.members[0].as_str())?.summary()).collect();
    let settings: Vec<BTreeMap<String, String>> = summaries
        .iter()
        .map(|summary| {
            let mut settings = summary.map(|found| found.settings.clone()).unwrap_or_default();
            settings.retain(|key, _| !SEEDS.contains(&key.as_str()));
            settings
        })
        .collect();
    let nameable: Vec<Nameable> = groups
        .iter()
        .zip(&settings)
        .map(|(group, settings)| Nameable {
            id: &group.members[0],
            experiment: &group.name,
            settings,
            made: "",
        })
        .collect();
    let words = differences_in_words(&nameable);
    drop(nameable);
    for (group, words) in groups.into_iter().zip(words).filter(|(_, words)| !words.is_empty()) {
        group.name = format!("{} {words}", group.name);
    }
}
