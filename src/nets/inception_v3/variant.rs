//! What differs between published Inception v3 weights though their tensors have the same names:
//! pooling rules, input range, epsilon and taps.
//!
//! Each is known from a setting, or else from the file's metadata, or else from its tensors, or else
//! it is assumed; where it is known from is kept beside the value.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::frozen_graph;
use super::layers::{self, layers};
use super::options::{self, InputRange, LastPool, Options, PoolPadding};
use crate::nets::error::NetError;
use crate::nets::identity::{Identity, Property, RANGE_PROPERTY, Source, Stated};
use crate::nets::weights::{Format, WeightsFile};

impl InputRange {
    /// Mean and deviation, in pixel values and the same for every colour, that are this range.
    pub fn mean_and_std(self) -> (f64, f64) {
        match self {
            InputRange::ZeroToOne => (0.0, 255.0),
            InputRange::MinusOneToOne => (127.5, 127.5),
            InputRange::RetrainPy => (128.0, 128.0),
        }
    }
}

/// All that must be known besides the tensors.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Variant {
    /// What the average pools divide by.
    pub average_pool: Stated<PoolPadding>,
    /// The pool branch of the last block.
    pub last_pool: Stated<LastPool>,
    /// What pixel values become.
    pub input_range: Stated<InputRange>,
    /// Is added to the variance in batch normalisation.
    pub batch_norm_epsilon: Stated<f64>,
    /// Blocks whose pooled outputs, in this order, are the feature.
    pub taps: Stated<Vec<String>>,
}

/// `(padding, last pool)` of published weights that can be recognised by their tensors:
///
/// - 1008 classes: the network of 2015 as pytorch-fid converts it (TensorFlow's average pool does
///   not count padding, and the last block takes a maximum);
/// - a frozen graph: TensorFlow's average pool, and what the graph itself says of the last block;
/// - a file of Keras: TensorFlow's average pool, also in the last block;
/// - an auxiliary classifier: torchvision's training, also timm's `tv_in1k`.
fn told_by_tensors(file: &WeightsFile) -> Option<(PoolPadding, LastPool)> {
    if file.shape("fc.weight").is_some_and(|shape| shape.first() == Some(&1008))
        || file.format() == Format::FrozenGraph
    {
        Some((PoolPadding::Excluded, LastPool::Max))
    } else if file.format() == Format::Keras {
        Some((PoolPadding::Excluded, LastPool::Average))
    } else if file.names().any(|name| name.starts_with("AuxLogits.")) {
        Some((PoolPadding::Counted, LastPool::Average))
    } else {
        None
    }
}

impl Variant {
    /// As the properties of an identity, in the order in which they are shown.
    pub(super) fn properties(&self) -> Vec<Property> {
        let Variant { average_pool, last_pool, input_range, batch_norm_epsilon, taps } = self;
        let property =
            |name: &str, value: String, source| Property { name: name.to_owned(), value, source };
        vec![
            property(TAPS_NAME, taps.value.join(BETWEEN_TAPS), taps.source),
            property(RANGE_PROPERTY, word(&input_range.value), input_range.source),
            property(PADDING_NAME, word(&average_pool.value), average_pool.source),
            property(LAST_POOL_NAME, word(&last_pool.value), last_pool.source),
            property(EPSILON_NAME, batch_norm_epsilon.value.to_string(), batch_norm_epsilon.source),
        ]
    }

    /// Reads what [`Variant::properties`] wrote.
    pub(super) fn of(identity: &Identity) -> Result<Variant, NetError> {
        fn read<T>(
            identity: &Identity,
            name: &'static str,
            read: impl Fn(&str) -> Option<T>,
        ) -> Result<Stated<T>, NetError> {
            let property = identity.property(name);
            let value = property.and_then(|property| read(&property.value));
            match (property, value) {
                (Some(property), Some(value)) => Ok(Stated { value, source: property.source }),
                _ => Err(NetError::property(identity, name)),
            }
        }
        Ok(Variant {
            average_pool: read(identity, PADDING_NAME, from_word)?,
            last_pool: read(identity, LAST_POOL_NAME, from_word)?,
            input_range: read(identity, RANGE_PROPERTY, from_word)?,
            batch_norm_epsilon: read(identity, EPSILON_NAME, |text| text.parse().ok())?,
            taps: read(identity, TAPS_NAME, |text| {
                Some(text.split(BETWEEN_TAPS).map(str::to_owned).collect())
            })?,
        })
    }

