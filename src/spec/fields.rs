//! The one table of fields. Reading, checking, writing, comparing, help and the editor are all fed
//! by it: a further field is a member of `Experiment` and a row here.

mod rules;

use std::ops::Deref;
use std::sync::LazyLock;

use super::launch::{COUNT, GPUS_RULE, MEMORY_RULE, TIME_RULE};
use super::{
    BatchDraw, ClassWeights, Data, Distort, Experiment, Grouping, Optimizer, Schedule, Split,
    SplitRule, Train,
};
use crate::config::Launch;
use crate::config::launch::Place as LaunchPlace;
use crate::nets::{DeviceChoice, NETWORK_NAMES, NETWORKS, Network, NetworkSettings};
use crate::nets::{Precision, Resize};
use crate::setting::{Field, FieldType, Kind, Range, Value};
use rules::*;

/// A field of an experiment: its declaration, to which it dereferences, where in the experiment its
/// value stands, and the rules that bind it to other fields.
#[derive(Debug)]
pub struct ExperimentField {
    field: Field,
    place: Place,
    mistake: Option<Rule>,
    warning: Option<Rule>,
    needs: Option<Needs>,
}

/// Where in an experiment a value stands.
#[derive(Debug)]
enum Place {
    /// In a member of its own.
    Member { get: fn(&Experiment) -> Value, set: fn(&mut Experiment, &Value) -> Option<()> },
    /// Among the options of this network.
    OptionOf(&'static Network),
}

/// What can be wrong with values that are right each by itself.
#[derive(Debug)]
pub(super) struct Rule {
    /// What is said when it is broken.
    pub broken: fn(&Experiment) -> Option<String>,
    /// Other fields that it is about.
    pub others: &'static [&'static str],
}

/// Without this a field changes nothing.
#[derive(Debug)]
struct Needs {
    is_so: fn(&Experiment) -> bool,
    /// As in `no effect unless split.by is "seed"`.
    said: &'static str,
}

impl Deref for ExperimentField {
    type Target = Field;

    fn deref(&self) -> &Field {
        &self.field
    }
}

impl ExperimentField {
    /// Its value in an experiment.
    pub fn get(&self, experiment: &Experiment) -> Value {
        match &self.place {
            Place::Member { get, .. } => get(experiment),
            Place::OptionOf(_) => experiment.network.options.value(&self.field),
        }
    }

    /// Puts a value that the field has accepted into an experiment.
    pub(super) fn set(&self, experiment: &mut Experiment, value: Value) {
        match &self.place {
            Place::Member { set, .. } => {
                let is_set = set(experiment, &value).is_some();
                assert!(is_set, "{} accepted {value:?}, which it cannot hold", self.key);
            }
            Place::OptionOf(_) => experiment.network.options.set(&self.field, value),
        }
    }

    /// Whether the experiment has a use for it: other networks' options are neither shown nor
    /// written.
    pub fn belongs_to(&self, experiment: &Experiment) -> bool {
        match &self.place {
            Place::Member { .. } => true,
            Place::OptionOf(network) => experiment.network.backbone == *network,
        }
    }

    /// What is wrong with its value beside the others.
    pub(super) fn mistake(&self) -> Option<&Rule> {
        self.mistake.as_ref()
    }

    /// What is probably not meant.
    pub(super) fn warning(&self) -> Option<&Rule> {
        self.warning.as_ref()
    }

    /// What is probably not meant by its value, seen alone.
    pub(super) fn odd_value(&self, experiment: &Experiment) -> Option<String> {
        match (self.kind, self.get(experiment)) {
            (Kind::Percent(_), Value::Float(share)) if share > 0.0 && share < 1.0 => {
                // Rounded, as 100 * 0.07 is a little more than 7.
                let percent = (share * 1e8).round() / 1e6;
                Some(format!(
                    "{} is {share}, which is less than 1 in a hundred; a share of {share} is \
                     written {percent}",
                    self.key
                ))
            }
            (Kind::Path, Value::Text(path)) if is_windows_path(&path) => Some(format!(
                "{} is a path of Windows, which is not found here; inside WSL a drive is below \
                 /mnt, as in /mnt/c/Users/me",
                self.key
            )),
            _ => None,
        }
    }

