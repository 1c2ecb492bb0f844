//! Asks the terminal which pictures it can show, and loses no key that is typed meanwhile.

use std::env;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_image::picker::ProtocolType;
use ratatui_image::picker::cap_parser::{Parser, QueryStdioOptions};
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

use super::graphics::{Choice, Graphics, Offered, Renderer};

/// A terminal that has not answered by then is taken for one that shows no pictures. Keys typed
/// meanwhile wait until then.
const PATIENCE: Duration = Duration::from_millis(300);
/// The same over SSH, where an answer takes longer.
const REMOTE_PATIENCE: Duration = Duration::from_millis(1000);

/// A question that was decided on and can be put to the terminal.
#[derive(Debug)]
pub struct Question {
    choice: Choice,
    graphics: Graphics,
    /// What environment variables promise of the terminal.
    guess: ProtocolType,
    text: String,
}

impl Question {
    /// `None` where nothing has to be asked. Ask in raw mode only, or the answer appears on the screen.
    ///
    /// Inside tmux this allows its pane to pass pictures on.
    pub fn new(choice: Choice, graphics: Graphics) -> Option<Question> {
        let decided = Choice::Named(graphics.renderer) == choice;
        if decided || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return None;
        }
        let picker = super::encode::picker(ProtocolType::Halfblocks, graphics.cell);
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let mut options = QueryStdioOptions::default();
        // These say that they have Kitty's protocol, but lack the part of it that is used here.
        if is_set("WEZTERM_EXECUTABLE") || is_set("KONSOLE_VERSION") {
            options.blacklist_protocols = vec![ProtocolType::Kitty, ProtocolType::Sixel];
        }
        let text = Parser::query(picker.tmux_detected(), options);
        let guess = super::encode::guess(graphics.cell);
        Some(Question { choice, graphics, guess, text })
    }

    /// What is to be written to the terminal.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads the answer, for as long as a terminal may take; also what the person typed meanwhile.
    pub fn hear(self) -> (Graphics, Vec<KeyEvent>) {
        let patience = if self.graphics.is_remote { REMOTE_PATIENCE } else { PATIENCE };
        let bytes = read_answer(Instant::now() + patience).unwrap_or_default();
        let said = tokens(&bytes);
        let keys = said.iter().filter_map(|token| match token {
            Token::Key(key) => Some(*key),
            _ => None,
        });
        (self.understand(&said), keys.collect())
    }

    fn understand(&self, said: &[Token]) -> Graphics {
        let cell = said.iter().find_map(|token| match token {
            Token::Cell(width, height) => Some((*width, *height)),
            _ => None,
        });
        let cell = cell.or_else(cell_of_window);
        let renderer = match self.choice {
            Choice::Named(renderer) => renderer,
            // Without the size of a cell no picture would fit.
            Choice::Auto if cell.is_none() => self.graphics.renderer,
            Choice::Auto if said.contains(&Token::Kitty) => Renderer::Kitty,
            Choice::Auto if self.guess == ProtocolType::Iterm2 => Renderer::Iterm2,
            Choice::Auto if said.contains(&Token::Sixel) => Renderer::Sixel,
            Choice::Auto => self.graphics.renderer,
        };
        let offered = Offered {
            kitty: said.contains(&Token::Kitty) || renderer == Renderer::Kitty,
            sixel: said.contains(&Token::Sixel) || renderer == Renderer::Sixel,
            iterm2: self.guess == ProtocolType::Iterm2 || renderer == Renderer::Iterm2,
        };
        Graphics { renderer, offered, cell: cell.unwrap_or(self.graphics.cell), ..self.graphics }
    }
}

/// By the window's size in pixels, where the terminal tells it.
fn cell_of_window() -> Option<(u16, u16)> {
    let size = crossterm::terminal::window_size().ok()?;
    let width = size.width.checked_div(size.columns)?;
    let height = size.height.checked_div(size.rows)?;
    (width > 0 && height > 0).then_some((width, height))
}

/// Reads until the last part of the answer, or until `deadline`.
fn read_answer(deadline: Instant) -> io::Result<Vec<u8>> {
    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut waiting = before.clone();
    // A read returns after a tenth of a second even with nothing, so that it never blocks for good.
    waiting.special_codes[SpecialCodeIndex::VMIN] = 0;
    waiting.special_codes[SpecialCodeIndex::VTIME] = 1;
    tcsetattr(&stdin, OptionalActions::Now, &waiting)?;
    let mut bytes = Vec::new();
    while Instant::now() < deadline && !tokens(&bytes).contains(&Token::Done) {
        let mut some = [0; 256];
        match rustix::io::read(&stdin, &mut some) {
            Ok(count) => bytes.extend_from_slice(&some[..count]),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
    }
    tcsetattr(&stdin, OptionalActions::Now, &before)?;
    Ok(bytes)
}

/// What a terminal sends: parts of its answer, and keys.
#[derive(Debug, PartialEq)]
enum Token {
    Kitty,
    Sixel,
    /// Pixels of a cell: width, height.
    Cell(u16, u16),
    /// The answer to the last part of the question.
    Done,
    Key(KeyEvent),
}

fn tokens(bytes: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let (token, left) = match (first, after) {
            (0x1b, [b'_' | b'P' | b']', body @ ..]) => string(body),
            (0x1b, [b'[', body @ ..]) => control(body),
            (0x1b, [b'O', letter, left @ ..]) => (arrow(*letter).map(key), left),
            // The escape key itself, whatever comes behind it.
            (0x1b, left) => (Some(key(KeyCode::Esc)), left),
            _ => character(rest),
        };
        tokens.extend(token);
        rest = left;
    }
    tokens
}

