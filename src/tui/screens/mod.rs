//! The screens. Each is a value: its state, `on` (a message to effects, no I/O), `draw` (the state
//! to cells, no change).

mod beside;
mod category_keys;
mod change;
mod compare;
mod confusion;
mod control;
mod editor;
mod experiments;
mod format;
mod found_kinds;
mod growth;
mod images;
mod kinds;
mod labels;
mod live;
mod log;
mod map;
mod names;
mod notice;
mod order;
mod page;
mod queue;
mod run_facts;
mod runs;
mod several;
mod sweep;
mod threshold;

pub use change::Change;
pub use compare::Compare;
pub use confusion::Confusion;
pub use control::waits_in_queue;
pub use editor::Editor;
pub use experiments::Experiments;
pub use growth::GrowthScreen;
pub use images::{Images, PairsScreen};
pub use kinds::KindsScreen;
pub use labels::Labels;
pub use live::Live;
pub use log::Log;
pub use map::Map;
pub use page::{Message, Page, Said, World};
pub use queue::Queue;
pub use runs::Runs;
pub use sweep::Sweep;
pub use threshold::Threshold;

use super::effect::Destination;
use super::keys::Action;
#[cfg(test)]
use super::keys::Context;
use super::scores::ScoreTable;
use crate::query::run_keys;

/// The keys of the filters as Markdown tables, one a screen.
pub fn filters_markdown() -> String {
    let images = images::filter_keys(&ScoreTable::default());
    let tables = [
        ("Runs", run_keys().markdown()),
        ("Experiments", experiments::filter_keys().markdown()),
        ("Images", images.markdown()),
    ];
    tables.map(|(screen, table)| format!("**{screen}**\n\n{table}")).join("\n")
}

/// Where the person is.
#[derive(Debug)]
pub enum Screen {
    Live(Box<Live>),
    Runs(Box<Runs>),
    Compare(Box<Compare>),
    Images(Box<Images>),
    Pairs(Box<PairsScreen>),
    Labels(Box<Labels>),
    Kinds(Box<KindsScreen>),
    Map(Box<Map>),
    Growth(Box<GrowthScreen>),
    Change(Box<Change>),
    Confusion(Box<Confusion>),
    Threshold(Box<Threshold>),
    Log(Log),
    Queue(Box<Queue>),
    Sweep(Box<Sweep>),
    Experiments(Box<Experiments>),
    Editor(Box<Editor>),
}

impl Screen {
    /// The screen that shows this.
    pub fn at(destination: Destination) -> Screen {
        match destination {
            Destination::Live(run) => Screen::Live(Box::new(Live::of(run))),
            Destination::RunsOf(name) => Screen::Runs(Box::new(Runs::of_experiment(&name))),
            Destination::Compare { columns, baseline } => {
                Screen::Compare(Box::new(Compare::new(columns, baseline)))
            }
            Destination::Pairs { first, second } => {
                Screen::Pairs(Box::new(PairsScreen::of(first, second)))
            }
            Destination::Labels(run) => Screen::Labels(Box::new(Labels::of(run))),
            Destination::Kinds(run, found) => Screen::Kinds(Box::new(KindsScreen::of(run, found))),
            Destination::Map(run, found) => Screen::Map(Box::new(Map::of(run, found))),
            Destination::Growth(run) => Screen::Growth(Box::new(GrowthScreen::of(run))),
            Destination::ChosenImages(run, chosen) => {
                Screen::Images(Box::new(Images::only(run, chosen)))
            }
            Destination::Change { first, second } => {
                Screen::Change(Box::new(Change::between(first, second)))
            }
            Destination::Images(source) => Screen::Images(Box::new(Images::of(source))),
            Destination::SomeImages { source, table, filters } => {
                Screen::Images(Box::new(Images::filtered(source, table, filters)))
            }
            Destination::Confusion { source, table, set } => {
                Screen::Confusion(Box::new(Confusion::new(source, table, set)))
            }
            Destination::Threshold { source, table, set, category } => {
                Screen::Threshold(Box::new(Threshold::new(source, table, set, category)))
            }
            Destination::Log => Screen::Log(Log::default()),
            Destination::Queue => Screen::Queue(Box::default()),
            Destination::Sweep(name) => Screen::Sweep(Box::new(Sweep::of(name))),
            Destination::Editor(path) => Screen::Editor(Box::new(Editor::of(path))),
            Destination::Draft { path, text } => {
                Screen::Editor(Box::new(Editor::draft(path, &text)))
            }
        }
    }

