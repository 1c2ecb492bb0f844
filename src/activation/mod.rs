//! Where in a photo the logit of a category comes from.
//!
//! A feature is the mean of feature maps over their places, and the head is linear. So the logit of a
//! category is exactly a sum: the bias, and of each place the head's weights times the maps there, divided
//! by the number of places. These are class activation maps; here for any category, and for features that
//! are joined of several maps.
//!
//! Source: Zhou et al. 2016 (arXiv:1512.04150).
//!
//! Not here: how a map is drawn (`heatmap`), the training photos that are most alike (`likeness`).

mod looker;
mod map;

pub use looker::{Look, LookError, Looker};
pub use map::Activation;
