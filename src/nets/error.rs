//! Why a network cannot be loaded.

use std::io;
use std::path::PathBuf;

use super::identity::Identity;

/// The result of a part of loading a network.
pub(super) type Loaded<T> = Result<T, NetError>;

/// Why a backbone could not be loaded.
///
/// `file` is the path of the weights as it was opened, or `built-in`; `network` is the network's name
/// as people write it, `backbone` the one in an identity.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are the words of the messages")]
pub enum NetError {
    /// The weights file is not there, or cannot be read.
    #[error("{}: the weights cannot be read: {source}; check network.weights", file.display())]
    Open { file: PathBuf, source: io::Error },

    /// The file is of no format that is read here.
    #[error(
        "{file}: this is {found}, expected weights as safetensors, a PyTorch .pth, a frozen graph of \
         TensorFlow (.pb, or the .tgz that it came in), or a Keras .h5 or .keras"
    )]
    NotWeights { file: String, found: String },

    /// The file begins like one of weights, but does not go on like one.
    #[error(
        "{file}: the weights are damaged or of another kind: {reason}; expected a whole safetensors \
         file, state dict of torch.save, frozen graph of TensorFlow, or Keras file"
    )]
    Unusable { file: String, reason: String },

    /// The file lacks tensors of the network, or has them in another shape.
    #[error(
        "{file}: {count} of {network}'s tensors are missing or wrong: {}; expected {expected}",
        list(first, *count)
    )]
    Tensors {
        network: &'static str,
        file: String,
        first: Vec<String>,
        count: usize,
        expected: &'static str,
    },

    /// The file holds the first blocks of the network only, and a tap is beyond them.
    #[error(
        "{file}: the network in it ends at {last}, and the tap {tap} lies beyond; choose taps up to \
         {last} in network.taps, or take a file with the whole network"
    )]
    EndsEarly { file: String, last: &'static str, tap: &'static str },

    /// A weight is NaN or infinite.
    #[error("{file}: {tensor} holds a number that is not finite; fetch or copy the file again")]
    NotFinite { file: String, tensor: String },

    /// A variance of batch normalisation is below 0.
    #[error("{file}: {tensor} holds a variance below 0; fetch or copy the file again")]
    NegativeVariance { file: String, tensor: String },

    /// A value in the file's metadata is not understood.
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

    /// An identity is of a network that is not in the list.
    #[error("there is no network '{backbone}' in this program; use the retrain that wrote it")]
    Unknown { backbone: String },

    /// An identity lacks a property of its network, or has a value of it that is not known.
    #[error(
        "{backbone}: its property {name} is {}, which this program does not know; use the retrain \
         that wrote it",
        found.as_deref().map_or("missing".to_owned(), |found| format!("'{found}'"))
    )]
    Property { backbone: String, name: &'static str, found: Option<String> },

    /// The taps that an experiment names are not blocks of the network, or one is named twice.
    #[error("taps: {reason}; {network} has {}", known.join(", "))]
    Taps { network: &'static str, reason: String, known: Vec<String> },

    /// The program has no weights of the network.
    #[error(
        "network.weights is \"built-in\", and {network} has no weights in this program; name a file, as \
         \"weights/NAME.safetensors\" (docs/weights.md says where there are some)"
    )]
    NoBuiltIn { network: &'static str },

    /// The tensors are of none of the network's sizes.
    #[error(
        "{file}: by its tensors this is none of the sizes of {network} that are known here: {}",
        known.join(", ")
    )]
    UnknownSize { network: &'static str, file: String, known: Vec<&'static str> },

    /// The tensors are of no network that is known.
    #[error(
        "{file}: by its tensors ({}) this is no network that is known here, or not a whole one; \
         docs/weights.md lists what is read",
        if first.is_empty() { "none".to_owned() } else { first.join(", ") + ", ..." }
    )]
    NoNetwork { file: String, first: Vec<String> },

    /// The file is of another network than the experiment says.
    #[error(
        "{file}: these are weights of {found}, and network.backbone is \"{backbone}\"; set it to \
         \"{instead}\""
    )]
    OtherNetwork {
        file: String,
        found: &'static str,
        backbone: &'static str,
        instead: &'static str,
    },

    /// A tensor of the network is missing, or in another shape.
    #[error(
        "{file}: its tensors are not those of {network}: {reason}; it is another network, a damaged file, \
         or in numbers other than f32, f16 and bf16"
    )]
    Lacks { network: &'static str, file: String, reason: String },

    /// The file has tensors that the network has not, so that it is another network.
    #[error(
        "{file}: {count} of its tensors are not part of {network}, so it is another network: {}",
        list(first, *count)
    )]
    Unused { network: &'static str, file: String, first: Vec<String>, count: usize },

    /// By its name the file is of a network that has the same tensors and computes something else.
    #[error(
        "{file}: by its name this is {named}, which has the tensors of {network} and computes something \
         else; it cannot be used"
    )]
    LookAlike { file: String, named: String, network: String },

    /// What is said of how weights take photos is not understood; `origin`: who says it.
    #[error("{origin}: {reason}; it says how {file} takes photos: mend it, or move it away")]
    Config { origin: String, file: String, reason: String },

    /// The network computes in single precision only.
    #[error("network.precision: {network} computes in \"f32\" only; set it to that or to \"auto\"")]
    OnlyF32 { network: &'static str },

    /// 8-bit integers were asked for on a GPU.
    #[error(
        "network.precision is \"int8\", but a GPU computes in \"f32\" or \"bf16\"; choose one of \
         them, or set network.device to \"cpu\""
    )]
    Int8OnGpu,

    /// Candle could not make a tensor of weights.
    #[error("the network could not be built: {0}")]
    Build(#[from] candle_core::Error),
}

fn list(first: &[String], count: usize) -> String {
    let more = if count > first.len() { "; ..." } else { "" };
    first.join("; ") + more
}

impl NetError {
    /// An identity lacks this property, or holds a value of it that this program does not know.
    pub(super) fn property(identity: &Identity, name: &'static str) -> NetError {
        NetError::Property {
            backbone: identity.backbone.clone(),
            name,
            found: identity.property(name).map(|property| property.value.clone()),
        }
    }
}
