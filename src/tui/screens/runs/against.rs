//! Runs held against each other: side by side, in a report, and each against the baseline.

use super::group::Row;
use super::{Runs, World, table_area};
use crate::store::RunFolder;
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::names;
use crate::tui::known::Known;
use crate::tui::news::{News, Toast};

impl Runs {
    /// The marked runs, the pinned one, and with only one of them also the one under the cursor.
    pub(super) fn compare(&self, known: &Known) -> Effect {
        let baseline = known.baseline().map(|run| run.id().to_owned());
        let mut runs: Vec<String> = baseline.iter().cloned().collect();
        let marked = self.marks.iter().filter(|id| Some(*id) != baseline.as_ref());
        runs.extend(marked.cloned());
        if let Some(id) = self.selected(known).map(|run| run.id().to_owned())
            && runs.len() == 1
            && runs[0] != id
        {
            runs.push(id);
        }
        if runs.len() < 2 {
            let text = format!("mark the runs to compare with {} first", names::MARK);
            return Effect::Toast(Toast::error(text));
        }
        Effect::Open(Destination::Compare { runs, baseline })
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
