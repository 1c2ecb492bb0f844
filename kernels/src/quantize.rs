//! 8-bit integers: which real number each of them stands for.
//!
//! Everything after a ReLU is at least 0, so activations are `scale * q` with q from 0 to 255 and no
//! offset: a zero is exact, in the halo too. Maps of values with a sign, which come from convolutions
//! without ReLU, are `scale * (q - 128)`. Weights are `scale * q` with q from -127 to 127 and a
//! scale for each output. Products and sums are exact integers, so that every set of instructions
//! gives the same bits.

use super::format::Rounding;
use super::graph::{BLOCK, Graph, InputRange, Map, Op};

/// Largest sum of the absolute values of four weights of [`Rounding::Reduced`] whose products are added
/// in 16 bits: AVX2 widens only after that addition, and `255 * 128` is the largest sum of products that fits.
const FOUR_WEIGHTS: f32 = 128.0;

/// What is stored for 0 where numbers have a sign.
const MIDDLE: f32 = 128.0;

/// The real number that 1 stands for, in each map of a graph that is computed in 8-bit integers.
#[derive(Clone, Debug, PartialEq)]
pub struct Scales(Vec<f32>);

/// The scales of the input and the output of one step, and what is stored there for 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepScales {
    pub input: f32,
    pub output: f32,
    pub input_zero: f32,
    pub output_zero: f32,
}

impl StepScales {
    /// Of formats that store values as they are.
    pub const NONE: StepScales =
        StepScales { input: 1.0, output: 1.0, input_zero: 0.0, output_zero: 0.0 };
}

impl Scales {
    /// From the largest absolute value that each map was seen to hold, in the order in which the
    /// maps were made; see [`Trunk::largest`](super::Trunk::largest).
    ///
    /// # Panics
    /// When there is not one value for each map.
    pub fn from_largest(graph: &Graph, mut largest: Vec<f32>) -> Scales {
        assert_eq!(largest.len(), graph.maps.len(), "one a map");
        // A max pool only copies, so its input and output share a scale.
        let pools = || graph.steps.iter().filter(|step| matches!(step.op, Op::MaxPool { .. }));
        let differ = |largest: &[f32]| {
            let mut ends = pools().map(|step| (step.input.map, step.output.map));
            ends.find(|(input, output)| largest[*input] != largest[*output])
        };
        while let Some((input, output)) = differ(&largest) {
            let shared = largest[input].max(largest[output]);
            (largest[input], largest[output]) = (shared, shared);
        }
        let scale = |(largest, map): (&f32, &Map)| {
            let levels = if map.signed { 127.0 } else { 255.0 };
            (largest / levels).max(f32::MIN_POSITIVE)
        };
        Scales(largest.iter().zip(&graph.maps).map(scale).collect())
    }

    /// Of a step from one map of `graph` to another.
    pub(super) fn of_step(&self, graph: &Graph, [input, output]: [usize; 2]) -> StepScales {
        let zero = |map: usize| if graph.maps[map].signed { MIDDLE } else { 0.0 };
        StepScales {
            input: self.0[input],
            output: self.0[output],
            input_zero: zero(input),
            output_zero: zero(output),
        }
    }
}

/// The weights of one output, and what brings its sum to the output's scale.
pub(super) struct Output {
    /// `[in, height, width]`, in the order of the kernel.
    pub weights: Vec<i8>,
    pub multiply: f32,
    pub add: f32,
}

/// Quantises the weights of one output, whose bias is `bias`, by `rounding`. `kernel`: `[in, height, width]`, of this height and width;
/// `pixel`: words of an input pixel; `input_range`: of the picture, in the first convolution.
pub(super) fn output(
    kernel: &[f32],
    [height, width]: [usize; 2],
    pixel: usize,
    bias: f32,
    input_range: Option<InputRange>,
    scales: StepScales,
    rounding: Rounding,
) -> Output {
    // The picture enters as its own pixel values; what brings them to the input range is linear. The
    // factor of red is the scale of the input, the others are in the weights, relative to it.
    let colour = |index: usize| index / (height * width);
    let relative = |range: InputRange, index: usize| range[colour(index)].0 / range[0].0;
    let kernel: Vec<f32> = match input_range {
        Some(range) => kernel.iter().enumerate().map(|(i, w)| w * relative(range, i)).collect(),
        None => kernel.to_vec(),
    };
    let largest = kernel.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
    let scale = match rounding {
        Rounding::Full => largest / 127.0,
        Rounding::Reduced => (largest / 127.0).max(fours_scale(&kernel, [height, width], pixel)),
    };
    let scale = scale.max(f32::MIN_POSITIVE);
    let weights: Vec<i8> = kernel.iter().map(|w| (w / scale).round() as i8).collect();
    let (input_scale, bias) = match input_range {
        Some(range) => {
            let offset = |i: usize| range[colour(i)].1 * relative(range, i).recip();
            let added = weights.iter().enumerate().map(|(i, w)| f32::from(*w) * scale * offset(i));
            (range[0].0, bias + added.sum::<f32>())
        }
        // Each input is as much too large as what is stored for 0.
        None => {
            let sum: i32 = weights.iter().map(|w| i32::from(*w)).sum();
            (scales.input, bias - sum as f32 * scales.input_zero * scales.input * scale)
        }
    };
    let add = bias / scales.output + scales.output_zero;
    Output { weights, multiply: input_scale * scale / scales.output, add }
}

/// Quantises the weights of one channel of a depthwise convolution, `[height, width]`.
pub(super) fn depthwise(kernel: &[f32], bias: f32, scales: StepScales) -> Output {
    let largest = kernel.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
    let scale = (largest / 127.0).max(f32::MIN_POSITIVE);
    let weights = kernel.iter().map(|w| (w / scale).round() as i8).collect();
    Output { weights, multiply: scales.input * scale / scales.output, add: bias / scales.output }
}

/// The scale with which no four weights whose products are added in 16 bits are above
/// [`FOUR_WEIGHTS`]. Two words of a kernel row are added, an even one and the next;
/// channels 0 and 1 of both make one such sum, 2 and 3 the other.
fn fours_scale(kernel: &[f32], [height, width]: [usize; 2], pixel: usize) -> f32 {
    let word_pairs = (width * pixel).div_ceil(2);
    let blocks = (kernel.len() / (height * width)).div_ceil(BLOCK);
    let mut sums = vec![0.0f32; blocks * height * word_pairs * 2];
    for (index, weight) in kernel.iter().enumerate() {
        let (channel, y, x) = (index / (height * width), index / width % height, index % width);
        let word = x * pixel + channel % BLOCK / 4;
        let row = (channel / BLOCK * height + y) * word_pairs;
        sums[(row + word / 2) * 2 + channel % 4 / 2] += weight.abs();
    }
    // Rounding may raise four weights by a half each.
    sums.into_iter().fold(0.0, f32::max) / (FOUR_WEIGHTS - 2.0)
}