    /// Why it changes nothing in an experiment, where that is so.
    pub(super) fn without_effect(&self, experiment: &Experiment) -> Option<String> {
        let needed = match (&self.place, &self.needs) {
            (Place::OptionOf(network), _) if !self.belongs_to(experiment) => {
                format!("network.backbone is \"{}\"", network.name)
            }
            (_, Some(needs)) if !(needs.is_so)(experiment) => needs.said.to_owned(),
            _ => return None,
        };
        Some(format!("{} has no effect unless {needed}", self.key))
    }

    fn usual(self, usual: &'static str) -> Self {
        Self { field: self.field.usual(usual), ..self }
    }

    fn required(self) -> Self {
        Self { field: self.field.required(), ..self }
    }

    fn needs(self, said: &'static str, is_so: fn(&Experiment) -> bool) -> Self {
        Self { needs: Some(Needs { is_so, said }), ..self }
    }

    fn refused(
        self,
        others: &'static [&'static str],
        broken: fn(&Experiment) -> Option<String>,
    ) -> Self {
        Self { mistake: Some(Rule { broken, others }), ..self }
    }

    fn warned(
        self,
        others: &'static [&'static str],
        broken: fn(&Experiment) -> Option<String>,
    ) -> Self {
        Self { warning: Some(Rule { broken, others }), ..self }
    }
}

/// The field with this dotted key, now or formerly.
pub fn field(key: &str) -> Option<&'static ExperimentField> {
    FIELDS.iter().find(|field| field.key == key || field.former == Some(key))
}

/// A table of an experiment file.
#[derive(Debug)]
pub struct Section {
    /// `train`, or `network.inception_v3`.
    pub name: &'static str,
    /// One short line.
    pub about: String,
}

/// The tables, in order; one that stands in another comes behind it.
pub static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    let tables = [
        ("data", "photos that cannot be read"),
        ("split", "which photo is for training, validation or test"),
        ("train", "how the last layer is trained"),
        ("distort", "changed copies of training photos; all zero and false: none"),
        ("launch", "where the run is done; what is left out, config.toml says"),
        ("network", "what turns photos into features"),
    ];
    let tables = tables.map(|(name, about)| Section { name, about: about.to_owned() });
    let own = NETWORKS.iter().filter_map(|network| {
        let about = format!("what only network.backbone = \"{}\" has", network.name);
        Some(Section { name: network.options.first()?.section(), about })
    });
    tables.into_iter().chain(own).collect()
});

/// Every field of an experiment, in the order in which they are shown.
pub static FIELDS: LazyLock<Vec<ExperimentField>> =
    LazyLock::new(|| general().into_iter().chain(NETWORKS.iter().flat_map(options_of)).collect());

/// The fields that only this network has.
fn options_of(network: &'static Network) -> impl Iterator<Item = ExperimentField> {
    network.options.iter().map(move |option| ExperimentField {
        field: *option,
        place: Place::OptionOf(network),
        mistake: None,
        warning: None,
        needs: None,
    })
}

/// A field that is a member of [`Experiment`], which gives it its key, unless that is written too.
macro_rules! field {
    ($first:ident $(. $rest:ident)*, $kind:expr, $default:expr, $meaning:expr) => {
        field!(
            concat!(stringify!($first) $(, ".", stringify!($rest))*) =>
            $first $(. $rest)*, $kind, $default, $meaning
        )
    };
    ($key:expr => $first:ident $(. $rest:ident)*, $kind:expr, $default:expr, $meaning:expr) => {
        ExperimentField {
            field: Field::new($key, $kind, $default, $meaning),
            place: Place::Member {
                get: |experiment| experiment.$first$(.$rest)*.to_value(),
                set: |experiment, value| {
                    experiment.$first$(.$rest)* = FieldType::from_value(value)?;
                    Some(())
                },
            },
            mistake: None,
            warning: None,
            needs: None,
        }
    };
}

const fn int(min: i64, max: i64) -> Kind {
    Kind::Int { min, max }
}

