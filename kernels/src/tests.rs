//! Small networks of odd shapes, against the obvious loops.

use std::io::Write;

use super::graph::{Map, Op};
use super::*;
use crate::random::Rng;

/// All maps of a graph for one picture, `[channels][height][width]`, in f64, and the features.
struct Reference {
    maps: Vec<Vec<f64>>,
    features: Vec<f64>,
}

impl Reference {
    fn of(graph: &Graph, picture: &[f32]) -> Reference {
        let size = |map: &Map| map.channels * map.height * map.width;
        let mut maps: Vec<Vec<f64>> = graph.maps.iter().map(|map| vec![0.0; size(map)]).collect();
        let in_range = |(colour, value): (usize, &f32)| {
            let (factor, offset) = graph.input_range[colour];
            f64::from(*value * factor + offset)
        };
        // What the map has beyond the picture is 0.
        let [height, width] = graph.picture;
        for (at, value) in picture.iter().enumerate() {
            let (colour, y, x) = (at / (height * width), at / width % height, at % width);
            let map = graph.maps[0];
            maps[0][(colour * map.height + y) * map.width + x] = in_range((colour, value));
        }
        let mut features = vec![0.0; graph.feature_len];
        for step in &graph.steps {
            let other = step.op.other_input().map(|other| maps[other.map].clone());
            let (from, to) = (graph.maps[step.input.map], graph.maps[step.output.map]);
            let area = from.height * from.width;
            let input = maps[step.input.map][step.input.first * area..]
                [..step.input.channels * area]
                .to_vec();
            let at = |channel: usize, y: isize, x: isize| -> Option<f64> {
                let inside = |at: isize, size: usize| (0..size as isize).contains(&at);
                (inside(y, from.height) && inside(x, from.width))
                    .then(|| input[(channel * from.height + y as usize) * from.width + x as usize])
            };
            for channel in 0..step.output.channels {
                if let Op::Mean { first } = step.op {
                    let sum: f64 = input[channel * area..][..area].iter().sum();
                    features[first + channel] = sum / area as f64;
                    continue;
                }
                for y in 0..to.height {
                    for x in 0..to.width {
                        let place = (step.output.first + channel) * to.height + y;
                        let value = match &other {
                            Some(other) => {
                                input[(channel * to.height + y) * to.width + x]
                                    + other[(channel * to.height + y) * to.width + x]
                            }
                            None => pixel(&step.op, channel, step.input.channels, [y, x], &at),
                        };
                        maps[step.output.map][place * to.width + x] = value;
                    }
                }
            }
        }
        Reference { maps, features }
    }
}

type At<'a> = &'a dyn Fn(usize, isize, isize) -> Option<f64>;

fn pixel(op: &Op, channel: usize, inputs: usize, [y, x]: [usize; 2], at: At<'_>) -> f64 {
    let window = |stride: usize, padding: usize| {
        let from = move |at: usize| (at * stride) as isize - padding as isize;
        (0..3).flat_map(move |i| (0..3).map(move |j| (from(y) + i, from(x) + j)))
    };
    match op {
        Op::Conv { conv, finishes } => {
            let [height, width] = conv.kernel;
            let mut sum = if *finishes { f64::from(conv.bias[channel]) } else { 0.0 };
            for c in 0..inputs {
                for i in 0..height {
                    for j in 0..width {
                        let row = (y * conv.stride + i) as isize - conv.padding[0] as isize;
                        let column = (x * conv.stride + j) as isize - conv.padding[1] as isize;
                        let weight = conv.weight[((channel * inputs + c) * height + i) * width + j];
                        sum += f64::from(weight) * at(c, row, column).unwrap_or(0.0);
                    }
                }
            }
            let (least, largest) = conv.activation.limits();
            if *finishes { sum.clamp(least.into(), largest.into()) } else { sum }
        }
        Op::Depthwise(Depthwise { kernel, stride, padding, weight, bias, .. }) => {
            let mut sum = f64::from(bias[channel]);
            for (index, weight) in
                weight[channel * kernel * kernel..].iter().enumerate().take(kernel * kernel)
            {
                let row = (y * stride + index / kernel) as isize - *padding as isize;
                let column = (x * stride + index % kernel) as isize - *padding as isize;
                sum += f64::from(*weight) * at(channel, row, column).unwrap_or(0.0);
            }
            sum.clamp(0.0, 6.0)
        }
        Op::MaxPool { stride, padding } => {
            window(*stride, *padding).filter_map(|(y, x)| at(channel, y, x)).fold(0.0, f64::max)
        }
        Op::AveragePool { average, bias } => {
            let inside: Vec<f64> = window(1, 1).filter_map(|(y, x)| at(channel, y, x)).collect();
            let count = match average {
                Average::CountPadding => 9,
                Average::ExcludePadding => inside.len(),
            };
            (inside.iter().sum::<f64>() / count as f64 + f64::from(bias[channel])).max(0.0)
        }
        Op::Add { .. } | Op::Mean { .. } => unreachable!("computed above"),
    }
}