fn key(code: KeyCode) -> Token {
    Token::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// A string that ends with `ESC \` or a bell; one without an end yet takes all bytes.
fn string(body: &[u8]) -> (Option<Token>, &[u8]) {
    let end = body.windows(2).position(|two| two == b"\x1b\\").map(|at| (at, at + 2));
    let bell = body.iter().position(|&byte| byte == 7).map(|at| (at, at + 1));
    let (end, next) = [end, bell].into_iter().flatten().min().unwrap_or((body.len(), body.len()));
    let is_kitty = body[..end] == *b"Gi=31;OK";
    (is_kitty.then_some(Token::Kitty), &body[next..])
}

/// Parameters up to a letter or `~`.
fn control(body: &[u8]) -> (Option<Token>, &[u8]) {
    let Some(end) = body.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
        return (None, &[]);
    };
    let parameters = String::from_utf8_lossy(&body[..end]);
    let numbers: Vec<u16> = parameters
        .trim_start_matches('?')
        .split(';')
        .map(|number| number.parse().unwrap_or(0))
        .collect();
    let token = match (body[end], &numbers[..]) {
        (b'c', [_, features @ ..]) if features.contains(&4) => Some(Token::Sixel),
        (b't', &[6, height, width]) if height > 0 && width > 0 => Some(Token::Cell(width, height)),
        (b'n', [0]) => Some(Token::Done),
        (b'~', [5]) => Some(key(KeyCode::PageUp)),
        (b'~', [6]) => Some(key(KeyCode::PageDown)),
        (b'~', [3]) => Some(key(KeyCode::Delete)),
        (letter, _) => arrow(letter).map(key),
    };
    (token, &body[end + 1..])
}

fn arrow(letter: u8) -> Option<KeyCode> {
    match letter {
        b'A' => Some(KeyCode::Up),
        b'B' => Some(KeyCode::Down),
        b'C' => Some(KeyCode::Right),
        b'D' => Some(KeyCode::Left),
        b'H' => Some(KeyCode::Home),
        b'F' => Some(KeyCode::End),
        b'Z' => Some(KeyCode::BackTab),
        _ => None,
    }
}

/// One typed character. `bytes` is not empty.
fn character(bytes: &[u8]) -> (Option<Token>, &[u8]) {
    let chunk = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let Some(c) = chunk.chars().next() else { return (None, &bytes[1..]) };
    let token = match c {
        '\r' => key(KeyCode::Enter),
        '\t' => key(KeyCode::Tab),
        '\x7f' => key(KeyCode::Backspace),
        '\x01'..='\x1a' => {
            let letter = char::from(c as u8 - 1 + b'a');
            Token::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))
        }
        c => key(KeyCode::Char(c)),
    };
    (Some(token), &bytes[c.len_utf8()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(choice: Choice, guess: ProtocolType) -> Question {
        Question { choice, graphics: Graphics::default(), guess, text: String::new() }
    }

    const KITTY: &[u8] = b"\x1b_Gi=31;OK\x1b\\\x1b[?62;4;22c\x1b[6;18;9t\x1b[0n";

    #[test]
    fn keys_typed_into_the_answer_are_not_lost() {
        let bytes = b"j\x1b_Gi=31;OK\x1b\\G\x1b[?62;4c\x1b[B\x1b[6;18;9t/\xc3\xa9\r\x04\x1b[0n\x1b";
        let typed: Vec<Token> =
            tokens(bytes).into_iter().filter(|token| matches!(token, Token::Key(_))).collect();
        let ctrl_d = KeyEvent::new(KeyCode::Char('d'), KeyModifiers::CONTROL);
        let expected = [
            key(KeyCode::Char('j')),
            key(KeyCode::Char('G')),
            key(KeyCode::Down),
            key(KeyCode::Char('/')),
            key(KeyCode::Char('é')),
            key(KeyCode::Enter),
            Token::Key(ctrl_d),
            key(KeyCode::Esc),
        ];
        assert_eq!(typed, expected);
    }

    #[test]
    fn the_best_that_the_terminal_has_is_taken() {
        let best =
            |guess, bytes: &[u8]| question(Choice::Auto, guess).understand(&tokens(bytes)).renderer;
        let none = ProtocolType::Halfblocks;
        assert_eq!(best(none, KITTY), Renderer::Kitty);
        let sixel = b"\x1b[?62;4c\x1b[6;18;9t\x1b[0n";
        assert_eq!(best(none, sixel), Renderer::Sixel);
        assert_eq!(best(ProtocolType::Iterm2, sixel), Renderer::Iterm2);
        assert_eq!(best(none, b"\x1b[?62;22c\x1b[6;18;9t\x1b[0n"), Renderer::HalfBlocks);
        assert_eq!(best(none, b""), Renderer::HalfBlocks);
    }

    #[test]
    fn a_named_way_is_taken_whatever_the_terminal_says() {
        let sixel = question(Choice::Named(Renderer::Sixel), ProtocolType::Halfblocks);
        let graphics = sixel.understand(&tokens(KITTY));
        assert_eq!((graphics.renderer, graphics.cell), (Renderer::Sixel, (9, 18)));
    }

    #[test]
    fn half_an_answer_is_no_key() {
        for end in 1..KITTY.len() {
            let keys = tokens(&KITTY[..end]).into_iter().filter(|t| matches!(t, Token::Key(_)));
            let lone_escape = KITTY[end - 1] == 0x1b && !KITTY[..end].ends_with(b"OK\x1b");
            assert_eq!(keys.count(), usize::from(lone_escape), "{end}");
        }
    }
}
