//! Which images are shown, and in which order they are listed.

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
    let passes = |&index: &u32| filters.lets_through(table, index as usize);
    let shown = (0..table.len() as u32).filter(passes).collect();
    let row = |&index: &u32| Row { table, index: index as usize };
    // No key of an image has to do with the time.
    let mut shown = filter.keep(shown, row, Timestamp::UNIX_EPOCH);
    let category = |category: Option<u32>| category.map_or(0, |category| category + 1);
    let direction = order.descending;
    match order.key.as_str() {
        columns::TRUTH => sort(&mut shown, |at| turned(category(images[at].truth), direction)),
        columns::PREDICTED => {
            sort(&mut shown, |at| turned(category(images[at].predicted), direction));
        }
        columns::SET => {
            sort(&mut shown, |at| {
                turned(category(images[at].set.map(|set| set as u32)), direction)
            });
        }
        columns::SCORE => sort(&mut shown, |at| number(table.score(at), direction)),
        columns::LOSS => sort(&mut shown, |at| number(images[at].loss, direction)),
        columns::MARGIN => sort(&mut shown, |at| number(images[at].margin, direction)),
        _ => shown.sort_by(|&a, &b| {
            let bytes = |index: u32| table.file(index as usize).as_os_str().as_bytes();
            let order = bytes(a).cmp(bytes(b));
            if direction { order.reverse() } else { order }
        }),
    }
    shown
}

/// Sorts by a number of each; those with the same stay as they were. Numbers and places together are sorted
/// without a look at the table: for a million images that takes a tenth of the time.
fn sort(shown: &mut [u32], number: impl Fn(usize) -> u32) {
    let places = (0u64..).zip(shown.iter());
    let mut keyed: Vec<(u64, u32)> =
        places.map(|(place, &at)| (u64::from(number(at as usize)) << 32 | place, at)).collect();
    keyed.sort_unstable_by_key(|(key, _)| *key);
    for (to, (_, at)) in shown.iter_mut().zip(keyed) {
        *to = at;
    }
}

fn turned(number: u32, descending: bool) -> u32 {
    if descending { !number } else { number }
}

/// A whole number that is larger where `value` is, the other way round where it is to descend. What is not a
/// number comes last in both directions.
fn number(value: f32, descending: bool) -> u32 {
    if value.is_nan() {
        return u32::MAX;
    }
    let bits = value.to_bits();
    // The order of `f32::total_cmp`.
    let ascending = if value.is_sign_negative() { !bits } else { bits | 1 << 31 };
    turned(ascending, descending)
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
            _ => table.problem(self.index).map_or(Found::Nothing, Found::text),
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
