//! What the parts of the live screen draw: a run, and how it is looked at.

use super::view::View;
use crate::store::State;
use crate::tui::followed::Followed;
use crate::tui::news::HostMetrics;
use crate::tui::theme::Theme;

/// One run and the view on it. Borrowed for one frame; drawing changes nothing.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The name of the run's folder.
    pub id: &'a str,
    pub followed: &'a Followed,
    /// The run's state, also where its log alone cannot tell it.
    pub state: State,
    /// It has a place in the queue: a worker was started for it, or will be.
    pub is_queued: bool,
    pub view: &'a View,
    pub iterations_per_second: Option<f64>,
    pub host: Option<&'a HostMetrics>,
    /// The worker's log, oldest line first.
    pub log: &'a [String],
    /// What goes wrong in the training and the likely cause, in words.
    pub trouble: Option<&'a str>,
    pub theme: &'a Theme,
}
