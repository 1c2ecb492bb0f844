//! Starts, stops and sees workers. Passes them no more than a path and, to go on, a number of
//! iterations; knows nothing of tensors.

mod create;
mod launch;
mod resume;

pub use create::{StartError, create};
pub use launch::{Stop, has_thread_settings, launch, reap, request, with_thread_settings};
pub use resume::{ResumeError, resume};
