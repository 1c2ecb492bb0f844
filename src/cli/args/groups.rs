//! Arguments that one command takes as a whole.

use std::path::PathBuf;

use clap::Subcommand;

use super::{FormatName, PriorsName, SetName, SortBy};

#[derive(Subcommand)]
pub enum QueueCommand {
    /// Move a waiting run to a place, 1 being the next to start
    Move {
        /// Any unique beginning of a run's name, or 'last'
        run: String,
        /// Its new place: 1 is the next to start
        place: usize,
    },
    /// Take waiting runs off the queue; 'retrain resume' queues them again
    Remove {
        /// Any unique beginning of a run's name, or 'last'
        #[arg(required = true)]
        runs: Vec<String>,
    },
    /// Take all waiting runs off the queue; 'retrain resume' queues them again
    Empty,
    /// Start nothing until 'release'; runs at work go on
    Hold,
    /// Start runs again
    Release,
}

#[derive(clap::Args)]
pub struct Trash {
    /// Runs to move there: any unique beginning of a run's name, or 'last'
    pub runs: Vec<String>,
    /// Bring back: any unique beginning of a name in the trash, or 'last'
    #[arg(long, value_name = "NAME", num_args = 1.., conflicts_with = "runs")]
    pub restore: Vec<String>,
    /// Delete for good what is in the trash; says first how much that is, and asks
    #[arg(long, conflicts_with_all = ["runs", "restore"])]
    pub empty: bool,
    /// Do not ask
    #[arg(long, requires = "empty")]
    pub yes: bool,
    /// Print JSON, for other programs
    #[arg(long, conflicts_with_all = ["runs", "restore", "empty"])]
    pub json: bool,
}

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("form").required(true)))]
pub struct Export {
    /// Any unique beginning of a run's name, or 'last'; left out: all runs, where a form takes several
    ///
    /// For ONNX also RUN@200: its head of iteration 200, where train.keep_every kept it.
    #[arg(value_name = "RUN")]
    pub runs: Vec<String>,
    /// As one ONNX file: network and head of one run, from a picture of any size to the scores
    #[arg(long, value_name = "FILE", group = "form")]
    pub onnx: Option<PathBuf>,
    /// Compare the ONNX file with this program on photos of the run, by Python's onnxruntime
    ///
    /// Where the file is there already it is not written, only compared.
    #[arg(long, requires = "onnx")]
    pub check: bool,
    /// For TensorBoard: curves, weights and confusion matrix, in FOLDER/RUN/train, validation and test
    ///
    /// The names are those of retrain.py. Only an earlier export of the same run is replaced.
    #[arg(long, value_name = "FOLDER", group = "form")]
    pub tensorboard: Option<PathBuf>,
    /// Two tables for pandas, DuckDB or a spreadsheet: FOLDER/runs.csv with one run a line, and
    /// FOLDER/curves.csv with one iteration a line
    #[arg(long, value_name = "FOLDER", group = "form")]
    pub csv: Option<PathBuf>,
}

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("verdict").required(true)))]
pub struct Label {
    /// An experiment file, or its name
    pub experiment: PathBuf,
    /// Photos of it
    #[arg(required = true)]
    pub photos: Vec<PathBuf>,
    /// They belong to this category
    #[arg(long = "as", value_name = "CATEGORY", group = "verdict")]
    pub category: Option<String>,
    /// They show none of the categories: nothing is learned from them
    #[arg(long, group = "verdict")]
    pub none_of_these: bool,
    /// They are not to be used
    #[arg(long, group = "verdict")]
    pub leave_out: bool,
    /// What their folders say is right: takes back what was decided
    #[arg(long, group = "verdict")]
    pub as_folder: bool,
}

#[derive(clap::Args)]
pub struct Cache {
    /// Delete features that no run of this project uses, damaged shards, and what killed writers
    /// left; says first how much that is, and asks
    #[arg(long)]
    pub prune: bool,
    /// Delete the features of just these keys, used or not: any unique beginning of a key
    #[arg(value_name = "KEY", requires = "prune")]
    pub keys: Vec<String>,
    /// Do not ask
    #[arg(long, requires = "prune")]
    pub yes: bool,
    /// Print JSON, for other programs
    #[arg(long, conflicts_with = "prune")]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct Scores {
    /// Any unique beginning of a run's name, or 'last'
    pub run: String,
    /// Only images whose highest score is not the true category's
    #[arg(long)]
    pub wrong: bool,
    /// Only images of this set
    #[arg(long, value_enum)]
    pub set: Option<SetName>,
    /// What decides the order
    #[arg(long, value_enum, default_value_t = SortBy::Loss)]
    pub sort: SortBy,
    /// Print JSON, for other programs
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct FromRetrainPy {
    /// The file to write; left out: experiments/FOLDER.toml
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// As they were typed there: --image_dir photos --how_many_training_steps 500
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FLAGS"
    )]
    pub words: Vec<String>,
}

#[derive(clap::Args)]
pub struct Predict {
    /// Any unique beginning of a run's name, or 'last'; RUN@200: its head of iteration 200, where
    /// train.keep_every kept it
    pub run: String,
    /// Photos, or folders of photos; '-' reads their names from stdin, one a line
    #[arg(required = true)]
    pub photos: Vec<PathBuf>,
    /// Score photos as they arrive in the folders and those below, until ctrl-c
    ///
    /// Those that are there already are not scored, unless --existing says so. A file that is still being
    /// written is waited for. When photos, as a whole, become unlike the training photos, it is said on
    /// stderr. Features are not kept.
    #[arg(long, conflicts_with_all = ["null", "json"])]
    pub watch: bool,
    /// With --watch: score the photos first that are there already
    #[arg(long, requires = "watch")]
    pub existing: bool,
    /// Names on stdin end with a NUL, as those of 'find -print0'
    #[arg(short = '0', long)]
    pub null: bool,
    /// Answer only where so many of 100 answers are right, and hand over the rest
    ///
    /// The threshold comes from scores of the run's photos by heads that were not trained on them:
    /// of a run with folds its own, else five heads are trained on the features in the cache. Where
    /// these photos cannot show it, it says so and answers nothing. A photo that is none of the
    /// categories is handed over, whatever its score.
    #[arg(long, value_name = "PERCENT", value_parser = sure_share)]
    pub sure: Option<f64>,
    /// How frequent the categories are among the photos
    #[arg(long, value_enum, default_value_t = PriorsName::Equal)]
    pub priors: PriorsName,
    /// Print only the N highest scores of each photo
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub top: Option<u32>,
    /// How answers are printed
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    pub format: FormatName,
    /// Print JSON, for other programs: one array of the objects of jsonl
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// What `--sure` takes: 95 or 95% is 0.95.
fn sure_share(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    let percent = percent.filter(|percent| (50.0..=99.9).contains(percent));
    Ok(percent.ok_or("expected 50 to 99.9, such as 95")? / 100.0)
}
