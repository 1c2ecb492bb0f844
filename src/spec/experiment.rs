//! A checked experiment: every value is there, typed and in range.
//!
//! `Default` of the tables is a blank that the table of fields (`fields`) is written over; the
//! defaults of an experiment stand there, and nowhere else.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Grouping;
use crate::config::Launch;
use crate::nets::NetworkSettings;
use crate::setting::{FieldType, Value, Words, choices};

/// What will run. Defaults, ranges and meanings stand in the table of fields, [`FIELDS`].
///
/// [`FIELDS`]: super::FIELDS
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// What the experiment is to find out, in the words of whoever wrote it.
    pub description: String,
    /// The folder of photos, one folder a category, as written: relative to the project folder.
    pub images: PathBuf,
    /// Folder names of the categories; empty: every folder in `images`, by name.
    pub categories: Vec<String>,
    /// Training steps, one batch each.
    pub iterations: usize,
    /// Size of a training step, before the schedule.
    pub learning_rate: f64,
    /// `[data]`
    pub data: Data,
    /// `[split]`
    pub split: Split,
    /// `[train]`
    pub train: Train,
    /// `[distort]`
    pub distort: Distort,
    /// `[launch]`
    pub launch: Launch,
    /// `[network]`
    pub network: NetworkSettings,
    /// Where what was decided about single photos stands; `None` where there is no such file.
    pub labels: Option<PathBuf>,
}

/// The file of what was decided about single photos of an experiment, beside its own: `fire.labels.csv`
/// of `fire.toml`. It need not be there.
pub fn labels_path(experiment: &Path) -> PathBuf {
    experiment.with_extension("labels.csv")
}

/// `[data]`: what is done about photos that cannot be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// A run is refused when more than this share of the photos is unreadable.
    pub max_unreadable_percent: f64,
    /// Larger pictures are skipped, by their header, before memory is taken for them.
    pub max_megapixels: usize,
}

/// `[split]`: which photo is for training, validation or test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// The rule.
    pub by: SplitRule,
    /// Photos of each hundred that watch the training.
    pub validation_percent: f64,
    /// Photos of each hundred that are kept for the final test accuracy.
    pub test_percent: f64,
    /// Every photo is tested once, in one of so many folds; 0: there is one test set.
    pub folds: usize,
    /// Which photos are kept in one set.
    pub groups: Grouping,
    /// For `by = "seed"`.
    pub seed: u64,
}

/// What decides to which set a photo belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SplitRule {
    /// SHA-1 of the base name, 2^27 buckets: survives moving the folder.
    #[default]
    Base27,
    /// SHA-1 of the whole path, 2^27 buckets: retrain.py since September 2016.
    Path27,
    /// SHA-1 of the whole path, 2^16 buckets: retrain.py before.
    Path16,
    /// Shuffled by a seed, in each category by itself (stratified).
    Seed,
    /// Given by folders: `images/train/CATEGORY`, `valid`, `test`, or their longer names.
    Folders,
}

choices! { SplitRule {
    Base27 = "base27": "hash of the file's name: survives moving the folder and adding photos",
    Path27 = "path27": "hash of the whole path, as retrain.py since September 2016",
    Path16 = "path16": "hash of the whole path, as retrain.py before",
    Seed = "seed": "drawn by split.seed in each category: exact percentages, good for few photos",
    Folders = "folders":
        "as the folders say: train/CATEGORY, valid/CATEGORY, test/CATEGORY; a set that has no \
         folder is drawn from train",
} }

/// Which of the three sets a photo belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    /// The head learns from it.
    Training,
    /// It watches the training.
    Validation,
    /// It is kept for the final test accuracy.
    Test,
}

impl Set {
    /// In the order in which they are shown.
    pub const ALL: [Set; 3] = [Set::Training, Set::Validation, Set::Test];

    /// As in files, on screens, and as the name of a folder.
    pub fn name(self) -> &'static str {
        match self {
            Set::Training => "training",
            Set::Validation => "validation",
            Set::Test => "test",
        }
    }
}

/// `[train]`: how the head is trained.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Train {
    /// Photos in each training step.
    pub batch_size: usize,
    /// Which photos make a batch.
    pub draw: BatchDraw,
    /// How the weights follow the gradient.
    pub optimizer: Optimizer,
    /// For `optimizer = "momentum"`.
    pub momentum: f64,
    /// Pull of the weights towards 0.
    pub weight_decay: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// For `schedule = "step"`: iterations between changes of the rate.
    pub step_every: usize,
    /// For `schedule = "step"`: the rate is multiplied by it at each change.
    pub step_factor: f64,
    /// Features are standardised with the training set's mean and deviation.
    pub standardize: bool,
    /// Weight of each category in the loss.
    pub class_weights: ClassWeights,
    /// Stop after this many evaluations without a better validation loss, and keep the best
    /// weights; 0: never.
    pub early_stop: usize,
    /// Iterations between evaluations of the whole validation set.
    pub eval_interval: usize,
    /// The first evaluation is of the first iteration, and the interval counts from there.
    pub eval_first: bool,
    /// Iterations between heads that are kept in the run folder; 0: only the last one is.
    pub keep_every: usize,
    /// Of the first weights and of the batches.
    pub seed: u64,
}

