//! Results in the formats of other programs. Nothing here trains.

mod curves;
mod event_file;
mod features;
mod matrix_picture;
mod protobuf;
mod tables;
mod tensorboard;
#[cfg(test)]
mod testing;

pub use features::{FeatureRow, features_csv, features_safetensors};
pub use tables::{Tables, TablesError};
pub use tensorboard::{Board, TensorBoardError, write_board};
