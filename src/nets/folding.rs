//! Convolutions with their batch normalisation folded in, from a weights file.

use candle_core::{Device, Tensor};

use super::error::NetError;
use super::weights::WeightsFile;

/// An error names this many faults, and counts the rest.
const NAMED_FAULTS: usize = 3;

/// Refuses a file that lacks a tensor of one of the network's `convolutions` (key, shape of the
/// weights), or has it in another shape or in a storage we cannot read.
pub(super) fn check(
    file: &WeightsFile,
    network: &'static str,
    convolutions: &[(String, [usize; 4])],
) -> Result<(), NetError> {
    let mut parts = vec!["bias", "running_mean", "running_var"];
    if has_scales(file) {
        parts.push("weight");
    }
    let mut faults = Vec::new();
    for (key, shape) in convolutions {
        faults.extend(file.fault(&format!("{key}.conv.weight"), shape));
        for part in &parts {
            faults.extend(file.fault(&format!("{key}.bn.{part}"), &shape[..1]));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let count = faults.len();
    faults.truncate(NAMED_FAULTS);
    Err(NetError::Tensors { network, file: file.name().to_owned(), first: faults, count })
}

/// Whether batch normalisation scales its output. In networks of Keras it may not, in any layer.
fn has_scales(file: &WeightsFile) -> bool {
    file.names().any(|name| name.ends_with(".bn.weight"))
}

/// Folds `(y - mean) / sqrt(variance + epsilon) * scale + bias` into the convolution `key`: its
/// weights `[out, in, height, width]` and bias `[1, out, 1, 1]`. The file has passed [`check`].
pub(super) fn convolution(
    file: &WeightsFile,
    key: &str,
    epsilon: f64,
) -> Result<(Tensor, Tensor), NetError> {
    let numbers = |part: &str| file.numbers(&format!("{key}.{part}"));
    let (mut weight, mean) = (numbers("conv.weight")?, numbers("bn.running_mean")?);
    let (mut bias, variance) = (numbers("bn.bias")?, numbers("bn.running_var")?);
    let out = bias.len();
    let scale = if has_scales(file) { numbers("bn.weight")? } else { vec![1.0; out] };

    let kernel_len = weight.len() / out;
    for (channel, kernel) in weight.chunks_exact_mut(kernel_len).enumerate() {
        let deviation = (f64::from(variance[channel]) + epsilon).sqrt();
        let factor = (f64::from(scale[channel]) / deviation) as f32;
        kernel.iter_mut().for_each(|w| *w *= factor);
        bias[channel] -= mean[channel] * factor;
    }
    if !weight.iter().chain(&bias).all(|number| number.is_finite()) {
        let tensor = format!("{key}.bn, folded (a variance below 0, or a scale out of range),");
        return Err(NetError::NotFinite { file: file.name().to_owned(), tensor });
    }
    let shape = file.shape(&format!("{key}.conv.weight")).unwrap_or_default();
    Ok((
        Tensor::from_vec(weight, shape, &Device::Cpu)?,
        Tensor::from_vec(bias, (1, out, 1, 1), &Device::Cpu)?,
    ))
}
