//! Colours by role. Screens name what a thing is, never a colour.
//!
//! No state is shown by colour alone: every place that uses one of these also has a word or a
//! symbol.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use super::widgets::chart::{ChartStyles, Marker};
pub use crate::config::Theme as ThemeName;

/// What environment variables say of the terminal.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub no_color: String,
    pub term: String,
    pub colorterm: String,
    pub colorfgbg: String,
    pub ssh_connection: String,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set.
    pub locale: String,
}

impl Environment {
    pub fn of_this_process() -> Environment {
        let get = |name| std::env::var(name).unwrap_or_default();
        Environment {
            no_color: get("NO_COLOR"),
            term: get("TERM"),
            colorterm: get("COLORTERM"),
            colorfgbg: get("COLORFGBG"),
            ssh_connection: get("SSH_CONNECTION"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"]
                .map(get)
                .into_iter()
                .find(|value| !value.is_empty())
                .unwrap_or_default(),
        }
    }

    /// Where no locale is set, as in many containers, the terminal is taken to draw all characters.
    fn characters(&self) -> Characters {
        let locale = self.locale.to_ascii_lowercase();
        let has_unicode = locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8");
        match self.term.as_str() {
            _ if !has_unicode => Characters::Ascii,
            "" | "dumb" => Characters::Ascii,
            "linux" => Characters::Console,
            _ => Characters::All,
        }
    }

    fn has_256_colours(&self) -> bool {
        const MODERN: [&str; 7] =
            ["256color", "direct", "kitty", "alacritty", "ghostty", "wezterm", "foot"];
        !self.colorterm.is_empty() || MODERN.iter().any(|name| self.term.contains(name))
    }

    /// `COLORFGBG` is `foreground;background`, in the numbers of the 16 colours.
    fn is_light(&self) -> bool {
        let background = self.colorfgbg.rsplit(';').next().and_then(|text| text.parse().ok());
        matches!(background, Some(7u8 | 9..=15))
    }
}

/// What a text or a sign on the screen stands for; the theme gives it a style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Text,
    /// Less important than the rest: labels, hints, rules.
    Dim,
    /// Keys, titles, the chosen column.
    Accent,
    Good,
    Warning,
    Bad,
    /// Under the cursor.
    Selection,
    /// Marked by the person.
    Mark,
}

/// Which characters the terminal draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Characters {
    All,
    /// Those of Latin scripts, and lines and blocks: what the fonts of the Linux console hold.
    Console,
    Ascii,
}

#[derive(Clone, Debug)]
pub struct Theme {
    environment: Environment,
    palette: Option<Palette>,
    characters: Characters,
}

#[derive(Clone, Debug)]
struct Palette {
    text: Color,
    dim: Color,
    accent: Color,
    good: Color,
    warning: Color,
    bad: Color,
    selection: Color,
    mark: Color,
    series: [Color; 8],
    /// Backgrounds for shares that are right and that are wrong, from small to large, and what is
    /// written on them. None where there are only 16 colours.
    shades: Option<Shades>,
}

#[derive(Clone, Debug)]
struct Shades {
    right: [Color; SHADES],
    wrong: [Color; SHADES],
    text: Color,
}

const SHADES: usize = 4;

/// Numbers of the 256-colour table: every terminal that is not of 16 colours has it.
const fn c(number: u8) -> Color {
    Color::Indexed(number)
}

const DARK: Palette = Palette {
    text: Color::Reset,
    dim: c(245),
    accent: c(81),
    good: c(78),
    warning: c(220),
    bad: c(203),
    selection: c(238),
    mark: c(213),
    series: [c(81), c(214), c(78), c(213), c(227), c(203), c(147), c(251)],
    shades: Some(Shades {
        right: [c(236), c(22), c(22), c(28)],
        wrong: [c(52), c(88), c(124), c(160)],
        text: c(231),
    }),
};

