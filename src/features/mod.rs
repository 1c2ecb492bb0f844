//! Bottleneck features: made once of each photo, kept by the content of the file.
//!
//! Nothing here trains. The cache is immutable shard files, written beside and renamed: no
//! database, and no lock that one who computes features waits for; safe on network file systems,
//! with many workers at once, and under `kill -9`. Only who deletes is kept away from who uses it.

mod batched;
#[cfg(test)]
mod batched_tests;
mod cache;
mod cache_error;
mod claim;
mod collect;
mod compute;
mod extract;
mod fill;
mod jobs;
mod kept;
mod key;
mod pending;
mod recipe;
mod shard;
mod speeds;
#[cfg(test)]
mod testing;
mod upkeep;

pub use cache::Cache;
pub use cache_error::CacheError;
pub use collect::{FillError, Filled, Progress};
pub use compute::{ComputedOnce, compute_once};
pub use extract::{ExtractError, Extractor};
pub use fill::fill;
pub use jobs::{Job, Jobs, RunJobs};
pub use kept::KeptFeatures;
pub use key::{RowKey, plain_row, row_keys};
pub use recipe::{Recipe, RecipeError};
pub use speeds::{keep_speeds, speeds_file};
pub use upkeep::{FeatureKey, Kept, Portion, PruneError, survey};
