//! The screens. Each is a value: its state, `on` (a message to effects, no I/O), `draw` (the state
//! to cells, no change).

mod compare;
mod confusion;
mod editor;
mod experiments;
mod format;
mod images;
mod live;
mod log;
mod queue;
mod runs;

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use compare::Compare;
pub use confusion::Confusion;
pub use editor::Editor;
pub use experiments::Experiments;
pub use images::Images;
pub use live::Live;
pub use log::Log;
pub use queue::Queue;
pub use runs::Runs;

use super::app::Said;
use super::effects::Effect;
use super::keys::{Action, Context};
use super::known::Known;
use super::news::News;
use super::theme::Theme;
use crate::store::RunFolder;

/// Where the person is.
#[derive(Debug)]
pub enum Screen {
    Live(Box<Live>),
    Runs(Box<Runs>),
    Compare(Box<Compare>),
    Images(Box<Images>),
    Confusion(Box<Confusion>),
    Log(Log),
    Queue(Box<Queue>),
    Experiments(Box<Experiments>),
    Editor(Box<Editor>),
}

impl Screen {
    pub fn page(&self) -> &dyn Page {
        match self {
            Screen::Live(page) => page.as_ref(),
            Screen::Runs(page) => page.as_ref(),
            Screen::Compare(page) => page.as_ref(),
            Screen::Images(page) => page.as_ref(),
            Screen::Confusion(page) => page.as_ref(),
            Screen::Log(page) => page,
            Screen::Queue(page) => page.as_ref(),
            Screen::Experiments(page) => page.as_ref(),
            Screen::Editor(page) => page.as_ref(),
        }
    }

    pub fn page_mut(&mut self) -> &mut dyn Page {
        match self {
            Screen::Live(page) => page.as_mut(),
            Screen::Runs(page) => page.as_mut(),
            Screen::Compare(page) => page.as_mut(),
            Screen::Images(page) => page.as_mut(),
            Screen::Confusion(page) => page.as_mut(),
            Screen::Log(page) => page,
            Screen::Queue(page) => page.as_mut(),
            Screen::Experiments(page) => page.as_mut(),
            Screen::Editor(page) => page.as_mut(),
        }
    }
}

/// The numbered places; each keeps its own stack of screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tab {
    Experiments,
    Live,
    Runs,
    Images,
}

pub struct TabRow {
    pub tab: Tab,
    /// As `keys/table.rs` binds it.
    pub key: char,
    pub name: &'static str,
    /// The screen at the bottom of its stack.
    pub open: fn() -> Screen,
}

pub const TABS: &[TabRow] = &[
    TabRow {
        tab: Tab::Experiments,
        key: '1',
        name: "Experiments",
        open: || Screen::Experiments(Box::default()),
    },
    TabRow {
        tab: Tab::Live,
        key: '2',
        name: "Live",
        open: || Screen::Live(Box::new(Live::newest())),
    },
    TabRow { tab: Tab::Runs, key: '3', name: "Runs", open: || Screen::Runs(Box::default()) },
    TabRow { tab: Tab::Images, key: '4', name: "Images", open: || Screen::Images(Box::default()) },
];

/// What a screen is told.
#[derive(Debug)]
pub enum Message {
    /// A key of the table, or the palette. Only actions of the screen's contexts come, and `Back`.
    Action(Action),
    /// A key as it is, only while `is_typing`.
    Key(KeyEvent),
    /// Pasted text, only while `is_typing`.
    Paste(String),
    Mouse(MouseEvent),
    /// `World::known` has learnt all of it already.
    News(Vec<News>),
    /// The screen came to the front; it has missed the news since it was there last.
    Shown,
}

/// What a screen may look at.
pub struct World<'a> {
    pub known: &'a Known,
    pub log: &'a [Said],
    pub theme: &'a Theme,
    pub zone: &'a TimeZone,
    /// Where the screen is drawn.
    pub area: Rect,
    pub context: &'a super::Context,
    /// Something lies over the screen: help, the palette, a question.
    pub is_covered: bool,
}

pub trait Page {
    /// For the right end of the top line.
    fn title(&self) -> String;

    /// Where its keys stand in the key table, its own context first.
    fn contexts(&self) -> &'static [Context];

    /// No I/O here: what is to be done is answered. To `Action::Back` it answers
    /// `Effect::Cleared` when there was something to clear before the screen is left.
    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect>;

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World);

    /// The person went to its tab, and expects what is new.
    fn visit(&mut self) {}

    /// Keys go into a text rather than to the key table.
    fn is_typing(&self) -> bool {
        false
    }

    /// Whether something would be lost if the screen were closed now.
    fn has_unsaved(&self) -> bool {
        false
    }

    /// Whether the footer offers the action now.
    fn offers(&self, _action: Action, _known: &Known) -> bool {
        true
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

/// The contexts of every screen, for tests that hold for all.
#[cfg(test)]
pub const ALL_CONTEXTS: &[&[Context]] = &[
    runs::CONTEXTS,
    compare::CONTEXTS,
    live::CONTEXTS,
    images::CONTEXTS,
    confusion::CONTEXTS,
    log::CONTEXTS,
    queue::CONTEXTS,
    experiments::CONTEXTS,
    editor::CONTEXTS,
];
