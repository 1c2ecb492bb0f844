//! A run in words.

use crate::store::State;

/// Symbol and word of a state: each symbol differs in shape, so colour is never needed.
pub fn state_in_words(state: State) -> (char, &'static str) {
    let symbol = match state {
        State::Created => '○',
        State::Queued => '…',
        State::Running => '▶',
        State::Done => '✓',
        State::Stopped => '■',
        State::Paused => '‖',
        State::Failed => '✗',
        State::Cancelled => '⊘',
        State::Lost => '?',
    };
    (symbol, state.name())
}

/// Text that cannot move the terminal's cursor or turn its reading direction: control characters
/// become spaces, direction marks and the terminal's colour sequences are left out.
pub fn sanitised(text: &str) -> String {
    let text = without_sequences(text);
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Leaves out `ESC [ ... letter`, as programs write them for colours.
fn without_sequences(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut parts = text.split("\x1b[");
    kept.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| ('@'..='~').contains(&c));
        kept.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_cannot_steer_the_terminal() {
        assert_eq!(sanitised("a\x1b[2Jb\tc\u{202e}d\x1b[31"), "ab cd");
    }
}
