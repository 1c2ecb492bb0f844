//! The terminal UI: screens that watch run folders and never own a run.
//!
//! Quitting it stops nothing. Not here: statistics (`insight` has them) and workers (`runner`
//! starts them; the run folder is all that is shared with them).
//!
//! How it hangs together: threads (`input`, `news`) send [`Input`](input::Input) over one channel
//! to `event_loop`, which gives each to the [`App`](app::App), has the effects that it answers
//! done by the [`Performer`](performer::Performer), and draws when something changed.
//!
//! What uses what, from the bottom: `keys` and `theme`; `widgets`; what is known (`scores`,
//! `experiments`, `news`, `known`); `effect`, values that say what is to be done; `screens`, which
//! answer them and know neither each other nor who does it; `app` and `performer`; `event_loop`.
//!
//! # How to add a screen
//!
//! 1. A file in `screens/` with its state, and `impl Page` (`screens/page.rs`): `on` answers
//!    effects and does no I/O, `draw` changes nothing. `World` gives both what is known of the
//!    runs, the theme, the area.
//! 2. A variant of `Screen` and its two lines in `Screen::page` and `page_mut`
//!    (`screens/mod.rs`), and its contexts in `ALL_CONTEXTS`; for a numbered tab also a row of
//!    `TABS`; for one that another screen opens, a variant of `Destination` (`effect.rs`).
//! 3. Its keys: a `Context`, a slice of rows in `keys/table.rs`, and new verbs in `Action`. Keys,
//!    footer, help and palette follow from the rows. Lists also name `Context::List`. A key that a
//!    message names comes from `keys/names.rs`.
//! 4. What it learns from outside: a variant of `News`, folded in `Known::learn` if it is to be
//!    kept; a thread in `news/` or the answer of an effect sends it.
//! 5. What it wants done outside: a variant of `Effect`, performed in `performer.rs`; slow work
//!    goes to the queue there and comes back as news.
//! 6. Snapshots at 60x20, 80x24 and 140x40 (`testing.rs` has the helpers).

mod abilities;
mod additions;
mod app;
mod compared;
mod effect;
mod event_loop;
mod experiments;
mod explained;
mod filter;
mod followed;
mod footer;
mod growth;
mod input;
mod keys;
mod kinds;
mod known;
mod known_run;
mod labels;
mod launch;
pub mod look;
mod marks;
mod news;
mod notification;
mod other_process;
mod overlay;
mod performer;
mod preview;
mod prompt;
mod scores;
mod screens;
mod terminal;
#[cfg(test)]
mod testing;
mod theme;
mod toast;
mod trash;
mod typed_path;
mod widgets;

use std::path::PathBuf;

pub use abilities::Abilities;
pub use event_loop::open;
pub use keys::markdown as keys_markdown;
pub use keys::names::{KINDS as KINDS_KEY, MAP as MAP_KEY};
pub use screens::filters_markdown;

use crate::config::Config;
use crate::runner::Jobs;

/// What the UI is opened on.
#[derive(Clone, Debug)]
pub struct Context {
    /// Folders, theme and devices of this machine.
    pub config: Config,
    /// This program, to start workers with.
    pub program: PathBuf,
    /// How many runs work at once on this machine.
    pub slots: usize,
    /// What is known of jobs in a cluster.
    pub jobs: Jobs,
}

/// Why the UI could not be opened, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Stdin or stdout is no terminal, or the terminal refused what was written to it.
    #[error("the terminal UI needs a terminal: {0}; use --plain or the other commands instead")]
    Terminal(#[from] std::io::Error),
}
