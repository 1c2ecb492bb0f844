//! The plan of one pool: where it reads and writes, checked once.

use super::arena::Layout;
use super::graph::{Average, BLOCK, View};
use super::quantize::StepScales;

/// Height and width of the window.
pub(super) const WINDOW: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolKind {
    Max,
    /// With bias and ReLU.
    Average(Average),
    /// Over all pixels, into the features.
    Mean,
}

/// A pool between two views. A task is one row of one block; of [`PoolKind::Mean`], one block.
pub(super) struct PoolPlan {
    pub kind: PoolKind,
    pub input: Layout,
    pub output: Layout,
    /// Offsets of the first pixel of the two views; of a mean, the output's first feature.
    pub from: usize,
    pub to: usize,
    pub blocks: usize,
    pub stride: usize,
    pub padding: usize,
    /// Added after an average, one a channel.
    pub bias: Vec<f32>,
    pub scales: StepScales,
}

impl PoolPlan {
    pub fn new(
        kind: PoolKind,
        (stride, padding): (usize, usize),
        bias: Vec<f32>,
        [(input, from), (output, to)]: [(Layout, View); 2],
        scales: StepScales,
    ) -> PoolPlan {
        PoolPlan {
            kind,
            input,
            output,
            from: input.at(from.first),
            to: output.at(to.first),
            blocks: from.channels / BLOCK,
            stride,
            padding,
            bias,
            scales,
        }
        .checked(from, to)
    }

    /// The mean of each channel of `from`, to the features from `first` on.
    pub fn mean((input, from): (Layout, View), first: usize, scales: StepScales) -> PoolPlan {
        let both = [(input, from), (input, from)];
        let plan = PoolPlan::new(PoolKind::Mean, (1, 0), Vec::new(), both, scales);
        PoolPlan { to: first, ..plan }
    }

    pub fn tasks(&self) -> usize {
        match self.kind {
            PoolKind::Mean => self.blocks,
            _ => self.blocks * self.output.height,
        }
    }

    /// The pool functions check nothing: the sizes that they rely on are checked here, once.
    fn checked(self, from: View, to: View) -> PoolPlan {
        assert_eq!(from.channels, to.channels);
        let fits = |input: usize, output: usize| {
            // The last window begins inside the map.
            output > 0 && (output - 1) * self.stride < input + self.padding
        };
        assert!(fits(self.input.height, self.output.height) || self.kind == PoolKind::Mean);
        assert!(fits(self.input.width, self.output.width) || self.kind == PoolKind::Mean);
        let biased = matches!(self.kind, PoolKind::Average(_));
        assert!(!biased || self.bias.len() == from.channels);
        self
    }
}
