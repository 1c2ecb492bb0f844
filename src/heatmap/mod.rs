//! Numbers of places in a picture: a grid of them, and the picture with the grid drawn over it.
//!
//! Not here: where the numbers come from.

mod grid;
mod overlay;

pub use grid::{Cell, Grid};
pub use overlay::{Frame, Overlay};