fn conv(
    rng: &mut Rng,
    inputs: usize,
    outputs: usize,
    kernel: [usize; 2],
    stride: usize,
    padding: [usize; 2],
) -> Conv {
    let fan = inputs * kernel[0] * kernel[1];
    let reach = (6.0 / fan as f64).sqrt();
    let mut drawn = |n: usize, reach: f64| -> Vec<f32> {
        (0..n).map(|_| (rng.between(-1.0, 1.0) * reach) as f32).collect()
    };
    let (weight, bias) = (drawn(fan * outputs, reach), drawn(outputs, 0.1));
    let (name, activation) = (format!("{inputs} to {outputs}"), Activation::Relu);
    Conv { name, kernel, stride, padding, weight, bias, activation }
}

/// A network with every kind of step on a picture of a drawn size, and such a picture.
fn small(seed: u64) -> (Graph, Vec<f32>) {
    let mut rng = Rng::new(seed);
    let channels = [16, 32, 48, 80];
    let some = |rng: &mut Rng| channels[rng.below(channels.len())];
    let size = [21 + rng.below(24), 21 + rng.below(24)];
    // One range for all colours, as Inception has it, and one for each, as most others.
    let range = match seed % 2 {
        0 => [(1.0 / 127.5, -1.0); 3],
        _ => [(1.0 / 58.395, -2.118), (1.0 / 57.12, -2.036), (1.0 / 57.375, -1.804)],
    };
    let (mut graph, input) = Graph::new(size, range);
    let outputs = some(&mut rng);
    let first = conv(&mut rng, 3, outputs, [3, 3], 2, [0, 0]);
    let mut x = graph.conv(input, first, None);
    // Every kernel that an Inception network has, and both strides.
    let kernels = [[1, 1], [3, 3], [5, 5], [1, 7], [7, 1], [1, 3], [3, 1]];
    let outputs = some(&mut rng);
    let plain = conv(&mut rng, x.channels(), outputs, [3, 3], 1, [0, 0]);
    x = graph.conv(x, plain, None);
    let widths: Vec<usize> = (0..kernels.len() + 2).map(|_| some(&mut rng)).collect();
    let [height, width] = graph.size(x);
    let all = graph.map([widths.iter().sum(), height, width]);
    let mut first = 0;
    for (kernel, width) in kernels.iter().zip(&widths) {
        let inner = some(&mut rng);
        let project = conv(&mut rng, x.channels(), inner, [1, 1], 1, [0, 0]);
        let inner = graph.conv(x, project, None);
        let padding = kernel.map(|side| side / 2);
        let conv = conv(&mut rng, inner.channels(), *width, *kernel, 1, padding);
        graph.conv(inner, conv, Some(all.slice(first, *width)));
        first += width;
    }
    for (average, width) in
        [Average::CountPadding, Average::ExcludePadding].into_iter().zip(&widths[kernels.len()..])
    {
        let project = conv(&mut rng, x.channels(), *width, [1, 1], 1, [0, 0]);
        graph.average_pool_conv(x, project, average, all.slice(first, *width));
        first += width;
    }
    let shrink = conv(&mut rng, all.channels(), 32, [3, 3], 2, [0, 0]);
    let shrunk = graph.conv(all, shrink, None);
    let pooled = graph.max_pool(all, 2, 0, None);
    let same = graph.max_pool(shrunk, 1, 1, None);
    [same, pooled, all].into_iter().for_each(|map| graph.mean(map));
    let picture = (0..3 * size[0] * size[1]).map(|_| rng.between(0.0, 255.0) as f32).collect();
    (graph, picture)
}

