//! What can be typed, with the help of each command: `docs/commands.md` is made of it.

mod choices;
mod groups;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use choices::{EndName, FormatName, LogName, OutcomeName, PriorsName, SetName, SortBy};
pub use groups::{Cache, Export, FromRetrainPy, Label, Predict, QueueCommand, Scores, Trash};

use crate::dataset::Share;

/// What a newcomer needs comes first, each with an example that works; `{...}` is filled in.
const TEMPLATE: &str = "\
{about}

Begin with these:
  retrain demo                         Draw some photos, train on them, see the result
  retrain new photos                   Write experiments/photos.toml for photos/fire, photos/smoke ...
  retrain run photos                   Train and test it
  retrain predict last new-photo.jpg   Say what a photo shows
  retrain                              Open the screens, in a terminal

{usage-heading} {usage}

{all-args}
";

/// Teach Inception v3 your own image categories, from a terminal.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
#[command(help_template = TEMPLATE, subcommand_help_heading = "All commands")]
pub struct Args {
    /// What to do; without one the screens are opened.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A command with its arguments. The comments are the help that a person reads.
#[derive(Subcommand)]
pub enum Command {
    /// Draw a set of demo photos (fire, smoke, misc) and train on it
    ///
    /// In a terminal the run is shown on the live screen.
    Demo {
        /// Print the run's name and leave; the run goes on
        #[arg(long)]
        detach: bool,
        /// Print lines also in a terminal
        #[arg(long, conflicts_with = "detach")]
        plain: bool,
    },
    /// Run experiments: photos to features, the head trained, every image scored
    ///
    /// The work is done by a process of its own; this command follows it. Runs wait in the queue
    /// until a slot is free ('slots' in config.toml). Ctrl-c once takes a waiting run off the queue,
    /// or stops the training, evaluates and keeps the result; twice leaves at once.
    Run {
        /// Experiment files, such as experiments/fire.toml, or their names, such as fire
        #[arg(required = true, value_name = "EXPERIMENT")]
        experiments: Vec<PathBuf>,
        /// A value over the file's, such as learning_rate=0.1 (repeatable)
        #[arg(long, value_name = "FIELD=VALUE")]
        set: Vec<String>,
        /// Run each so many times with other seeds, to see how much is luck
        ///
        /// The training seed varies and, where split.by is "seed", the split; at the end it says the
        /// mean accuracy and its deviation.
        #[arg(long, value_name = "N", default_value_t = 1,
              value_parser = clap::value_parser!(u16).range(1..=1000))]
        repeats: u16,
        /// Print the run's name and leave; the run goes on
        #[arg(long)]
        detach: bool,
        /// Print evaluations on stdout as another program did
        #[arg(long, value_enum, value_name = "FORM", conflicts_with = "detach")]
        log: Option<LogName>,
    },
    /// Go on with a run that was stopped, paused, cancelled or lost, or that failed
    ///
    /// Training goes on from the run's checkpoint, with the same losses to the bit as if nothing
    /// had happened.
    Resume {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// Train to this iteration instead of the run's own; also for a run that is done
        #[arg(long, value_name = "N")]
        iterations: Option<usize>,
        /// Print the run's name and leave; the run goes on
        #[arg(long)]
        detach: bool,
    },
    /// End a running run with a checkpoint, to go on with it later
    Pause {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
    },
    /// End a running run now, evaluate what it has learned, and keep the result
    Stop {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
    },
    /// End a running run without a result; its features and its last checkpoint are kept
    Cancel {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
    },
    /// Show the runs at work and waiting, or change their order
    ///
    /// A run that ends starts the next one by itself; nothing has to stay open for that.
    #[command(args_conflicts_with_subcommands = true)]
    Queue {
        #[command(subcommand)]
        what: Option<QueueCommand>,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// List all runs, the newest last, or those that pass a filter
    List {
        /// As in the table of runs: 'accuracy>70% seed=3', 'state=failed OR NOT has:note'
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Put tags on a run and take them off, or print those that it has
    ///
    /// 'retrain list --filter tag=best' lists the runs that have one.
    Tag {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// Tags to put on it and to take off, such as +best -old
        #[arg(value_name = "+TAG|-TAG", allow_hyphen_values = true)]
        changes: Vec<String>,
    },
    /// Write a note about a run, one line, or print it
    Note {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// The note instead of the one before; left out: the note is printed; "": it is taken off
        #[arg(allow_hyphen_values = true)]
        text: Option<String>,
    },
    /// Show a run: its settings, photos, result, confusion matrix and worst images
    Show {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// List the scores of a run's images, the worst first
    Scores(Scores),
    /// Compare two runs photo by photo: what the second fixed and broke, and whether that is luck
    ///
    /// Compared are the photos that both tested, known by their content. The chance is McNemar's
    /// exact test, the interval Tango's score interval of the paired difference (95%).
    Compare {
        /// The run to measure against: any unique beginning of its name, or 'last'
        first: String,
        /// The run that is asked about
        second: String,
        /// Compare the mean accuracies of all repeats of the two: runs that differ from them only in
        /// their seeds
        #[arg(long, conflicts_with = "list")]
        repeats: bool,
        /// List all photos of one outcome instead of the largest changes
        #[arg(long, value_enum, value_name = "OUTCOME")]
        list: Option<OutcomeName>,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Show what a sweep has found: the best values by validation, and what each setting does
    ///
    /// A sweep is an experiment with a table [sweep], which is run once for each combination of its
    /// values. The test accuracy is told only of the combination that validation chose: the best of
    /// many test accuracies flatters.
    Sweep {
        /// Any unique beginning of a sweep's name, or 'last'
        sweep: String,
        /// Take its runs that wait off the queue, and pause, stop or cancel those at work
        #[arg(long, value_enum, value_name = "HOW", conflicts_with_all = ["resume", "json"])]
        end: Option<EndName>,
        /// Queue its runs that are not done
        #[arg(long, conflicts_with = "json")]
        resume: bool,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Say what the change of the accuracy from one run to another comes from
    ///
    /// Heads are trained again on the old and the new photos with the old and the new settings, from
    /// the features in the cache. Each cause has its Shapley value on the test photos that both runs
    /// have; new and former test photos are told apart. All parts are means over 5 training seeds,
    /// and with what those seeds alone make they add up to the change.
    ExplainChange {
        /// The earlier run: any unique beginning of its name, or 'last'
        first: String,
        /// The later run
        second: String,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Rank the photos of a run by how probably their label is wrong
    ///
    /// Every photo is scored by a head that was not trained on it: of a run with folds by its own, else
    /// by five heads trained on the features in the cache. Confident learning says which labels are
    /// probably wrong (!), and what each photo more probably shows.
    Labels {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// List so many
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        count: usize,
        /// Print JSON of all, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Say how the accuracy grows with the number of photos, and what more of them would bring
    ///
    /// Heads are trained on parts of the run's photos (5 to 100%, five random parts of each size), from
    /// the features in the cache, and tested in five folds, so that every photo is tested by a head that
    /// never saw it. The gain of twice as many photos, of all categories and of each alone, is told as if
    /// the error went on falling as a power of their number, with its 95% interval over the random parts.
    LearningCurve {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Show which kinds of photos each category has, and which wrong photos are alike
    ///
    /// From the features in the cache alone: within a second or two, of 50,000 photos in some ten. Kinds
    /// are told only where random halves of the photos find the same ones; otherwise a category is one
    /// kind. Wrong photos are those of the test set, with split.folds of all.
    Kinds {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// Only this category's kinds and wrong photos
        #[arg(long, value_name = "NAME")]
        category: Option<String>,
        /// Print JSON, with every photo's kind and place on the map, for other programs
        #[arg(long)]
        json: bool,
        /// Print every photo's kind and place on the map as CSV
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Say what photos show, where their folder is wrong; no photo is moved or changed
    ///
    /// It is written into NAME.labels.csv beside the experiment NAME.toml, by the photos' content:
    /// columns file_name, label, verdict and blake3; a table with file_name and label alone is read too.
    /// Every run keeps a copy.
    Label(Label),
    /// Write a report of a run to send or print, of several runs a comparison with the first
    ///
    /// It is one page that needs nothing else: the answer, curves, confusion, each category, the worst
    /// photos as small pictures, and the settings. Only an earlier report is replaced.
    Report {
        /// Any unique beginning of a run's name, or 'last'; of several the first is the baseline
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<String>,
        /// The file to write: .html or, without pictures, .md; left out: report-RUN.html
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// Print Markdown instead, for a pull request
        #[arg(long, conflicts_with = "output")]
        markdown: bool,
    },
    /// Score photos that the run never saw: lines such as 'fire (score = 0.86540)'
    ///
    /// Answers are printed in the order of the files, as they come. Features are kept in the cache.
    ///
    /// Scores are for photos among which every category is as frequent as the others, as a run trains on
    /// them unless train.draw or train.class_weights say otherwise.
    Predict(Predict),
    /// Write runs in the forms of other programs: ONNX, TensorBoard, CSV
    ///
    /// An ONNX file is used without this program: docs/use-the-model.md has it in Python, in a web page, in
    /// C++ and Rust, and behind a server.
    Export(Export),
    /// Show which of a run's training photos are most like a photo
    Similar {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// The photo
        photo: PathBuf,
        /// How many to show
        #[arg(short = 'n', long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        count: u32,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Show where in a photo the score of a category comes from (class activation map)
    ///
    /// The logit of a category is a sum over the places of the feature maps, and the bias. Written is
    /// the photo as a PNG, orange where a place speaks for the category, blue where against it; of a photo
    /// of the run that is predicted wrongly, the true category on the left and the predicted on the right.
    ActivationMap {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// The photo
        photo: PathBuf,
        /// Of this category; left out: the predicted and, where the run knows another, the true one
        #[arg(long, value_name = "NAME")]
        category: Option<String>,
        /// The picture to write, which must not be there yet; left out: PHOTO.activation.png, with --json
        /// none
        #[arg(short, long, value_name = "FILE.png")]
        output: Option<PathBuf>,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Say whether a run's scores mean what they say, and the temperature at which they do
    ///
    /// The temperature divides the logits: it changes how sure scores are of themselves, never which is
    /// the highest. It is fitted on the validation photos and its effect shown on the test photos; of a
    /// run with folds both on all photos, each at the temperature of the others.
    Calibrate {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// Save the temperature in the head, for all photos that are scored from now on
        #[arg(long)]
        save: bool,
        /// Take it out of the head
        #[arg(long, conflicts_with_all = ["save", "json"])]
        undo: bool,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Say what a run of the experiment would use and skip, and why; trains nothing
    Check {
        /// An experiment file, or its name
        experiment: PathBuf,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Write the features of an experiment's or a folder's photos, for other programs
    ///
    /// With --share nothing is written but the cache: each of N machines, or GPUs of one, that see the
    /// same project computes the features of its share, and a run that comes then finds them all.
    /// Shares go by the hash of a photo's name, so photos that are added move no other one. A share may be
    /// ended and asked for again at any time; what is there already is not computed again.
    Features {
        /// An experiment file, its name, or a folder of photos with one folder in it for each category
        source: PathBuf,
        /// The file to write: .safetensors or .csv
        #[arg(
            short,
            long,
            required_unless_present_any = ["share", "submit"],
            conflicts_with_all = ["share", "submit"]
        )]
        output: Option<PathBuf>,
        /// Only compute share K of N, such as 1/4 to 4/4, into the cache
        #[arg(long, value_name = "K/N")]
        share: Option<Share>,
        /// Have jobs of a cluster compute them into the cache, as launch.feature_jobs of the experiment says
        #[arg(long, conflicts_with = "share")]
        submit: bool,
    },
    /// List every field of an experiment file with its default, range and meaning
    Fields {
        /// As a Markdown table
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// List the keys of every screen, as Markdown tables
    Keys,
    /// Say what this machine, terminal and project are like, and what looks wrong: for a bug report
    ///
    /// It names no person: the home folder is written '~'. Nothing is changed.
    Doctor {
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Print what a shell needs to complete commands and options
    ///
    /// For bash: retrain completions bash > ~/.local/share/bash-completion/completions/retrain
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a manual page for each command, as 'man retrain-predict' shows them
    ///
    /// Into a folder that man looks in: retrain man ~/.local/share/man/man1
    Man {
        /// Where to write them; made where it is missing
        folder: PathBuf,
    },
    /// Write a commented experiment file for a folder of photos
    New {
        /// A folder of photos, with one folder in it for each category
        folder: PathBuf,
        /// The file to write; left out: experiments/FOLDER.toml
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// The network: inception_v3 or efficientnet_lite2; left out: asked for on a terminal
        #[arg(short, long, value_name = "NAME")]
        backbone: Option<String>,
    },
    /// Write the experiment that trains as a command line of retrain.py did
    ///
    /// Takes the flags of TensorFlow's retrain.py of all versions, or the whole command from 'python' on,
    /// and says for each flag what became of it. Flags of label_image.py are answered with the command
    /// that predicts.
    FromRetrainPy(FromRetrainPy),
    /// List the trash; with runs: move them there
    ///
    /// A run goes there with all that is in it, and comes back with --restore. Only --empty deletes.
    Trash(Trash),
    /// List the feature cache; --prune deletes what no run of this project uses
    Cache(Cache),
    /// Show which instructions are fast here, and measure each layer of the built-in networks
    ///
    /// Features of the same format by several sets of instructions are compared, too: those of 8-bit integers
    /// must be the same to the bit.
    Kernels {
        /// The arithmetic: f32, bf16 or int8; left out: each that this processor is fast at
        #[arg(long)]
        precision: Option<String>,
    },
    /// List the weights that are there, or say what a file of weights is and check it
    ///
    /// Listed are those in the program and the files in weights/ of the project. Of a file it says
    /// the network, the format, the licence where one is known, how the network takes photos and who
    /// says so, and the lines of an experiment that use it.
    Weights {
        /// A file of weights: .safetensors, .pth, .pb, .tgz, .h5 or .keras
        file: Option<PathBuf>,
        /// Print JSON, for other programs
        #[arg(long)]
        json: bool,
    },
    /// Answer questions about photos on stdin (started by the screens, not by hand)
    #[command(hide = true)]
    Look { run: String },
    /// Do a run (started by 'run', not by hand)
    #[command(hide = true)]
    Worker {
        run: PathBuf,
        #[arg(long)]
        iterations: Option<usize>,
        /// Which of the machine's slots it has
        #[arg(long, default_value_t = 0)]
        slot: usize,
        /// Without a keeper around it
        #[arg(long)]
        alone: bool,
        /// In a job of a cluster: its runs in the folder of runs
        #[arg(long)]
        submission: Option<String>,
    },
}