const PERCENT: Range = Range::closed(0.0, 100.0);
const SHARE: Range = Range::closed(0.0, 1.0);
const SEED: Kind = int(0, i64::MAX);
/// The fields that do not depend on the network.
#[rustfmt::skip]
fn general() -> Vec<ExperimentField> {
    vec![
        field!(description, Kind::Text, "\"\"",
            "what the experiment is to find out"),
        field!(images, Kind::Path, "",
            "folder of photos, one folder a category").required(),
        field!(categories, Kind::FolderNames, "[]",
            "folders to tell apart; empty: every folder in images")
            .refused(&[], one_category),
        field!(iterations, int(1, 10_000_000), "4000",
            "training steps, one batch each").usual("400 to 4,000"),
        field!(learning_rate, Kind::Float(Range::closed(0.0, 100.0).above()), "0.01",
            "size of a training step").usual("0.001 to 0.1"),

        field!(data.max_unreadable_percent, Kind::Percent(PERCENT), "10",
            "a run is refused when more photos than this are unreadable"),
        field!(data.max_megapixels, int(1, 1000), "100",
            "larger photos are skipped"),

        field!(split.by, Kind::Choice(SplitRule::CHOICES), "\"base27\"",
            "what decides to which set a photo belongs"),
        field!(split.validation_percent, Kind::Percent(PERCENT.above().below()), "10",
            "photos that watch the training").usual("10 to 20"),
        field!(split.test_percent, Kind::Percent(PERCENT.above().below()), "10",
            "photos kept for the final test accuracy").usual("10 to 20")
            .needs("split.folds is 0", |experiment| experiment.split.folds == 0)
            .refused(&["split.validation_percent"], nothing_for_training),
        field!(split.folds, int(0, MOST_FOLDS), "0",
            "test every photo once, in one of so many folds; 0: one test set").usual("5 or 10")
            .refused(&["split.by"], folds_that_cannot_be),
        field!(split.groups, Kind::Form(Grouping::RULE), "\"none\"",
            "photos that are kept in one set, or one fold"),
        field!(split.seed, SEED, "0",
            "another seed draws another split, with split.by = \"seed\"")
            .needs("split.by is \"seed\" or \"folders\"", is_drawn_by_seed),

        field!(train.batch_size, int(1, 4096), "100",
            "photos in each training step").usual("32 to 256"),
        field!(train.draw, Kind::Choice(BatchDraw::CHOICES), "\"balanced\"",
            "which photos make a training step"),
        field!(train.optimizer, Kind::Choice(Optimizer::CHOICES), "\"sgd\"",
            "how the weights follow the gradient"),
        field!(train.momentum, Kind::Float(SHARE.below()), "0.9",
            "share of the last step that is kept, with train.optimizer = \"momentum\"")
            .needs("train.optimizer is \"momentum\"",
                |experiment| experiment.train.optimizer == Optimizer::Momentum),
        field!(train.weight_decay, Kind::Float(PERCENT), "0",
            "pull of the weights towards 0").usual("0 to 0.01"),
        field!(train.schedule, Kind::Choice(Schedule::CHOICES), "\"constant\"",
            "how the learning rate changes"),
        field!(train.step_every, int(1, 10_000_000), "1000",
            "iterations between changes of the rate, with train.schedule = \"step\"")
            .needs("train.schedule is \"step\"", is_stepped)
            .warned(&["train.schedule"], step_that_never_comes),
        field!(train.step_factor, Kind::Float(SHARE.above()), "0.1",
            "the rate is multiplied by it, with train.schedule = \"step\"")
            .needs("train.schedule is \"step\"", is_stepped),
        field!(train.standardize, Kind::Bool, "true",
            "bring features to mean 0 and deviation 1 (retrain.py: false)"),
        field!(train.class_weights, Kind::ClassWeights(ClassWeights::WORDS), "\"none\"",
            "weight of each category in the loss; a list: in the order of categories")
            .refused(&["categories"], weights_of_other_categories),
        field!(train.early_stop, int(0, 1_000_000), "0",
            "stop after so many evaluations without a better validation loss; 0: never"),
        field!(train.eval_interval, int(1, 1_000_000), "10",
            "iterations between evaluations of the validation set"),
        field!(train.eval_first, Kind::Bool, "false",
            "evaluate at iteration 1 and count from there, as retrain.py: 1, 11, 21"),
        field!(train.keep_every, int(0, 10_000_000), "0",
            "keep the head of every so many iterations, for RUN@200; 0: only the last")
            .refused(&["iterations"], too_many_kept)
            .warned(&["iterations"], none_kept),
        field!(train.seed, SEED, "0",
            "another seed draws other first weights and batches"),

        field!(distort.flip, Kind::Bool, "false",
            "mirror half of the photos, left to right"),
        field!(distort.crop_percent, Kind::Percent(PERCENT), "0",
            "margin cropped away at random").usual("5 to 20"),
        field!(distort.scale_percent, Kind::Percent(PERCENT), "0",
            "enlarged at random by up to this").usual("5 to 20"),
        field!(distort.brightness_percent, Kind::Percent(PERCENT.below()), "0",
            "brightness varies at random by up to this").usual("5 to 20"),
        field!(distort.copies, int(1, 1000), "8",
            "changed copies of each training photo")
            .needs("one of distort.* is more than 0", |experiment| !experiment.distort.is_off()),

        field!("launch.where" => launch.place, Kind::Choice(LaunchPlace::CHOICES), "\"config\"",
            "where the run is done"),
        field!(launch.partition, Kind::Text, "\"\"",
            "the cluster's partition"),
        field!(launch.account, Kind::Text, "\"\"",
            "the account that the cluster books it on"),
        field!(launch.time, Kind::Form(TIME_RULE), "\"\"",
            "longest time of one job; what is not done then goes on in another one"),
        field!(launch.gpus, Kind::Form(GPUS_RULE), "\"\"",
            "GPUs of one job"),
        field!(launch.cpus, COUNT, "0",
            "processors of one job"),
        field!(launch.memory, Kind::Form(MEMORY_RULE), "\"\"",
            "memory of one job"),
        field!(launch.flags, Kind::TextList, "[]",
            "further arguments of sbatch, as they are"),
        field!(launch.jobs, COUNT, "0",
            "so many jobs do the runs of a sweep or of repeats; 0: each run has its own"),
        field!(launch.jobs_at_once, COUNT, "0",
            "so many of these may be at work at once; 0: as many as the cluster lets"),
        field!(launch.feature_jobs, COUNT, "0",
            "so many jobs make the features first, each a share of them; 0: the run does"),

        field!(network.backbone, Kind::Choice(NETWORK_NAMES), "\"inception_v3\"",
            "the network"),
        field!(network.weights, Kind::Path, "\"built-in\"",
            "\"built-in\", or the path of a file: safetensors, .pth, .pb, .tgz, .h5, .keras")
            .refused(&["network.backbone"], no_weights),
        field!(network.taps, Kind::TextList, "[]",
            "blocks whose pooled outputs are the feature; empty: those of the weights"),
        field!(network.resize, Kind::Choice(Resize::OR_AUTO), "\"auto\"",
            "how a photo is brought to the network's size"),
        field!(network.precision, Kind::Choice(Precision::CHOICES), "\"auto\"",
            "the network's arithmetic")
            .refused(&["network.backbone"], only_f32),
        field!(network.device, Kind::Form(DeviceChoice::RULE), "\"auto\"",
            "where the network runs; auto: on the first GPU that can be used, else on the CPU"),
    ]
}

/// Every field at its default; the folder of photos, which has none, is empty.
impl Default for Experiment {
    fn default() -> Self {
        let mut experiment = Experiment {
            description: String::new(),
            images: "".into(),
            categories: Vec::new(),
            iterations: 0,
            learning_rate: 0.0,
            data: Data::default(),
            split: Split::default(),
            train: Train::default(),
            distort: Distort::default(),
            launch: Launch::default(),
            network: NetworkSettings::default(),
            labels: None,
        };
        for field in FIELDS.iter() {
            if let Some(value) = field.default_value() {
                field.set(&mut experiment, value);
            }
        }
        experiment
    }
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