/// A network of inverted residuals on a picture of a drawn size, as of EfficientNet, and such a
/// picture.
fn inverted(seed: u64) -> (Graph, Vec<f32>) {
    let mut rng = Rng::new(seed);
    let size = [21 + rng.below(24), 21 + rng.below(24)];
    let (mut graph, input) = Graph::with_margin(size, 1, [(1.0 / 128.0, -127.0 / 128.0); 3]);
    let pointwise = |rng: &mut Rng, inputs: usize, outputs: usize, activation: Activation| {
        let conv = conv(rng, inputs, outputs, [1, 1], 1, [0, 0]);
        // So large that some values are above 6.
        let weight = conv.weight.iter().map(|weight| weight * 2.0).collect();
        Conv { weight, activation, ..conv }
    };
    let stem = conv(&mut rng, 3, 32, [3, 3], 2, [0, 0]);
    let mut x = graph.conv(input, Conv { activation: Activation::Relu6, ..stem }, None);
    let mut means = Vec::new();
    for (kernel, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
        let project = pointwise(&mut rng, x.channels(), 48, Activation::None);
        x = graph.conv(x, project, None);
        let expand = pointwise(&mut rng, 48, 80, Activation::Relu6);
        let inner = graph.conv(x, expand, None);
        let (weight, bias) = {
            let drawn = conv(&mut rng, 1, 80, [kernel, kernel], 1, [0, 0]);
            (drawn.weight, drawn.bias)
        };
        // As TensorFlow's `SAME`, where what is odd lies behind the last row.
        let out = graph.size(inner).map(|size| size.div_ceil(stride));
        let padding = [(kernel - 1) / 2, (kernel - stride) / 2][rng.below(2)];
        let depthwise = Depthwise { name: "each".into(), kernel, stride, padding, weight, bias };
        let inner = graph.depthwise(inner, depthwise, out);
        let project = pointwise(&mut rng, 80, 48, Activation::None);
        let projected = graph.conv(inner, project, None);
        x = if stride == 1 { graph.add(projected, x) } else { projected };
        means.push(x);
    }
    let head = pointwise(&mut rng, 48, 64, Activation::Relu6);
    means.push(graph.conv(x, head, None));
    means.into_iter().for_each(|map| graph.mean(map));
    let picture = (0..3 * size[0] * size[1]).map(|_| rng.between(0.0, 255.0) as f32).collect();
    (graph, picture)
}

/// Networks of both kinds, with the errors that f32, bf16 and 8-bit integers of the full and the reduced
/// range may have in them: where values have signs, their means are much smaller than they are.
fn networks() -> impl Iterator<Item = (Graph, Vec<f32>, [f64; 4])> {
    let of = |(graph, picture), errors| (graph, picture, errors);
    (0..6).flat_map(move |seed| {
        [of(small(seed), [1e-6, 1e-2, 0.01, 0.02]), of(inverted(seed), [1e-5, 0.05, 0.05, 0.08])]
    })
}

fn scales(graph: &Graph, reference: &Reference) -> Scales {
    let largest = |map: &Vec<f64>| map.iter().fold(0.0, |a: f64, b| a.max(b.abs())) as f32;
    Scales::from_largest(graph, reference.maps.iter().map(largest).collect())
}

fn engines(format: Format) -> impl Iterator<Item = Engine> {
    let sets = InstructionSet::ALL.into_iter().chain([InstructionSet::EmulatedAmx]);
    sets.filter_map(move |set| Engine::new(format, set))
}

fn features(trunk: &Trunk, picture: &[f32]) -> Vec<f32> {
    let mut features = vec![f32::NAN; trunk.plan().feature_len()];
    trunk.features(picture, &mut features);
    features
}

fn error(seen: &[f32], expected: &[f64]) -> f64 {
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let differences = seen.iter().zip(expected).map(|(a, b)| f64::from(*a) - b);
    let length = square(&mut expected.iter().copied());
    (square(&mut differences.into_iter()) / length).sqrt()
}

