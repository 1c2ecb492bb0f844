//! What can be wrong with weights.

use std::io;
use std::path::PathBuf;

/// Why a backbone could not be loaded; `file` is the weights' path as it was opened, or `built-in`.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    #[error("{}: the weights cannot be read: {source}; check network.weights", file.display())]
    Open { file: PathBuf, source: io::Error },

    #[error(
        "{file}: this is {found}, expected Inception v3 weights as safetensors or a PyTorch .pth"
    )]
    NotWeights { file: String, found: String },

    #[error(
        "{file}: the weights are damaged or of another kind: {reason}; expected a whole safetensors \
         file or a state dict of torch.save"
    )]
    Unusable { file: String, reason: String },

    #[error(
        "{file}: {count} of Inception v3's tensors are missing or wrong: {}; expected the key names \
         and shapes of timm or torchvision",
        list(first, *count)
    )]
    Tensors { file: String, first: Vec<String>, count: usize },

    #[error("{file}: {tensor} holds a number that is not finite; fetch or copy the file again")]
    NotFinite { file: String, tensor: String },

    #[error(
        "{file}: its metadata says {key} = '{found}', expected {expected}; set {setting} instead"
    )]
    Metadata {
        file: String,
        key: &'static str,
        found: String,
        expected: &'static str,
        setting: &'static str,
    },

    #[error("taps: {reason}; Inception v3 has {}", known.join(", "))]
    Taps { reason: String, known: Vec<String> },

    #[error(
        "network.precision is \"int8\", but a GPU computes in \"f32\" or \"bf16\"; choose one of \
         them, or set network.device to \"cpu\""
    )]
    Int8OnGpu,

    #[error("the network could not be built: {0}")]
    Build(#[from] candle_core::Error),
}

fn list(first: &[String], count: usize) -> String {
    let more = if count > first.len() { "; ..." } else { "" };
    first.join("; ") + more
}
