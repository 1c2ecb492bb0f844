//! Results in the formats of other programs. Nothing here trains.

mod features;

pub use features::{FeatureRow, features_csv, features_safetensors};