const LIGHT: Palette = Palette {
    text: Color::Reset,
    dim: c(242),
    accent: c(25),
    good: c(22),
    warning: c(130),
    bad: c(124),
    selection: c(252),
    mark: c(90),
    series: [c(25), c(166), c(28), c(90), c(94), c(124), c(61), c(238)],
    shades: Some(Shades {
        right: [c(255), c(194), c(157), c(120)],
        wrong: [c(224), c(217), c(210), c(203)],
        text: c(16),
    }),
};

/// After Okabe and Ito (2008): distinguishable with every common colour blindness; good is blue
/// and bad is vermilion.
const COLOUR_BLIND: Palette = Palette {
    text: Color::Reset,
    dim: c(245),
    accent: c(117),
    good: c(75),
    warning: c(227),
    bad: c(208),
    selection: c(238),
    mark: c(175),
    series: [c(75), c(214), c(36), c(175), c(227), c(166), c(32), c(251)],
    shades: Some(Shades {
        right: [c(235), c(17), c(18), c(25)],
        wrong: [c(58), c(94), c(130), c(166)],
        text: c(231),
    }),
};

const ANSI16: Palette = Palette {
    text: Color::Reset,
    dim: Color::Reset,
    accent: Color::Cyan,
    good: Color::Green,
    warning: Color::Yellow,
    bad: Color::Red,
    selection: Color::Reset,
    mark: Color::Magenta,
    series: [
        Color::Cyan,
        Color::Yellow,
        Color::Green,
        Color::Magenta,
        Color::Red,
        Color::Blue,
        Color::LightCyan,
        Color::LightYellow,
    ],
    shades: None,
};

impl Theme {
    /// The theme of that name; `Auto`, and a wish for no colour, go by the terminal.
    pub fn choose(name: ThemeName, environment: &Environment) -> Theme {
        let name = Theme::chosen(name, environment);
        let palette = match name {
            ThemeName::NoColour => None,
            ThemeName::Light => Some(LIGHT),
            ThemeName::ColourBlind => Some(COLOUR_BLIND),
            ThemeName::SixteenColours => Some(ANSI16),
            ThemeName::Auto | ThemeName::Dark => Some(DARK),
        };
        let characters = environment.characters();
        Theme { environment: environment.clone(), palette, characters }
    }

    /// The theme that is used where a person chose `name`.
    pub fn chosen(name: ThemeName, environment: &Environment) -> ThemeName {
        match name {
            _ if !environment.no_color.is_empty() => ThemeName::NoColour,
            ThemeName::Auto if matches!(environment.term.as_str(), "" | "dumb") => {
                ThemeName::NoColour
            }
            ThemeName::Auto if !environment.has_256_colours() => ThemeName::SixteenColours,
            ThemeName::Auto if environment.is_light() => ThemeName::Light,
            ThemeName::Auto => ThemeName::Dark,
            named => named,
        }
    }

    /// The theme of that name for the same terminal.
    pub fn turned(&self, name: ThemeName) -> Theme {
        Theme::choose(name, &self.environment)
    }

    /// Whether the person wants no colours, whatever theme is chosen.
    pub fn is_without_colours(&self) -> bool {
        !self.environment.no_color.is_empty()
    }

    pub fn style(&self, role: Role) -> Style {
        let style = match role {
            Role::Accent | Role::Bad => Style::new().add_modifier(Modifier::BOLD),
            Role::Dim if self.palette.as_ref().is_none_or(|p| p.dim == Color::Reset) => {
                Style::new().add_modifier(Modifier::DIM)
            }
            Role::Selection
                if self.palette.as_ref().is_none_or(|p| p.selection == Color::Reset) =>
            {
                return Style::new().add_modifier(Modifier::REVERSED);
            }
            Role::Mark => Style::new().add_modifier(Modifier::BOLD),
            _ => Style::new(),
        };
        let Some(palette) = &self.palette else { return style };
        match role {
            Role::Text => style.fg(palette.text),
            Role::Dim => style.fg(palette.dim),
            Role::Accent => style.fg(palette.accent),
            Role::Good => style.fg(palette.good),
            Role::Warning => style.fg(palette.warning),
            Role::Bad => style.fg(palette.bad),
            Role::Selection => style.bg(palette.selection),
            Role::Mark => style.fg(palette.mark),
        }
    }

