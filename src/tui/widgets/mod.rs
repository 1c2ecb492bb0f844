//! Parts that screens share. Each is state, answers to keys, and a `draw` that changes nothing.

pub mod chart;
mod field;
mod lines;
mod popup;
mod table;
mod text;

pub use field::Field;
pub use lines::Lines;
pub use popup::{Listed, Popup};
pub use table::{Align, Cell, Column, Order, Reaction, Table};
pub use text::{fit, fit_end, put, safe, uncoloured, width, wrap, wrap_into};
