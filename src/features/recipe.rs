//! What must be known to make the same features again: it goes into the head file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::extract::Extractor;
use crate::config::expand_home;
use crate::dataset::DecodeRule;
use crate::kernels::Rounding;
use crate::nets::{self, DeviceChoice, DeviceError, Identity, NetError, NetworkSettings};
use crate::nets::{Place, Precision, Resize, Weights};
use crate::onnx::{Graph, Value};

/// The network, to every property, with what is done to a photo before it. Not the device: the same
/// precision on another one gives the same features but for their last digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The network, and how it takes photos.
    pub network: Identity,
    /// Where the weights were: in the project folder, to which the path is relative, or, in older
    /// heads as a rule, by their whole path; `None`: built in.
    pub weights_file: Option<PathBuf>,
    /// Larger photos are not read.
    pub max_megapixels: usize,
    /// What the network computed in.
    pub precision: Precision,
    /// How it rounded 8-bit integers; without a meaning in other precisions. Heads that do not say are
    /// older than the choice.
    #[serde(with = "RoundingWord", default = "reduced", skip_serializing_if = "is_reduced")]
    pub rounding: Rounding,
    /// Whether it computed in bf16 by AMX, whose last digits are others; a processor without AMX comes as near
    /// as bf16 does. Heads that do not say are of another arithmetic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_amx: bool,
    /// How photos became pixels.
    pub decode_rule: DecodeRule,
}

/// [`Rounding`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Rounding", rename_all = "snake_case")]
enum RoundingWord {
    Full,
    Reduced,
}

fn reduced() -> Rounding {
    Rounding::Reduced
}

fn is_reduced(rounding: &Rounding) -> bool {
    *rounding == Rounding::Reduced
}

/// A recipe as head files of version 1 have it.
#[derive(Deserialize)]
struct FirstRecipe {
    network: serde_json::Value,
    weights_file: Option<PathBuf>,
    resize: Resize,
    max_megapixels: usize,
    /// Heads that do not say are older than the choice.
    #[serde(default = "f32_precision")]
    precision: Precision,
}

fn f32_precision() -> Precision {
    Precision::F32
}

/// Why the network of a head cannot be had again.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// Its weights cannot be loaded.
    #[error(transparent)]
    Network(#[from] NetError),
    /// The device that was asked for cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The file of its weights is another one now; both in words.
    #[error(
        "the head was trained on features of {expected}, but {found} is there now; \
         bring the old weights file back, or train again"
    )]
    #[allow(missing_docs, reason = "the fields are the words of the message")]
    OtherNetwork { expected: String, found: String },
    /// A newer program trained the head on photos decoded in a way that this one does not know.
    #[error(
        "the head was trained on photos decoded by rule {found}, and this program knows rules up to \
         {}; use the newer program that made the head, or train again",
        DecodeRule::CURRENT.number()
    )]
    NewerRule {
        /// The number of the head's decode rule.
        found: u32,
    },
}

impl Recipe {
    /// Loads the network of an experiment onto the device; `root` is the project folder.
    pub fn prepare(
        network: &NetworkSettings,
        max_megapixels: usize,
        root: &Path,
        place: &Place,
    ) -> Result<(Recipe, Extractor), NetError> {
        let backbone: Arc<dyn nets::Backbone> = nets::load(network, root, &place.device)?.into();
        let recipe = Recipe {
            network: backbone.identity().clone(),
            weights_file: match &network.weights {
                Weights::BuiltIn => None,
                Weights::File(path) => Some(expand_home(path)),
            },
            max_megapixels,
            precision: backbone.precision(),
            rounding: backbone.rounding().unwrap_or(Rounding::Reduced),
            by_amx: nets::is_bf16_by_amx(backbone.arithmetic()),
            decode_rule: DecodeRule::CURRENT,
        };
        let decode_rule = recipe.decode_rule;
        let extractor = Extractor { backbone, max_megapixels, decode_rule };
        Ok((recipe, extractor))
    }

    /// The recipe in a head file of version 1.
    pub fn of_first_heads(json: serde_json::Value) -> serde_json::Result<Recipe> {
        let FirstRecipe { network, weights_file, resize, max_megapixels, precision } =
            serde_json::from_value(json)?;
        let network = nets::identity_of_first_heads(network, resize)?;
        Ok(Recipe {
            network,
            weights_file,
            max_megapixels,
            precision,
            rounding: Rounding::Reduced,
            by_amx: false,
            decode_rule: DecodeRule::BEFORE,
        })
    }