    /// What all screens have in common.
    pub fn page(&self) -> &dyn Page {
        match self {
            Screen::Live(page) => page.as_ref(),
            Screen::Runs(page) => page.as_ref(),
            Screen::Compare(page) => page.as_ref(),
            Screen::Images(page) => page.as_ref(),
            Screen::Pairs(page) => page.as_ref(),
            Screen::Labels(page) => page.as_ref(),
            Screen::Kinds(page) => page.as_ref(),
            Screen::Map(page) => page.as_ref(),
            Screen::Growth(page) => page.as_ref(),
            Screen::Change(page) => page.as_ref(),
            Screen::Confusion(page) => page.as_ref(),
            Screen::Threshold(page) => page.as_ref(),
            Screen::Log(page) => page,
            Screen::Queue(page) => page.as_ref(),
            Screen::Sweep(page) => page.as_ref(),
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
            Screen::Pairs(page) => page.as_mut(),
            Screen::Labels(page) => page.as_mut(),
            Screen::Kinds(page) => page.as_mut(),
            Screen::Map(page) => page.as_mut(),
            Screen::Growth(page) => page.as_mut(),
            Screen::Change(page) => page.as_mut(),
            Screen::Confusion(page) => page.as_mut(),
            Screen::Threshold(page) => page.as_mut(),
            Screen::Log(page) => page,
            Screen::Queue(page) => page.as_mut(),
            Screen::Sweep(page) => page.as_mut(),
            Screen::Experiments(page) => page.as_mut(),
            Screen::Editor(page) => page.as_mut(),
        }
    }
}

/// A numbered place; each keeps its own stack of screens.
pub struct Tab {
    /// Goes there.
    pub action: Action,
    /// As the top line shows it.
    pub name: &'static str,
    /// The screen at the bottom of its stack.
    pub open: fn() -> Screen,
}

/// All tabs, from left to right.
pub const TABS: &[Tab] = &[
    Tab {
        action: Action::GoExperiments,
        name: "Experiments",
        open: || Screen::Experiments(Box::default()),
    },
    Tab { action: Action::GoLive, name: "Live", open: || Screen::Live(Box::new(Live::newest())) },
    Tab { action: Action::GoRuns, name: "Runs", open: || Screen::Runs(Box::default()) },
    Tab { action: Action::GoImages, name: "Images", open: || Screen::Images(Box::default()) },
];

/// The contexts of every screen, for tests that hold for all.
#[cfg(test)]
pub const ALL_CONTEXTS: &[&[Context]] = &[
    runs::CONTEXTS,
    compare::CONTEXTS,
    live::CONTEXTS,
    images::CONTEXTS,
    images::SHEET_CONTEXTS,
    images::UNSEEN_CONTEXTS,
    images::UNSEEN_SHEET_CONTEXTS,
    images::PAIRS_CONTEXTS,
    labels::CONTEXTS,
    kinds::CONTEXTS,
    map::CONTEXTS,
    growth::CONTEXTS,
    change::CONTEXTS,
    confusion::CONTEXTS,
    threshold::CONTEXTS,
    log::CONTEXTS,
    queue::CONTEXTS,
    sweep::CONTEXTS,
    experiments::CONTEXTS,
    editor::CONTEXTS,
];
