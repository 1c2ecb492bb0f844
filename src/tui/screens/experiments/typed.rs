//! What becomes of a line that is typed on the screen of experiments.

use crate::tui::effect::Effect;

/// What became of it at a key.
pub enum Typed {
    Changed,
    /// Given up.
    Left,
    Finished(Vec<Effect>),
    /// Still being typed, and something is to be looked up or kept.
    Asks(Vec<Effect>),
}
