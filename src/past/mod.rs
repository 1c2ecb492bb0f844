//! Runs of the past as they can be trained again: their settings, their photos, and the features of
//! these that are still in the cache; scores of all photos by heads that were not trained on them; and
//! what their test accuracy owes to near copies.
//!
//! Not here: what is learned from training them again (`explain`, `doubts`, `growth`).

mod features;
mod folded;
mod leak;
mod on_all_cores;
mod out_of_fold;
mod run;

pub use features::{Features, hash, rows};
pub use folded::{FOLDS, Folded};
pub use leak::{Leak, Share};
pub use on_all_cores::on_all_cores;
pub use out_of_fold::{OutOfFold, out_of_fold};
pub use run::PastRun;
