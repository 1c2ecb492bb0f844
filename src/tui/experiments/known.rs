//! What is known of experiment files: the fold of their news.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::{Counted, ExperimentNews};
use crate::config::Mistake;
use crate::spec::{self, Checked, Experiment, SpecError, Weights};
use crate::store::trash::Trashed;

#[derive(Debug, Default)]
pub struct KnownExperiments {
    /// By path, so by name.
    pub files: BTreeMap<PathBuf, KnownExperiment>,
    /// The folder has been read once.
    pub is_complete: bool,
    /// Why the folder cannot be read.
    pub problem: Option<String>,
    /// By what [`count_key`] says.
    pub counts: HashMap<String, Counting>,
    /// What can be brought back, newest last.
    pub trashed: Vec<Trashed>,
}

/// A file of the experiments folder.
#[derive(Clone, Debug)]
pub struct KnownExperiment {
    pub path: PathBuf,
    /// The file's name without `.toml`.
    pub name: String,
    pub check: Check,
}

#[derive(Clone, Debug)]
pub enum Check {
    Good(Box<Checked>),
    /// At least one mistake.
    Broken(Vec<Mistake>),
    Unreadable(String),
}

/// How far the photos of an experiment are counted.
#[derive(Clone, Debug, Default)]
pub struct Counting {
    /// Files by category, told by their names alone.
    pub quick: Vec<(String, usize)>,
    /// Files read and files found.
    pub reading: Option<(usize, usize)>,
    pub scanned: Option<Result<Scanned, String>>,
}

/// The photos as a run would take them.
#[derive(Clone, Debug, Default)]
pub struct Scanned {
    /// Training, validation and test photos of each category.
    pub categories: Vec<(String, [usize; 3])>,
    /// With folds the photos of each category in every fold, and of them those that watch the
    /// training of other folds.
    pub folds: Vec<(Vec<usize>, usize)>,
    /// Files that are no usable photo, with the reason.
    pub skipped: Vec<String>,
    pub warnings: Vec<String>,
    /// Why a run would refuse them, or its network.
    pub problem: Option<String>,
    /// About how long their features take, where that is long.
    pub seconds: Option<f64>,
}

impl KnownExperiment {
    /// Reads and checks the file.
    pub fn read(path: &Path) -> KnownExperiment {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let loaded = spec::name(path).and_then(|_| spec::load(path));
        let check = match loaded {
            Ok(checked) => Check::Good(Box::new(checked)),
            Err(SpecError::Mistakes(mistakes)) => Check::Broken(mistakes.0),
            Err(err) => Check::Unreadable(err.to_string()),
        };
        KnownExperiment { path: path.to_owned(), name, check }
    }

    pub fn experiment(&self) -> Option<&Experiment> {
        match &self.check {
            Check::Good(checked) => Some(&checked.experiment),
            _ => None,
        }
    }

    /// The first thing that is wrong with it.
    pub fn problem(&self) -> Option<String> {
        match &self.check {
            Check::Good(_) => None,
            Check::Broken(mistakes) => mistakes.first().map(said),
            Check::Unreadable(problem) => Some(problem.clone()),
        }
    }
}

/// `line 5: iterations is 0, expected ...`: without the file, which the reader is looking at.
fn said(mistake: &Mistake) -> String {
    format!("line {}: {}", mistake.line, mistake.message)
}

impl Counting {
    /// Photos of each category, as well as is known.
    pub fn totals(&self) -> Vec<(String, usize)> {
        match &self.scanned {
            Some(Ok(scanned)) => {
                let total = |(name, sets): &(String, [usize; 3])| (name.clone(), sets.iter().sum());
                scanned.categories.iter().map(total).collect()
            }
            _ => self.quick.clone(),
        }
    }
}

/// Names all that decides which photos there are, in which set, and how long they take: equal keys,
/// equal answers.
pub fn count_key(experiment: &Experiment) -> String {
    let Experiment { images, categories, split, data, network, distort, train, labels, .. } =
        experiment;
    // On these it depends what is said of categories of unequal size.
    let balance = (train.draw, &train.class_weights, train.early_stop > 0);
    let from_file = (network.weights != Weights::BuiltIn).then_some((
        network.backbone,
        &network.weights,
        distort,
    ));
    format!("{:?}", (images, categories, split, data, from_file, balance, labels))
}

impl KnownExperiments {
    pub fn learn(&mut self, news: &ExperimentNews) {
        match news {
            ExperimentNews::Files { changed, gone, problem } => {
                for path in gone {
                    self.files.remove(path);
                }
                for file in changed {
                    // Its labels may be what has changed.
                    if let Some(experiment) = file.experiment() {
                        self.counts.remove(&count_key(experiment));
                    }
                    self.files.insert(file.path.clone(), file.clone());
                }
                self.problem.clone_from(problem);
                self.is_complete = true;
            }
            ExperimentNews::Counted { key, more } => {
                let counting = self.counts.entry(key.clone()).or_default();
                match more {
                    Counted::Quick(categories) => counting.quick.clone_from(categories),
                    Counted::Reading { read, found } => counting.reading = Some((*read, *found)),
                    Counted::Scanned(scanned) => {
                        counting.reading = None;
                        counting.scanned = Some(scanned.clone());
                    }
                }
            }
            ExperimentNews::Trashed(trashed) => self.trashed.push(trashed.clone()),
            _ => {}
        }
    }

    pub fn counting(&self, experiment: &Experiment) -> Option<&Counting> {
        self.counts.get(&count_key(experiment))
    }
}
