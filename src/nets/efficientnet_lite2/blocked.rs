//! The layers and their weights as a graph for the kernels.

use super::layers::{
    self, Block, EPSILON, SIDE, STEM, blocks, conv_shapes, head, same_padding, stem,
};
use crate::kernels::{Activation, Conv, Depthwise, Graph, View};
use crate::nets::error::Loaded;
use crate::nets::folding::{self, Named};
use crate::nets::preprocess::Preprocess;
use crate::nets::weights::WeightsFile;

/// Channels of the kernels' maps are a multiple of this: the others are zeros.
pub(super) const BLOCK: usize = 16;

/// The graph from pixel values `[3, side, side]` to the means of the taps, which are places among the
/// network's steps, in their order.
pub(super) fn graph(file: &WeightsFile, preprocess: &Preprocess, taps: &[usize]) -> Loaded<Graph> {
    folding::check(file, layers::NAME, &conv_shapes())?;
    let (_, before) = same_padding(SIDE, 3, 2);
    assert_eq!(before, 0, "the picture is padded behind its last row and column only");
    let range = preprocess.input_range();
    let (graph, picture) = Graph::with_margin([SIDE; 2], 1, range);
    let mut builder = Builder { file, graph };
    let mut outputs =
        vec![builder.conv(picture, &stem(), [STEM, 3], [3, 3], 2, Activation::Relu6)?];
    let last = taps.iter().max().copied().unwrap_or_default();
    for block in blocks().iter().take(last) {
        let output = builder.block(block, outputs[block.number])?;
        outputs.push(output);
    }
    if last == outputs.len() {
        let channels = [layers::HEAD, blocks().last().map_or(STEM, |block| block.outputs)];
        let input = outputs[last - 1];
        outputs.push(builder.conv(input, &head(), channels, [1, 1], 1, Activation::Relu6)?);
    }
    for tap in taps {
        builder.graph.mean(outputs[*tap]);
    }
    Ok(builder.graph)
}

struct Builder<'a> {
    file: &'a WeightsFile,
    graph: Graph,
}

impl Builder<'_> {
    fn block(&mut self, block: &Block, input: View) -> Loaded<View> {
        let Block { inputs, inner, outputs, kernel, stride, .. } = *block;
        let mut x = input;
        if block.expands() {
            let channels = [inner, inputs];
            x = self.conv(x, &block.expand(), channels, [1, 1], 1, Activation::Relu6)?;
        }
        let [height, width] = self.graph.size(x);
        let [(height, padding), (width, _)] =
            [height, width].map(|size| same_padding(size, kernel, stride));
        let named = block.depthwise();
        let (weight, bias) = self.folded(&named)?;
        let depthwise = Depthwise { name: named.weight, kernel, stride, padding, weight, bias };
        x = self.graph.depthwise(x, depthwise, [height, width]);
        x = self.conv(x, &block.project(), [outputs, inner], [1, 1], 1, Activation::None)?;
        Ok(if block.is_residual() { self.graph.add(x, input) } else { x })
    }

    /// `channels`: out and in, as the weights have them.
    fn conv(
        &mut self,
        input: View,
        named: &Named,
        [out, into]: [usize; 2],
        kernel: [usize; 2],
        stride: usize,
        activation: Activation,
    ) -> Loaded<View> {
        let (weight, mut bias) = self.folded(named)?;
        let all = out.next_multiple_of(BLOCK);
        bias.resize(all, 0.0);
        let weight = widened(weight, [out, into, kernel[0] * kernel[1]], [all, input.channels()]);
        let (name, padding) = (named.weight.clone(), [0, 0]);
        let conv = Conv { name, kernel, stride, padding, weight, bias, activation };
        Ok(self.graph.conv(input, conv, None))
    }

    fn folded(&self, named: &Named) -> Loaded<(Vec<f32>, Vec<f32>)> {
        let (weight, bias) = folding::convolution(self.file, named, EPSILON)?;
        Ok((weight.flatten_all()?.to_vec1()?, bias.flatten_all()?.to_vec1()?))
    }
}

/// Weights `[out, in, places]` with zeros for the further outputs and inputs.
fn widened(weight: Vec<f32>, [_, into, places]: [usize; 3], [out, wide]: [usize; 2]) -> Vec<f32> {
    let mut widened = vec![0.0; out * wide * places];
    for (row, from) in
        widened.chunks_exact_mut(wide * places).zip(weight.chunks_exact(into * places))
    {
        row[..into * places].copy_from_slice(from);
    }
    widened
}
