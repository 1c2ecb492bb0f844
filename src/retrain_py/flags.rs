//! The one table of the scripts' flags. Reading a command line, answering it and the page about it are
//! fed by it.

use std::fmt::Write;

/// Which of the two scripts has a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// `retrain.py`: trains.
    Retrain,
    /// `label_image.py`: scores a photo.
    LabelImage,
}

impl Script {
    /// The file's name.
    pub fn name(self) -> &'static str {
        match self {
            Script::Retrain => "retrain.py",
            Script::LabelImage => "label_image.py",
        }
    }
}

/// Which values a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Any text, such as a path.
    Text,
    /// A whole number.
    Int,
    /// A number, whole or not.
    Float,
    /// Nothing, or a truth value.
    Switch,
}

/// What becomes of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// This field of an experiment, with the same value.
    Field(&'static str),
    /// The folder of photos.
    Images,
    /// `network.backbone`, the nearest that there is.
    Backbone,
    /// `network.weights`, where the folder holds those of 2015.
    Weights,
    /// Number of photos that an accuracy is of: here always the whole set of this name.
    WholeSet(&'static str),
    /// The photo to score.
    Photo,
    /// How many categories are shown.
    Top,
    /// What it was about is elsewhere: this says where.
    Elsewhere(&'static str),
    /// There is nothing that it could be about: this says why.
    Nothing(&'static str),
}

/// A flag of one of the scripts.
#[derive(Debug, PartialEq, Eq)]
pub struct Flag {
    /// Without the two hyphens.
    pub name: &'static str,
    /// Whose flag it is.
    pub script: Script,
    /// The value that it had when it was left out, as a person would type it; empty: none.
    pub default: &'static str,
    /// Its values.
    pub takes: Takes,
    /// What becomes of it.
    pub becomes: Becomes,
}

const fn retrain(
    name: &'static str,
    default: &'static str,
    takes: Takes,
    becomes: Becomes,
) -> Flag {
    Flag { name, script: Script::Retrain, default, takes, becomes }
}

const fn label_image(
    name: &'static str,
    default: &'static str,
    takes: Takes,
    becomes: Becomes,
) -> Flag {
    Flag { name, script: Script::LabelImage, default, takes, becomes }
}

use Becomes::{Backbone, Elsewhere, Field, Images, Nothing, Photo, Top, Weights, WholeSet};
use Takes::{Float, Int, Switch, Text};

const HEAD_KNOWS: &str = "the head's file says how its network takes photos";
const NETWORKS_OWN: &str = "the program knows where its networks begin and end";

/// Every flag that retrain.py had in the trees of TensorFlow (2016, 2017) and of TensorFlow Hub (2018 to
/// 2020), then those of label_image.py, also as the codelabs had it. Where a default changed it is the
/// last one.
#[rustfmt::skip]
pub const FLAGS: &[Flag] = &[
    retrain("image_dir", "", Text, Images),
    retrain("output_graph", "/tmp/output_graph.pb", Text, Elsewhere(
        "the head is head.safetensors in the run's folder; 'retrain export RUN --onnx FILE' writes one \
         graph with the network")),
    retrain("intermediate_output_graphs_dir", "/tmp/intermediate_graph/", Text, Elsewhere(
        "heads kept on the way are in heads/ of the run's folder; RUN@200 names that of iteration 200")),
    retrain("intermediate_store_frequency", "0", Int, Field("train.keep_every")),
    retrain("output_labels", "/tmp/output_labels.txt", Text, Elsewhere(
        "labels.txt in the run's folder, one category a line, and in the head's file")),
    retrain("summaries_dir", "/tmp/retrain_logs", Text, Elsewhere(
        "the curves are on the screens; 'retrain export RUN --tensorboard FOLDER' writes them for TensorBoard and deletes no old ones")),
    retrain("how_many_training_steps", "4000", Int, Field("iterations")),
    retrain("learning_rate", "0.01", Float, Field("learning_rate")),
    retrain("testing_percentage", "10", Int, Field("split.test_percent")),
    retrain("validation_percentage", "10", Int, Field("split.validation_percent")),
    retrain("eval_step_interval", "10", Int, Field("train.eval_interval")),
    retrain("train_batch_size", "100", Int, Field("train.batch_size")),
    retrain("test_batch_size", "-1", Int, WholeSet("test")),
    retrain("validation_batch_size", "100", Int, WholeSet("validation")),
    retrain("print_misclassified_test_images", "false", Switch, Elsewhere(
        "'retrain scores RUN --set test --wrong' lists them, with their true names and scores")),
    retrain("model_dir", "/tmp/imagenet", Text, Weights),
    retrain("bottleneck_dir", "/tmp/bottleneck", Text, Elsewhere(
        "features are kept in cache/ of the project, by the photos' content; 'cache' in config.toml \
         moves it")),
    retrain("final_tensor_name", "final_result", Text, Nothing(
        "the head's file is no graph, and its tensors are always called weights and bias")),
    retrain("flip_left_right", "false", Switch, Field("distort.flip")),
    retrain("random_crop", "0", Int, Field("distort.crop_percent")),
    retrain("random_scale", "0", Int, Field("distort.scale_percent")),
    retrain("random_brightness", "0", Int, Field("distort.brightness_percent")),
    retrain("architecture", "inception_v3", Text, Backbone),
    retrain("tfhub_module",
        "https://tfhub.dev/google/imagenet/inception_v3/feature_vector/3", Text, Backbone),
    retrain("saved_model_dir", "", Text, Elsewhere(
        "'retrain export RUN --onnx FILE' writes one file from picture to scores, as a SavedModel was")),
    retrain("checkpoint_path", "/tmp/_retrain_checkpoint", Text, Elsewhere(
        "checkpoint.safetensors in the run's folder; 'retrain resume RUN' goes on from it")),
    retrain("logging_verbosity", "INFO", Text, Elsewhere(
        "'retrain run --log retrain.py' prints its lines of the steps")),

    label_image("image", "", Text, Photo),
    label_image("graph", "", Text, Elsewhere(
        "the head of a run, named before the photo: 'last' is the newest, 'retrain list' shows all")),
    label_image("labels", "", Text, Elsewhere("the head's file has the names of its categories")),
    label_image("num_top_predictions", "5", Int, Top),
    label_image("input_height", "299", Int, Elsewhere(HEAD_KNOWS)),
    label_image("input_width", "299", Int, Elsewhere(HEAD_KNOWS)),
    label_image("input_mean", "0", Float, Elsewhere(HEAD_KNOWS)),
    label_image("input_std", "255", Float, Elsewhere(HEAD_KNOWS)),
    label_image("input_layer", "input", Text, Nothing(NETWORKS_OWN)),
    label_image("output_layer", "InceptionV3/Predictions/Reshape_1", Text, Nothing(NETWORKS_OWN)),
];

impl Becomes {
    /// In a cell of the page's table.
    fn in_words(self) -> String {
        match self {
            Field(key) => format!("`{key}`"),
            Images => "`images`, spelled as it was typed".to_owned(),
            Backbone => "`network.backbone`; of networks that are not here the nearest".to_owned(),
            Weights => {
                "`network.weights`, where the folder holds the network of 2015; else nothing: there \
                 are weights in the program"
                    .to_owned()
            }
            WholeSet(set) => format!("always the whole {set} set, each photo once, as -1 there"),
            Photo => "the photo of `retrain predict RUN PHOTO`".to_owned(),
            Top => "`retrain predict --top`; without it all categories are shown".to_owned(),
            Elsewhere(said) | Nothing(said) => said.to_owned(),
        }
    }
}

/// The flags of a script as a Markdown table.
pub fn flags_markdown(script: Script) -> String {
    let mut table = String::from("| flag | left out | here |\n|---|---|---|\n");
    for Flag { name, default, becomes, .. } in FLAGS.iter().filter(|flag| flag.script == script) {
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        writeln!(table, "| `--{name}` | {default} | {} |", becomes.in_words())
            .expect("a text takes any text");
    }
    table
}
