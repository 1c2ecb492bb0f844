//! Effects: what screens want done, as values. Nothing here does anything.
//!
//! The [`App`](super::app::App) applies those that only change what is shown, the
//! [`Performer`](super::performer::Performer) does the others.

use std::path::PathBuf;
use std::sync::Arc;

use super::additions::AdditionEffect;
use super::experiments::ExperimentEffect;
use super::keys::Action;
use super::kinds::Kinds;
use super::labels::Decided;
use super::look::Question;
use super::news::{Toast, Trashed};
use super::preview::{Graphics, Wanted};
use super::scores::{Chosen, Filters, ScoreTable, Source};
use super::theme::ThemeName;
use crate::spec::Set;
use crate::store::{NoteEdit, RunFolder, Stop};

/// How a run's experiment is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// With its own settings.
    AsItIs,
    /// The same with the other built-in network.
    WithOtherNetwork,
}

/// Something that a screen wants done.
#[derive(Debug)]
pub enum Effect {
    // on the screen
    /// Puts a screen on top of the present one; going back returns to it.
    Open(Destination),
    /// Asks before it does something.
    Confirm(Confirm),
    /// Tells the person something.
    Toast(Toast),
    /// Going back had something to clear on the screen, so it does not leave it.
    Cleared,
    /// Does what a key of the table would.
    Act(Action),
    // outside
    /// Makes a run of an experiment file, starts its worker, and shows it.
    Launch {
        /// The experiment's file.
        experiment: PathBuf,
    },
    /// Makes a run of what another run was, starts its worker, and shows it.
    Rerun(RunFolder, Again),
    /// Goes on with a run that has no worker, to another number of iterations where it is given.
    Resume(RunFolder, Option<usize>),
    /// Changes the queue, and starts what may start then.
    EditQueue(QueueEdit),
    /// Asks the worker of a run to pause, stop or cancel it.
    Stop(RunFolder, Stop),
    /// Takes these runs off the queue, and asks the workers of those at work to end.
    EndAll(Vec<RunFolder>, Stop),
    /// Queues those of these runs that are not done.
    ResumeAll(Vec<RunFolder>),
    /// Moves runs to the trash, each with all that is in its folder.
    Trash(Vec<RunFolder>),
    /// Brings back what was moved to the trash.
    Restore(Trashed),
    /// Changes what a person wrote about a run.
    EditNote(RunFolder, NoteEdit),
    /// Starts runs that wait, as far as there are places for them.
    AdvanceQueue,
    /// Follows these runs from now on, with every point and smoothed training curves.
    Follow {
        /// Instead of those that were followed before.
        runs: Vec<RunFolder>,
        /// 0 is none; see `Smoother`.
        smoothing: f64,
    },
    /// Writes the theme into `config.toml`.
    KeepTheme(ThemeName),
    /// Rings the terminal's bell and has it tell this to who does not look at it.
    Notify(String),
    /// Reads all runs and experiments again.
    Refresh,
    /// Makes these pictures in this order, and no longer those that were asked for before.
    Preview(Vec<Wanted>),
    /// Draws pictures in this way from now on.
    Draw(Graphics),
    /// Reads the scored images of a run; comes back as `News::Scores`.
    ReadScores(RunFolder),
    /// Fits a temperature to the scores of a run, as `retrain calibrate` does; comes back as
    /// `News::Calibrated`.
    Calibrate {
        /// The run that has them.
        run: RunFolder,
        /// All images of the run.
        table: Arc<ScoreTable>,
        /// Every photo was tested, by heads that were trained on the other folds.
        has_folds: bool,
    },
    /// Compares two runs photo by photo, the first being measured against; comes back as
    /// `News::Compared`.
    CompareRuns(RunFolder, RunFolder),
    /// Takes the change from one run to another apart; comes back as `News::Explained`.
    ExplainChange(RunFolder, RunFolder),
    /// Compares the repeats of one run with those of another, the first being measured against; comes
    /// back as `News::ComparedRepeats`.
    CompareRepeats(Vec<RunFolder>, Vec<RunFolder>),
    /// Has heads say which labels of a run are probably wrong; comes back as `News::Doubts`.
    Doubt(RunFolder),
    /// Looks for the kinds of photos of a run; comes back as `News::Kinds`.
    FindKinds(RunFolder),
    /// Trains heads to find out what more photos of a run would bring; comes back as `News::Growth`.
    FindGrowth(RunFolder),
    /// Keeps what was decided about photos in this file; comes back as `News::Kept`.
    Decide(PathBuf, Vec<Decided>),
    /// Something to be done about photos that are added to an experiment's; comes back as
    /// `News::Addition`.
    Addition(AdditionEffect),
    /// Runs a run's experiment again with the labels as they are decided now, and waits for it; comes
    /// back as `News::LessonOver`.
    Lesson(RunFolder),
    /// Reads the curves and the matrix of the run under the cursor, once that rests; comes back as
    /// `News::Glanced`.
    Glance(RunFolder),
    /// Writes a report of these runs into the current folder, the first being the baseline.
    Report(Vec<RunFolder>),
    /// Pins a run as the baseline, or none.
    Pin(Option<String>),
    /// Keeps what was typed at a prompt; comes back as `News::History`.
    Remember(PromptName, String),
    /// Scores a file or folder with the network of a run.
    Predict(RunFolder, PathBuf),
    /// Has the network of a run look at a photo, and no longer at those that were asked for before; comes
    /// back as `News::Looked`.
    Look(RunFolder, Question),
    /// Opens a file in another program of the person's desktop.
    OpenOutside(PathBuf),
    /// Something to be done with experiment files.
    Experiment(ExperimentEffect),
    /// Puts a text on the person's clipboard.
    Copy(String),
    /// Opens a file in the person's editor, in this terminal.
    EditOutside(PathBuf),
    /// Stops the UI and gives the terminal to the shell.
    Suspend,
    /// Sends the whole screen again.
    Repaint,
    /// Takes the terminal again after a stop.
    Retake,
    /// Ends the UI; runs go on.
    Quit,
}

