//! The one table of fields: parser, editor, help and README are fed by it.

use super::choices::CLASS_WEIGHTS;
use super::kind::{Kind, Range};
use super::{
    AveragePool, BackboneKind, InputRange, LastPool, Optimizer, Precision, Resize, Schedule,
    SplitRule,
};

/// One setting of an experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// `iterations`, or `train.batch_size` in the table `[train]`.
    pub key: &'static str,
    pub kind: Kind,
    /// As written in TOML; `None`: has to be written.
    pub default: Option<&'static str>,
    pub meaning: &'static str,
    /// What is usual, where the range says little: `... is usual`.
    pub usual: Option<&'static str>,
}

impl Field {
    /// The table that the field stands in; empty for the five usual ones.
    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }

    /// The key inside its table.
    pub fn leaf(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, leaf)| leaf)
    }
}

/// The field with this dotted key.
pub fn field(key: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.key == key)
}

/// The tables, in order, with what they are about.
pub const SECTIONS: [(&str, &str); 5] = [
    ("data", "photos that cannot be read"),
    ("split", "which photo is for training, validation or test"),
    ("train", "how the last layer is trained"),
    ("distort", "changed copies of training photos; all zero and false: none"),
    ("network", "what turns photos into features"),
];

const fn new(key: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Field {
    Field { key, kind, default: Some(default), meaning, usual: None }
}

impl Field {
    const fn usual(self, usual: &'static str) -> Self {
        Self { usual: Some(usual), ..self }
    }

    const fn required(self) -> Self {
        Self { default: None, ..self }
    }
}

const fn int(min: i64, max: i64) -> Kind {
    Kind::Int { min, max }
}

const PERCENT: Range = Range::closed(0.0, 100.0);
const SHARE: Range = Range::closed(0.0, 1.0);
const SEED: Kind = int(0, i64::MAX);

/// Every field of an experiment, in the order in which they are shown.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    new("description", Kind::Text, "\"\"",
        "what the experiment is to find out"),
    new("images", Kind::Path, "",
        "folder of photos, one folder a category").required(),
    new("categories", Kind::FolderNames, "[]",
        "folders to tell apart; empty: every folder in images"),
    new("iterations", int(1, 10_000_000), "4000",
        "training steps, one batch each").usual("400 to 4,000"),
    new("learning_rate", Kind::Float(Range::closed(0.0, 100.0).above()), "0.01",
        "size of a training step").usual("0.001 to 0.1"),

    new("data.max_unreadable_percent", Kind::Float(PERCENT), "10",
        "a run is refused when more photos than this are unreadable"),
    new("data.max_megapixels", int(1, 1000), "100",
        "larger photos are skipped"),

    new("split.by", Kind::Choice(SplitRule::CHOICES), "\"base27\"",
        "what decides to which set a photo belongs"),
    new("split.validation_percent", Kind::Float(PERCENT.above().below()), "10",
        "photos that watch the training").usual("10 to 20"),
    new("split.test_percent", Kind::Float(PERCENT.above().below()), "10",
        "photos kept for the final test accuracy").usual("10 to 20"),
    new("split.seed", SEED, "0",
        "another seed draws another split, with split.by = \"seed\""),

    new("train.batch_size", int(1, 4096), "100",
        "photos in each training step").usual("32 to 256"),
    new("train.optimizer", Kind::Choice(Optimizer::CHOICES), "\"sgd\"",
        "how the weights follow the gradient"),
    new("train.momentum", Kind::Float(SHARE.below()), "0.9",
        "share of the last step that is kept, with train.optimizer = \"momentum\""),
    new("train.weight_decay", Kind::Float(PERCENT), "0",
        "pull of the weights towards 0").usual("0 to 0.01"),
    new("train.schedule", Kind::Choice(Schedule::CHOICES), "\"constant\"",
        "how the learning rate changes"),
    new("train.step_every", int(1, 10_000_000), "1000",
        "iterations between changes of the rate, with train.schedule = \"step\""),
    new("train.step_factor", Kind::Float(SHARE.above()), "0.1",
        "the rate is multiplied by it, with train.schedule = \"step\""),
    new("train.standardize", Kind::Bool, "true",
        "bring features to mean 0 and deviation 1 (retrain.py: false)"),
    new("train.class_weights", Kind::ClassWeights(CLASS_WEIGHTS), "\"none\"",
        "weight of each category in the loss; a list: in the order of categories"),
    new("train.early_stop", int(0, 1_000_000), "0",
        "stop after so many evaluations without a better validation loss; 0: never"),
    new("train.eval_interval", int(1, 1_000_000), "10",
        "iterations between evaluations of the validation set"),
    new("train.seed", SEED, "0",
        "another seed draws other first weights and batches"),

    new("distort.flip", Kind::Bool, "false",
        "mirror half of the photos, left to right"),
    new("distort.crop_percent", Kind::Float(PERCENT), "0",
        "margin cropped away at random").usual("5 to 20"),
    new("distort.scale_percent", Kind::Float(PERCENT), "0",
        "enlarged at random by up to this").usual("5 to 20"),
    new("distort.brightness_percent", Kind::Float(PERCENT.below()), "0",
        "brightness varies at random by up to this").usual("5 to 20"),
    new("distort.copies", int(1, 1000), "8",
        "changed copies of each training photo"),

    new("network.backbone", Kind::Choice(BackboneKind::CHOICES), "\"inception_v3\"",
        "the network"),
    new("network.weights", Kind::Path, "\"built-in\"",
        "\"built-in\", or the path of a safetensors file"),
    new("network.taps", Kind::TextList, "[]",
        "blocks whose pooled outputs are the feature; empty: those of the weights"),
    new("network.resize", Kind::Choice(Resize::CHOICES), "\"antialias\"",
        "how a photo is brought to the network's size"),
    new("network.average_pool", Kind::Choice(AveragePool::CHOICES), "\"auto\"",
        "whether average pools count their padding"),
    new("network.last_pool", Kind::Choice(LastPool::CHOICES), "\"auto\"",
        "the pool in the last block"),
    new("network.input_range", Kind::Choice(InputRange::CHOICES), "\"auto\"",
        "what the network takes as black and white"),
    new("network.batch_norm_epsilon", Kind::FloatOrAuto(SHARE.above()), "\"auto\"",
        "added to variances; auto: as the weights say, else 0.001"),
    new("network.precision", Kind::Choice(Precision::CHOICES), "\"auto\"",
        "the network's arithmetic"),
    new("network.device", Kind::Device, "\"auto\"",
        "where the network runs; auto: on the first GPU that can be used, else on the CPU"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_in_a_known_table_in_its_order() {
        let place = |field: &Field| {
            let known = SECTIONS.iter().position(|(name, _)| *name == field.section());
            assert!(known.is_some() || field.section().is_empty(), "{}", field.key);
            known
        };
        assert!(FIELDS.is_sorted_by_key(place));
        let mut keys: Vec<&str> = FIELDS.iter().map(|field| field.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), FIELDS.len());
        assert!(keys.iter().all(|key| field(key).is_some()));
    }

    #[test]
    fn every_default_is_a_value_of_its_kind() {
        for field in FIELDS {
            if let Some(default) = field.default {
                let value = toml::de::DeValue::parse(default).unwrap();
                assert!(field.read(&value, default).is_ok(), "{}", field.key);
            }
        }
    }

    #[test]
    fn meanings_are_one_short_line() {
        for field in FIELDS {
            assert!(field.meaning.len() <= 80 && !field.meaning.contains('\n'), "{}", field.key);
            assert!(!field.meaning.ends_with('.'), "{}", field.key);
        }
    }
}
