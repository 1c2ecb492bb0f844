//! Results in the formats of other programs. Nothing here trains.

mod features;
mod onnx;

pub use features::{FeatureRow, features_csv, features_safetensors};
pub use onnx::{
    About, LIKENESS, NONE_OF_THESE, OnnxError, OnnxRuntime, PICTURE, RuntimeError, SCORES, Scored,
    onnx,
};