#[test]
fn f32_and_bf16_compute_what_the_obvious_loops_do_on_odd_shapes() {
    for (seed, (graph, picture, [single, half, ..])) in networks().enumerate() {
        let expected = Reference::of(&graph, &picture).features;
        for (format, largest) in [(Format::F32, single), (Format::Bf16, half)] {
            for engine in engines(format) {
                let trunk = Trunk::new(Plan::new(&graph, engine, None));
                let error = error(&features(&trunk, &picture), &expected);
                assert!(error < largest, "{engine:?}, seed {seed}: {error}");
            }
        }
    }
}

#[test]
fn eight_bits_are_near_and_the_same_to_the_bit_by_all_instructions() {
    let mut errors = [0.0; 2];
    for (seed, (graph, picture, [.., full, reduced])) in networks().enumerate() {
        let reference = Reference::of(&graph, &picture);
        let scales = scales(&graph, &reference);
        for (place, (rounding, allowed)) in
            Rounding::ALL.into_iter().zip([full, reduced]).enumerate()
        {
            let seen: Vec<(InstructionSet, Vec<f32>)> = engines(Format::Int8(rounding))
                .map(|engine| {
                    let trunk = Trunk::new(Plan::new(&graph, engine, Some(&scales)));
                    (engine.set(), features(&trunk, &picture))
                })
                .collect();
            let error = error(&seen[0].1, &reference.features);
            assert!(error < allowed, "{rounding:?}, seed {seed}: {error}");
            for (set, other) in &seen {
                assert!(*other == seen[0].1, "{rounding:?} by {set:?}, seed {seed}");
            }
            errors[place] += error;
        }
    }
    let [full, reduced] = errors;
    assert!(full < 0.7 * reduced, "{full} in all is not less than {reduced}");
}

/// Every instruction meets the largest inputs and weights, in sums that 16 bits cannot hold.
#[test]
fn f32_has_the_same_bits_by_all_instructions_that_fuse() {
    for (seed, (graph, picture, _)) in networks().enumerate() {
        let trunk = |engine| Trunk::new(Plan::new(&graph, engine, None));
        let by = |engine| (engine, features(&trunk(engine), &picture));
        let seen: Vec<(Engine, Vec<f32>)> = Engine::of(Format::F32).into_iter().map(by).collect();
        for (engine, features) in &seen {
            assert!(*features == seen[0].1, "{engine:?}, seed {seed}");
        }
    }
}

#[test]
fn no_sum_of_the_largest_products_overflows() {
    let (mut graph, input) = Graph::new([13, 13], [(1.0, 0.0); 3]);
    let signs = |at: usize| if at.is_multiple_of(7) { -1.0f32 } else { 1.0 };
    let conv = |inputs: usize, outputs: usize, stride: usize| Conv {
        name: "all".to_owned(),
        kernel: [3, 3],
        stride,
        padding: [0, 0],
        weight: (0..inputs * outputs * 9).map(signs).collect(),
        bias: vec![0.0; outputs],
        activation: Activation::Relu,
    };
    let first = graph.conv(input, conv(3, 16, 2), None);
    let second = graph.conv(first, conv(16, 16, 1), None);
    graph.mean(second);
    let picture = vec![255.0; 3 * 13 * 13];
    let reference = Reference::of(&graph, &picture);
    let scales = scales(&graph, &reference);
    for engine in Rounding::ALL.into_iter().flat_map(|rounding| engines(Format::Int8(rounding))) {
        let trunk = Trunk::new(Plan::new(&graph, engine, Some(&scales)));
        let error = error(&features(&trunk, &picture), &reference.features);
        let allowed = if engine.format() == Format::Int8(Rounding::Full) { 0.01 } else { 0.05 };
        assert!(error < allowed, "{engine:?}: {error}");
    }
}

#[test]
fn the_features_are_the_means_of_the_maps_in_every_engine() {
    for (seed, (graph, picture, _)) in networks().enumerate() {
        let scales = scales(&graph, &Reference::of(&graph, &picture));
        for engine in Format::ALL.into_iter().flat_map(engines) {
            let trunk = Trunk::new(Plan::new(&graph, engine, Some(&scales)));
            let maps = trunk.maps(&picture);
            let means: Vec<f64> = maps
                .iter()
                .flat_map(|map| {
                    let [_, rows, columns] = map.shape;
                    let mean = move |values: &[f32]| {
                        values.iter().map(|v| f64::from(*v)).sum::<f64>() / (rows * columns) as f64
                    };
                    map.values.chunks_exact(rows * columns).map(mean)
                })
                .collect();
            assert!([3, 5].contains(&maps.len()), "the means that were asked for");
            let error = error(&features(&trunk, &picture), &means);
            assert!(error < 1e-6, "{engine:?}, seed {seed}: {error}");
        }
    }
}

