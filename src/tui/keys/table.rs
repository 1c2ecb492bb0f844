//! The key table. Order within a context is the order in footer and help.

mod photos;
mod runs;
mod shared;
mod texts;

use super::action::Action;
use photos::{
    CATEGORIES, CONFUSION, GROWTH, IMAGES, KINDS, LABELS, MAP, PAIRS, SHEET, THRESHOLD, UNSEEN,
};
use runs::{CHANGE, COMPARE, EDITOR, EXPERIMENTS, LIVE, QUEUE, RUNS, SWEEP};
use shared::{COLUMNS, EVERYWHERE, LIST, MARKS, SORT};

/// Where a row of the table holds. A screen names the contexts it is in, its own first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Every screen but those that are typed into.
    Everywhere,
    /// Every screen that is a list or a table.
    List,
    /// Tables whose columns can be chosen.
    Columns,
    /// Tables that can be sorted.
    Sort,
    /// Tables whose rows can be marked.
    Marks,
    Runs,
    Compare,
    Live,
    Images,
    /// Images as a sheet of thumbnails.
    Sheet,
    /// Images that no run saw: they can be added to its photos.
    Unseen,
    Pairs,
    Labels,
    Kinds,
    Map,
    Growth,
    /// Every screen that puts photos under categories, whose numbers these are there.
    Categories,
    Change,
    Confusion,
    Threshold,
    Queue,
    Sweep,
    Experiments,
    /// A text is typed here, so only this context's own keys hold.
    Editor,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// One key or sequence each, as a person would write it: `j`, `ctrl-d`, `gg`.
    pub keys: &'static [&'static str],
    /// What it does.
    pub action: Action,
    /// For the footer; empty: never there. Rows nearer the top of the table come first.
    pub label: &'static str,
    /// For help and palette: what it does.
    pub help: &'static str,
}

/// Rows by context.
pub const TABLE: &[(Context, &[Binding])] = &[
    (Context::Everywhere, EVERYWHERE),
    (Context::List, LIST),
    (Context::Columns, COLUMNS),
    (Context::Sort, SORT),
    (Context::Marks, MARKS),
    (Context::Runs, RUNS),
    (Context::Compare, COMPARE),
    (Context::Live, LIVE),
    (Context::Images, IMAGES),
    (Context::Sheet, SHEET),
    (Context::Unseen, UNSEEN),
    (Context::Pairs, PAIRS),
    (Context::Labels, LABELS),
    (Context::Kinds, KINDS),
    (Context::Map, MAP),
    (Context::Growth, GROWTH),
    (Context::Categories, CATEGORIES),
    (Context::Change, CHANGE),
    (Context::Confusion, CONFUSION),
    (Context::Threshold, THRESHOLD),
    (Context::Queue, QUEUE),
    (Context::Sweep, SWEEP),
    (Context::Experiments, EXPERIMENTS),
    (Context::Editor, EDITOR),
];

/// The key of `action`, as a person would write it; of several the first.
///
/// Panics where the table has no such row, when it is asked for in a `const` while the program is
/// compiled.
pub const fn key_of(action: Action) -> &'static str {
    let mut context = 0;
    while context < TABLE.len() {
        let rows = TABLE[context].1;
        let mut row = 0;
        while row < rows.len() {
            if rows[row].action as u8 == action as u8 {
                return rows[row].keys[0];
            }
            row += 1;
        }
        context += 1;
    }
    panic!("the key table has no row for the action")
}

const fn bind(
    keys: &'static [&'static str],
    action: Action,
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { keys, action, label, help }
}
