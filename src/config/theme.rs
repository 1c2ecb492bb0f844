//! The colours that a person can choose for the screens.

/// Colours of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Chosen by what the terminal says of itself.
    Auto,
    /// For a dark background, with 256 colours.
    Dark,
    /// For a light background, with 256 colours.
    Light,
    /// Blue and orange instead of green and red.
    ColourBlind,
    /// The terminal's own 16 colours.
    SixteenColours,
    /// None: words and symbols alone.
    NoColour,
}

impl Theme {
    /// Every theme, in the order in which they are told to a person.
    pub const ALL: [Theme; 6] = [
        Theme::Auto,
        Theme::Dark,
        Theme::Light,
        Theme::ColourBlind,
        Theme::SixteenColours,
        Theme::NoColour,
    ];

    /// What it is for, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Theme::Auto => "as the terminal says of itself",
            Theme::Dark => "for a dark background",
            Theme::Light => "for a light background",
            Theme::ColourBlind => "blue and orange instead of green and red",
            Theme::SixteenColours => "the terminal's own colours",
            Theme::NoColour => "words and signs alone",
        }
    }

    /// The theme's name in `config.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Dark => "dark",
            Theme::Light => "light",
            Theme::ColourBlind => "colour-blind",
            Theme::SixteenColours => "16-colours",
            Theme::NoColour => "none",
        }
    }
}
