//! What an experiment may say of Inception v3 and of no other network: `[network.inception_v3]`.

use serde::{Deserialize, Serialize};

use crate::nets::network::OptionValues;
use crate::setting::{Field, FieldType, Kind, Range, Words, choices};

/// Whether the 3x3 average pools divide by 9 at the border too (padding counted), or by the number
/// of pixels inside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolPadding {
    /// Divide by 9 everywhere.
    Counted,
    /// Divide by the pixels that are there.
    Excluded,
}

/// The 3x3 pool in the last block's pool branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastPool {
    /// The mean, as in the other blocks.
    Average,
    /// The largest value, as in the network of 2015.
    Max,
}

/// What pixel values 0 to 255 become before the first convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputRange {
    /// `pixel / 255`.
    ZeroToOne,
    /// `pixel / 127.5 - 1`.
    MinusOneToOne,
    /// `(pixel - 128) / 128`, as retrain.py.
    RetrainPy,
}

choices! { PoolPadding {
    Counted = "count_padding": "averages divide by 9 at the border too",
    Excluded = "exclude_padding": "averages divide by the pixels that are there",
} }

choices! { LastPool {
    Average = "average": "average pooling",
    Max = "max": "max pooling, as the network of 2015",
} }

choices! { InputRange {
    ZeroToOne = "0..1": "pixel / 255",
    MinusOneToOne = "-1..1": "pixel / 127.5 - 1",
    RetrainPy = "retrain.py": "(pixel - 128) / 128",
} }

const AUTO: (&str, &str) = ("auto", "as the weights say");
const AVERAGE_POOLS: Words = &[AUTO, PoolPadding::CHOICES[0], PoolPadding::CHOICES[1]];
const LAST_POOLS: Words = &[AUTO, LastPool::CHOICES[0], LastPool::CHOICES[1]];
const INPUT_RANGES: Words =
    &[AUTO, InputRange::CHOICES[0], InputRange::CHOICES[1], InputRange::CHOICES[2]];

pub(super) const AVERAGE_POOL: Field = Field::new(
    "network.inception_v3.average_pool",
    Kind::Choice(AVERAGE_POOLS),
    "\"auto\"",
    "whether average pools count their padding",
)
.formerly("network.average_pool");

pub(super) const LAST_POOL: Field = Field::new(
    "network.inception_v3.last_pool",
    Kind::Choice(LAST_POOLS),
    "\"auto\"",
    "the pool in the last block",
)
.formerly("network.last_pool");

pub(super) const INPUT_RANGE: Field = Field::new(
    "network.inception_v3.input_range",
    Kind::Choice(INPUT_RANGES),
    "\"auto\"",
    "what the network takes as black and white",
)
.formerly("network.input_range");

pub(super) const BATCH_NORM_EPSILON: Field = Field::new(
    "network.inception_v3.batch_norm_epsilon",
    Kind::FloatOrAuto(Range::closed(0.0, 1.0).above()),
    "\"auto\"",
    "added to variances; auto: as the weights say, else 0.001",
)
.formerly("network.batch_norm_epsilon");

/// The fields of `[network.inception_v3]`.
pub(super) const FIELDS: &[Field] = &[AVERAGE_POOL, LAST_POOL, INPUT_RANGE, BATCH_NORM_EPSILON];

/// What an experiment says of Inception v3; `None`: as the weights say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// What the average pools do at the border.
    pub average_pool: Option<PoolPadding>,
    /// The pool in the last block.
    pub last_pool: Option<LastPool>,
    /// What the network takes as black and white.
    pub input_range: Option<InputRange>,
    /// Added to the variances of batch normalisation.
    pub batch_norm_epsilon: Option<f64>,
}

impl Options {
    /// Those that are set in an experiment.
    pub fn of(values: &OptionValues) -> Options {
        Options {
            average_pool: values.get(&AVERAGE_POOL),
            last_pool: values.get(&LAST_POOL),
            input_range: values.get(&INPUT_RANGE),
            batch_norm_epsilon: values.get(&BATCH_NORM_EPSILON),
        }
    }

    /// As an experiment holds them.
    pub fn to_values(&self) -> OptionValues {
        let mut values = OptionValues::default();
        values.set(&AVERAGE_POOL, self.average_pool.to_value());
        values.set(&LAST_POOL, self.last_pool.to_value());
        values.set(&INPUT_RANGE, self.input_range.to_value());
        values.set(&BATCH_NORM_EPSILON, self.batch_norm_epsilon.to_value());
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_being_held_by_an_experiment() {
        let options = Options {
            average_pool: Some(PoolPadding::Excluded),
            last_pool: Some(LastPool::Max),
            input_range: Some(InputRange::RetrainPy),
            batch_norm_epsilon: Some(1e-2),
        };
        assert_eq!(Options::of(&options.to_values()), options);
        assert_eq!(Options::default().to_values(), OptionValues::default());
    }
}
