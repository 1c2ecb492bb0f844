//! What the terminal can do, as the screens see it, for `retrain doctor`.

use std::io::{IsTerminal, Write, stdin, stdout};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};

use super::preview::{Choice, Graphics, Question};
use super::theme::{Environment, Theme, ThemeName};

/// What the screens would use of this terminal.
#[derive(Clone, Debug)]
pub struct Abilities {
    /// Columns and rows; `None` where stdin or stdout is no terminal.
    pub size: Option<(u16, u16)>,
    /// The variable `TERM`.
    pub term: String,
    /// The locale, as the first variable of it that is set says; empty where none is.
    pub locale: String,
    /// The theme that is used.
    pub theme: ThemeName,
    /// Whether lines and blocks are drawn, not only ASCII.
    pub has_blocks: bool,
    /// How pictures are drawn, as the terminal answered where there is one.
    pub pictures: &'static str,
    /// Why the variable for pictures counts for nothing.
    pub refused: Option<String>,
    /// Pixels of one cell: width, height.
    pub cell: (u16, u16),
    /// Reached by SSH.
    pub is_remote: bool,
}

impl Abilities {
    /// Of the terminal that this process is in. It is asked what pictures it shows, for a second at
    /// most.
    pub fn of_this_process(theme: ThemeName) -> Abilities {
        let environment = Environment::of_this_process();
        let used = Theme::chosen(theme, &environment);
        let theme = Theme::choose(used, &environment);
        let (choice, refused) = match Choice::of_this_process() {
            Ok(choice) => (choice, None),
            Err(said) => (Choice::Auto, Some(said)),
        };
        let first = Graphics::first(choice, theme.has_colours(), &environment);
        let is_terminal = stdin().is_terminal() && stdout().is_terminal();
        let graphics = if is_terminal { ask(choice, first) } else { first };
        Abilities {
            size: is_terminal.then(size).and_then(Result::ok),
            term: environment.term.clone(),
            locale: environment.locale.clone(),
            theme: used,
            has_blocks: theme.has_blocks(),
            pictures: graphics.renderer.name(),
            refused,
            cell: graphics.cell,
            is_remote: graphics.is_remote,
        }
    }
}

/// A terminal that cannot be asked is taken as its variables say.
fn ask(choice: Choice, first: Graphics) -> Graphics {
    let Some(question) = Question::new(choice, first) else { return first };
    if enable_raw_mode().is_err() {
        return first;
    }
    let mut out = stdout();
    let asked = out.write_all(question.text().as_bytes()).and_then(|()| out.flush());
    let heard = asked.map(|()| question.hear().0);
    let _ = disable_raw_mode();
    heard.unwrap_or(first)
}
