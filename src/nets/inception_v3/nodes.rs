//! The layers and their weights as nodes of an ONNX graph.

use super::layers::{Block, ConvSpec, Step, key};
use super::opened::Opened;
use super::options::{LastPool, PoolPadding};
use crate::nets::error::Loaded;
use crate::nets::folding::{self, Named};
use crate::onnx::{Conv, Graph, Value};

/// From normalised pictures `[n, 3, side, side]` to the map of each tap, in their order.
pub(super) fn nodes(opened: &Opened, graph: &mut Graph, pictures: &Value) -> Loaded<Vec<Value>> {
    let mut builder = Builder { opened, graph };
    let mut outputs: Vec<Value> = Vec::new();
    for block in &opened.layers {
        let input = outputs.last().unwrap_or(pictures);
        outputs.push(builder.block(block, input)?);
    }
    Ok(opened.taps.iter().map(|tap| outputs[*tap].clone()).collect())
}

struct Builder<'a> {
    opened: &'a Opened,
    graph: &'a mut Graph,
}

impl Builder<'_> {
    fn block(&mut self, block: &Block, input: &Value) -> Loaded<Value> {
        let mut branches = Vec::new();
        for branch in &block.branches {
            let along = |x: Value, step: &Step| self.step(block, step, &x);
            branches.push(branch.iter().try_fold(input.clone(), along)?);
        }
        Ok(self.graph.concat(&branches, 1))
    }

    fn step(&mut self, block: &Block, step: &Step, x: &Value) -> Loaded<Value> {
        let variant = &self.opened.variant;
        let counts_padding = variant.average_pool.value == PoolPadding::Counted;
        Ok(match step {
            Step::Conv(conv) => self.conv(block, conv, x)?,
            Step::Fork([one, other]) => {
                let both = [self.conv(block, one, x)?, self.conv(block, other, x)?];
                self.graph.concat(&both, 1)
            }
            Step::MaxPool => self.graph.max_pool(x, 3, 2, 0),
            Step::LastPool if variant.last_pool.value == LastPool::Max => {
                self.graph.max_pool(x, 3, 1, 1)
            }
            Step::AveragePool | Step::LastPool => self.graph.average_pool(x, counts_padding),
        })
    }

    fn conv(&mut self, block: &Block, conv: &ConvSpec, x: &Value) -> Loaded<Value> {
        let Opened { file, variant, .. } = self.opened;
        let epsilon = variant.batch_norm_epsilon.value;
        let named = Named::of(&key(block, conv));
        let (weight, bias) = folding::nodes(file, &named, epsilon, self.graph)?;
        let [above, left] = conv.kernel.map(|side| if conv.padded { side / 2 } else { 0 });
        let meets = Conv { stride: conv.stride, padding: [above, left, above, left], groups: 1 };
        let sums = self.graph.conv(x, &weight, Some(&bias), meets);
        Ok(self.graph.relu(&sums))
    }
}
