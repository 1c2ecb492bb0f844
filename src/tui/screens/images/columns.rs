//! The columns of the list of images.

use crate::spec::Set;
use crate::tui::scores::ScoreTable;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, Order, width};

pub const FILE: &str = "file";
pub const TRUTH: &str = "true";
pub const PREDICTED: &str = "predicted";
pub const SCORE: &str = "score";
pub const LOSS: &str = "loss";
pub const MARGIN: &str = "margin";
pub const SET: &str = "set";

/// Those that say something about the images of `table`.
pub fn all(table: &ScoreTable) -> Vec<Column> {
    let has_truths = table.has_truths();
    // Whole names as far as they leave room for the file's.
    let longest = table.categories.iter().map(|name| width(name)).max().unwrap_or(0) as u16;
    let category = longest.clamp(8, 14);
    [
        Column::new(FILE, 16, Align::End).filling(),
        Column::new(TRUTH, category, Align::Left),
        Column::new(PREDICTED, category + 2, Align::Left),
        Column::new(SCORE, 6, Align::Right),
        Column::new(LOSS, 6, Align::Right),
        Column::new(MARGIN, 6, Align::Right),
        Column::new(SET, 10, Align::Left),
    ]
    .into_iter()
    .filter(|column| has_truths || ![TRUTH, LOSS, SET].contains(&column.key.as_str()))
    .collect()
}

/// Worst first; where nobody knows what is right, least sure first.
pub fn order(table: &ScoreTable) -> Order {
    match table.has_truths() {
        true => Order { key: LOSS.into(), descending: true },
        false => Order { key: SCORE.into(), descending: false },
    }
}

pub fn cell(table: &ScoreTable, index: usize, key: &str) -> Cell {
    let image = &table.images()[index];
    let plain = |text: String| Cell { text, role: Role::Text };
    match key {
        FILE => plain(table.name(index)),
        TRUTH => plain(table.category(image.truth).to_owned()),
        PREDICTED if table.problem(index).is_some() => {
            Cell { text: "✗ none".into(), role: Role::Warning }
        }
        PREDICTED if image.is_wrong() => {
            Cell { text: format!("✗ {}", table.category(image.predicted)), role: Role::Bad }
        }
        PREDICTED => plain(format!("  {}", table.category(image.predicted))),
        SCORE => plain(number(table.score(index))),
        LOSS => plain(number(image.loss)),
        MARGIN => plain(number(image.margin)),
        _ => Cell { text: image.set.map_or("", Set::name).to_owned(), role: Role::Dim },
    }
}

/// Three decimals; nothing for what is not a number.
pub fn number(value: f32) -> String {
    if value.is_nan() { String::new() } else { format!("{value:.3}") }
}
