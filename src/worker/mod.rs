//! The detached process that does a run: photos, features, training, evaluation; done or failed.
//!
//! It owns no terminal and is told nothing but the run folder. Whatever it learns it appends to the
//! run's event log before anybody can see it.

mod evaluate;
mod folds;
mod kept_heads;
mod observer;
mod reporter;
mod requests;
mod resume;
mod rows;
mod score;
mod train;
mod unchanged;
mod work;

pub use work::work;
