//! Whether an engine computes what plain Rust does: one small convolution of every kind by both.

use std::sync::OnceLock;

use crate::arena::Words;
use crate::engine::Engine;
use crate::execute::run_here;
use crate::feature_maps::FeatureMap;
use crate::format::{Format, InstructionSet};
use crate::functions::Functions;
use crate::graph::{Activation, Conv, Graph};
use crate::plan::{Plan, Work};
use crate::quantize::Scales;

/// How far a map in bf16 may be away from the one of plain Rust, as a part of its length: sums in another
/// order rarely round to another bf16.
const BF16: f32 = 1e-3;

/// A convolution, and the channels of its input and output.
struct Kind {
    kernel: [usize; 2],
    stride: usize,
    padding: [usize; 2],
    channels: [usize; 2],
}

/// Some fill chunks and pairs of panels, most do not.
const KINDS: [Kind; 10] = {
    const fn of(
        kernel: [usize; 2],
        stride: usize,
        padding: [usize; 2],
        channels: [usize; 2],
    ) -> Kind {
        Kind { kernel, stride, padding, channels }
    }
    [
        of([1, 1], 1, [0, 0], [64, 48]),
        of([3, 3], 1, [0, 0], [32, 32]),
        of([3, 3], 1, [1, 1], [80, 16]),
        of([5, 5], 1, [2, 2], [48, 32]),
        of([1, 7], 1, [0, 3], [64, 32]),
        of([7, 1], 1, [3, 0], [32, 48]),
        of([1, 3], 1, [0, 1], [16, 80]),
        of([3, 1], 1, [1, 0], [16, 16]),
        of([1, 1], 2, [0, 0], [48, 32]),
        of([3, 3], 2, [1, 1], [80, 48]),
    ]
};

/// Height and width of the pictures; those of the maps are half of them.
const SIZES: [[usize; 2]; 2] = [[57, 27], [31, 69]];

/// Why an engine by AMX is not to be used, where it is not: found out once for bf16 and once for 8-bit
/// integers. `None` for all other engines.
pub(crate) fn distrust(engine: Engine) -> Option<String> {
    static ANSWERS: [OnceLock<Option<String>>; 2] = [OnceLock::new(), OnceLock::new()];
    if engine.set() != InstructionSet::Amx {
        return None;
    }
    let answer = &ANSWERS[usize::from(engine.format() == Format::Bf16)];
    let place = answer.get_or_init(|| {
        // SAFETY: an engine is there only where the processor has its instructions.
        unsafe { differs_in(engine.format(), engine.functions()) }
    });
    let place = place.as_ref()?;
    Some(format!("the numbers that it gives in {place} are not those of plain Rust"))
}

/// Says where the functions differ from plain Rust; `None` where they do not: to the bit in 8-bit integers,
/// and by no more than the order of sums explains in bf16.
///
/// # Safety
/// The processor has the instructions of the functions.
unsafe fn differs_in(format: Format, functions: Functions) -> Option<String> {
    let plain = Engine::unchecked(format, InstructionSet::Baseline);
    let engine = plain.expect("plain Rust runs everywhere");
    KINDS.iter().zip(SIZES.iter().cycle()).find_map(|(kind, size)| {
        let (graph, picture) = network(kind, *size);
        // Values are drawn so that few are above 2.
        let scales = Scales::from_largest(&graph, vec![2.0; graph.map_count()]);
        let map = |functions: Functions| {
            last_map(&Plan::by(&graph, engine, functions, Some(&scales)), &picture)
        };
        let (expected, seen) = (map(engine.functions()), map(functions));
        let is_same = match format {
            Format::Int8(_) => seen == expected,
            _ => distance(&seen.values, &expected.values) <= BF16,
        };
        let Kind { kernel: [height, width], stride, .. } = kind;
        (!is_same).then(|| format!("a {height}x{width} convolution of stride {stride}"))
    })
}

