//! What a fit is between two steps, and the file that keeps it.

use std::collections::HashMap;

use candle_core::{DType, Result as TensorResult, Tensor};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::early_stopping::EarlyStopping;
use super::{Batches, Best, Head, Optimizer, Problem};
use crate::random::Rng;

/// The form of the file; raised when older readers would misread it.
const VERSION: u32 = 1;
/// The one key of the file's metadata, as in the head file.
const KEY: &str = "retrain";
/// A checkpoint's header takes a few kilobytes.
const MAX_HEADER_BYTES: u64 = 64 << 10;
/// Head, two moments and the best head.
const MAX_HEADS: u64 = 4;

/// The whole state of a fit between two steps: with it and the same problem, training continues with
/// the same numbers, to the bit.
///
/// In the file: tensors `weights`, f32 `[categories, d]`, and `bias`, f32 `[categories]`, and in the
/// same shapes, with `first.`, `second.` and `best.` before their names, the optimizer's moments
/// and the best head where there are any; the metadata `retrain` is JSON.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Steps taken.
    pub step: usize,
    /// For standardised features, as it is trained.
    pub head: Head,
    /// With its moments.
    pub optimizer: Optimizer,
    /// The generator that draws the batches.
    pub rng: Rng,
    pub(super) early_stopping: EarlyStopping,
}

/// Why bytes are not the checkpoint that was asked for. The caller adds the file's name.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "the fields are the words of the messages")]
pub enum CheckpointError {
    #[error("not a checkpoint: {0}")]
    Format(#[from] SafeTensorError),
    #[error("not a checkpoint made by retrain: its metadata has no '{KEY}'")]
    Unmarked,
    #[error("the checkpoint's metadata cannot be read: {0}")]
    Metadata(#[from] serde_json::Error),
    #[error("checkpoint of version {0}, expected {VERSION}; use the retrain that wrote it")]
    Version(u32),
    #[error("the checkpoint belongs to other photos, another network or other settings")]
    Stranger,
    #[error("the checkpoint was damaged: its content is not that of its hash")]
    Damaged,
    #[error("the checkpoint contradicts itself: {0}")]
    Contradiction(String),
    #[error("the checkpoint's {name} are {found}, expected F32 {expected:?}")]
    Shape { name: String, found: String, expected: Vec<usize> },
    #[error("the checkpoint holds {found} tensors, expected {expected}")]
    Tensors { found: usize, expected: usize },
    #[error("a head of {0:?} has no checkpoint, only one of F32")]
    Type(DType),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    version: u32,
    /// Names the problem that the checkpoint may be used with.
    belongs_to: String,
    step: usize,
    /// State of the generator that draws the batches.
    rng: u64,
    /// Evaluations since the best.
    waited: usize,
    best: Option<BestBits>,
    /// Hash of everything else: with one wrong bit training would give other numbers, unnoticed.
    content: String,
}

/// A [`Best`] with its numbers as bits, which decimals might not bring back.
#[derive(Serialize, Deserialize)]
struct BestBits {
    step: usize,
    validation_loss: u64,
    validation_accuracy: u64,
}

impl Checkpoint {
    /// The state before the first step.
    pub fn initial(problem: &Problem) -> TensorResult<Checkpoint> {
        let Problem { training, categories, train, .. } = *problem;
        let features = &training.features;
        let (d, dtype) = (features.shape()[1], features.dtype());
        Ok(Checkpoint {
            step: 0,
            head: Head::initial(categories, d, train.seed, dtype, features.device())?,
            optimizer: Optimizer::new(train),
            rng: Batches::rng(train.seed),
            early_stopping: EarlyStopping::new(train.early_stop),
        })
    }

    /// An upper bound on the bytes of a checkpoint of this problem.
    pub fn max_bytes(problem: &Problem) -> u64 {
        let d = problem.training.features.shape().last().map_or(0, |&d| d as u64);
        MAX_HEADER_BYTES + MAX_HEADS * problem.categories as u64 * (d + 1) * size_of::<f32>() as u64
    }

    /// The file. `belongs_to` names all that the numbers depend on but the number of iterations.
    pub fn to_bytes(&self, belongs_to: &blake3::Hash) -> Result<Vec<u8>, CheckpointError> {
        let bits = |best: Best| BestBits {
            step: best.step,
            validation_loss: best.validation_loss.to_bits(),
            validation_accuracy: best.validation_accuracy.to_bits(),
        };
        let tensors = self.tensors();
        let bytes: Vec<Vec<u8>> =
            tensors.iter().map(|(_, tensor)| bytes_of(tensor)).collect::<Result<_, _>>()?;
        let mut metadata = Metadata {
            version: VERSION,
            belongs_to: belongs_to.to_hex().to_string(),
            step: self.step,
            rng: self.rng.state(),
            waited: self.early_stopping.waited,
            best: self.early_stopping.best.map(bits),
            content: String::new(),
        };
        let named = tensors.iter().zip(&bytes).map(|((name, _), bytes)| (*name, &bytes[..]));
        metadata.content = metadata.hash_with(named.collect())?;
        let metadata = serde_json::to_string(&metadata)?;
        let views = tensors.iter().zip(&bytes).map(|((name, tensor), bytes)| {
            Ok((*name, TensorView::new(Dtype::F32, tensor.dims().to_vec(), bytes)?))
        });
        let views = views.collect::<Result<Vec<_>, SafeTensorError>>()?;
        let metadata = HashMap::from([(KEY.to_string(), metadata)]);
        Ok(safetensors::serialize(views, Some(metadata))?)
    }

    /// The tensors that there are, with their names in the file.
    fn tensors(&self) -> Vec<(&'static str, &Tensor)> {
        let Optimizer { weights, bias, .. } = &self.optimizer;
        let best = self.early_stopping.best_head.as_ref();
        [
            ("weights", Some(&self.head.weights)),
            ("bias", Some(&self.head.bias)),
            ("first.weights", weights.first.as_ref()),
            ("first.bias", bias.first.as_ref()),
            ("second.weights", weights.second.as_ref()),
            ("second.bias", bias.second.as_ref()),
            ("best.weights", best.map(|best| &best.weights)),
            ("best.bias", best.map(|best| &best.bias)),
        ]
        .into_iter()
        .filter_map(|(name, tensor)| Some((name, tensor?)))
        .collect()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote for a problem with the same name. Never
    /// panics, whatever the bytes, and takes memory in proportion to them only.
    pub fn from_bytes(
        bytes: &[u8],
        belongs_to: &blake3::Hash,
        problem: &Problem,
    ) -> Result<Checkpoint, CheckpointError> {
        let mut metadata = read_metadata(bytes)?;
        if metadata.belongs_to != belongs_to.to_hex().as_str() {
            return Err(CheckpointError::Stranger);
        }
        let mut checkpoint = Checkpoint::initial(problem)?;
        let Checkpoint { optimizer, early_stopping, .. } = &mut checkpoint;
        early_stopping.waited = metadata.waited;
        early_stopping.best = metadata.best.as_ref().map(|bits| Best {
            step: bits.step,
            validation_loss: f64::from_bits(bits.validation_loss),
            validation_accuracy: f64::from_bits(bits.validation_accuracy),
        });
        let file = Tensors { file: SafeTensors::deserialize(bytes)?, problem };
        let head = file.head("")?;
        let read = |name, is_there: bool| is_there.then(|| file.head(name)).transpose();
        let moments = optimizer.moments();
        let (first, second) = (read("first.", moments > 0)?, read("second.", moments > 1)?);
        early_stopping.best_head =
            read("best.", early_stopping.keeps_the_best_head() && early_stopping.best.is_some())?;
        let heads = 1 + [&first, &second, &early_stopping.best_head].into_iter().flatten().count();
        let (found, expected) = (file.file.len(), 2 * heads);
        if found != expected {
            return Err(CheckpointError::Tensors { found, expected });
        }
        optimizer.restore(metadata.step, first, second);
        (checkpoint.step, checkpoint.head) = (metadata.step, head);
        checkpoint.rng = Rng::new(metadata.rng);
        checkpoint.check_steps()?;
        let content = std::mem::take(&mut metadata.content);
        let tensors = file.file.iter().map(|(name, tensor)| (name, tensor.data())).collect();
        match metadata.hash_with(tensors)? == content {
            true => Ok(checkpoint),
            false => Err(CheckpointError::Damaged),
        }
    }

    fn check_steps(&self) -> Result<(), CheckpointError> {
        let (step, waited) = (self.step, self.early_stopping.waited);
        let best = self.early_stopping.best.map_or(0, |best| best.step);
        if step > 0 && best.saturating_add(waited) <= step {
            return Ok(());
        }
        Err(CheckpointError::Contradiction(format!(
            "it is of iteration {step}, its best is of {best}, {waited} evaluations before"
        )))
    }
}

impl Metadata {
    /// The hash of everything here but `content`, and of all tensors.
    fn hash_with(&self, mut tensors: Vec<(&str, &[u8])>) -> serde_json::Result<String> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&serde_json::to_vec(self)?);
        tensors.sort_unstable();
        for (name, bytes) in tensors {
            hasher.update(format!("\n{name} {}\n", bytes.len()).as_bytes());
            hasher.update(bytes);
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}

fn read_metadata(bytes: &[u8]) -> Result<Metadata, CheckpointError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let metadata = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let json: serde_json::Value = serde_json::from_str(metadata.ok_or(CheckpointError::Unmarked)?)?;
    // The version first: another version's fields may differ.
    match json.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version != u64::from(VERSION) => {
            Err(CheckpointError::Version(u32::try_from(version).unwrap_or(u32::MAX)))
        }
        _ => Ok(serde_json::from_value(json)?),
    }
}

/// The tensors of a file; safetensors has checked that they lie inside it and do not overlap.
struct Tensors<'a> {
    file: SafeTensors<'a>,
    problem: &'a Problem<'a>,
}

