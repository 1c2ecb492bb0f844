//! Which images are shown, and in which order they are listed.

use std::cmp::Ordering;
use std::os::unix::ffi::OsStrExt;

use super::columns;
use crate::query::{self, Found, Key, Keys, Kind, folded_contains};
use crate::spec::Set;
use crate::store::Timestamp;
use crate::tui::filter::Filter;
use crate::tui::scores::{Filters, Image, ScoreTable};
use crate::tui::widgets::Order;

/// Indices of the images that pass, in the order in which they are shown.
pub fn arrange(
    table: &ScoreTable,
    filters: &Filters,
    filter: &mut Filter,
    order: &Order,
) -> Vec<u32> {
    let images = table.images();
    let passes = |&index: &u32| filters.lets_through(&images[index as usize]);
    let shown = (0..table.len() as u32).filter(passes).collect();
    let row = |&index: &u32| Row { table, index: index as usize };
    // No key of an image has to do with the time.
    let mut shown = filter.keep(shown, row, Timestamp::UNIX_EPOCH);
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

/// An image as a filter sees it.
pub struct Row<'a> {
    pub table: &'a ScoreTable,
    pub index: usize,
}

impl Row<'_> {
    fn image(&self) -> &Image {
        &self.table.images()[self.index]
    }

    fn set(&self) -> &str {
        self.image().set.map_or("", Set::name)
    }
}

/// What the images of a table can be filtered by.
pub fn keys(table: &ScoreTable) -> Keys {
    let categories = || Kind::Words(table.categories.clone());
    let sets = [Set::Training, Set::Validation, Set::Test].map(|set| set.name().to_owned());
    Keys::new(vec![
        Key::new(columns::FILE, Kind::Text, "the file, below the folder of the photos"),
        Key::new(columns::TRUTH, categories(), "the true category").or(&["truth", "category"]),
        Key::new(columns::PREDICTED, categories(), "the category with the highest score"),
        Key::new(columns::SET, Kind::Words(sets.to_vec()), "the set that it is in"),
        Key::new(columns::SCORE, Kind::Percent, "the highest score"),
        Key::new(columns::LOSS, Kind::Measure, "cross-entropy: how wrong it is"),
        Key::new(
            columns::MARGIN,
            Kind::Measure,
            "the true category's score minus the best other one's",
        ),
        Key::new("problem", Kind::Text, "why it has no scores"),
        Key::new("wrong", Kind::Flag, "it is predicted as another category"),
    ])
}

impl query::Row for Row<'_> {
    fn value(&self, key: &'static str) -> Found<'_> {
        let (table, image) = (self.table, self.image());
        let number = |value: f32| Found::number(Some(f64::from(value)));
        let category = |index: Option<u32>| match index {
            Some(_) => Found::text(table.category(index)),
            None => Found::Nothing,
        };
        match key {
            columns::FILE => Found::Text(table.name(self.index).into()),
            columns::TRUTH => category(image.truth),
            columns::PREDICTED => category(image.predicted),
            columns::SET => Found::text(self.set()),
            columns::SCORE => number(table.score(self.index)),
            columns::LOSS => number(image.loss),
            columns::MARGIN => number(image.margin),
            _ => image.problem.as_deref().map_or(Found::Nothing, Found::text),
        }
    }

    fn contains(&self, word: &str) -> bool {
        let (table, image) = (self.table, self.image());
        folded_contains(&table.name(self.index), word)
            || self.set().contains(word)
            || [image.truth, image.predicted]
                .iter()
                .any(|&category| folded_contains(table.category(category), word))
    }

    fn has(&self, _flag: &'static str) -> bool {
        self.image().is_wrong()
    }
}
