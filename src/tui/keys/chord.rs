//! Keys by the names that people write.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with the modifiers held. Shift is part of the character, as terminals report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl From<&KeyEvent> for Chord {
    fn from(key: &KeyEvent) -> Chord {
        let modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        Chord { code: key.code, modifiers }
    }
}

const NAMES: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("delete", KeyCode::Delete),
    ("f1", KeyCode::F(1)),
    ("f3", KeyCode::F(3)),
];

/// The sequence that `keys` names: `gg` is two keys, `ctrl-d` and `enter` are one.
pub fn parse(keys: &str) -> Vec<Chord> {
    let (rest, modifiers) = match (keys.strip_prefix("ctrl-"), keys.strip_prefix("alt-")) {
        (Some(rest), _) => (rest, KeyModifiers::CONTROL),
        (_, Some(rest)) => (rest, KeyModifiers::ALT),
        _ => (keys, KeyModifiers::NONE),
    };
    if let Some(&(_, code)) = NAMES.iter().find(|(name, _)| *name == rest) {
        return vec![Chord { code, modifiers }];
    }
    rest.chars().map(|c| Chord { code: KeyCode::Char(c), modifiers }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_table_writes_is_what_the_terminal_sends() {
        let pressed = |code, modifiers| vec![Chord::from(&KeyEvent::new(code, modifiers))];
        assert_eq!(parse("S"), pressed(KeyCode::Char('S'), KeyModifiers::SHIFT));
        assert_eq!(parse("ctrl-d"), pressed(KeyCode::Char('d'), KeyModifiers::CONTROL));
        assert_eq!(parse("space"), pressed(KeyCode::Char(' '), KeyModifiers::NONE));
        assert_eq!(parse("-"), pressed(KeyCode::Char('-'), KeyModifiers::NONE));
        assert_eq!(parse("ctrl-space"), pressed(KeyCode::Char(' '), KeyModifiers::CONTROL));
        assert_eq!(parse("gg").len(), 2);
    }
}
