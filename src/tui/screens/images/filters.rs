//! Which images are shown, and in which order.

use std::cmp::Ordering;
use std::os::unix::ffi::OsStrExt;

use super::columns;
use crate::spec::Set;
use crate::tui::filter::{Filter, Filterable};
use crate::tui::scores::{Image, ScoreTable};
use crate::tui::widgets::Order;

/// What an image must be, besides the text that is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub wrong_only: bool,
    pub set: Option<Set>,
    /// Index of the true category.
    pub truth: Option<u32>,
    /// Index of the predicted category.
    pub predicted: Option<u32>,
}

impl Filters {
    fn lets_through(&self, image: &Image) -> bool {
        (!self.wrong_only || image.is_wrong())
            && self.set.is_none_or(|set| image.set == Some(set))
            && self.truth.is_none_or(|truth| image.truth == Some(truth))
            && self.predicted.is_none_or(|predicted| image.predicted == Some(predicted))
    }

    /// In words, each after another.
    pub fn words(&self, table: &ScoreTable) -> Vec<String> {
        let wrong = self.wrong_only.then(|| "only wrong".to_owned());
        let set = self.set.map(|set| set.name().to_owned());
        let truth = self.truth.map(|truth| format!("true {}", table.category(Some(truth))));
        let predicted =
            self.predicted.map(|index| format!("predicted {}", table.category(Some(index))));
        [wrong, set, truth, predicted].into_iter().flatten().collect()
    }
}

/// All sets, then the most interesting one, and so on.
pub fn next_set(set: Option<Set>) -> Option<Set> {
    match set {
        None => Some(Set::Test),
        Some(Set::Test) => Some(Set::Validation),
        Some(Set::Validation) => Some(Set::Training),
        Some(Set::Training) => None,
    }
}

/// All categories, then each of `categories`.
pub fn next_category(category: Option<u32>, categories: usize) -> Option<u32> {
    let next = category.map_or(0, |category| category + 1);
    ((next as usize) < categories).then_some(next)
}

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
