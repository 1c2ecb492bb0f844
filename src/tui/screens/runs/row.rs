//! A run as a row: what it is sorted by.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::keys;
use crate::spec::{changes_results, in_effect, sort_by_telling};
use crate::tui::known_run::KnownRun;
use crate::tui::screens::order;

type Settings = BTreeMap<String, String>;

/// The setting that has a column of its own.
const ITERATIONS: &str = "iterations";

/// What a row is sorted by under one column.
#[derive(Debug)]
pub enum SortKey<'a> {
    Number(f64),
    /// A number when it reads as one.
    Text(&'a str),
    Words(Cow<'a, str>),
    Missing,
}

impl SortKey<'_> {
    pub fn compare(&self, other: &SortKey) -> Ordering {
        match (self, other) {
            (SortKey::Number(a), SortKey::Number(b)) => a.total_cmp(b),
            (SortKey::Text(a), SortKey::Text(b)) => order::compare(a, b),
            (SortKey::Words(a), SortKey::Words(b)) => a.cmp(b),
            // One column gives one kind.
            _ => Ordering::Equal,
        }
    }
}

/// A setting's value as a table shows it.
pub fn setting_text(value: &str) -> &str {
    value.trim_matches('"')
}

pub fn sort_key<'a>(run: &'a KnownRun, key: &str) -> SortKey<'a> {
    let text = |text: &'a str| if text.is_empty() { SortKey::Missing } else { SortKey::Text(text) };
    match key {
        keys::TAGS if run.note.tags.is_empty() => return SortKey::Missing,
        keys::TAGS => return SortKey::Words(run.note.tags.join(" ").into()),
        keys::NOTE => return text(&run.note.note),
        // A run's name begins with its time.
        keys::WHEN => return SortKey::Words(run.id().into()),
        _ => {}
    }
    let Some(summary) = run.summary() else { return SortKey::Missing };
    let number = |number: Option<f64>| number.map_or(SortKey::Missing, SortKey::Number);
    match key {
        keys::EXPERIMENT => text(&summary.experiment),
        keys::STATE => SortKey::Text(summary.state.name()),
        keys::ITERATIONS => SortKey::Number(summary.step as f64),
        keys::VALIDATION => number(summary.validation()),
        keys::TEST => number(summary.test.as_ref().map(|test| test.accuracy)),
        keys::LOSS => number(summary.test.as_ref().map(|test| test.log_loss)),
        keys::DURATION => SortKey::Number(summary.seconds),
        setting => summary.settings.get(setting).map_or(SortKey::Missing, |value| text(value)),
    }
}

/// Settings that get a column: those that differ in effect among `runs`, or all there are. First come
/// those that differ among runs of one experiment, each the most telling first.
pub fn settings(runs: &[&KnownRun], all: bool) -> Vec<String> {
    // Of each experiment the first run: each run is compared with that of its own, and those with
    // each other, so that ten thousand runs are looked at once.
    let mut firsts: BTreeMap<&str, &Settings> = BTreeMap::new();
    let (mut within, mut between) = (BTreeSet::new(), BTreeSet::new());
    for summary in runs.iter().filter_map(|run| run.summary()) {
        let first = *firsts.entry(&summary.experiment).or_insert(&summary.settings);
        add_different(first, &summary.settings, &mut within);
    }
    let mut firsts = firsts.values();
    if let Some(first) = firsts.next() {
        firsts.for_each(|other| add_different(first, other, &mut between));
    }
    if all {
        let summaries = runs.iter().filter_map(|run| run.summary());
        between.extend(summaries.flat_map(|summary| summary.settings.keys()));
    }
    let listed = |keys: &BTreeSet<&String>| {
        let wanted = |key: &&&String| key.as_str() != ITERATIONS && changes_results(key);
        let mut keys: Vec<String> = keys.iter().filter(wanted).map(|key| (*key).clone()).collect();
        sort_by_telling(&mut keys);
        keys
    };
    let mut found = listed(&within);
    found.extend(listed(&between.difference(&within).copied().collect()));
    found
}

/// Adds the keys under which `a` and `b` differ in effect.
fn add_different<'a>(a: &'a Settings, b: &'a Settings, found: &mut BTreeSet<&'a String>) {
    let mut add = |key: &'a String| {
        // Of ten thousand runs most differ in what is found already.
        if !found.contains(key) && in_effect(a, key) != in_effect(b, key) {
            found.insert(key);
        }
    };
    // As a rule both have the same keys: side by side is many times faster than looking up.
    if a.len() == b.len() && a.keys().eq(b.keys()) {
        let pairs = a.iter().zip(b.values()).filter(|((_, a), b)| a != b);
        return pairs.for_each(|((key, _), _)| add(key));
    }
    b.keys().chain(a.keys().filter(|key| !b.contains_key(*key))).for_each(add);
}