    /// Whether all rules but the taps are those that the file has when no setting says otherwise.
    pub(super) fn is_the_files_own(&self, file: &WeightsFile) -> bool {
        let rules = |variant: &Variant| {
            (
                variant.average_pool.value,
                variant.last_pool.value,
                variant.input_range.value,
                variant.batch_norm_epsilon.value,
            )
        };
        Variant::resolve(&Options::default(), &[], file).is_ok_and(|own| rules(&own) == rules(self))
    }

    /// `taps`: as the experiment names them; empty: as the file says.
    pub(super) fn resolve(
        options: &Options,
        taps: &[String],
        file: &WeightsFile,
    ) -> Result<Variant, NetError> {
        let (pools, source) = match told_by_tensors(file) {
            Some(pools) => (pools, Source::Tensors),
            // timm's `tf_in1k`, or a file without its classifier: what timm's code does.
            None => ((PoolPadding::Counted, LastPool::Average), Source::Assumed),
        };
        Ok(Variant {
            average_pool: stated(
                options.average_pool,
                || metadata(file, &PADDING),
                Stated { value: pools.0, source },
            )?,
            last_pool: stated(
                options.last_pool,
                || metadata(file, &LAST_POOL),
                Stated { value: pools.1, source },
            )?,
            input_range: stated(
                options.input_range,
                || metadata(file, &INPUT_RANGE),
                Stated { value: InputRange::MinusOneToOne, source },
            )?,
            batch_norm_epsilon: stated(
                options.batch_norm_epsilon,
                || metadata(file, &EPSILON),
                Stated { value: 1e-3, source },
            )?,
            taps: stated(
                (!taps.is_empty()).then(|| taps.to_vec()),
                || Ok(metadata(file, &TAPS)?.or_else(|| taps_of_moderation_weights(file))),
                taps_of_length(file, source),
            )?,
        })
    }
}

const TAPS_NAME: &str = "taps";
const PADDING_NAME: &str = "average_pool_padding";
const LAST_POOL_NAME: &str = "last_pool";
const EPSILON_NAME: &str = "batch_norm_epsilon";

/// The setting of the taps, which every network has.
pub(super) const TAPS_SETTING: &str = "network.taps";

const BETWEEN_TAPS: &str = ", ";

/// The word that serde writes for a value of an enum.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("an enum without fields is a word, not {other:?}"),
    }
}

fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(word.into()).ok()
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

/// A key of the file's metadata: how its text is read, and which setting to use when that fails.
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
    setting: options::AVERAGE_POOL.key,
};

const LAST_POOL: Key<LastPool> = Key {
    key: "last_block_pool",
    read: |text| match text {
        "avg" | "average" => Some(LastPool::Average),
        "max" => Some(LastPool::Max),
        _ => None,
    },
    expected: "avg or max",
    setting: options::LAST_POOL.key,
};

const INPUT_RANGE: Key<InputRange> = Key {
    key: "input_range",
    // A remark may follow the range.
    read: |text| match text.split_inclusive([']', ')']).next()?.replace(' ', "").as_str() {
        "[0,1]" => Some(InputRange::ZeroToOne),
        "[-1,1]" => Some(InputRange::MinusOneToOne),
        "[-1,1)" => Some(InputRange::RetrainPy),
        _ => None,
    },
    expected: "[0,1] or [-1,1]",
    setting: options::INPUT_RANGE.key,
};

const EPSILON: Key<f64> = Key {
    key: "bn_eps",
    read: |text| text.parse().ok().filter(|epsilon: &f64| epsilon.is_finite() && *epsilon > 0.0),
    expected: "a number above 0, as 0.001",
    setting: options::BATCH_NORM_EPSILON.key,
};

const TAPS: Key<Vec<String>> = Key {
    key: "taps",
    read: |text| Some(text.split(',').map(|tap| tap.trim().to_owned()).collect()),
    expected: "names of blocks with commas between",
    setting: TAPS_SETTING,
};

fn metadata<T>(file: &WeightsFile, key: &Key<T>) -> Result<Option<T>, NetError> {
    let text = match file.format() {
        Format::FrozenGraph => frozen_graph::fact(file, key.key),
        _ => file.metadata(key.key).map(str::to_owned),
    };
    let Some(text) = text else { return Ok(None) };
    (key.read)(text.trim()).map(Some).ok_or_else(|| NetError::Metadata {
        file: file.name().to_owned(),
        key: key.key,
        found: text,
        expected: key.expected,
        setting: key.setting,
    })
}

