//! The layers and their weights as a graph for the kernels.

use super::layers::{Block, ConvSpec, Step, key};
use super::opened::Opened;
use super::options::{LastPool, PoolPadding};
use super::variant::Variant;
use crate::kernels::{Activation, Average, Conv, Graph, View};
use crate::nets::error::Loaded;
use crate::nets::folding::{self, Named};
use crate::nets::on_cpu::Blueprint;
use crate::nets::preprocess::Preprocess;
use crate::nets::weights::WeightsFile;

/// The largest value of each map of the built-in network, with all its blocks, at the calibration
/// pictures: a JSON list in the order in which the maps are made.
const BUILT_IN_LARGEST: &str = include_str!("../../../assets/inception_v3-nsfwjs.largest.json");

impl Blueprint for Opened {
    fn preprocess(&self) -> &Preprocess {
        &self.identity.preprocess
    }

    fn graph(&self) -> Loaded<Graph> {
        graph(self)
    }

    fn known_largest(&self, graph: &Graph) -> Option<Vec<f32>> {
        if !self.file.is_built_in() || !self.variant.is_the_files_own(&self.file) {
            return None;
        }
        let largest: Vec<f32> =
            serde_json::from_str(BUILT_IN_LARGEST).expect("a file of the program's own");
        // With other taps the network may end before its last block.
        Some(largest[..graph.map_count()].to_vec())
    }
}

/// The graph from pixel values `[3, side, side]` to the means of the taps, in their order.
fn graph(opened: &Opened) -> Loaded<Graph> {
    let Opened { file, variant, taps, layers, identity } = opened;
    let preprocess = &identity.preprocess;
    let (graph, input) = Graph::new([preprocess.side; 2], preprocess.input_range());
    let mut builder = Builder { file, variant, graph };
    let mut outputs: Vec<View> = Vec::new();
    for block in layers {
        outputs.push(builder.block(block, outputs.last().copied().unwrap_or(input))?);
    }
    for tap in taps {
        builder.graph.mean(outputs[*tap]);
    }
    Ok(builder.graph)
}

struct Builder<'a> {
    file: &'a WeightsFile,
    variant: &'a Variant,
    graph: Graph,
}

impl Builder<'_> {
    fn block(&mut self, block: &Block, input: View) -> Loaded<View> {
        let size = self.size_after(block, input);
        let output = self.graph.map([block.channels(input.channels()), size[0], size[1]]);
        let mut first = 0;
        for branch in &block.branches {
            let channels = branch.iter().fold(input.channels(), |sum, step| step.channels(sum));
            self.branch(block, branch, input, output.slice(first, channels))?;
            first += channels;
        }
        Ok(output)
    }

    /// Height and width that each branch of a block leaves.
    fn size_after(&self, block: &Block, input: View) -> [usize; 2] {
        let shrinks = block.branches[0].iter().find_map(|step| match step {
            Step::Conv(conv) if !conv.padded || conv.stride > 1 => Some((conv.kernel, conv.stride)),
            Step::MaxPool => Some(([3, 3], 2)),
            _ => None,
        });
        let (kernel, stride) = shrinks.unwrap_or(([1, 1], 1));
        self.graph.size_after(input, kernel, stride, [0, 0])
    }

    fn branch(&mut self, block: &Block, steps: &[Step], mut x: View, output: View) -> Loaded<()> {
        let average = match self.variant.average_pool.value {
            PoolPadding::Counted => Average::CountPadding,
            PoolPadding::Excluded => Average::ExcludePadding,
        };
        let mut steps = steps.iter().peekable();
        while let Some(step) = steps.next() {
            let averages = match step {
                Step::AveragePool => true,
                Step::LastPool => self.variant.last_pool.value == LastPool::Average,
                _ => false,
            };
            if averages && let Some(Step::Conv(conv)) = steps.next() {
                let conv = self.conv(block, conv)?;
                self.graph.average_pool_conv(x, conv, average, output);
                return Ok(());
            }
            let into = steps.peek().is_none().then_some(output);
            x = match step {
                Step::Conv(spec) => {
                    let conv = self.conv(block, spec)?;
                    self.graph.conv(x, conv, into)
                }
                Step::Fork([one, other]) => {
                    let [one, other] = [self.conv(block, one)?, self.conv(block, other)?];
                    let (channels, rest) = (one.bias.len(), other.bias.len());
                    self.graph.conv(x, one, Some(output.slice(0, channels)));
                    self.graph.conv(x, other, Some(output.slice(channels, rest)));
                    output
                }
                Step::MaxPool => self.graph.max_pool(x, 2, 0, into),
                Step::AveragePool | Step::LastPool => self.graph.max_pool(x, 1, 1, into),
            };
        }
        Ok(())
    }

    fn conv(&self, block: &Block, conv: &ConvSpec) -> Loaded<Conv> {
        let name = key(block, conv);
        let epsilon = self.variant.batch_norm_epsilon.value;
        let (weight, bias) = folding::convolution(self.file, &Named::of(&name), epsilon)?;
        let [height, width] = conv.kernel;
        Ok(Conv {
            name,
            kernel: conv.kernel,
            stride: conv.stride,
            padding: if conv.padded { [height / 2, width / 2] } else { [0, 0] },
            weight: weight.flatten_all()?.to_vec1()?,
            bias: bias.flatten_all()?.to_vec1()?,
            activation: Activation::Relu,
        })
    }
}
