//! Starts, stops and sees workers, one after the other. Passes them no more than a path and, to go
//! on, a number of iterations; knows nothing of tensors.
//!
//! Each worker is the child of a small process, its keeper, which says what ended it and starts the
//! next run of the queue. Nothing else has to run for that.

mod create;
mod keep;
mod last_word;
mod launch;
mod launcher;
mod local;
mod on_end;
mod process;
mod queue;
mod resume;
mod slots;
pub mod slurm;
mod sweep;

/// Exit code of a command that was asked to end, as by ctrl-c.
pub const EXIT_INTERRUPTED: u8 = 130;

pub use create::{StartError, create, create_again, create_all};
pub use keep::{keep, kept};
pub use launch::{has_thread_settings, name_process, with_thread_settings};
pub use launcher::{Found, Launcher, NotSubmitted, Status, Submission};
pub use local::Local;
pub use queue::{
    EnqueueError, Place, advance, behind, enqueue, enqueue_all, place, take_off, unseen_at_work,
};
pub use resume::{ResumeError, TO_GO, resume};
pub use slots::slots;
pub use slurm::{Jobs, JobsWatcher, KnownJobs, Launchers, do_job};
pub use sweep::{Ended, SweepError, end_all, resume_all};
