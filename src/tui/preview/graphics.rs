//! How pictures are drawn, and how that is chosen.

use crate::tui::theme::Environment;

/// The environment variable that overrides what the terminal says it can draw.
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

    /// Whether what is drawn so has colours.
    pub fn has_colours(self) -> bool {
        !matches!(self, Renderer::Off | Renderer::Characters)
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

/// Ways to show pictures that a terminal says it has, or that a person named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    pub kitty: bool,
    pub sixel: bool,
    pub iterm2: bool,
}

impl Offered {
    /// Whether pictures can be drawn so: cells of text every terminal has.
    fn has(self, renderer: Renderer) -> bool {
        match renderer {
            Renderer::Kitty => self.kitty,
            Renderer::Sixel => self.sixel,
            Renderer::Iterm2 => self.iterm2,
            Renderer::HalfBlocks | Renderer::Characters | Renderer::Off => true,
        }
    }
}

/// How pictures are drawn now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graphics {
    pub renderer: Renderer,
    pub depth: Depth,
    /// Pixels of one cell: width, height.
    pub cell: (u16, u16),
    /// The terminal's own ways to show pictures.
    pub offered: Offered,
    /// Every byte takes its way through a network.
    pub is_remote: bool,
    /// Counts up when the terminal has forgotten the pictures it was sent.
    pub generation: u32,
}

impl Default for Graphics {
    fn default() -> Graphics {
        // Half as wide as high, as in every usual font, until the terminal says its own.
        let (renderer, depth) = (Renderer::HalfBlocks, Depth::Indexed);
        let (cell, offered) = ((10, 20), Offered::default());
        Graphics { renderer, depth, cell, offered, is_remote: false, generation: 0 }
    }
}

/// How pictures are to be drawn, by the variable `RETRAIN_IMAGES`.
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

    /// The next way to draw that the terminal has, for a key.
    pub fn next(self) -> Graphics {
        let at = Renderer::ALL.iter().position(|&one| one == self.renderer).expect("all are there");
        let mut others = Renderer::ALL.iter().cycle().skip(at + 1);
        let renderer = *others.find(|&&one| self.offered.has(one)).expect("half-blocks are there");
        Graphics { renderer, generation: self.generation + 1, ..self }
    }

    /// The same, drawn in cells of text whatever the terminal has; from afar in the table of 256
    /// colours, which takes two fifths less bytes.
    pub fn in_cells(self) -> Graphics {
        let renderer = match self.renderer {
            Renderer::Kitty | Renderer::Sixel | Renderer::Iterm2 => Renderer::HalfBlocks,
            other => other,
        };
        let depth = if self.is_remote { Depth::Indexed } else { self.depth };
        // Cells are drawn anew by themselves: no terminal has to remember them.
        Graphics { renderer, depth, generation: 0, ..self }
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
    fn the_key_walks_through_the_ways_to_draw_that_the_terminal_has() {
        let walk = |offered| {
            let graphics = Graphics { offered, ..Graphics::default() };
            let mut seen = vec![graphics.next()];
            while seen.last().unwrap().renderer != graphics.renderer {
                seen.push(seen.last().unwrap().next());
            }
            seen.iter().map(|graphics| graphics.renderer.name()).collect::<Vec<_>>()
        };
        assert_eq!(walk(Offered::default()), ["characters", "off", "half-blocks"]);
        let sixel = Offered { sixel: true, ..Offered::default() };
        assert_eq!(walk(sixel), ["Sixel", "characters", "off", "half-blocks"]);
        let all = Offered { kitty: true, sixel: true, iterm2: true };
        assert_eq!(walk(all).len(), Renderer::ALL.len());
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        assert_eq!(Choice::parse("sixel"), Ok(Choice::Named(Renderer::Sixel)));
        assert!(Choice::parse("best").unwrap_err().contains("iterm2"));
    }
}
