//! What a run leaves on disk: the run folder, its event log, and the fold of the log to a [`Run`].
//!
//! The worker writes, everybody else reads; the run folder is the only thing between them. Not
//! here: tensors (the head file's bytes come ready made) and processes.

mod atomic;
mod event;
mod fault;
mod folder;
mod lease;
mod log;
mod names;
mod photos;
mod run;
mod runs;
mod scores;
mod summary;

pub use atomic::write_atomically;
pub use event::{
    Counts, Ending, Event, NetworkFacts, Record, SCHEMA_VERSION, Stage, TestResult, Timestamp,
};
pub use fault::{Fault, explain};
pub use folder::{CreateError, RunFolder};
pub use lease::{Lease, LeaseError, Owner, host_name};
pub use log::{EventLog, LogError, Tail};
pub use names::{shown, unshown};
pub use photos::{changed_photos, photos_csv};
pub use run::{End, EvaluationPoint, FeatureProgress, Run, StepPoint};
pub use runs::{FindError, find, list};
pub use scores::{ImageScore, ScoresError, read_scores, skipped_csv, write_scores};
pub use summary::{State, Summary};
