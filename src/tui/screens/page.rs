//! What every screen is: a value that is told messages and answers effects, and that can be drawn.

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::store::{RunFolder, Timestamp};
use crate::tui::effect::Effect;
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::{News, Toast};
use crate::tui::theme::Theme;

/// What a screen is told.
#[derive(Debug)]
pub enum Message {
    /// A key of the table, or the palette. Only actions of the screen's contexts come, and `Back`.
    Action(Action),
    /// A key as it is, only while `is_typing`.
    Key(KeyEvent),
    /// Pasted text, only while `is_typing`.
    Paste(String),
    /// A click, a drag or the wheel, anywhere on the terminal.
    Mouse(MouseEvent),
    /// `World::known` has learnt all of it already.
    News(Vec<News>),
    /// The screen came to the front; it has missed the news since it was there last.
    Shown,
}

/// Something that the person was told.
#[derive(Clone, Debug)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// What.
    pub toast: Toast,
}

/// What a screen may look at.
pub struct World<'a> {
    /// All that is known of runs, experiments and images.
    pub known: &'a Known,
    /// Everything that was said so far, oldest first.
    pub log: &'a [Said],
    /// Colours and signs.
    pub theme: &'a Theme,
    /// The person's time zone.
    pub zone: &'a TimeZone,
    /// The present moment.
    pub now: Timestamp,
    /// Where the screen is drawn.
    pub area: Rect,
    /// What the UI was opened on.
    pub context: &'a crate::tui::Context,
    /// Something lies over the screen: help, the palette, a question.
    pub is_covered: bool,
}

/// One screen.
pub trait Page {
    /// What it adds to the way that the top line tells, such as a run's name and what is shown of it;
    /// nothing where the tab says all.
    fn way(&self, known: &Known, zone: &TimeZone) -> Vec<String>;

    /// Where its keys stand in the key table, its own context first.
    fn contexts(&self) -> &'static [Context];

    /// No I/O here: what is to be done is answered. To `Action::Back` it answers
    /// `Effect::Cleared` when there was something to clear before the screen is left.
    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect>;

    /// Writes the screen to the cells of `area`; changes nothing else.
    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World);

    /// The person went to its tab, and expects what is new.
    fn visit(&mut self) {}

    /// Keys go into a text rather than to the key table.
    fn is_typing(&self) -> bool {
        false
    }

    /// What is typed is completed, and was typed before.
    fn has_completion(&self) -> bool {
        false
    }

    /// Whether something would be lost if the screen were closed now.
    fn has_unsaved(&self) -> bool {
        false
    }

    /// Whether the action can do something now, so that the footer offers it.
    fn offers(&self, _action: Action, _known: &Known) -> bool {
        true
    }

    /// It shows how long something has been at work, so that it is drawn anew each second.
    fn counts_seconds(&self, _known: &Known) -> bool {
        false
    }

    /// The runs whose every point the screen shows.
    fn follows(&self, _known: &Known) -> Vec<RunFolder> {
        Vec::new()
    }

    /// How much it smooths their training curves; see `Smoother`.
    fn smoothing(&self) -> f64 {
        0.0
    }
}