#[test]
fn the_largest_values_are_those_of_the_maps() {
    for (graph, picture) in [small(3), inverted(3)] {
        let reference = Reference::of(&graph, &picture);
        let trunk = Trunk::new(Plan::new(&graph, Engine::best(Format::F32), None));
        let seen = trunk.largest(&[picture]);
        for (map, seen) in reference.maps.iter().zip(seen) {
            let expected = map.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
            assert!((f64::from(seen) - expected).abs() < 1e-4 * expected, "{seen}, not {expected}");
        }
    }
}

#[test]
fn batches_and_threads_give_the_bits_of_one_picture_on_one_thread() {
    use candle_core::{Device, Tensor};
    let (graph, picture) = small(5);
    let [height, width] = graph.size(View { map: 0, first: 0, channels: 3 });
    let darker: Vec<f32> = picture.iter().map(|v| v / 2.0).collect();
    let largest = vec![8.0; graph.maps.len()];
    let scales = Scales::from_largest(&graph, largest);
    let by_amx = Engine::new(Format::Int8(Rounding::Full), InstructionSet::EmulatedAmx);
    for engine in Format::ALL.map(Engine::best).into_iter().chain(by_amx) {
        let trunk = Trunk::new(Plan::new(&graph, engine, Some(&scales)));
        let expected = [&picture, &darker].map(|picture| features(&trunk, picture));
        for (threads, n) in [(1, 1), (1, 5), (3, 1), (3, 2), (3, 3), (3, 8)] {
            let pictures = (0..n).flat_map(|i| [&picture, &darker][i % 2].clone()).collect();
            let batch = Tensor::from_vec(pictures, (n, 3, height, width), &Device::Cpu).unwrap();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let seen = pool.install(|| batch.apply_op1_no_bwd(&trunk)).unwrap();
            for (i, row) in seen.to_vec2::<f32>().unwrap().into_iter().enumerate() {
                assert!(row == expected[i % 2], "{engine:?}, {threads} threads, {i} of {n}");
            }
        }
    }
}

#[test]
fn memory_that_another_picture_has_used_changes_nothing() {
    for (seed, (graph, picture, _)) in networks().enumerate() {
        let bright: Vec<f32> = picture.iter().map(|v| 300.0 - v).collect();
        let none = vec![f32::NAN; picture.len()];
        for engine in [Format::F32, Format::Bf16].into_iter().flat_map(engines) {
            let trunk = Trunk::new(Plan::new(&graph, engine, None));
            let first = features(&trunk, &picture);
            for other in [&bright, &none] {
                assert!(features(&trunk, other) != first);
                assert!(features(&trunk, &picture) == first, "{engine:?}, seed {seed}");
            }
        }
    }
}

/// All but the silicon is tested by emulated tiles; this is the silicon, where there is some.
#[cfg(target_arch = "x86_64")]
#[test]
fn amx_of_the_processor_gives_the_numbers_of_emulated_tiles() {
    for format in [Format::Bf16, Format::Int8(Rounding::Full), Format::Int8(Rounding::Reduced)] {
        let Some(engine) = Engine::new(format, InstructionSet::Amx) else {
            assert_eq!(Engine::why_no_amx(format), None, "the processor has AMX");
            let line = "skipped: AMX of the processor: there is none\n";
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return;
        };
        let emulated = x86::with_emulated_tiles(format).expect("who has AMX has AVX-512");
        for (seed, (graph, picture, _)) in networks().enumerate().take(4) {
            let scales = Scales::from_largest(&graph, vec![4.0; graph.maps.len()]);
            let [seen, expected] = [engine.functions(), emulated].map(|functions| {
                let plan = Plan::by(&graph, engine, functions, Some(&scales));
                features(&Trunk::new(plan), &picture)
            });
            assert!(seen == expected, "{format:?}, seed {seed}");
        }
    }
}
