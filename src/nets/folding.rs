//! Convolutions with their batch normalisation folded in, from a weights file.

use candle_core::{Device, Tensor};

use super::error::NetError;
use super::weights::{Format, WeightsFile};

/// The tensors of a convolution and of the batch normalisation behind it.
pub(super) struct Named {
    /// The tensor of the convolution's weights.
    pub weight: String,
    /// What the names of the batch normalisation's tensors begin with, before `.bias` and so on.
    pub batch_norm: String,
}

impl Named {
    /// As torchvision and timm name those of a convolution `key`.
    pub fn of(key: &str) -> Named {
        Named { weight: format!("{key}.conv.weight"), batch_norm: format!("{key}.bn") }
    }

    fn part(&self, part: &str) -> String {
        format!("{}.{part}", self.batch_norm)
    }

    /// Whether batch normalisation scales its output.
    fn has_scales(&self, file: &WeightsFile) -> bool {
        file.shape(&self.part("weight")).is_some()
    }
}

/// An error names this many faults, and counts the rest.
const NAMED_FAULTS: usize = 3;

/// Refuses a file that lacks a tensor of one of the network's `convolutions` (with the shape of its
/// weights), or has it in another shape or in a storage we cannot read.
pub(super) fn check(
    file: &WeightsFile,
    network: &'static str,
    convolutions: &[(Named, [usize; 4])],
) -> Result<(), NetError> {
    let mut parts = vec!["bias", "running_mean", "running_var"];
    // In networks of Keras there may be no scales, in any layer.
    if convolutions.iter().any(|(conv, _)| conv.has_scales(file)) {
        parts.push("weight");
    }
    let mut faults = Vec::new();
    for (conv, shape) in convolutions {
        faults.extend(file.fault(&conv.weight, shape));
        for part in &parts {
            faults.extend(file.fault(&conv.part(part), &shape[..1]));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let count = faults.len();
    faults.truncate(NAMED_FAULTS);
    Err(NetError::Tensors {
        network,
        file: file.name().to_owned(),
        first: faults,
        count,
        expected: match file.format() {
            Format::FrozenGraph => "the nodes of classify_image_graph_def.pb",
            Format::Keras => "the layers of keras.applications",
            Format::Safetensors | Format::StateDict => {
                "the key names and shapes of timm or torchvision"
            }
        },
    })
}

/// Folds `(y - mean) / sqrt(variance + epsilon) * scale + bias` into a convolution: its
/// weights `[out, in, height, width]` and bias `[1, out, 1, 1]`. The file has passed [`check`].
pub(super) fn convolution(
    file: &WeightsFile,
    conv: &Named,
    epsilon: f64,
) -> Result<(Tensor, Tensor), NetError> {
    let numbers = |part: &str| file.numbers(&conv.part(part));
    let (mut weight, mean) = (file.numbers(&conv.weight)?, numbers("running_mean")?);
    let (mut bias, variance) = (numbers("bias")?, numbers("running_var")?);
    let out = bias.len();
    let scale = if conv.has_scales(file) { numbers("weight")? } else { vec![1.0; out] };

    let kernel_len = weight.len() / out;
    for (channel, kernel) in weight.chunks_exact_mut(kernel_len).enumerate() {
        let deviation = (f64::from(variance[channel]) + epsilon).sqrt();
        let factor = (f64::from(scale[channel]) / deviation) as f32;
        kernel.iter_mut().for_each(|w| *w *= factor);
        bias[channel] -= mean[channel] * factor;
    }
    if !weight.iter().chain(&bias).all(|number| number.is_finite()) {
        let tensor =
            format!("{}, folded (a variance below 0, or a scale out of range),", conv.batch_norm);
        return Err(NetError::NotFinite { file: file.name().to_owned(), tensor });
    }
    let shape = file.shape(&conv.weight).unwrap_or_default();
    Ok((
        Tensor::from_vec(weight, shape, &Device::Cpu)?,
        Tensor::from_vec(bias, (1, out, 1, 1), &Device::Cpu)?,
    ))
}
