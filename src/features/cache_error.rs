//! What can go wrong with the cache.

use std::io;
use std::path::PathBuf;

/// Why features cannot be kept or had back.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A folder of the cache cannot be made, listed or claimed.
    #[error("cannot keep features in {}: {source}", path.display())]
    Folder {
        /// The folder of one feature key, or of the whole cache.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A new shard could not be written.
    #[error("cannot keep features: {0}")]
    Write(#[source] io::Error),
    /// A shard cannot be opened, although it is not damaged, or a feature cannot be read from it.
    #[error("cannot read a feature in {}: {source}", path.display())]
    Read {
        /// The shard, or the folder of the feature key where a single feature was read.
        path: PathBuf,
        /// What the system said, or what is wrong with the shard.
        source: io::Error,
    },
}