impl Tensors<'_> {
    /// Weights and bias with `prefix` before their names.
    fn head(&self, prefix: &str) -> Result<Head, CheckpointError> {
        let (k, d) = (self.problem.categories, self.problem.training.features.shape()[1]);
        Ok(Head {
            weights: self.read(format!("{prefix}weights"), &[k, d])?,
            bias: self.read(format!("{prefix}bias"), &[k])?,
        })
    }

    fn read(&self, name: String, expected: &[usize]) -> Result<Tensor, CheckpointError> {
        let view = self.file.tensor(&name)?;
        if view.dtype() != Dtype::F32 || view.shape() != expected {
            let found = format!("{:?} {:?}", view.dtype(), view.shape());
            return Err(CheckpointError::Shape { name, found, expected: expected.to_vec() });
        }
        let (quads, _) = view.data().as_chunks::<4>();
        let numbers: Vec<f32> = quads.iter().map(|&quad| f32::from_le_bytes(quad)).collect();
        let device = self.problem.training.features.device();
        Ok(Tensor::from_vec(numbers, expected, device)?)
    }
}

/// Little-endian f32, as safetensors has it on every machine.
fn bytes_of(tensor: &Tensor) -> Result<Vec<u8>, CheckpointError> {
    if tensor.dtype() != DType::F32 {
        return Err(CheckpointError::Type(tensor.dtype()));
    }
    let numbers = tensor.flatten_all()?.to_vec1::<f32>()?;
    Ok(numbers.into_iter().flat_map(f32::to_le_bytes).collect())
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
