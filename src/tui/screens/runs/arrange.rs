//! Which rows the table of runs has, and in which order.

use std::cmp::Ordering;

use super::group::{Entry, GroupKey, Row, grouped, names_of};
use super::row::SortKey;
use super::{Runs, columns, row};
use crate::store::Timestamp;
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::widgets::Order;

impl Runs {
    /// Filters, finds the settings that differ, sorts, and puts together what belongs together. The
    /// cursor stays on its run or its group.
    pub(super) fn arrange(&mut self, known: &Known, now: Timestamp) {
        let selected = self.selected_row().map(|row| {
            let id = row.runs().first().cloned().unwrap_or_default();
            (row.group().map(|group| group.key.clone()), id)
        });
        self.marks.retain(|id| known.runs.contains_key(id));
        let baseline = known.baseline().map(KnownRun::id);
        let runs = known.runs.values().collect();
        let mut runs: Vec<&KnownRun> = self.filter.keep(runs, |run| run.row(baseline), now);
        self.settings = row::settings(&runs, self.shows_all_settings);
        self.runs_shown = runs.len();
        // Newest first among equals.
        runs.reverse();
        let runs = sorted(runs, &self.table.order, |run, key| row::sort_key(run, key));
        let entries = match self.is_folding {
            true => grouped(&runs, &self.settings, &self.open),
            false => runs.iter().map(|run| Entry::Run(run)).collect(),
        };
        let groups: Vec<_> = entries.iter().filter_map(Entry::group).collect();
        let has_groups = !groups.is_empty();
        self.table.set_columns(columns::all(&self.settings, &runs, &groups, baseline.is_some()));
        let order: Vec<usize> = match has_groups {
            true => sorted((0..entries.len()).collect(), &self.table.order, |at, key| {
                entries[*at].sort_key(key)
            }),
            false => (0..entries.len()).collect(),
        };
        let mut entries: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
        self.rows.clear();
        for entry in order.into_iter().filter_map(|at| entries[at].take()) {
            self.add_rows(entry);
        }
        let at = selected.and_then(|(key, id)| self.place(key.as_ref(), &id));
        let at = at.or(self.table.selected()).unwrap_or(0);
        self.table.set_rows(self.rows.len(), at);
    }

    fn add_rows(&mut self, entry: Entry) {
        match entry {
            Entry::Run(run) => self.rows.push(Row::Run { id: run.id().to_owned(), name: None }),
            Entry::Group(group) => {
                let named = group.members.iter().cloned().zip(group.member_names.iter().cloned());
                let members: Vec<Row> =
                    named.map(|(id, name)| Row::Run { id, name: Some(name) }).collect();
                self.rows.push(Row::Group(group));
                self.rows.extend(members);
            }
        }
    }

    /// The row of a group, else of a run, else of the group that the run is in.
    fn place(&self, key: Option<&GroupKey>, id: &str) -> Option<usize> {
        let is_group = |row: &Row| row.group().is_some_and(|group| Some(&group.key) == key);
        let is_run = |row: &Row| matches!(row, Row::Run { id: run, .. } if run == id);
        let group = key.and_then(|_| self.rows.iter().position(is_group));
        group
            .or_else(|| self.rows.iter().position(is_run))
            .or_else(|| self.rows.iter().position(|row| row.runs().iter().any(|run| run == id)))
    }

    /// Lists the runs of a group below its row, or hides them; nothing else of ten thousand is touched.
    pub(super) fn open_or_close(&mut self, key: &GroupKey, known: &Known) {
        let Some(at) = self.place(Some(key), "") else { return };
        let Row::Group(group) = &mut self.rows[at] else { return };
        group.is_open = !group.is_open;
        if group.is_open {
            self.open.insert(key.clone());
            let runs: Vec<&KnownRun> =
                group.members.iter().filter_map(|id| known.runs.get(id)).collect();
            let names = names_of(&runs);
            let listed = runs.iter().zip(names);
            let members: Vec<Row> = listed
                .map(|(run, name)| Row::Run { id: run.id().to_owned(), name: Some(name) })
                .collect();
            self.rows.splice(at + 1..at + 1, members);
        } else {
            self.open.remove(key);
            let below = self.rows[at + 1..].iter();
            let is_listed = |row: &&Row| matches!(row, Row::Run { name: Some(_), .. });
            let members = below.take_while(is_listed).count();
            self.rows.drain(at + 1..=at + members);
        }
        self.table.set_rows(self.rows.len(), at);
    }

    /// The open group that the cursor is in.
    pub(super) fn open_around(&self) -> Option<GroupKey> {
        let at = self.table.selected()?;
        if matches!(self.rows[at], Row::Run { name: None, .. }) {
            return None;
        }
        let group = self.rows[..=at].iter().rev().find_map(Row::group)?;
        group.is_open.then(|| group.key.clone())
    }
}

/// What is missing comes last in both directions; equals stay in their order.
fn sorted<'a, T: 'a>(
    items: Vec<T>,
    order: &Order,
    key: impl Fn(&T, &str) -> SortKey<'a>,
) -> Vec<T> {
    let mut keyed: Vec<(SortKey, T)> =
        items.into_iter().map(|item| (key(&item, &order.key), item)).collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (SortKey::Missing, SortKey::Missing) => Ordering::Equal,
        (SortKey::Missing, _) => Ordering::Greater,
        (_, SortKey::Missing) => Ordering::Less,
        (a, b) if order.descending => b.compare(a),
        (a, b) => a.compare(b),
    });
    keyed.into_iter().map(|(_, item)| item).collect()
}
