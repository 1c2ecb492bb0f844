//! Which images are shown, and in which order they are listed.

use std::cmp::Ordering;
use std::os::unix::ffi::OsStrExt;

use super::columns;
use crate::spec::Set;
use crate::tui::filter::{Filter, Filterable};
use crate::tui::scores::{Filters, Image, ScoreTable};
use crate::tui::widgets::Order;

/// Indices of the images that pass, in the order in which they are shown.
pub fn arrange(table: &ScoreTable, filters: &Filters, text: &str, order: &Order) -> Vec<u32> {
    let filter = Filter::parse(text);
    let images = table.images();
    let passes = |&index: &u32| {
        let at = index as usize;
        filters.lets_through(&images[at])
            && (text.is_empty() || filter.lets_through(&Row { table, index: at }))
    };
    let mut shown: Vec<u32> = (0..table.len() as u32).filter(passes).collect();
    let number = |value: fn(&ScoreTable, usize) -> f32| {
        move |&a: &u32, &b: &u32| {
            let (a, b) = (value(table, a as usize), value(table, b as usize));
            numbers(a, b, order.descending)
        }
    };
    let index = |value: fn(&Image) -> Option<u32>| {
        move |&a: &u32, &b: &u32| {
            let (a, b) = (value(&images[a as usize]), value(&images[b as usize]));
            directed(a.cmp(&b), order.descending)
        }
    };
    match order.key.as_str() {
        columns::TRUTH => shown.sort_by(index(|image| image.truth)),
        columns::PREDICTED => shown.sort_by(index(|image| image.predicted)),
        columns::SET => shown.sort_by(index(|image| image.set.map(|set| set as u32))),
        columns::SCORE => shown.sort_by(number(ScoreTable::score)),
        columns::LOSS => shown.sort_by(number(|table, at| table.images()[at].loss)),
        columns::MARGIN => shown.sort_by(number(|table, at| table.images()[at].margin)),
        _ => shown.sort_by(|&a, &b| {
            let bytes = |index: u32| images[index as usize].file.as_os_str().as_bytes();
            directed(bytes(a).cmp(bytes(b)), order.descending)
        }),
    }
    shown
}

fn directed(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

/// What is not a number comes last in both directions.
fn numbers(a: f32, b: f32, descending: bool) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => directed(a.total_cmp(&b), descending),
        (a, b) => a.cmp(&b),
    }
}

struct Row<'a> {
    table: &'a ScoreTable,
    index: usize,
}

impl Row<'_> {
    fn image(&self) -> &Image {
        &self.table.images()[self.index]
    }

    fn set(&self) -> &str {
        self.image().set.map_or("", Set::name)
    }
}

impl Filterable for Row<'_> {
    fn value(&self, key: &str) -> Option<String> {
        let (table, image) = (self.table, self.image());
        let number = |value: f32| (!value.is_nan()).then(|| value.to_string());
        match key {
            columns::FILE => Some(table.name(self.index).to_lowercase()),
            columns::TRUTH => Some(table.category(Some(image.truth?)).to_lowercase()),
            columns::PREDICTED => Some(table.category(Some(image.predicted?)).to_lowercase()),
            columns::SET => Some(self.set().to_owned()),
            columns::SCORE => number(table.score(self.index)),
            columns::LOSS => number(image.loss),
            columns::MARGIN => number(image.margin),
            _ => None,
        }
    }

    fn contains(&self, word: &str) -> bool {
        let (table, image) = (self.table, self.image());
        table.name(self.index).to_lowercase().contains(word)
            || self.set().contains(word)
            || [image.truth, image.predicted]
                .iter()
                .any(|&category| table.category(category).to_lowercase().contains(word))
    }
}
