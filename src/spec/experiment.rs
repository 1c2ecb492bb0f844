//! A checked experiment: every value is there, typed and in range.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What will run. Defaults, ranges and meanings stand in the table of fields (`fields.rs`).
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    pub description: String,
    /// The folder of photos, one folder a category, as written: relative to the project folder.
    pub images: PathBuf,
    /// Folder names of the categories; empty: every folder in `images`, by name.
    pub categories: Vec<String>,
    pub iterations: usize,
    pub learning_rate: f64,
    pub data: Data,
    pub split: Split,
    pub train: Train,
    pub distort: Distort,
    pub network: Network,
}

/// `[data]`: what is done about photos that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// A run is refused when more than this share of the photos is unreadable.
    pub max_unreadable_percent: f64,
    /// Larger pictures are skipped, by their header, before memory is taken for them.
    pub max_megapixels: usize,
}

/// `[split]`: which photo is for training, validation or test.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub by: SplitRule,
    pub validation_percent: f64,
    pub test_percent: f64,
    /// For `by = "seed"`.
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitRule {
    /// SHA-1 of the base name, 2^27 buckets: survives moving the folder.
    Base27,
    /// SHA-1 of the whole path, 2^27 buckets: retrain.py since September 2016.
    Path27,
    /// SHA-1 of the whole path, 2^16 buckets: retrain.py before.
    Path16,
    /// Shuffled by a seed, in each category by itself (stratified).
    Seed,
    /// Given by folders: `images/training/CATEGORY`, `validation`, `test`.
    Folders,
}

/// Which of the three sets a photo belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    Training,
    Validation,
    Test,
}

impl Set {
    pub const ALL: [Set; 3] = [Set::Training, Set::Validation, Set::Test];

    pub fn name(self) -> &'static str {
        match self {
            Set::Training => "training",
            Set::Validation => "validation",
            Set::Test => "test",
        }
    }
}

/// `[train]`: how the head is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Train {
    pub batch_size: usize,
    pub optimizer: Optimizer,
    /// For `optimizer = "momentum"`.
    pub momentum: f64,
    pub weight_decay: f64,
    pub schedule: Schedule,
    /// For `schedule = "step"`: the rate is multiplied by `step_factor` every so many iterations.
    pub step_every: usize,
    pub step_factor: f64,
    /// Features are standardised with the training set's mean and deviation.
    pub standardize: bool,
    pub class_weights: ClassWeights,
    /// Stop after so many evaluations without a better validation loss, and keep the best weights;
    /// 0: never.
    pub early_stop: usize,
    /// Iterations between evaluations of the whole validation set.
    pub eval_interval: usize,
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimizer {
    Sgd,
    Momentum,
    Adam,
    AdamW,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    Constant,
    Cosine,
    Step,
}

/// Weight of each category in the loss.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeights {
    None,
    /// In inverse proportion to the number of training photos.
    Balanced,
    /// One a category, in the order of the categories.
    Given(Vec<f64>),
}

/// `[distort]`: changes to training photos, as retrain.py. All zero and false: none.
#[derive(Clone, Debug, PartialEq)]
pub struct Distort {
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

    pub fn is_off(&self) -> bool {
        !self.flip
            && self.crop_percent == 0.0
            && self.scale_percent == 0.0
            && self.brightness_percent == 0.0
    }
}

/// `[network]`: what makes features of photos.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub backbone: BackboneKind,
    /// `built-in`, or a weights file, relative to the project folder.
    pub weights: Weights,
    /// Blocks whose pooled outputs, concatenated, are the feature; empty: those of the weights.
    pub taps: Vec<String>,
    pub resize: Resize,
    pub average_pool: AveragePool,
    pub last_pool: LastPool,
    pub input_range: InputRange,
    /// `None`: as the weights say, else 1e-3.
    pub batch_norm_epsilon: Option<f64>,
    pub precision: Precision,
    pub device: DeviceChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackboneKind {
    InceptionV3,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    BuiltIn,
    File(PathBuf),
}

/// How a photo is brought to the network's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resize {
    /// TensorFlow 1's bilinear, as retrain.py: corner-aligned grid, no filter when shrinking.
    Legacy,
    /// Bilinear with half-pixel centres, no filter when shrinking.
    HalfPixel,
    /// Triangle filter that widens when shrinking.
    Antialias,
}

/// Whether the 3x3 average pools count their padding; `Auto`: as the weights say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AveragePool {
    Auto,
    CountPadding,
    ExcludePadding,
}

/// The pool branch of the last block; `Auto`: as the weights say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastPool {
    Auto,
    Average,
    Max,
}

/// What the network takes as black and white; `Auto`: as the weights say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputRange {
    Auto,
    /// `[0, 1]`: pixel / 255.
    ZeroToOne,
    /// `[-1, 1]`: pixel / 127.5 - 1.
    MinusOneToOne,
    /// `(pixel - 128) / 128`, as retrain.py fed the 2015 network.
    RetrainPy,
}

/// The arithmetic in which the network computes features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// The fastest that keeps the accuracy on the device.
    Auto,
    F32,
    Bf16,
    Int8,
}

/// Where the network computes features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU where one can be used, else the CPU.
    Auto,
    Cpu,
    /// The GPU of this number, from 0.
    Cuda(usize),
}
