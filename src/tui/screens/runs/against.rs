//! Runs held against each other: side by side, in a report, and each against the baseline.

use std::collections::{BTreeMap, BTreeSet};

use super::group::{Row, have_several_seeds};
use super::{Runs, World, table_area};
use crate::compare::RepeatKey;
use crate::store::RunFolder;
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::names;
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::{News, Toast};

impl Runs {
    /// The marked runs, the pinned one, and with only one of them also what is under the cursor.
    /// Repeats in one row are one column where all of them are marked.
    pub(super) fn compare(&self, known: &Known) -> Effect {
        let baseline = known.baseline().map(|run| run.id().to_owned());
        let mut columns = self.columns(self.marks.iter().cloned().collect(), known);
        if columns.is_empty() {
            let below = self.selected_row().into_iter().flat_map(Row::runs).cloned();
            columns = self.columns(below.collect(), known);
        }
        let is_alone = |runs: &Vec<String>| runs.len() == 1;
        if let Some(baseline) = &baseline {
            let at = columns.iter().position(|runs| runs.contains(baseline));
            // What repeats are compared with are repeats.
            let wanted = columns.iter().any(is_alone).then(|| vec![baseline.clone()]);
            let first = at.map(|at| columns.remove(at)).or(wanted);
            columns.splice(0..0, first);
        }
        if let Some(row) =
            self.selected_row().filter(|_| columns.len() == 1 && is_alone(&columns[0]))
        {
            let below = self.columns(row.runs().iter().cloned().collect(), known);
            let others: Vec<Vec<String>> =
                below.into_iter().filter(|runs| !columns.contains(runs)).collect();
            columns.extend(others);
        }
        // Repeats have something to say by themselves.
        if columns.iter().map(Vec::len).sum::<usize>() < 2 {
            let text = format!("mark the runs to compare with {} first", names::MARK);
            return Effect::Toast(Toast::error(text));
        }
        Effect::Open(Destination::Compare { columns, baseline })
    }

    /// The runs in columns, the oldest first: one each, and repeats that stand in one row together.
    fn columns(&self, mut runs: BTreeSet<String>, known: &Known) -> Vec<Vec<String>> {
        let mut columns = Vec::new();
        for group in self.rows.iter().filter_map(Row::group) {
            let mut repeats: BTreeMap<Option<RepeatKey>, Vec<&KnownRun>> = BTreeMap::new();
            for run in group.members.iter().filter_map(|id| known.runs.get(id)) {
                repeats.entry(run.repeat_key()).or_default().push(run);
            }
            for members in repeats.into_values().filter(|members| have_several_seeds(members)) {
                let mut ids: Vec<String> = members.iter().map(|run| run.id().to_owned()).collect();
                if ids.iter().all(|id| runs.contains(id)) {
                    runs.retain(|id| !ids.contains(id));
                    ids.sort();
                    columns.push(ids);
                }
            }
        }
        columns.extend(runs.into_iter().map(|id| vec![id]));
        columns.sort();
        columns
    }

    /// A report of the marked runs against the baseline, where one is pinned; without marks of the one under
    /// the cursor.
    pub(super) fn report(&self, known: &Known) -> Vec<Effect> {
        let chosen = self.chosen(known).into_iter();
        let mut runs: Vec<RunFolder> = chosen.map(|run| run.folder().clone()).collect();
        if let Some(baseline) = known.baseline().filter(|_| !self.marks.is_empty()) {
            runs.retain(|run| run != baseline.folder());
            runs.insert(0, baseline.folder().clone());
        }
        if runs.is_empty() { Vec::new() } else { vec![Effect::Report(runs)] }
    }

    /// Asks for the comparisons of the runs in sight with the baseline.
    pub(super) fn compare_with_baseline(&mut self, world: &World) -> Vec<Effect> {
        let known = world.known;
        let Some(baseline) = known.baseline() else { return Vec::new() };
        let mut effects = Vec::new();
        for row in self.table.visible(table_area(world.area)) {
            let Some(Row::Run { id, .. }) = self.rows.get(row) else { continue };
            let Some(run) = known.runs.get(id) else { continue };
            let has_result = run.summary().is_some_and(|summary| summary.test.is_some());
            let names = (baseline.id().to_owned(), run.id().to_owned());
            let is_known = known.compared(&names.0, &names.1).is_some();
            if has_result && names.0 != names.1 && !is_known && self.asked.insert(names) {
                let (first, second) = (baseline.folder().clone(), run.folder().clone());
                effects.push(Effect::CompareRuns(first, second));
            }
        }
        effects
    }

    /// What changed is to be compared again.
    pub(super) fn forget_asked(&mut self, news: &[News]) {
        for one in news {
            match one {
                News::Runs(news) => self.asked.retain(|(first, second)| {
                    !news.changed.iter().any(|run| [first, second].contains(&&run.id().to_owned()))
                }),
                News::Compared(found) => {
                    self.asked.remove(&(found.first.clone(), found.second.clone()));
                }
                _ => {}
            }
        }
    }
}
