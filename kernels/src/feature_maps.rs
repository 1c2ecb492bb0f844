//! The maps that the features of a picture are the means of, as plain numbers.

use super::arena::Words;
use super::format::Format;
use super::graph::BLOCK;
use super::pool_plan::PoolPlan;

/// A map whose means are a part of the features.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMap {
    /// Channels, rows and columns.
    pub shape: [usize; 3],
    /// `[channels, rows, columns]`, as many numbers as the shape says.
    pub values: Vec<f32>,
}

impl FeatureMap {
    /// Reads what `mean`, the plan of a mean, is about to take the mean of.
    pub(super) fn read(mean: &PoolPlan, format: Format, arena: &Words) -> FeatureMap {
        let (layout, per_word) = (mean.input, format.channels_per_word());
        let shape = [mean.blocks * BLOCK, layout.height, layout.width];
        let mut values = Vec::with_capacity(shape.iter().product());
        for channel in 0..shape[0] {
            let (block, lane) = (channel / BLOCK, channel % BLOCK);
            for row in 0..layout.height {
                let first = mean.from + block * layout.block() + row * layout.row();
                for column in 0..layout.width {
                    let word = arena.word(first + column * layout.step() + lane / per_word);
                    let number = format.number(word, lane % per_word);
                    values.push((number - mean.scales.input_zero) * mean.scales.input);
                }
            }
        }
        FeatureMap { shape, values }
    }
}
