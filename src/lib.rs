//! Retrains the last layer of Inception v3 on a person's own photos, and shows it happening.
//!
//! Each area may use only the areas listed above it; `tests/layering.rs` reads the `crate::` paths
//! and fails on an arrow that points down.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
// The print macros of the standard library panic where nobody reads any more; `cli::out` and `store`
// have what does not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod random; // seeded random numbers, the same on every machine
pub mod matrix; // small dense matrices: factor and eigenvectors
pub mod words; // numbers as people read them
pub mod ticks; // numbers on the axis of a chart
pub mod heatmap; // numbers of places in a picture, and the picture with them drawn over it
pub mod onnx; // files of the format ONNX: nodes, numbers, bytes
pub mod demo; // draws the built-in demo photos
pub mod config; // this machine: folders and threads
pub mod setting; // one setting: what may be written for it, and reading it
pub use retrain_kernels as kernels; // fast convolution and pooling on the CPU, a package of its own
pub mod nets; // frozen networks: their settings, their weights, and how they take photos
pub mod spec; // what an experiment is
pub mod retrain_py; // command lines of retrain.py and label_image.py as experiments and predictions
pub mod store; // what a run leaves on disk
pub mod query; // the language of filters, and the keys of a run
pub mod dataset; // folders of photos to labelled images, their split, decoding and distortion
pub mod features; // bottleneck features and their cache
pub mod likeness; // how unlike a photo is to the training photos, and which are nearest
pub mod train; // the head: optimisers, schedule, fit, head file
pub mod activation; // where in a photo the logit of a category comes from
pub mod insight; // statistics over scores
pub mod compare; // two runs: what both tested, and what became of it
pub mod past; // runs of the past as they can be trained again
pub mod explain; // what a change between two runs comes from
pub mod growth; // what more photos would bring
pub mod doubts; // which photos are probably under a wrong label
pub mod kinds; // which kinds of photos a category has, and which wrong ones are alike
pub mod report; // runs as one file to send or print
pub mod export; // results for other programs
pub mod worker; // the detached process that does a run

// The process boundary: below it nothing touches a tensor, but for `cli`, which sees both sides.
pub mod runner; // starts, stops and sees workers, and has runs take turns
pub mod tui; // the screens
pub mod cli; // the commands
