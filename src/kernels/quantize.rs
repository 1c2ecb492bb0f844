//! 8-bit integers: which real number a step stands for.
//!
//! Everything after a ReLU is at least 0, so activations are `step * q` with q from 0 to 255 and no
//! offset: a zero is exact, in the halo too. Weights are `step * q` with q from -127 to 127 and a
//! step for each output. Products and sums are exact integers, so that every set of instructions
//! gives the same bits.

use super::graph::{Graph, Op};

/// The largest sum of two neighbouring weights without their signs. AVX2 adds two products
/// `255 * q` in 16 bits, and `255 * 128` is the most that fits.
const PAIR: i32 = 128;

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

    /// Steps that were kept; `None` when they are not of this graph.
    pub fn from_kept(graph: &Graph, steps: Vec<f32>) -> Option<Steps> {
        let good = |step: &f32| step.is_finite() && *step > 0.0;
        (steps.len() == graph.maps.len() && steps.iter().all(good)).then_some(Steps(steps))
    }

    pub fn as_slice(&self) -> &[f32] {
        &self.0
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

/// `kernel`: `[in, height, width]` with `taps` = height * width.
pub(super) fn output(
    kernel: &[f32],
    taps: usize,
    bias: f32,
    relu: bool,
    input_range: Option<(f32, f32)>,
    scale: Scale,
) -> Output {
    let step = weight_step(kernel, taps);
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

/// The smallest step with which no weight is above 127 and no pair that meets one word's pair of
/// channels above [`PAIR`].
fn weight_step(kernel: &[f32], taps: usize) -> f32 {
    let largest = kernel.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
    let mut step = (largest / 127.0).max(f32::MIN_POSITIVE);
    let channels: Vec<&[f32]> = kernel.chunks_exact(taps).collect();
    let rounded = |w: f32, step: f32| (w / step).round().abs() as i32;
    for pair in channels.chunks_exact(2) {
        for (one, other) in pair[0].iter().zip(pair[1]) {
            if rounded(*one, step) + rounded(*other, step) > PAIR {
                // One less than the sum: rounding may add one.
                step = (one.abs() + other.abs()) / (PAIR - 1) as f32;
            }
        }
    }
    step
}
