//! One table says which key does what where; keys, footer, help, palette and the names of keys in
//! messages are made of it.

mod action;
mod chord;
mod listing;
pub mod names;
mod table;

pub use action::Action;
pub use chord::Chord;
pub use listing::markdown;
pub use table::{Binding, Context, TABLE, key_of};

/// What the keys typed so far mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// All of an action's key.
    Action(Action),
    /// The beginning of a sequence.
    Begun,
    /// No key of this screen begins so.
    Nothing,
}

/// The rows that hold in `contexts` and everywhere, in their order.
pub fn rows(contexts: &[Context]) -> impl Iterator<Item = &'static Binding> {
    let is_typed_into = contexts.contains(&Context::Editor);
    let are_numbers_taken = contexts.contains(&Context::Categories);
    let goes_by_number = |row: &&Binding| row.keys[0].starts_with(|c: char| c.is_ascii_digit());
    contexts
        .iter()
        .chain((!is_typed_into).then_some(&Context::Everywhere))
        .flat_map(|context| TABLE.iter().filter(move |(place, _)| place == context))
        .flat_map(move |(context, rows)| {
            let is_everywhere = *context == Context::Everywhere;
            rows.iter()
                .filter(move |row| !(are_numbers_taken && is_everywhere && goes_by_number(row)))
        })
}

/// What `typed` means on a screen that is in `contexts`.
pub fn meaning(contexts: &[Context], typed: &[Chord]) -> Meaning {
    let mut begun = false;
    for row in rows(contexts) {
        for keys in row.keys {
            let sequence = chord::parse(keys);
            if sequence == typed {
                return Meaning::Action(row.action);
            }
            begun |= sequence.starts_with(typed);
        }
    }
    if begun { Meaning::Begun } else { Meaning::Nothing }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::tui::screens::ALL_CONTEXTS;

    #[test]
    fn no_key_has_two_meanings_on_one_screen() {
        for contexts in ALL_CONTEXTS {
            let sequences: Vec<(Vec<Chord>, Action)> = rows(contexts)
                .flat_map(|row| row.keys.iter().map(|keys| (chord::parse(keys), row.action)))
                .collect();
            for (i, (keys, action)) in sequences.iter().enumerate() {
                for (other_keys, other) in &sequences[i + 1..] {
                    let clash = keys.starts_with(other_keys) || other_keys.starts_with(keys);
                    assert!(!clash, "{contexts:?}: {keys:?} is {action:?} and {other:?}");
                }
            }
        }
    }

    /// Keys with several meanings, and why they may have them.
    const SEVERAL: &[(&[&str], &str)] = &[
        (
            &["h", "l", "left", "right"],
            "movement: to the side, in a table, a sheet or along a curve",
        ),
        (&["ctrl-d", "ctrl-u", "pgdn", "pgup"], "movement: far, down a list or along a curve"),
        (&["J", "K"], "movement: not of the cursor, but of its row or of the text beside it"),
        (&["-"], "charts: + and - zoom, as in maps and browsers; tables have no zoom"),
        (&["enter"], "opens whatever the screen is about"),
        (
            &["1", "2", "3", "4", "0"],
            "numbers: of screens, and of categories where photos get labels",
        ),
    ];

    /// All rows but the editor's, where letters are text.
    fn rows_but_the_editors() -> impl Iterator<Item = &'static Binding> {
        let tables = TABLE.iter().filter(|(context, _)| *context != Context::Editor);
        tables.flat_map(|(_, rows)| rows.iter())
    }

    #[test]
    fn a_letter_means_the_same_on_every_screen() {
        let mut meanings: HashMap<&str, HashSet<Action>> = HashMap::new();
        for row in rows_but_the_editors() {
            for key in row.keys {
                meanings.entry(key).or_default().insert(row.action);
            }
        }
        for (key, actions) in meanings {
            let reason = SEVERAL.iter().find(|(keys, _)| keys.contains(&key));
            assert_eq!(actions.len() > 1, reason.is_some(), "{key}: {actions:?}, {reason:?}");
        }
    }

    #[test]
    fn an_action_has_the_same_key_on_every_screen() {
        for row in rows_but_the_editors() {
            assert_eq!(row.keys[0], key_of(row.action), "{row:?}");
        }
    }

    #[test]
    fn every_row_belongs_to_a_screen_and_has_words() {
        let used: HashSet<Context> =
            ALL_CONTEXTS.iter().flat_map(|contexts| contexts.iter().copied()).collect();
        for (context, rows) in TABLE {
            assert!(*context == Context::Everywhere || used.contains(context), "{context:?}");
            for row in *rows {
                assert!(!row.keys.is_empty() && !row.help.is_empty(), "{row:?}");
            }
        }
    }

    #[test]
    fn sequences_are_begun_and_ended() {
        let g = chord::parse("g");
        let gg = chord::parse("gg");
        assert_eq!(meaning(&[Context::List], &g), Meaning::Begun);
        assert_eq!(meaning(&[Context::List], &gg), Meaning::Action(Action::First));
        assert_eq!(meaning(&[], &gg), Meaning::Nothing);
    }
}
