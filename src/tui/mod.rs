//! The screens.

pub mod live;
pub mod widgets;
