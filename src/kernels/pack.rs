//! Weights in the order in which a tile reads them.

use super::arena::Words;
use super::engine::Format;
use super::graph::{BLOCK, Conv};
use super::quantize::{self, Scale};

pub(super) struct Packed {
    /// `[panel][block][kernel row][kernel column][word][16 outputs]`.
    pub weights: Words,
    /// Words of one panel.
    pub panel_words: usize,
    /// Of 8-bit integers: what a sum is multiplied by, one an output.
    pub multiply: Vec<f32>,
    /// What is added to a sum, one an output.
    pub add: Vec<f32>,
}

/// `input_range`: of pixel values, when the convolution is the first; `pixel`: words of an input
/// pixel.
pub(super) fn weights(
    conv: &Conv,
    relu: bool,
    input_range: Option<(f32, f32)>,
    pixel: usize,
    format: Format,
    scale: Scale,
) -> Packed {
    let (outputs, taps) = (conv.bias.len(), conv.kernel[0] * conv.kernel[1]);
    let inputs = conv.weight.len() / (outputs * taps);
    let (per_word, blocks) = (format.channels_per_word(), inputs.div_ceil(BLOCK));
    let panel_words = blocks * taps * pixel * BLOCK;
    let mut packed = Packed {
        weights: Words::zeros(outputs / BLOCK * panel_words),
        panel_words,
        multiply: vec![1.0; outputs],
        // Where ReLU waits for a pool, the bias does too.
        add: if relu { conv.bias.clone() } else { vec![0.0; outputs] },
    };
    for (output, kernel) in conv.weight.chunks_exact(inputs * taps).enumerate() {
        let bits: Vec<u32> = match format {
            Format::F32 => kernel.iter().map(|w| w.to_bits()).collect(),
            Format::Bf16 => kernel.iter().map(|w| bf16(*w)).collect(),
            Format::Int8 => {
                let bias = conv.bias[output];
                let size = conv.kernel;
                let row = quantize::output(kernel, size, pixel, bias, relu, input_range, scale);
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

/// The nearest bf16, ties to even, in the lower half.
pub(super) fn bf16(value: f32) -> u32 {
    let bits = value.to_bits();
    (bits + 0x7fff + (bits >> 16 & 1)) >> 16
}
