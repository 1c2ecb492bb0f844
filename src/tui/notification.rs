//! What asks a terminal to tell somebody who does not look at it: the bell, and a notification of the
//! desktop (OSC 9, or OSC 777 where that is the one that is known).

use super::terminal::in_envelope;
use crate::store::is_harmful;

/// How the terminal is asked for a notification. One that knows neither passes over both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// iTerm2's, which Kitty, WezTerm, Ghostty and Windows Terminal know, too. Most of these know the other
    /// as well, so that with both a notification would be there twice.
    Osc9,
    /// rxvt-unicode's, which foot and VTE's terminals know.
    Osc777,
}

impl Form {
    /// Of the terminal that this process has.
    pub fn of_this_process() -> Form {
        let term = std::env::var("TERM").unwrap_or_default();
        Form::of(&term, std::env::var_os("VTE_VERSION").is_some())
    }

    fn of(term: &str, is_vte: bool) -> Form {
        match is_vte || term.starts_with("rxvt") || term.starts_with("foot") {
            true => Form::Osc777,
            false => Form::Osc9,
        }
    }

    /// The bell, and the notification. In tmux the bell is tmux's, which has options for it and passes
    /// it on, and the notification goes to the terminal around it.
    pub fn sequence(self, text: &str, in_tmux: bool) -> String {
        // A semicolon would begin another part.
        let text = text.replace(';', ",");
        let text: String = text.chars().filter(|&c| !is_harmful(c)).collect();
        let notification = match self {
            Form::Osc9 => format!("\x1b]9;retrain: {text}\x1b\\"),
            Form::Osc777 => format!("\x1b]777;notify;retrain;{text}\x1b\\"),
        };
        format!("\x07{}", if in_tmux { in_envelope(&notification) } else { notification })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_rings_and_the_terminal_gets_the_form_that_it_knows() {
        let text = "a is done: 94.4%";
        assert_eq!(Form::Osc9.sequence(text, false), "\x07\x1b]9;retrain: a is done: 94.4%\x1b\\");
        let other = "\x07\x1b]777;notify;retrain;a is done: 94.4%\x1b\\";
        assert_eq!(Form::Osc777.sequence(text, false), other);
        let forms =
            ["xterm-kitty", "rxvt-unicode-256color", "foot"].map(|term| Form::of(term, false));
        assert_eq!(forms, [Form::Osc9, Form::Osc777, Form::Osc777]);
        assert_eq!(Form::of("xterm-256color", true), Form::Osc777);
    }

    #[test]
    fn tmux_rings_itself_and_passes_the_notification_on() {
        let sequence = Form::Osc9.sequence("a", true);
        assert_eq!(sequence, "\x07\x1bPtmux;\x1b\x1b]9;retrain: a\x1b\x1b\\\x1b\\");
    }

    #[test]
    fn a_name_can_end_no_sequence_and_begin_no_other() {
        let sequence = Form::Osc777.sequence("a\x1b\\b\x07c\u{9c}d\u{202e}e;f\n", false);
        assert_eq!(sequence, "\x07\x1b]777;notify;retrain;a\\bcde,f\x1b\\");
    }
}