    /// Whether pictures can be shown in colours: 16 of them are not enough.
    pub fn has_colours(&self) -> bool {
        self.palette.as_ref().is_some_and(|palette| matches!(palette.accent, Color::Indexed(_)))
    }

    /// Colour of the `index`th curve or category. Charts give each also a symbol or a name: with
    /// no colours, and beyond eight, they are not told apart by this.
    pub fn series(&self, index: usize) -> Style {
        match &self.palette {
            Some(palette) => Style::new().fg(palette.series[index % palette.series.len()]),
            None => Style::new(),
        }
    }

    /// The look of a cell that stands for this share, 0 to 1, of what is right or of what is wrong;
    /// `None` where nothing is there, or there are too few colours. The share is also written.
    pub fn shade(&self, is_right: bool, share: f64) -> Option<Style> {
        let shades = self.palette.as_ref()?.shades.as_ref()?;
        // Mistakes are rare: they are told apart where they are few.
        let (colours, place) = match is_right {
            true => (&shades.right, share),
            false => (&shades.wrong, share.sqrt()),
        };
        let at = ((place * SHADES as f64) as usize).min(SHADES - 1);
        (share > 0.0).then(|| Style::new().fg(shades.text).bg(colours[at]))
    }

    /// What curves are drawn with.
    pub fn marker(&self) -> Marker {
        match self.characters {
            Characters::All => Marker::Braille,
            Characters::Console | Characters::Ascii => Marker::Ascii,
        }
    }

    /// Whether blocks and halves of blocks are drawn, of which large digits and pictures are made.
    pub fn has_blocks(&self) -> bool {
        self.characters != Characters::Ascii
    }

    /// Puts others in the place of characters that the terminal does not draw.
    pub fn simplify(&self, buffer: &mut Buffer) {
        if self.characters == Characters::All {
            return;
        }
        for cell in &mut buffer.content {
            let is_drawn = match self.characters {
                Characters::All => true,
                Characters::Console => cell.symbol().chars().all(is_in_console_fonts),
                Characters::Ascii => cell.symbol().is_ascii(),
            };
            if !is_drawn {
                let simple = simple(cell.symbol());
                cell.set_symbol(simple);
            }
        }
    }

    pub fn chart_styles(&self) -> ChartStyles {
        ChartStyles {
            text: self.style(Role::Text),
            dim: self.style(Role::Dim),
            cursor: self.style(Role::Accent),
            bad: self.style(Role::Bad),
        }
    }
}

fn is_in_console_fonts(c: char) -> bool {
    matches!(
        c,
        '\u{20}'
            ..='\u{17f}'
                | '─'
                | '│'
                | '└'
                | '┤'
                | '┬'
                | '┌'
                | '┐'
                | '┘'
                | '█'
                | '▀'
                | '▄'
                | '░'
    )
}

