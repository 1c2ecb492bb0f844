//! Photos in the terminal, as good as it can: half-blocks everywhere, Kitty, iTerm2 or Sixel where
//! the terminal has them, characters where it has no colours.
//!
//! `graphics` says how pictures are drawn and `question` asks the terminal what it can; `encode`
//! makes a file a picture, on the thread of `previewer`; `preview` is the widget that wants
//! pictures and shows them, `thumbnails` the one that shows many.

mod cells;
mod encode;
mod graphics;
mod previewer;
mod question;
mod thumbnails;
mod widget;

pub use encode::{Picture, Wanted};
pub use graphics::{Choice, Graphics};
pub use previewer::Previewer;
pub use question::Question;
pub use thumbnails::Thumbnails;
pub use widget::Preview;
