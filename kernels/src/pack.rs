//! Weights in the order in which a tile reads them.

use super::arena::Words;
use super::format::{Format, bf16};
use super::graph::{BLOCK, Conv, InputRange};
use super::quantize::{self, StepScales};

/// The packed weights of a convolution.
pub(super) struct Packed {
    /// `[panel][block][kernel row][kernel column][word][16 outputs]`.
    pub weights: Words,
    /// Words of one panel.
    pub panel_words: usize,
    /// What a sum is multiplied by, one for each output: 1 but for 8-bit integers.
    pub multiply: Vec<f32>,
    /// What is added to a sum, one for each output.
    pub add: Vec<f32>,
}

/// The weights of a convolution for one format. `finishes`: whether bias and activation come with
/// this convolution, not with the average pool behind it; `input_range`: of the picture, in the first
/// convolution; `pixel`: words of an input pixel.
pub(super) fn weights(
    conv: &Conv,
    finishes: bool,
    input_range: Option<InputRange>,
    pixel: usize,
    format: Format,
    scales: StepScales,
) -> Packed {
    let (outputs, taps) = (conv.bias.len(), conv.kernel[0] * conv.kernel[1]);
    let inputs = conv.weight.len() / (outputs * taps);
    let (per_word, blocks) = (format.channels_per_word(), inputs.div_ceil(BLOCK));
    let panel_words = blocks * taps * pixel * BLOCK;
    let mut packed = Packed {
        weights: Words::zeros(outputs / BLOCK * panel_words),
        panel_words,
        multiply: vec![1.0; outputs],
        add: if finishes { conv.bias.clone() } else { vec![0.0; outputs] },
    };
    for (output, kernel) in conv.weight.chunks_exact(inputs * taps).enumerate() {
        let bits: Vec<u32> = match format {
            Format::F32 => kernel.iter().map(|w| w.to_bits()).collect(),
            Format::Bf16 => kernel.iter().map(|w| bf16(*w)).collect(),
            Format::Int8(rounding) => {
                let (bias, size) = (packed.add[output], conv.kernel);
                let row =
                    quantize::output(kernel, size, pixel, bias, input_range, scales, rounding);
                packed.multiply[output] = row.multiply;
                packed.add[output] = row.add;
                row.weights.iter().map(|w| u32::from(*w as u8)).collect()
            }
        };
        for (index, bits) in bits.into_iter().enumerate() {
            let (channel, tap) = (index / taps, index % taps);
            let (block, within) = (channel / BLOCK, channel % BLOCK);
            let word = (block * taps + tap) * pixel + within / per_word;
            let at = output / BLOCK * panel_words + word * BLOCK + output % BLOCK;
            *packed.weights.word_mut(at) |= bits << (within % per_word * (32 / per_word));
        }
    }
    packed
}
