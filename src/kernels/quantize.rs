//! 8-bit integers: which real number a step stands for.
//!
//! Everything after a ReLU is at least 0, so activations are `step * q` with q from 0 to 255 and no
//! offset: a zero is exact, in the halo too. Weights are `step * q` with q from -127 to 127 and a
//! step for each output. Products and sums are exact integers, so that every set of instructions
//! gives the same bits.

use super::graph::{BLOCK, Graph, Op};

/// AVX2 adds four products of an activation and a weight in 16 bits before it widens them. With
/// `255 * 128` in all they fit, so the four weights' sum, without signs, is kept to 128.
const FOUR: f32 = 128.0;

/// The value that a quantised number stands for when it is 128, where numbers have a sign.
pub(super) const MIDDLE: f32 = 128.0;

/// A step for each map of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps(Vec<f32>);

/// Steps of a convolution's input and output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub input: f32,
    pub output: f32,
}

impl Steps {
    /// From the largest value, without its sign, that each map was seen to hold; see
    /// [`Trunk::largest`](super::Trunk::largest).
    pub fn from_largest(graph: &Graph, mut largest: Vec<f32>) -> Steps {
        assert_eq!(largest.len(), graph.maps.len(), "one a map");
        // A pool of maxima only copies, so both sides share a step.
        let pools = || graph.steps.iter().filter(|step| matches!(step.op, Op::MaxPool { .. }));
        let differ = |largest: &[f32]| {
            let mut ends = pools().map(|step| (step.input.map, step.output.map));
            ends.find(|(input, output)| largest[*input] != largest[*output])
        };
        while let Some((input, output)) = differ(&largest) {
            let shared = largest[input].max(largest[output]);
            (largest[input], largest[output]) = (shared, shared);
        }
        let mut levels = vec![255.0; largest.len()];
        for step in &graph.steps {
            if let Op::AveragePool { .. } = step.op {
                levels[step.input.map] = 127.0;
            }
        }
        let step = |(largest, levels): (&f32, f32)| (largest / levels).max(f32::MIN_POSITIVE);
        Steps(largest.iter().zip(levels).map(step).collect())
    }

    pub(super) fn of(&self, map: usize) -> f32 {
        self.0[map]
    }
}

/// The weights of one output, and what turns its sum into a quantised number.
pub(super) struct Output {
    /// `[in, height, width]`, as they were.
    pub weights: Vec<i8>,
    pub multiply: f32,
    pub add: f32,
}

/// `kernel`: `[in, height, width]`, of this height and width; `pixel`: words of an input pixel.
pub(super) fn output(
    kernel: &[f32],
    [height, width]: [usize; 2],
    pixel: usize,
    bias: f32,
    relu: bool,
    input_range: Option<(f32, f32)>,
    scale: Scale,
) -> Output {
    let step = weight_step(kernel, [height, width], pixel);
    let weights: Vec<i8> = kernel.iter().map(|w| (w / step).round() as i8).collect();
    // The picture enters as its own pixel values; what brings them to the input range is linear.
    let (input_step, bias) = match input_range {
        Some((factor, offset)) => {
            let sum: f32 = weights.iter().map(|w| f32::from(*w) * step).sum();
            (factor, bias + offset * sum)
        }
        None => (scale.input, bias),
    };
    // What waits for an average pool has no bias yet, and a sign.
    let add = if relu { bias / scale.output } else { MIDDLE };
    Output { weights, multiply: input_step * step / scale.output, add }
}

/// A step with which no weight is above 127 and no four that are added in 16 bits are above
/// [`FOUR`]: the four of an even and the next word of a kernel row that meet one lane.
fn weight_step(kernel: &[f32], [height, width]: [usize; 2], pixel: usize) -> f32 {
    let largest = kernel.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
    let word_pairs = (width * pixel).div_ceil(2);
    let blocks = (kernel.len() / (height * width)).div_ceil(BLOCK);
    let mut sums = vec![0.0f32; blocks * height * word_pairs * 2];
    for (index, weight) in kernel.iter().enumerate() {
        let (channel, y, x) = (index / (height * width), index / width % height, index % width);
        let word = x * pixel + channel % BLOCK / 4;
        let row = (channel / BLOCK * height + y) * word_pairs;
        sums[(row + word / 2) * 2 + channel % 4 / 2] += weight.abs();
    }
    // Four roundings may add up to 2.
    let four = sums.into_iter().fold(0.0, f32::max) / (FOUR - 2.0);
    four.max(largest / 127.0).max(f32::MIN_POSITIVE)
}
