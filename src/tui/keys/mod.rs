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
    Action(Action),
    /// The beginning of a sequence.
    Begun,
    Nothing,
}

/// The rows that hold in `contexts` and everywhere, in their order.
pub fn rows(contexts: &[Context]) -> impl Iterator<Item = &'static Binding> {
    let is_typed_into = contexts.contains(&Context::Editor);
    contexts
        .iter()
        .chain((!is_typed_into).then_some(&Context::Everywhere))
        .flat_map(|context| TABLE.iter().filter(move |(place, _)| place == context))
        .flat_map(|(_, rows)| rows.iter())
}

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
    use std::collections::HashSet;

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