/// The last block, as in retrain.py; of weights that end before, both blocks that are tapped in the
/// built-in weights if they are there, else the last one that is.
fn taps_of_length(file: &WeightsFile, otherwise: Source) -> Stated<Vec<String>> {
    let layers = layers();
    let there = layers::present(file, &layers).unwrap_or(&layers);
    let has = |name: &str| there.iter().any(|block| block.name == name);
    let (value, source) = match there.last() {
        Some(last) if !has("Mixed_7a") => (vec![last.name], Source::Tensors),
        Some(_) if !has("Mixed_7c") => (EARLIER_TAPS.to_vec(), Source::Tensors),
        _ => (vec!["Mixed_7c"], otherwise),
    };
    Stated { value: value.into_iter().map(str::to_owned).collect(), source }
}

const EARLIER_TAPS: [&str; 2] = ["Mixed_6c", "Mixed_7a"];

/// Taps for the built-in weights, which come from a content-moderation classifier: its last blocks
/// are of use for that task only. On 3,670 photos of flowers (5-fold) these two taps gave an accuracy
/// of 86.6%, the last block 75%.
fn taps_of_moderation_weights(file: &WeightsFile) -> Option<Vec<String>> {
    let source = file.metadata("source")?;
    source.starts_with("npm nsfwjs").then(|| EARLIER_TAPS.map(str::to_owned).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(options: Options, file: &WeightsFile) -> Result<Variant, NetError> {
        Variant::resolve(&options, &[], file)
    }

    /// A file with 1008 classes, as pytorch-fid's, and this metadata.
    fn file(metadata: &str) -> WeightsFile {
        let header = format!(
            r#"{{"__metadata__":{{{metadata}}},
            "fc.weight":{{"dtype":"U8","shape":[1008,1],"data_offsets":[0,1008]}}}}"#
        );
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend([0; 1008]);
        WeightsFile::parse("w".to_owned(), bytes.into()).unwrap()
    }

    #[test]
    fn a_setting_beats_metadata_and_metadata_beats_tensors() {
        let file = file(r#""last_block_pool":"avg","avg_pool_count_include_pad":"true""#);
        let options = Options { last_pool: Some(LastPool::Max), ..Options::default() };
        let variant = resolve(options, &file).unwrap();
        let last = Stated { value: LastPool::Max, source: Source::Setting };
        let average = Stated { value: PoolPadding::Counted, source: Source::Metadata };
        let range = Stated { value: InputRange::MinusOneToOne, source: Source::Tensors };
        assert_eq!((variant.last_pool, variant.average_pool), (last, average));
        assert_eq!(variant.input_range, range);
    }

    #[test]
    fn metadata_may_name_range_epsilon_and_taps() {
        let file = file(
            r#""input_range":"[-1, 1], as TF-Slim","bn_eps":"1e-5","taps":"Mixed_6e, Mixed_7b""#,
        );
        let variant = resolve(Options::default(), &file).unwrap();
        assert_eq!(variant.input_range.value, InputRange::MinusOneToOne);
        assert_eq!(variant.batch_norm_epsilon.value, 1e-5);
        assert_eq!(variant.taps.value, ["Mixed_6e", "Mixed_7b"]);
        assert_eq!(variant.taps.source, Source::Metadata);
    }

    #[test]
    fn metadata_that_is_not_understood_is_an_error_until_a_setting_replaces_it() {
        let file = file(r#""input_range":"[0,255]""#);
        let error = resolve(Options::default(), &file).unwrap_err().to_string();
        let expected = "w: its metadata says input_range = '[0,255]', expected [0,1] or [-1,1]; \
                        set network.inception_v3.input_range instead";
        assert_eq!(error, expected);
        let options = Options { input_range: Some(InputRange::ZeroToOne), ..Options::default() };
        assert!(resolve(options, &file).is_ok());
    }

    #[test]
    fn input_ranges_reach_their_ends() {
        let ends = |range: InputRange| {
            let (mean, std) = range.mean_and_std();
            [0.0, 255.0].map(|pixel| ((pixel - mean) / std) as f32)
        };
        assert_eq!(ends(InputRange::ZeroToOne), [0.0, 1.0]);
        assert_eq!(ends(InputRange::MinusOneToOne), [-1.0, 1.0]);
        assert_eq!(ends(InputRange::RetrainPy), [-1.0, 127.0 / 128.0]);
    }
}
