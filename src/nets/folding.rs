//! Convolutions with their batch normalisation folded in, from a weights file.

use candle_core::{Device, Tensor};

use super::error::NetError;
use super::weights::{Format, WeightsFile};
use crate::onnx::{Graph, Numbers, Value};

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
    let Folded { weight, bias, .. } = Folded::of(file, conv, epsilon)?;
    let shape = file.shape(&conv.weight).unwrap_or_default();
    let out = bias.len();
    Ok((
        Tensor::from_vec(weight, shape, &Device::Cpu)?,
        Tensor::from_vec(bias, (1, out, 1, 1), &Device::Cpu)?,
    ))
}

/// The same as values of an ONNX graph: weights `[out, in, height, width]` and bias `[out]`. What the
/// file holds in 8 or 16 bits is written so, with the factors of its outputs beside it.
pub(super) fn nodes(
    file: &WeightsFile,
    conv: &Named,
    epsilon: f64,
    graph: &mut Graph,
) -> Result<(Value, Value), NetError> {
    Folded::of(file, conv, epsilon)?.nodes(file, &conv.weight, graph)
}

/// A convolution with its batch normalisation folded in.
pub(super) struct Folded {
    /// `[out, in, height, width]`
    pub weight: Vec<f32>,
    /// What the weights of each output were multiplied by.
    factors: Vec<f32>,
    /// `[out]`
    pub bias: Vec<f32>,
}

impl Folded {
    pub fn of(file: &WeightsFile, conv: &Named, epsilon: f64) -> Result<Folded, NetError> {
        let numbers = |part: &str| file.numbers(&conv.part(part));
        let (mut weight, mean) = (file.numbers(&conv.weight)?, numbers("running_mean")?);
        let (mut bias, variance) = (numbers("bias")?, numbers("running_var")?);
        let out = bias.len();
        let scale = if conv.has_scales(file) { numbers("weight")? } else { vec![1.0; out] };
        let factor = |(variance, scale): (&f32, f32)| {
            let deviation = (f64::from(*variance) + epsilon).sqrt();
            (f64::from(scale) / deviation) as f32
        };
        let factors: Vec<f32> = variance.iter().zip(scale).map(factor).collect();

        let kernel_len = weight.len() / out;
        for (channel, kernel) in weight.chunks_exact_mut(kernel_len).enumerate() {
            kernel.iter_mut().for_each(|w| *w *= factors[channel]);
            bias[channel] -= mean[channel] * factors[channel];
        }
        if !weight.iter().chain(&bias).all(|number| number.is_finite()) {
            let tensor = format!(
                "{}, folded (a variance below 0, or a scale out of range),",
                conv.batch_norm
            );
            return Err(NetError::NotFinite { file: file.name().to_owned(), tensor });
        }
        Ok(Folded { weight, factors, bias })
    }

    /// As values of an ONNX graph; `key` is the tensor of its weights.
    pub fn nodes(
        self,
        file: &WeightsFile,
        key: &str,
        graph: &mut Graph,
    ) -> Result<(Value, Value), NetError> {
        let shape = file.shape(key).unwrap_or_default();
        let bias = graph.numbers(&[self.bias.len()], &self.bias);
        let weight = match file.stored(key)? {
            Numbers::F32(_) => graph.stored(key, shape, Numbers::F32(self.weight)),
            small => {
                let unscaled = graph.stored(key, shape, small);
                let factors = graph.numbers(&[self.factors.len(), 1, 1, 1], &self.factors);
                graph.pair("Mul", &unscaled, &factors)
            }
        };
        Ok((weight, bias))
    }
}
