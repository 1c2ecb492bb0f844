//! The live screen's contents: one run, as it happens.
//!
//! [`LiveState`] is what the person sees it through (smoothing, zoom, cursor), [`LivePanel`] draws
//! it and the [`Run`](crate::store::Run). Not here: keys, reading the run folder, and stopping.

mod charts;
mod digits;
mod host;
mod panel;
mod result;
mod state;
mod trouble;
mod words;

#[cfg(test)]
mod snapshots;

pub use host::{HostMetrics, HostReader, read_gpu};
pub use panel::{LivePanel, LiveStyles};
pub use state::LiveState;
pub use trouble::trouble;
pub use words::state_in_words;
