//! What differs between published Inception v3 weights though their tensors have the same names:
//! pooling rules, input range, epsilon and taps. Each is known from a setting, else from the
//! file's metadata, else from its tensors, else assumed; which one is kept beside the value.

use serde::{Deserialize, Serialize};

use super::error::NetError;
use super::identity::{Source, Stated};
use super::weights::WeightsFile;
use crate::spec::{self, Network};

/// Whether the 3x3 average pools divide by 9 at the border too (padding counted), or by the number
/// of pixels inside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolPadding {
    Counted,
    Excluded,
}

/// The 3x3 pool in the last block's pool branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastPool {
    Average,
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

impl InputRange {
    /// `(factor, offset)` of `pixel * factor + offset`.
    pub(super) fn factor_and_offset(self) -> (f64, f64) {
        match self {
            InputRange::ZeroToOne => (1.0 / 255.0, 0.0),
            InputRange::MinusOneToOne => (1.0 / 127.5, -1.0),
            InputRange::RetrainPy => (1.0 / 128.0, -1.0),
        }
    }
}

/// All that must be known besides the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    pub average_pool: Stated<PoolPadding>,
    pub last_pool: Stated<LastPool>,
    pub input_range: Stated<InputRange>,
    pub batch_norm_epsilon: Stated<f64>,
    /// Blocks whose pooled outputs, in this order, are the feature.
    pub taps: Stated<Vec<String>>,
}

/// Published weights that their tensors give away: `(padding, last pool)`.
///
/// - 1008 classes: the network of 2015 as pytorch-fid converts it (TensorFlow's average pool does
///   not count padding; a maximum in the last block);
/// - an auxiliary classifier: torchvision's training, also timm's `tv_in1k`.
fn told_by_tensors(file: &WeightsFile) -> Option<(PoolPadding, LastPool)> {
    if file.shape("fc.weight").is_some_and(|shape| shape.first() == Some(&1008)) {
        Some((PoolPadding::Excluded, LastPool::Max))
    } else if file.names().any(|name| name.starts_with("AuxLogits.")) {
        Some((PoolPadding::Counted, LastPool::Average))
    } else {
        None
    }
}

impl Variant {
    pub(super) fn resolve(network: &Network, file: &WeightsFile) -> Result<Variant, NetError> {
        let (pools, source) = match told_by_tensors(file) {
            Some(pools) => (pools, Source::Tensors),
            // timm's `tf_in1k`, or a file without its classifier: what timm's code does.
            None => ((PoolPadding::Counted, LastPool::Average), Source::Assumed),
        };
        Ok(Variant {
            average_pool: stated(
                padding_setting(network.average_pool),
                || metadata(file, &PADDING),
                Stated { value: pools.0, source },
            )?,
            last_pool: stated(
                last_pool_setting(network.last_pool),
                || metadata(file, &LAST_POOL),
                Stated { value: pools.1, source },
            )?,
            input_range: stated(
                input_range_setting(network.input_range),
                || metadata(file, &INPUT_RANGE),
                Stated { value: InputRange::MinusOneToOne, source },
            )?,
            batch_norm_epsilon: stated(
                network.batch_norm_epsilon,
                || metadata(file, &EPSILON),
                Stated { value: 1e-3, source },
            )?,
            taps: stated(
                (!network.taps.is_empty()).then(|| network.taps.clone()),
                || Ok(metadata(file, &TAPS)?.or_else(|| taps_of_moderation_weights(file))),
                Stated { value: vec!["Mixed_7c".to_owned()], source },
            )?,
        })
    }
}

fn stated<T>(
    setting: Option<T>,
    metadata: impl FnOnce() -> Result<Option<T>, NetError>,
    otherwise: Stated<T>,
) -> Result<Stated<T>, NetError> {
    if let Some(value) = setting {
        return Ok(Stated { value, source: Source::Setting });
    }
    let from_metadata = metadata()?.map(|value| Stated { value, source: Source::Metadata });
    Ok(from_metadata.unwrap_or(otherwise))
}

fn padding_setting(setting: spec::AveragePool) -> Option<PoolPadding> {
    match setting {
        spec::AveragePool::Auto => None,
        spec::AveragePool::CountPadding => Some(PoolPadding::Counted),
        spec::AveragePool::ExcludePadding => Some(PoolPadding::Excluded),
    }
}

fn last_pool_setting(setting: spec::LastPool) -> Option<LastPool> {
    match setting {
        spec::LastPool::Auto => None,
        spec::LastPool::Average => Some(LastPool::Average),
        spec::LastPool::Max => Some(LastPool::Max),
    }
}

fn input_range_setting(setting: spec::InputRange) -> Option<InputRange> {
    match setting {
        spec::InputRange::Auto => None,
        spec::InputRange::ZeroToOne => Some(InputRange::ZeroToOne),
        spec::InputRange::MinusOneToOne => Some(InputRange::MinusOneToOne),
        spec::InputRange::RetrainPy => Some(InputRange::RetrainPy),
    }
}

/// A key of the file's metadata: how its text is read, and what to set when that fails.
struct Key<T> {
    key: &'static str,
    read: fn(&str) -> Option<T>,
    expected: &'static str,
    setting: &'static str,
}

const PADDING: Key<PoolPadding> = Key {
    key: "avg_pool_count_include_pad",
    read: |text| match text {
        "true" => Some(PoolPadding::Counted),
        "false" => Some(PoolPadding::Excluded),
        _ => None,
    },
    expected: "true or false",
    setting: "network.average_pool",
};

const LAST_POOL: Key<LastPool> = Key {
    key: "last_block_pool",
    read: |text| match text {
        "avg" | "average" => Some(LastPool::Average),
        "max" => Some(LastPool::Max),
        _ => None,
    },
    expected: "avg or max",
    setting: "network.last_pool",
};

const INPUT_RANGE: Key<InputRange> = Key {
    key: "input_range",
    // A remark may follow the range.
    read: |text| match text.split_inclusive(']').next()?.replace(' ', "").as_str() {
        "[0,1]" => Some(InputRange::ZeroToOne),
        "[-1,1]" => Some(InputRange::MinusOneToOne),
        _ => None,
    },
    expected: "[0,1] or [-1,1]",
    setting: "network.input_range",
};

const EPSILON: Key<f64> = Key {
    key: "bn_eps",
    read: |text| text.parse().ok().filter(|epsilon: &f64| epsilon.is_finite() && *epsilon > 0.0),
    expected: "a number above 0, as 0.001",
    setting: "network.batch_norm_epsilon",
};

const TAPS: Key<Vec<String>> = Key {
    key: "taps",
    read: |text| Some(text.split(',').map(|tap| tap.trim().to_owned()).collect()),
    expected: "names of blocks with commas between",
    setting: "network.taps",
};

fn metadata<T>(file: &WeightsFile, key: &Key<T>) -> Result<Option<T>, NetError> {
    let Some(text) = file.metadata(key.key) else { return Ok(None) };
    (key.read)(text.trim()).map(Some).ok_or_else(|| NetError::Metadata {
        file: file.name().to_owned(),
        key: key.key,
        found: text.to_owned(),
        expected: key.expected,
        setting: key.setting,
    })
}

/// The built-in weights come from a content-moderation classifier: its last blocks know that task
/// only. On 3,670 photos of flowers (5-fold) these two taps gave 86.6%, the last block 75%.
fn taps_of_moderation_weights(file: &WeightsFile) -> Option<Vec<String>> {
    let source = file.metadata("source")?;
    source.starts_with("npm nsfwjs").then(|| ["Mixed_6c", "Mixed_7a"].map(str::to_owned).to_vec())
}
