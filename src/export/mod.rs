//! Results in the formats of other programs. Nothing here trains.

mod curves;
mod event_file;
mod event_message;
mod features;
mod file;
mod matrix_picture;
mod onnx;
mod tables;
mod tensorboard;
#[cfg(test)]
mod testing;

pub use features::{FeatureRow, FeatureTable};
pub use file::ExportFileError;
pub use onnx::{
    About, LIKENESS, NONE_OF_THESE, OnnxError, OnnxRuntime, PICTURE, RuntimeError, SCORES, Scored,
    onnx,
};
pub use tables::{Tables, TablesError};
pub use tensorboard::{Board, TensorBoardError, write_board};
