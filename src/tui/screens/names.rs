//! What runs are called where several stand beside each other.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::format;
use crate::spec::{Nameable, distinct_names};
use crate::store::RunFolder;
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;

type Settings = BTreeMap<String, String>;

/// The runs by what makes them different; one that was not read yet by the name of its folder.
pub fn names(ids: &[&str], known: &Known, zone: &TimeZone) -> Vec<String> {
    let columns: Vec<Vec<String>> = ids.iter().map(|id| vec![(*id).to_owned()]).collect();
    let summary = |id: &&str| known.runs.get(*id).and_then(KnownRun::summary);
    let settings = |id| summary(id).map(|summary| summary.settings.clone()).unwrap_or_default();
    let settings: Vec<Settings> = ids.iter().map(settings).collect();
    names_of_columns(&columns, &settings, known, zone)
}

/// Columns of one run or of repeats by what makes them different, with the settings of each; one that
/// was not read yet by the name of its folder.
pub fn names_of_columns(
    columns: &[Vec<String>],
    settings: &[Settings],
    known: &Known,
    zone: &TimeZone,
) -> Vec<String> {
    let first = |runs: &Vec<String>| known.runs.get(runs.first()?).and_then(KnownRun::summary);
    let summaries: Vec<_> = columns.iter().map(first).collect();
    let made = |created| format::time(created, zone);
    let times: Vec<String> = summaries
        .iter()
        .map(|summary| summary.and_then(|summary| summary.created).map_or(String::new(), made))
        .collect();
    let read = columns.iter().zip(&summaries).zip(settings).zip(&times);
    let nameable: Vec<Nameable> = read
        .filter_map(|(((runs, summary), settings), made)| {
            let (id, experiment) = (runs.first()?, &(*summary)?.experiment);
            Some(Nameable { id, experiment, settings, made })
        })
        .collect();
    let mut named = distinct_names(&nameable).into_iter();
    columns
        .iter()
        .zip(&summaries)
        .map(|(runs, summary)| {
            let name = summary.and_then(|_| named.next());
            let name = name.or_else(|| runs.first().cloned()).unwrap_or_default();
            if runs.len() > 1 { format!("{} × {name}", runs.len()) } else { name }
        })
        .collect()
}

/// A run as the way to a screen names it: by its experiment, and where that has more runs by when it
/// was made.
pub fn in_way(run: &RunFolder, known: &Known, zone: &TimeZone) -> String {
    let id = run.id();
    let Some(summary) = known.runs.get(&id).and_then(KnownRun::summary) else { return id };
    let experiment = &summary.experiment;
    let mut all = known.runs.values().filter_map(KnownRun::summary);
    let is_alone = all.by_ref().filter(|other| other.experiment == *experiment).nth(1).is_none();
    match summary.created {
        Some(created) if !is_alone => {
            let local = created.to_zoned_datetime(zone.clone());
            format!("{experiment} {}", local.strftime("%m-%d %H:%M"))
        }
        _ => experiment.clone(),
    }
}