    /// Adds the network to an ONNX graph, from RGB pictures in u8, `[n, rows, columns, 3]`, to features,
    /// f32 `[n, feature_len]`. Its weights are those that [`Recipe::open`] finds and checks.
    pub fn nodes(&self, graph: &mut Graph, pictures: &Value) -> Result<Value, RecipeError> {
        Ok(nets::nodes(&self.network, self.weights_file.as_deref(), graph, pictures)?)
    }

    /// Loads the very network that the recipe was made with onto a device, whichever it was made
    /// on, or says that it is not there.
    pub fn open(&self, device: DeviceChoice) -> Result<Extractor, RecipeError> {
        if !self.decode_rule.is_known() {
            return Err(RecipeError::NewerRule { found: self.decode_rule.number() });
        }
        let file = self.weights_file.as_deref();
        let network = nets::settings(&self.network, file, self.precision, device)?;
        let network = NetworkSettings {
            rounding: Some(self.rounding),
            bf16_without_amx: !self.by_amx,
            ..network
        };
        let place = Place::open(&network)?;
        let (now, extractor) =
            Recipe::prepare(&network, self.max_megapixels, Path::new(""), &place)?;
        if now.network.key() != self.network.key() {
            return Err(RecipeError::OtherNetwork {
                expected: short(&self.network),
                found: short(&now.network),
            });
        }
        Ok(Extractor { decode_rule: self.decode_rule, ..extractor })
    }
}

fn short(network: &Identity) -> String {
    format!("{} with weights {} ({})", network.backbone, network.weights, &network.weights_blake3)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::features::testing;

    fn recipe(network: Identity, precision: Precision, rounding: Rounding) -> Recipe {
        let (weights_file, max_megapixels, by_amx) = (None, 1, false);
        let decode_rule = DecodeRule::CURRENT;
        Recipe { network, weights_file, max_megapixels, precision, rounding, by_amx, decode_rule }
    }

    #[test]
    fn a_head_keeps_its_rounding_on_every_processor() {
        let network = nets::load(&NetworkSettings::default(), Path::new(""), &Device::Cpu).unwrap();
        for (rounding, arithmetic, written) in [
            (Rounding::Full, "int8, full range, calibration 1", Some("full")),
            (Rounding::Reduced, "int8, calibration 1", None),
        ] {
            let made = recipe(network.identity().clone(), Precision::Int8, rounding);
            let json = serde_json::to_value(&made).unwrap();
            // Heads of before the choice say nothing.
            assert_eq!(json["rounding"].as_str(), written);
            let read: Recipe = serde_json::from_value(json).unwrap();
            assert_eq!(read, made);
            let opened = read.open(DeviceChoice::Cpu).unwrap();
            assert_eq!(opened.backbone.arithmetic(), arithmetic);
            assert_eq!(nets::rounding_of(arithmetic), Some(rounding));
        }
        assert_eq!(nets::rounding_of("f32"), None);
    }

    #[test]
    fn a_head_of_bf16_without_amx_has_no_features_by_amx() {
        let network = nets::load(&NetworkSettings::default(), Path::new(""), &Device::Cpu).unwrap();
        let without = recipe(network.identity().clone(), Precision::Bf16, Rounding::Reduced);
        let json = serde_json::to_value(&without).unwrap();
        assert!(json.get("by_amx").is_none(), "as heads of before are");
        assert_eq!(serde_json::from_value::<Recipe>(json).unwrap(), without);
        let arithmetic = |recipe: &Recipe| {
            let opened = recipe.open(DeviceChoice::Cpu).unwrap();
            opened.backbone.arithmetic().to_owned()
        };
        assert_eq!(arithmetic(&without), "bf16");
        let by_amx = Recipe { by_amx: true, ..without };
        let json = serde_json::to_value(&by_amx).unwrap();
        assert_eq!(serde_json::from_value::<Recipe>(json).unwrap(), by_amx);
        // What an experiment would have on this processor.
        let network = NetworkSettings { precision: Precision::Bf16, ..NetworkSettings::default() };
        let (own, extractor) = Recipe::prepare(&network, 1, Path::new(""), &Place::cpu()).unwrap();
        assert_eq!(arithmetic(&by_amx), extractor.backbone.arithmetic());
        assert_eq!(own.by_amx, extractor.backbone.arithmetic() == "bf16 by AMX");
    }

    #[test]
    fn a_decode_rule_of_a_newer_program_is_told_before_the_network_is_looked_for() {
        let newer = DecodeRule::CURRENT.number() + 1;
        let recipe = Recipe {
            weights_file: Some("missing".into()),
            decode_rule: serde_json::from_value(newer.into()).unwrap(),
            ..recipe(testing::identity(8), Precision::F32, Rounding::Reduced)
        };
        let refused = recipe.open(DeviceChoice::Cpu).err();
        assert!(matches!(refused, Some(RecipeError::NewerRule { found }) if found == newer));
    }
}
