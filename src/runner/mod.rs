//! Starts, stops and sees workers. Passes them nothing but paths, and knows nothing of tensors.

mod create;
mod launch;

pub use create::{StartError, create};
pub use launch::{Stop, launch, reap, request};