/// A first convolution and one of this kind, and a picture for them.
fn network(kind: &Kind, size: [usize; 2]) -> (Graph, Vec<f32>) {
    // Numbers between -1 and 1 that look drawn: the upper bits of a linear congruence (Knuth's MMIX).
    let mut state = 1u64;
    let mut drawn = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let (mut graph, input) = Graph::new(size, [(1.0 / 127.5, -1.0); 3]);
    let mut conv = |input, kernel: [usize; 2], stride, padding, [inputs, outputs]: [usize; 2]| {
        let fan = inputs * kernel[0] * kernel[1];
        let reach = (6.0 / fan as f32).sqrt();
        let conv = Conv {
            name: "drawn".to_owned(),
            kernel,
            stride,
            padding,
            weight: (0..outputs * fan).map(|_| reach * drawn()).collect(),
            bias: (0..outputs).map(|_| 0.1 * drawn()).collect(),
            activation: Activation::Relu,
        };
        graph.conv(input, conv, None)
    };
    let map = conv(input, [3, 3], 2, [0, 0], [3, kind.channels[0]]);
    let output = conv(map, kind.kernel, kind.stride, kind.padding, kind.channels);
    graph.mean(output);
    let picture = (0..3 * size[0] * size[1]).map(|_| 127.5 * (1.0 + drawn())).collect();
    (graph, picture)
}

/// The map that the last step of a plan takes the mean of.
fn last_map(plan: &Plan, picture: &[f32]) -> FeatureMap {
    let mut arena = Words::zeros(plan.arena_words);
    let mut features = vec![0.0; plan.feature_len];
    run_here(plan, &mut arena, picture, &mut features);
    match &plan.steps.last().expect("a plan has steps").work {
        Work::Pool(mean) => FeatureMap::read(mean, plan.engine.format(), &arena),
        _ => unreachable!("the last step is the mean"),
    }
}

/// From what is expected, as a part of its length.
fn distance(seen: &[f32], expected: &[f32]) -> f32 {
    let length = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
    let differences = &mut seen.iter().zip(expected).map(|(a, b)| a - b);
    length(differences) / length(&mut expected.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amx::compile_amx;
    use crate::amx::emulated::Emulated;
    use crate::amx::listing::{Product, Tiles};
    use crate::format::Rounding;
    use crate::plain::{self, Int8Plain};

    const INT8: Format = Format::Int8(Rounding::Full);

    /// Tiles that lose the sum of one output of the second tile of pixels.
    struct Faulty(Emulated<false>);

    impl Tiles for Faulty {
        unsafe fn configured(pixels: usize) -> Faulty {
            // SAFETY: they are emulated.
            Faulty(unsafe { Emulated::configured(pixels) })
        }

        unsafe fn multiply(&mut self, product: &Product) {
            // SAFETY: the caller promises it; the last sums of row 16 are sums.
            unsafe {
                self.0.multiply(product);
                *product.sums.add(16 * 32 + 7) = 0;
            }
        }
    }

    compile_amx!(faulty, Int8Plain, Faulty,, plain::functions(INT8));

    #[test]
    fn the_check_passes_right_products_and_names_the_first_that_is_wrong() {
        for format in [Format::Bf16, INT8, Format::Int8(Rounding::Reduced)] {
            let functions = plain::emulated_amx(format).unwrap();
            // SAFETY: they are plain Rust, as are the faulty ones.
            assert_eq!(unsafe { differs_in(format, functions) }, None);
            #[cfg(target_arch = "x86_64")]
            if let Some(functions) = crate::x86::with_emulated_tiles(format) {
                // SAFETY: they are there only where the processor has their instructions.
                assert_eq!(unsafe { differs_in(format, functions) }, None);
            }
        }
        let seen = unsafe { differs_in(INT8, faulty::FUNCTIONS) };
        assert_eq!(seen.unwrap(), "a 1x1 convolution of stride 1");
    }
}
