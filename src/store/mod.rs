//! What a run leaves on disk: the run folder, its event log, and the fold of the log to a [`Run`].
//!
//! The worker writes, everybody else reads; the run folder is the only thing between them. Not
//! here: tensors (the head file's bytes come ready made) and processes.

mod atomic;
mod baseline;
mod chosen;
mod corrections;
mod disk;
mod event;
mod fault;
mod feature_key;
mod fold;
mod folder;
mod history;
mod lease;
mod lock;
mod log;
mod machine;
mod names;
mod note;
mod own_file;
mod owner;
mod photos;
mod points;
mod project;
mod queue;
mod remove;
mod room;
mod run;
mod runs;
mod scores;
mod scores_file;
mod stop;
mod summary;
mod tested;
mod tested_folds;
pub mod trash;
mod whole_file;
mod worker_log;

pub use atomic::{AtomicFile, write_atomically, write_new};
pub use baseline::{read_baseline, write_baseline};
pub use chosen::RunSetting;
pub use corrections::{Corrections, CorrectionsError, Decision, Verdict};
pub use disk::{Disk, can_write};
pub use event::{
    Counts, Ending, EvaluationPoint, Event, FoldResult, LONGEST_LINE, NetworkFacts, Record,
    SCHEMA_VERSION, Stage, StepPoint, TestResult, Timestamp,
};
pub use fault::{Fault, explain};
pub use feature_key::feature_key;
pub use folder::{CreateError, RunFolder};
pub use history::{History, read_history, remember};
pub use lease::{Lease, LeaseError};
pub use log::{EventLog, LogError, Tail};
pub use machine::{Machine, host_name, processor_name};
pub use names::{harmless, is_harmful, shown, unshown};
pub use note::{Note, NoteEdit};
pub use own_file::{ReplaceError, replace_own};
pub use owner::Owner;
pub use photos::{ListedPhoto, PhotoRow, changed_photos, read_photos, write_photos};
pub use points::Points;
pub use project::recorded_root;
pub use queue::{Job, Queue, QueueError, Started, Target, Task, Waiting};
pub use remove::Removed;
pub use room::{check_room, free_bytes};
pub use run::{End, FeatureProgress, Horizon, Run};
pub use runs::{FindError, LAST, find, list};
pub use scores::{
    ImageScore, ScoresError, ScoresWriter, read_skipped, score_column, skipped_csv, write_scores,
};
pub use scores_file::{ScoreRow, ScoreRows, ScoresFile, read_scores};
pub use stop::{EndSignals, Stop, StopError};
pub use summary::{KeptValidation, State, Summary};
pub use tested::{TestedPhotos, tested_photos};
pub use tested_folds::TestedFolds;
pub use whole_file::{FilePart, WholeFile, open_table};
pub use worker_log::say_aside;
