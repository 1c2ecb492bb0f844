//! What runs are called where several stand beside each other.

use jiff::tz::TimeZone;

use super::format;
use crate::spec::{Nameable, distinct_names};
use crate::store::RunFolder;
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;

/// The runs by what makes them different; one that was not read yet by the name of its folder.
pub fn names(ids: &[&str], known: &Known, zone: &TimeZone) -> Vec<String> {
    let summaries: Vec<_> =
        ids.iter().map(|id| known.runs.get(*id).and_then(KnownRun::summary)).collect();
    let made = |created| format::time(created, zone);
    let times: Vec<String> = summaries
        .iter()
        .map(|summary| summary.and_then(|summary| summary.created).map_or(String::new(), made))
        .collect();
    let read = ids.iter().zip(&summaries).zip(&times);
    let nameable: Vec<Nameable> = read
        .filter_map(|((id, summary), made)| {
            let summary = (*summary)?;
            let (experiment, settings) = (&summary.experiment, &summary.settings);
            Some(Nameable { id, experiment, settings, made })
        })
        .collect();
    let mut named = distinct_names(&nameable).into_iter();
    ids.iter()
        .zip(&summaries)
        .map(|(id, summary)| summary.and_then(|_| named.next()).unwrap_or((*id).to_owned()))
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
