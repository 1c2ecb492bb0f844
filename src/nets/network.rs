//! A network as it is declared, and what an experiment says of it: the table `[network]`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use candle_core::Device;

use super::backbone::Backbone;
use super::error::Loaded;
use super::identity::Identity;
use super::preprocess::Preprocess;
use super::settings::{DeviceChoice, Precision, Resize, Weights};
use super::weights::WeightsFile;
use crate::kernels::Rounding;
use crate::onnx;
use crate::setting::{Field, FieldType, Value};

/// Makes a network of its settings; a weights file is sought below the path, the project folder.
pub type Load = fn(&NetworkSettings, &Path, &Device) -> Loaded<Box<dyn Backbone>>;

/// Adds the layers of a network, and what it takes of its weights, to an ONNX graph: from normalised
/// pictures `[n, 3, side, side]` to a map `[n, channels, rows, columns]` for each tap.
pub(super) type Nodes =
    fn(&NetworkSettings, &Path, &mut onnx::Graph, &onnx::Value) -> Loaded<Vec<onnx::Value>>;

/// What an identity says of the settings that are the network's own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnSettings {
    /// Blocks whose pooled outputs are the feature.
    pub taps: Vec<String>,
    /// The network's own options.
    pub options: OptionValues,
}

/// A network that an experiment can choose as its backbone.
pub struct Network {
    /// As `network.backbone` has it, and the table `[network.NAME]` of its own options.
    pub name: &'static str,
    /// One short line.
    pub meaning: &'static str,
    /// How accurate it was with its built-in weights, for who chooses one; `None`: it has none, or
    /// they were not measured.
    pub measured: Option<&'static str>,
    /// Its weights in the program; `None`: they are always a file.
    pub(super) built_in: Option<&'static [u8]>,
    /// Its own options, with keys that start with `network.NAME.`; none: there is no such table.
    pub options: &'static [Field],
    /// Loads it.
    pub load: Load,
    /// Adds it to an ONNX graph.
    pub(super) nodes: Nodes,
    /// Refuses settings that the network cannot have, before its weights are read.
    pub(super) check: fn(&NetworkSettings) -> Loaded<()>,
    /// What a weights file holds, where it is one of this network.
    pub(super) recognize: fn(&WeightsFile) -> Option<Recognized>,
    /// Reads the settings of its own from an identity of such a network, so that they load the same
    /// network again, whatever its weights file says by then.
    pub own_settings: fn(&Identity) -> Loaded<OwnSettings>,
}

/// What a weights file holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recognized {
    /// The network, in a word or two; with its size where it has several.
    pub name: &'static str,
    /// About how long one photo takes one core of a CPU, in seconds, where that is long: it was
    /// measured on one machine, and others are up to twice as fast or as slow.
    pub seconds: Option<f64>,
}

impl Network {
    /// Whether the program has weights of it.
    pub fn has_weights(&self) -> bool {
        self.built_in.is_some()
    }
}

/// A network is known by its name.
impl PartialEq for Network {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The table `[network]`, and the tables `[network.NAME]` below it. `Default`: nothing written.
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// The network.
    pub backbone: &'static Network,
    /// Where its weights are.
    pub weights: Weights,
    /// Blocks whose pooled outputs, concatenated, are the feature; empty: those of the weights.
    pub taps: Vec<String>,
    /// How a photo is brought to the network's size; `None`: as the weights were trained.
    pub resize: Option<Resize>,
    /// The arithmetic.
    pub precision: Precision,
    /// Where it computes.
    pub device: DeviceChoice,
    /// What is said of one network only.
    pub options: OptionValues,
    /// How 8-bit integers are rounded; `None`: as this processor is fast at. An experiment cannot say it: a
    /// run that goes on and a head keep theirs.
    pub rounding: Option<Rounding>,
    /// Whether bf16 is computed without AMX, whose last digits are others; an experiment cannot say it: a run
    /// that goes on and a head keep theirs.
    pub bf16_without_amx: bool,
    /// How the network of a head took photos, over what its weights file or others say of it now; an
    /// experiment cannot say it.
    pub preprocess: Option<Preprocess>,
}

impl NetworkSettings {
    /// The resize rule of a network that the program has weights of.
    pub(super) fn resize_of_built_in(&self) -> Resize {
        self.resize.unwrap_or(Resize::Antialias)
    }
}

/// Two are equal that mean the same network: what is said of others is kept, but does not matter.
impl PartialEq for NetworkSettings {
    fn eq(&self, other: &NetworkSettings) -> bool {
        let NetworkSettings {
            backbone,
            weights,
            taps,
            resize,
            precision,
            device,
            options,
            rounding,
            bf16_without_amx,
            preprocess,
        } = self;
        let same_option = |option| options.value(option) == other.options.value(option);
        *backbone == other.backbone
            && *weights == other.weights
            && *taps == other.taps
            && *resize == other.resize
            && *precision == other.precision
            && *device == other.device
            && *rounding == other.rounding
            && *bf16_without_amx == other.bf16_without_amx
            && *preprocess == other.preprocess
            && backbone.options.iter().all(same_option)
    }
}

/// Values of the options that are a network's own, by their keys. An option that is not here has
/// its default, so that equal values mean the same network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptionValues(BTreeMap<&'static str, Value>);

impl OptionValues {
    /// The value of an option that is declared with a default.
    pub fn value(&self, option: &Field) -> Value {
        let set = self.0.get(option.key).cloned();
        match set.or_else(|| option.default_value()) {
            Some(value) => value,
            None => unreachable!("{} is declared without a default", option.key),
        }
    }

    /// The value in its own type, which must be the one that the option's kind stands for.
    pub fn get<T: FieldType>(&self, option: &Field) -> T {
        let value = self.value(option);
        match T::from_value(&value) {
            Some(value) => value,
            None => unreachable!("{} holds {value:?}", option.key),
        }
    }

    /// Sets an option to a value of its kind.
    pub fn set(&mut self, option: &Field, value: Value) {
        if option.default_value().as_ref() == Some(&value) {
            self.0.remove(option.key);
        } else {
            self.0.insert(option.key, value);
        }
    }
}
