//! How unlike a photo is to those that a head was trained on, whether it is any of its categories at
//! all, and which training photos it is most like.
//!
//! All by features alone: no photo is decoded, and the head is not asked. The measure was chosen by
//! comparison; `docs/likeness.md` has the figures. Not here: how features are made, the head, words for
//! people.

mod measure;
mod nearest;
mod nodes;
mod noticed;
mod space;
mod subspace;
mod trained;
mod verdict;

pub use measure::{Photos, spread};
pub use nearest::{Neighbour, nearest};
pub use noticed::share_noticed;
pub use space::{MOST_IN_SPACE, Space, contrast};
pub use trained::Trained;
pub use verdict::{Judgement, Likeness, MOST, Part, PartsError};

#[cfg(test)]
mod tests;