/// What stands for a sign in ASCII, one cell wide like every sign of the screens.
fn simple(sign: &str) -> &'static str {
    match sign {
        "✓" => "v",
        "✗" | "×" => "x",
        "■" | "█" | "▉" | "▊" | "▋" | "▌" | "▀" | "▄" => "#",
        "▍" | "▎" | "▏" | "│" => "|",
        "□" | "░" | "·" | "…" => ".",
        "▶" | "▷" | "▸" | "›" => ">",
        "◀" => "<",
        "▲" | "△" => "^",
        "▼" | "▾" => "v",
        "±" => "~",
        "○" => "o",
        "●" | "◆" | "◇" => "*",
        "‖" => "=",
        "⊘" => "/",
        "─" | "–" => "-",
        "└" | "┤" | "┬" | "┌" | "┐" | "┘" | "├" | "┴" | "┼" => "+",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 8] = [
        Role::Text,
        Role::Dim,
        Role::Accent,
        Role::Good,
        Role::Warning,
        Role::Bad,
        Role::Selection,
        Role::Mark,
    ];

    fn colours(theme: &Theme) -> usize {
        let styles = ROLES.iter().map(|&role| theme.style(role)).chain([theme.series(3)]);
        let coloured = |style: &Style| style.fg.is_some() || style.bg.is_some();
        styles.filter(coloured).count()
    }

    #[test]
    fn no_colour_is_used_when_none_is_wanted() {
        let environment = Environment { term: "xterm-256color".into(), ..Default::default() };
        assert_eq!(colours(&Theme::choose(ThemeName::NoColour, &environment)), 0);
        let dumb = Environment { term: "dumb".into(), ..Default::default() };
        assert_eq!(colours(&Theme::choose(ThemeName::Auto, &dumb)), 0);
        let no_color = Environment { no_color: "1".into(), ..environment };
        assert_eq!(colours(&Theme::choose(ThemeName::Dark, &no_color)), 0);
    }

    #[test]
    fn auto_goes_by_what_the_terminal_says() {
        let chosen = |term: &str, colorfgbg: &str| {
            let environment = Environment {
                term: term.into(),
                colorfgbg: colorfgbg.into(),
                ..Default::default()
            };
            Theme::choose(ThemeName::Auto, &environment).style(Role::Accent).fg.unwrap()
        };
        assert_eq!(chosen("linux", ""), ANSI16.accent);
        assert_eq!(chosen("tmux-256color", ""), DARK.accent);
        assert_eq!(chosen("xterm-256color", "15;0"), DARK.accent);
        assert_eq!(chosen("xterm-256color", "0;default;15"), LIGHT.accent);
    }

    #[test]
    fn a_larger_share_has_another_shade_where_there_are_colours_for_it() {
        let theme = |name| {
            let environment = Environment { term: "xterm-256color".into(), ..Default::default() };
            Theme::choose(name, &environment)
        };
        for name in [ThemeName::Dark, ThemeName::Light, ThemeName::ColourBlind] {
            let theme = theme(name);
            assert_eq!(theme.shade(true, 0.0), None);
            for is_right in [true, false] {
                assert_ne!(theme.shade(is_right, 0.05), theme.shade(is_right, 1.0));
            }
            assert_ne!(theme.shade(true, 0.5), theme.shade(false, 0.5));
        }
        for name in [ThemeName::NoColour, ThemeName::SixteenColours] {
            assert_eq!(theme(name).shade(true, 0.5), None);
        }
    }

    #[test]
    fn the_cursor_shows_in_every_theme() {
        for name in ThemeName::ALL {
            let theme = Theme::choose(name, &Environment::default());
            assert_ne!(theme.style(Role::Selection), Style::new(), "{name:?}");
        }
    }

    #[test]
    fn a_terminal_without_braille_gets_letters() {
        let marker = |term: &str| {
            let environment = Environment { term: term.into(), ..Default::default() };
            Theme::choose(ThemeName::Auto, &environment).marker()
        };
        assert_eq!(["linux", "dumb"].map(marker), [Marker::Ascii; 2]);
        assert_eq!(["xterm", "tmux-256color"].map(marker), [Marker::Braille; 2]);
    }

    #[test]
    fn the_locale_and_the_console_decide_which_characters_are_drawn() {
        let drawn = |term: &str, locale: &str| {
            let environment =
                Environment { term: term.into(), locale: locale.into(), ..Default::default() };
            let theme = Theme::choose(ThemeName::Auto, &environment);
            let mut buffer = Buffer::with_lines(["✓ █ é ⊘ 文 ─ a"]);
            theme.simplify(&mut buffer);
            buffer.content.iter().map(|cell| cell.symbol()).collect::<String>()
        };
        for locale in ["", "C.UTF-8", "de_DE.utf8"] {
            assert_eq!(drawn("xterm", locale), "✓ █ é ⊘ 文  ─ a", "{locale}");
        }
        for locale in ["C", "POSIX", "de_DE"] {
            assert_eq!(drawn("xterm", locale), "v # ? / ?  - a", "{locale}");
        }
        assert_eq!(drawn("linux", "C.UTF-8"), "v █ é / ?  ─ a");
    }
}
