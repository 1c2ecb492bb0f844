//! The head: a linear softmax layer on bottleneck features, how it is trained, used and kept.
//!
//! [`fit`] is the training loop and [`Checkpoint`] its state between two steps; the other files are
//! its parts, each testable alone. Not here: where features come from, where progress is shown, and
//! files (bytes go in and out).

mod batch;
mod batches;
mod checkpoint;
mod cross_entropy;
mod early_stopping;
mod error;
mod features;
mod fit;
mod head;
mod head_file;
mod observer;
mod optimizer;
mod problem;
mod samples;
mod schedule;
mod standardization;

pub use batch::Batch;
pub use batches::Batches;
pub use checkpoint::{Checkpoint, CheckpointError};
pub use cross_entropy::{CrossEntropy, Measured};
pub use early_stopping::Best;
pub use error::{Error, FitError};
pub use features::Features;
pub use fit::{Divergence, Ended, Fitted, fit};
pub use head::{Gradient, Head, evaluate};
pub use head_file::{HeadFile, HeadFileError};
pub use observer::{Observer, Progress};
pub use optimizer::Optimizer;
pub use problem::Problem;
pub use samples::Samples;
pub use schedule::learning_rate;
pub use standardization::Standardization;
