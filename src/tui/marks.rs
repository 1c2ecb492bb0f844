//! Marked rows of a table: one by one, all that are shown, or a range that grows with the cursor.

use std::collections::BTreeSet;

use super::effect::Effect;
use super::keys::Action;
use super::keys::names::MARK_RANGE;
use crate::words::grouped;

/// What is marked, by what names a row.
#[derive(Debug)]
pub struct Marks<T> {
    marked: BTreeSet<T>,
    range: Option<Range<T>>,
}

/// A range that is being marked.
#[derive(Debug)]
struct Range<T> {
    start: T,
    /// What was marked before.
    before: BTreeSet<T>,
}

impl<T> Default for Marks<T> {
    fn default() -> Marks<T> {
        Marks { marked: BTreeSet::new(), range: None }
    }
}

impl<T: Ord + Clone> Marks<T> {
    pub fn is_empty(&self) -> bool {
        self.marked.is_empty()
    }

    pub fn len(&self) -> usize {
        self.marked.len()
    }

    pub fn contains(&self, row: &T) -> bool {
        self.marked.contains(row)
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.marked.iter()
    }

    /// Marks a row, or unmarks it.
    pub fn toggle(&mut self, row: T) {
        self.end_range();
        if !self.marked.remove(&row) {
            self.marked.insert(row);
        }
    }

    /// Marks all rows that are shown; where all are marked already, unmarks them.
    pub fn toggle_all(&mut self, shown: &[T]) {
        self.end_range();
        if shown.iter().all(|row| self.marked.contains(row)) {
            for row in shown {
                self.marked.remove(row);
            }
        } else {
            self.marked.extend(shown.iter().cloned());
        }
    }

    /// Unmarks all.
    pub fn clear(&mut self) {
        *self = Marks::default();
    }

    /// Unmarks all, and answers what was marked.
    pub fn take(&mut self) -> BTreeSet<T> {
        std::mem::take(self).marked
    }

    /// Unmarks rows that are not there any more.
    pub fn retain(&mut self, is_there: impl Fn(&T) -> bool) {
        self.marked.retain(|row| is_there(row));
        if let Some(range) = &mut self.range {
            range.before.retain(|row| is_there(row));
        }
    }

    /// What a key does to a range that is being marked. `None`: nothing, or it ended; the screen
    /// answers the key.
    pub fn on_range(&mut self, action: Action) -> Option<Vec<Effect>> {
        use Action::{Down, First, HalfDown, HalfUp, Last, PageDown, PageUp, Up};
        self.range.as_ref()?;
        match action {
            Action::Back => {
                self.cancel_range();
                return Some(vec![Effect::Cleared]);
            }
            Action::Enter | Action::MarkRange => {
                self.end_range();
                return Some(Vec::new());
            }
            Down | Up | HalfDown | HalfUp | PageDown | PageUp | First | Last => {}
            _ => self.end_range(),
        }
        None
    }

    /// For the line of the status: `3 marked`.
    pub fn status(&self) -> Option<String> {
        let count = grouped(self.marked.len());
        match self.range {
            Some(_) => Some(format!("{count} marked, {MARK_RANGE} ends the range")),
            None => (!self.is_empty()).then(|| format!("{count} marked")),
        }
    }

    /// Begins a range at a row, which may stand for several, or ends the one that was begun.
    pub fn toggle_range(&mut self, row: &[T]) {
        let Some(start) = row.first() else { return };
        if self.range.take().is_none() {
            self.range = Some(Range { start: start.clone(), before: self.marked.clone() });
            self.marked.extend(row.iter().cloned());
        }
    }

    /// What the range has marked stays marked.
    pub fn end_range(&mut self) {
        self.range = None;
    }

    /// Unmarks what the range has marked; whether there was a range.
    pub fn cancel_range(&mut self) -> bool {
        let Some(range) = self.range.take() else { return false };
        self.marked = range.before;
        true
    }

    /// Marks from the range's first row to the cursor, and nothing else but what was marked before. A
    /// range whose first row is not shown any more has ended. `row` gives what a row stands for.
    pub fn stretch<'a>(
        &mut self,
        rows: usize,
        row: impl Fn(usize) -> &'a [T],
        cursor: Option<usize>,
    ) where
        T: 'a,
    {
        let Some(range) = &self.range else { return };
        let start = (0..rows).position(|at| row(at).contains(&range.start));
        let (Some(start), Some(cursor)) = (start, cursor.filter(|at| *at < rows)) else {
            return self.end_range();
        };
        self.marked.clone_from(&range.before);
        let all = (start.min(cursor)..=start.max(cursor)).flat_map(row);
        self.marked.extend(all.cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(marks: &mut Marks<char>, shown: &[char], cursor: usize) {
        marks.stretch(shown.len(), |at| &shown[at..=at], Some(cursor));
    }

    fn marked(marks: &Marks<char>) -> String {
        marks.iter().collect()
    }

    #[test]
    fn a_range_grows_and_shrinks_with_the_cursor_and_is_given_up_whole() {
        let shown: Vec<char> = "abcdef".chars().collect();
        let mut marks = Marks::default();
        marks.toggle('f');
        marks.toggle_range(&['c']);
        for (cursor, expected) in [(2, "cf"), (4, "cdef"), (1, "bcf"), (3, "cdf")] {
            stretch(&mut marks, &shown, cursor);
            assert_eq!(marked(&marks), expected);
        }
        assert!(marks.cancel_range() && !marks.cancel_range());
        assert_eq!(marked(&marks), "f");
        marks.toggle_range(&['a']);
        stretch(&mut marks, &shown, 1);
        marks.toggle_range(&['b']);
        stretch(&mut marks, &shown, 5);
        assert_eq!(marked(&marks), "abf", "it has ended");
    }

    #[test]
    fn a_range_ends_when_its_first_row_goes() {
        let mut marks = Marks::default();
        marks.toggle_range(&['c']);
        stretch(&mut marks, &['a', 'b'], 0);
        assert!(!marks.cancel_range(), "it has ended");
        assert_eq!(marked(&marks), "c");
        marks.retain(|row| *row != 'c');
        assert!(marks.is_empty());
    }

    #[test]
    fn a_row_that_stands_for_several_is_marked_as_a_whole() {
        let rows: [&[char]; 4] = [&['a', 'b'], &['c'], &[], &['d', 'e']];
        let mut marks = Marks::default();
        marks.toggle_range(rows[0]);
        assert_eq!(marked(&marks), "ab");
        for (cursor, expected) in [(1, "abc"), (2, "abc"), (3, "abcde"), (0, "ab")] {
            marks.stretch(rows.len(), |at| rows[at], Some(cursor));
            assert_eq!(marked(&marks), expected);
        }
    }

    #[test]
    fn all_that_is_shown_is_marked_and_unmarked_beside_what_is_not_shown() {
        let mut marks = Marks::default();
        marks.toggle('z');
        marks.toggle('a');
        marks.toggle_all(&['a', 'b']);
        assert_eq!(marked(&marks), "abz");
        marks.toggle_all(&['a', 'b']);
        assert_eq!(marked(&marks), "z");
    }
}