/// What is typed at a prompt; each has a history of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptName {
    /// Which runs are shown.
    RunFilter,
    /// Which experiments are shown.
    ExperimentFilter,
    /// Which images are shown.
    ImageFilter,
    /// The tags of a run.
    Tags,
    /// The note of a run.
    Note,
    /// The photos of a new experiment.
    Folder,
    /// What a run shall score.
    Photos,
    /// What photos show.
    Category,
    /// Settings and the values that they are to have.
    Sweep,
}

impl PromptName {
    /// In the file that keeps it.
    pub fn name(self) -> &'static str {
        match self {
            PromptName::RunFilter => "filter of runs",
            PromptName::ExperimentFilter => "filter of experiments",
            PromptName::ImageFilter => "filter of images",
            PromptName::Tags => "tags",
            PromptName::Note => "note",
            PromptName::Folder => "folder of photos",
            PromptName::Photos => "photos to score",
            PromptName::Category => "category",
            PromptName::Sweep => "settings to vary",
        }
    }
}

/// A change of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueEdit {
    /// These runs start before that one, in the order in which they wait now; `None`: as the last.
    Move {
        /// Their names.
        runs: Vec<String>,
        /// The name of the other.
        before: Option<String>,
    },
    /// These runs are the next to start.
    First(Vec<String>),
    /// These runs do not wait any more.
    Remove(Vec<String>),
    /// No run waits any more.
    Empty,
    /// Starts nothing from now on; `false`: starts what waits again.
    Hold(bool),
}

/// A screen that can be opened from another one, and what it shows.
#[derive(Debug)]
pub enum Destination {
    /// One run as it happens.
    Live(RunFolder),
    /// The runs of the experiment of this name.
    RunsOf(String),
    /// Runs side by side.
    Compare {
        /// Their names, of each column one run or repeats, the oldest first; the order gives colours
        /// and symbols.
        columns: Vec<Vec<String>>,
        /// The one that the others are measured against.
        baseline: Option<String>,
    },
    /// Two runs photo by photo.
    Pairs {
        /// The run that is measured against.
        first: RunFolder,
        /// The one that is measured.
        second: RunFolder,
    },
    /// Photos of a run whose labels are probably wrong.
    Labels(RunFolder),
    /// The kinds of photos of a run, and its wrong photos that are alike; as they were found before, or
    /// to be found.
    Kinds(RunFolder, Option<Arc<Kinds>>),
    /// All photos of a run as points.
    Map(RunFolder, Option<Arc<Kinds>>),
    /// What more photos of a run would bring.
    Growth(RunFolder),
    /// Some images of a run.
    ChosenImages(RunFolder, Chosen),
    /// What the change from one run to another comes from.
    Change {
        /// The run before the change.
        first: RunFolder,
        /// The run after it.
        second: RunFolder,
    },
    /// All images of this source.
    Images(Source),
    /// Those images of `table` that pass the filters.
    SomeImages {
        /// Where the table came from.
        source: Source,
        /// All images of the source.
        table: Arc<ScoreTable>,
        /// Which of them are shown.
        filters: Filters,
    },
    /// The confusion matrix of the images of `set`; `None`: of all.
    Confusion {
        /// Where the table came from.
        source: Source,
        /// All images of the source.
        table: Arc<ScoreTable>,
        /// Which of them are counted.
        set: Option<Set>,
    },
    /// One category of the images of `set`, as the threshold of its score moves; `None`: of all.
    Threshold {
        /// Where the table came from.
        source: Source,
        /// All images of the source.
        table: Arc<ScoreTable>,
        /// Which of them are counted.
        set: Option<Set>,
        /// Its place among the categories.
        category: usize,
    },
    /// Every message so far.
    Log,
    /// What works and what waits.
    Queue,
    /// What the sweep of this name has found.
    Sweep(String),
    /// An experiment's file, to be edited.
    Editor(PathBuf),
    /// A text for an experiment's file that does not exist yet.
    Draft {
        /// Where it will be saved.
        path: PathBuf,
        /// The text to begin with.
        text: String,
    },
}

/// A question with what will happen, and what is done when the answer is yes.
#[derive(Debug)]
pub struct Confirm {
    /// One line, ending in a question mark.
    pub question: String,
    /// What will happen, a line each.
    pub consequences: Vec<String>,
    /// Done at yes; any other answer leaves everything as it is.
    pub effect: Box<Effect>,
}
