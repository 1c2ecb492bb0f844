//! What the cursor is on and what may be written there, in the tables of a sweep and in all others.

use super::document::Document;
use super::place::{self, Choices, Topic};
use super::sweep;

/// What the cursor is on; `None` where nothing is known of it.
pub fn topic(document: &Document) -> Option<Topic> {
    let line = document.lines()[document.row(document.offset())].trim();
    let offset = place::on_the_key(document);
    let place = place::place(document, offset);
    match sweep::is_in(&place.table) && !line.starts_with('[') {
        true => sweep::topic(document, &place, offset),
        false => place::topic(document),
    }
}

/// What may be written at the cursor; `None`: nothing that is known.
pub fn choices(document: &Document) -> Option<Choices> {
    let offset = document.offset();
    let place = place::place(document, offset);
    match sweep::is_in(&place.table) && !place.in_comment {
        true => sweep::choices(document, &place, offset)
            .filter(|choices| !choices.candidates.is_empty()),
        false => place::choices(document),
    }
}
