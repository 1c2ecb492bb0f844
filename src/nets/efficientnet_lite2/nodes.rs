//! The layers and their weights as nodes of an ONNX graph.

use super::layers::{Block, EPSILON, SIDE, blocks, head, same_padding, stem};
use super::opened::Opened;
use crate::nets::error::Loaded;
use crate::nets::folding::{self, Named};
use crate::onnx::{Conv, Graph, Value};

/// From normalised pictures `[n, 3, side, side]` to the map of each tap, in their order.
pub(super) fn nodes(opened: &Opened, graph: &mut Graph, pictures: &Value) -> Loaded<Vec<Value>> {
    let mut builder = Builder { opened, graph, side: SIDE };
    let x = builder.conv(pictures, &stem(), 3, 2, 1)?;
    let mut steps = vec![builder.graph.relu6(&x)];
    let last = opened.taps.iter().max().copied().unwrap_or_default();
    let blocks = blocks();
    for block in blocks.iter().take(last) {
        let output = builder.block(block, &steps[block.number])?;
        steps.push(output);
    }
    if last > blocks.len() {
        let x = builder.conv(&steps[blocks.len()], &head(), 1, 1, 1)?;
        steps.push(builder.graph.relu6(&x));
    }
    Ok(opened.taps.iter().map(|tap| steps[*tap].clone()).collect())
}

struct Builder<'a> {
    opened: &'a Opened,
    graph: &'a mut Graph,
    /// Of the latest map, in pixels.
    side: usize,
}

impl Builder<'_> {
    fn block(&mut self, block: &Block, input: &Value) -> Loaded<Value> {
        let Block { inner, kernel, stride, .. } = *block;
        let mut x = input.clone();
        if block.expands() {
            let sums = self.conv(&x, &block.expand(), 1, 1, 1)?;
            x = self.graph.relu6(&sums);
        }
        let sums = self.conv(&x, &block.depthwise(), kernel, stride, inner)?;
        x = self.graph.relu6(&sums);
        let output = self.conv(&x, &block.project(), 1, 1, 1)?;
        Ok(if block.is_residual() { self.graph.pair("Add", &output, input) } else { output })
    }

    /// Padded as TensorFlow's `SAME`.
    fn conv(
        &mut self,
        x: &Value,
        named: &Named,
        kernel: usize,
        stride: usize,
        groups: usize,
    ) -> Loaded<Value> {
        let (weight, bias) = folding::nodes(&self.opened.file, named, EPSILON, self.graph)?;
        let (out, before) = same_padding(self.side, kernel, stride);
        let after = ((out - 1) * stride + kernel).saturating_sub(self.side + before);
        self.side = out;
        let padding = [before, before, after, after];
        Ok(self.graph.conv(x, &weight, Some(&bias), Conv { stride, padding, groups }))
    }
}