/// How frequent the categories are where a head's scores are probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priors {
    /// Each as frequent as the others.
    Equal,
    /// As frequent as among the training photos.
    Folders,
    /// As a list of class weights has it.
    Given,
}

impl Train {
    /// Whether the validation set is evaluated after this iteration, counted from 1, beside the last.
    pub fn is_evaluated(&self, step: usize) -> bool {
        let first = if self.eval_first { 1 } else { self.eval_interval };
        step >= first && (step - first).is_multiple_of(self.eval_interval)
    }

    /// Whether the head of this iteration, counted from 1, is kept.
    pub fn is_kept(&self, step: usize) -> bool {
        self.keep_every > 0 && step.is_multiple_of(self.keep_every)
    }

    /// Those that a head trained so has learned.
    pub fn priors(&self) -> Priors {
        match (&self.class_weights, self.draw) {
            (ClassWeights::Given(_), _) => Priors::Given,
            (ClassWeights::None, BatchDraw::Natural) => Priors::Folders,
            (ClassWeights::Balanced, _) | (ClassWeights::None, BatchDraw::Balanced) => {
                Priors::Equal
            }
        }
    }
}

/// Which photos make a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatchDraw {
    /// A category at random, then one of its photos: all categories have the same share.
    #[default]
    Balanced,
    /// A photo at random: categories have the shares that they have among the training photos.
    Natural,
}

choices! { BatchDraw {
    Balanced = "balanced": "each category as often as the others, as retrain.py",
    Natural = "natural": "each photo as often as the others: large categories more often",
} }

/// How the weights follow the gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimizer {
    /// Plain gradient descent.
    #[default]
    Sgd,
    /// Gradient descent with momentum.
    Momentum,
    /// Kingma & Ba 2015 (arXiv:1412.6980).
    Adam,
    /// Adam with decoupled weight decay: Loshchilov & Hutter 2019 (arXiv:1711.05101).
    AdamW,
}

choices! { Optimizer {
    Sgd = "sgd": "plain gradient descent, as retrain.py",
    Momentum = "momentum": "gradient descent with momentum",
    Adam = "adam": "adapts the rate of each weight; 0.001 is a usual learning rate",
    AdamW = "adamw": "Adam with decoupled weight decay",
} }

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// It stays as it is.
    #[default]
    Constant,
    /// It falls along a cosine to 0 at the last iteration.
    Cosine,
    /// It is multiplied by a factor at regular intervals.
    Step,
}

choices! { Schedule {
    Constant = "constant": "the learning rate stays as it is",
    Cosine = "cosine": "falls along a cosine to 0 at the last iteration",
    Step = "step": "is multiplied by train.step_factor every train.step_every iterations",
} }

/// Weight of each category in the loss.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeights {
    /// Every photo counts the same.
    #[default]
    None,
    /// Every category counts the same, whatever its number of photos: in inverse proportion to the
    /// number of training photos, but in batches that are drawn balanced, where that is so already.
    Balanced,
    /// One a category, in the order of the categories.
    Given(Vec<f64>),
}

impl ClassWeights {
    /// The words that may be written instead of a list.
    pub const WORDS: Words = &[
        ("none", "every photo counts the same"),
        (
            "balanced",
            "every category counts the same: in batches drawn \"natural\" and in validation, photos of \
             rare ones count more",
        ),
    ];
}

impl FieldType for ClassWeights {
    fn from_value(value: &Value) -> Option<Self> {
        match value.as_text() {
            Some("none") => Some(ClassWeights::None),
            Some("balanced") => Some(ClassWeights::Balanced),
            Some(_) => None,
            None => Vec::from_value(value).map(ClassWeights::Given),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            ClassWeights::None => Value::Text("none".to_owned()),
            ClassWeights::Balanced => Value::Text("balanced".to_owned()),
            ClassWeights::Given(weights) => weights.to_value(),
        }
    }
}

/// `[distort]`: changes to training photos, as retrain.py. All zero and false: none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distort {
    /// Half of the photos are mirrored, left to right.
    pub flip: bool,
    /// Percent of margin that is cropped away at random.
    pub crop_percent: f64,
    /// Percent by which the photo is scaled up at random.
    pub scale_percent: f64,
    /// Percent by which the brightness varies at random.
    pub brightness_percent: f64,
    /// Distorted variants of each training photo; each one's features are cached.
    pub copies: usize,
}

impl Distort {
    /// Photos as they are.
    pub const OFF: Distort = Distort {
        flip: false,
        crop_percent: 0.0,
        scale_percent: 0.0,
        brightness_percent: 0.0,
        copies: 1,
    };

    /// Whether photos stay as they are.
    pub fn is_off(&self) -> bool {
        !self.flip
            && self.crop_percent == 0.0
            && self.scale_percent == 0.0
            && self.brightness_percent == 0.0
    }
}
