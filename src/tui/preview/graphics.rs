//! How pictures are drawn, and how that is chosen.

use crate::tui::theme::Environment;

/// The variable that overrides what the terminal says of itself.
const VARIABLE: &str = "RETRAIN_IMAGES";

/// A way to draw a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renderer {
    Off,
    /// Characters from light to dark, for terminals without colours.
    Characters,
    /// Two pixels a cell.
    HalfBlocks,
    Kitty,
    Sixel,
    Iterm2,
}

impl Renderer {
    /// In the order in which a key walks through them.
    const ALL: [Renderer; 6] = [
        Renderer::HalfBlocks,
        Renderer::Kitty,
        Renderer::Sixel,
        Renderer::Iterm2,
        Renderer::Characters,
        Renderer::Off,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Renderer::Off => "off",
            Renderer::Characters => "characters",
            Renderer::HalfBlocks => "half-blocks",
            Renderer::Kitty => "Kitty",
            Renderer::Sixel => "Sixel",
            Renderer::Iterm2 => "iTerm2",
        }
    }

    /// Whether the terminal paints pixels over its cells, which text then has to leave alone.
    pub fn covers_cells(self) -> bool {
        matches!(self, Renderer::Sixel | Renderer::Iterm2)
    }
}

/// Colours that half-blocks may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The table of 256.
    Indexed,
}

/// How pictures are drawn now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graphics {
    pub renderer: Renderer,
    pub depth: Depth,
    /// Pixels of one cell: width, height.
    pub cell: (u16, u16),
    /// Every byte takes its way through a network.
    pub is_remote: bool,
    /// Counts up when the terminal has forgotten the pictures it was sent.
    pub generation: u32,
}

impl Default for Graphics {
    fn default() -> Graphics {
        // Half as wide as high, as in every usual font, until the terminal says its own.
        let (renderer, depth) = (Renderer::HalfBlocks, Depth::Indexed);
        Graphics { renderer, depth, cell: (10, 20), is_remote: false, generation: 0 }
    }
}

/// What is to be used, by the variable `RETRAIN_IMAGES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The best that the terminal says it has.
    Auto,
    Named(Renderer),
}

impl Choice {
    /// Errors with a sentence when the variable holds another word.
    pub fn parse(text: &str) -> Result<Choice, String> {
        match text {
            "" | "auto" => Ok(Choice::Auto),
            "off" => Ok(Choice::Named(Renderer::Off)),
            "half" => Ok(Choice::Named(Renderer::HalfBlocks)),
            "kitty" => Ok(Choice::Named(Renderer::Kitty)),
            "sixel" => Ok(Choice::Named(Renderer::Sixel)),
            "iterm2" => Ok(Choice::Named(Renderer::Iterm2)),
            text => Err(format!(
                "{VARIABLE} is '{text}', expected auto, off, half, kitty, sixel or iterm2"
            )),
        }
    }

    pub fn of_this_process() -> Result<Choice, String> {
        Choice::parse(&std::env::var(VARIABLE).unwrap_or_default())
    }
}

impl Graphics {
    /// Before the terminal was asked: half-blocks where it has colours, else characters.
    pub fn first(choice: Choice, has_colours: bool, environment: &Environment) -> Graphics {
        let renderer = match choice {
            Choice::Named(renderer @ (Renderer::Off | Renderer::HalfBlocks)) => renderer,
            _ if has_colours => Renderer::HalfBlocks,
            _ => Renderer::Characters,
        };
        let is_true = ["truecolor", "24bit"].contains(&environment.colorterm.as_str())
            || environment.term.ends_with("-direct");
        let depth = if is_true { Depth::True } else { Depth::Indexed };
        let is_remote = !environment.ssh_connection.is_empty();
        Graphics { renderer, depth, is_remote, ..Graphics::default() }
    }

    /// The next way to draw, for a key.
    pub fn next(self) -> Graphics {
        let at = Renderer::ALL.iter().position(|&one| one == self.renderer).expect("all are there");
        let renderer = Renderer::ALL[(at + 1) % Renderer::ALL.len()];
        Graphics { renderer, generation: self.generation + 1, ..self }
    }

    /// The same, for a terminal that has forgotten what it was sent.
    pub fn forgotten(self) -> Graphics {
        Graphics { generation: self.generation + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_colours_gets_characters_until_it_says_more() {
        let truecolour = Environment { colorterm: "truecolor".into(), ..Default::default() };
        let first = Graphics::first(Choice::Auto, true, &truecolour);
        assert_eq!((first.renderer, first.depth), (Renderer::HalfBlocks, Depth::True));
        let first = Graphics::first(Choice::Auto, false, &Environment::default());
        assert_eq!((first.renderer, first.depth), (Renderer::Characters, Depth::Indexed));
        let off = Choice::Named(Renderer::Off);
        assert_eq!(Graphics::first(off, true, &truecolour).renderer, Renderer::Off);
    }

    #[test]
    fn the_key_walks_through_all_ways_to_draw() {
        let mut graphics = Graphics::default();
        let mut seen = Vec::new();
        for _ in 0..Renderer::ALL.len() {
            graphics = graphics.next();
            seen.push(graphics.renderer);
        }
        assert!(Renderer::ALL.iter().all(|renderer| seen.contains(renderer)));
        assert_eq!(graphics.renderer, Graphics::default().renderer);
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        assert_eq!(Choice::parse("sixel"), Ok(Choice::Named(Renderer::Sixel)));
        assert!(Choice::parse("best").unwrap_err().contains("iterm2"));
    }
}
