//! Starts, stops and sees workers. Passes them nothing but paths, and knows nothing of tensors.

mod create;
mod launch;

pub use create::{StartError, create};
pub use launch::{Stop, has_thread_settings, launch, reap, request, with_thread_settings};
