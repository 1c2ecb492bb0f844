//! Mixtures of two runs: the photos, categories, features and settings of the one or the other.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::causes::{Causes, Change};

use crate::config::Config;
use crate::features::{RowKey, plain_row};
use crate::insight::predict;
use crate::past::{Features, PastRun, hash, rows};
use crate::spec::{Distort, Experiment, Set};
use crate::store::{Horizon, ListedPhoto};
use crate::train::{self, Ended, Head, Problem, Samples, fit};

/// The old or the new way.
const OLD: usize = 0;
const NEW: usize = 1;

/// Which of the two runs each thing is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Choice {
    photos: usize,
    labels: usize,
    network: usize,
    distort: usize,
}

/// A test photo of both runs, or of one: its content and the name of its category.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tested {
    pub hash: String,
    pub truth: String,
}

/// Test photos, by what became of them from the first run to the second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestPhotos {
    /// In both, as the same category, each content once.
    pub common: Vec<Tested>,
    /// For each run: those it tests besides.
    pub others: [Vec<(Tested, Other)>; 2],
}

/// Why a test photo is not common to both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    /// Only this run tests it.
    Alone,
    /// Both test it, as different categories.
    Relabelled,
}

/// Features that are not in the cache.
#[derive(Debug)]
pub struct Missing {
    count: usize,
    /// The run that needs them for its network.
    side: usize,
}

impl Missing {
    pub fn in_words(&self, sides: &[PastRun; 2]) -> String {
        sides[self.side].without_features(self.count)
    }
}

/// Everything that mixtures are made of, in memory.
pub struct Bench {
    sides: [PastRun; 2],
    pub test: TestPhotos,
    /// By network: `[n, d]`, and the row of each feature.
    features: [Features; 2],
}

/// For each test photo whether a head of a mixture predicts it rightly.
#[derive(Clone, Debug, PartialEq)]
pub struct Right {
    pub common: Vec<bool>,
    /// By run; empty for one whose mixture it is not.
    pub others: [Vec<bool>; 2],
}

impl Bench {
    /// Reads all features that the mixtures need; `Ok(Err(..))` where some are not in the cache.
    pub fn open(
        config: &Config,
        sides: &[PastRun; 2],
        causes: &Causes,
    ) -> Result<Result<Bench, Missing>, String> {
        let test = test_photos(sides)?;
        let mut needed: [BTreeMap<RowKey, ()>; 2] = [BTreeMap::new(), BTreeMap::new()];
        for mask in 0..1usize << causes.0.len() {
            let choice = choice(causes, mask);
            for photo in &sides[choice.photos].photos {
                if photo.set != Set::Test {
                    let rows = rows(photo, &sides[choice.distort].experiment.distort)?;
                    needed[choice.network].extend(rows.into_iter().map(|row| (row, ())));
                }
            }
        }
        for (side, mask) in [(OLD, 0), (NEW, (1 << causes.0.len()) - 1)] {
            // Without another network both take the features of the first.
            let network = choice(causes, mask).network;
            let others = test.others[side].iter().map(|(tested, _)| tested);
            for tested in test.common.iter().chain(others) {
                needed[network].insert(plain_row(&hash(&tested.hash)?), ());
            }
        }
        let mut features = [Features::default(), Features::default()];
        for network in [OLD, NEW].into_iter().filter(|&network| !needed[network].is_empty()) {
            match Features::find(
                config,
                &sides[network],
                needed[network].keys().copied().collect(),
            )? {
                Ok(found) => features[network] = found,
                Err(count) => return Ok(Err(Missing { count, side: network })),
            }
        }
        Ok(Ok(Bench { sides: sides.clone(), test, features }))
    }

    /// The seeds with which the two runs were trained.
    pub fn seeds(&self) -> [u64; 2] {
        self.sides.each_ref().map(|side| side.experiment.train.seed)
    }

    /// Trains the head of a mixture and tests it on the common photos; that of one of the two runs
    /// also on its others. The error is a sentence: the mixture cannot be trained.
    pub fn measure(&self, causes: &Causes, mask: usize, seed: u64) -> Result<Right, String> {
        let choice = choice(causes, mask);
        let (mut experiment, horizons) = self.settings(causes, mask)?;
        experiment.train.seed = seed;
        let labelled = self.labelled(choice);
        let categories = self.categories(choice, &labelled);
        let distort = &self.sides[choice.distort].experiment.distort;
        let [training, validation] = [Set::Training, Set::Validation]
            .map(|set| self.samples(choice.network, &labelled, set, distort, &categories));
        let (training, validation) = (training?, validation?);
        let problem = Problem {
            training: &training,
            validation: &validation,
            categories: categories.len(),
            train: &experiment.train,
            iterations: experiment.iterations,
            horizons: &horizons,
            learning_rate: experiment.learning_rate,
        };
        let fitted = fit(&problem, None, &mut ()).map_err(|err| err.to_string())?;
        if let Ended::Diverged(divergence) = fitted.ended {
            return Err(format!("training a mixture of the two runs fails: {divergence}"));
        }
        let right =
            |tested: Vec<&Tested>| self.right(&fitted.head, choice.network, &tested, &categories);
        let others = |side: usize, own: usize| match mask == own {
            true => right(self.test.others[side].iter().map(|(tested, _)| tested).collect()),
            false => Ok(Vec::new()),
        };
        Ok(Right {
            common: right(self.test.common.iter().collect())?,
            others: [others(OLD, 0)?, others(NEW, (1 << causes.0.len()) - 1)?],
        })
    }

    /// The settings of a mixture, and the numbers of iterations that its schedule is for.
    fn settings(&self, causes: &Causes, mask: usize) -> Result<(Experiment, Vec<Horizon>), String> {
        let mut values = Vec::new();
        let mut horizons = &self.sides[OLD].horizons;
        for change in changes(causes, mask) {
            if let Change::Setting { key, after, .. } = change {
                values.push((*key, after.clone()));
                if *key == "iterations" {
                    horizons = &self.sides[NEW].horizons;
                }
            }
        }
        let experiment = self.sides[OLD].experiment.with(&values);
        Ok((experiment.map_err(|mistakes| mistakes.to_string())?, horizons.clone()))
    }

    /// The photos of a mixture in the order of their run, each with its category's name.
    fn labelled(&self, choice: Choice) -> Vec<(&ListedPhoto, &str)> {
        let labels: HashMap<&str, &str> = match choice.labels == choice.photos {
            true => HashMap::new(),
            false => {
                let photos = &self.sides[choice.labels].photos;
                photos.iter().map(|photo| (&*photo.hash, &*photo.category)).collect()
            }
        };
        self.sides[choice.photos]
            .photos
            .iter()
            .map(|photo| (photo, labels.get(&*photo.hash).copied().unwrap_or(&photo.category)))
            .collect()
    }

    /// Those that have a training photo, in the order of the run that the photos are of.
    fn categories(&self, choice: Choice, labelled: &[(&ListedPhoto, &str)]) -> Vec<String> {
        let trained: HashSet<&str> = labelled
            .iter()
            .filter(|(photo, _)| photo.set == Set::Training)
            .map(|(_, category)| *category)
            .collect();
        let (own, other) = (&self.sides[choice.photos], &self.sides[NEW - choice.photos]);
        let foreign = other.categories.iter().filter(|name| !own.categories.contains(name));
        let names = own.categories.iter().chain(foreign);
        names.filter(|name| trained.contains(name.as_str())).cloned().collect()
    }

    fn samples(
        &self,
        network: usize,
        labelled: &[(&ListedPhoto, &str)],
        set: Set,
        distort: &Distort,
        categories: &[String],
    ) -> Result<Samples, String> {
        let (mut keys, mut labels) = (Vec::new(), Vec::new());
        for (photo, category) in labelled.iter().filter(|(photo, _)| photo.set == set) {
            // A validation photo of a category without training photos cannot be learned from.
            let Some(label) = categories.iter().position(|name| name == category) else { continue };
            let rows = rows(photo, distort)?;
            labels.extend(std::iter::repeat_n(label as u32, rows.len()));
            keys.extend(rows);
        }
        Ok(Samples { features: self.select(network, &keys)?, labels })
    }

    fn right(
        &self,
        head: &Head,
        network: usize,
        tested: &[&Tested],
        categories: &[String],
    ) -> Result<Vec<bool>, String> {
        if tested.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Result<Vec<RowKey>, String> =
            tested.iter().map(|tested| Ok(plain_row(&hash(&tested.hash)?))).collect();
        let scores = self.select(network, &keys?)?.scores(head).map_err(|err| err.to_string())?;
        let right = scores
            .iter()
            .zip(tested)
            .map(|(scores, tested)| categories[predict(scores)] == tested.truth);
        Ok(right.collect())
    }

    fn select(&self, network: usize, keys: &[RowKey]) -> Result<train::Features, String> {
        self.features[network].of(keys)
    }
}

fn changes(causes: &Causes, mask: usize) -> impl Iterator<Item = &Change> {
    let is_new = move |(number, _): &(usize, _)| mask & (1 << number) != 0;
    causes.0.iter().enumerate().filter(is_new).flat_map(|(_, cause)| &cause.0)
}

fn choice(causes: &Causes, mask: usize) -> Choice {
    let mut choice = Choice::default();
    for change in changes(causes, mask) {
        match change {
            Change::Photos { .. } => choice.photos = NEW,
            Change::Labels { .. } => choice.labels = NEW,
            Change::Network { .. } => choice.network = NEW,
            Change::Distort { .. } => choice.distort = NEW,
            Change::Setting { .. } => {}
        }
    }
    choice
}

/// The error says why there is nothing to compare the runs on.
fn test_photos(sides: &[PastRun; 2]) -> Result<TestPhotos, String> {
    let tested = |side: &PastRun| -> Vec<Tested> {
        let photos = side.photos.iter().filter(|photo| photo.set == Set::Test);
        photos
            .map(|photo| Tested { hash: photo.hash.clone(), truth: photo.category.clone() })
            .collect()
    };
    let both = sides.each_ref().map(tested);
    let contents = both
        .each_ref()
        .map(|tested| tested.iter().map(|photo| &*photo.hash).collect::<HashSet<&str>>());
    let same = both.each_ref().map(|tested| tested.iter().collect::<HashSet<&Tested>>());
    let mut test = TestPhotos::default();
    for side in [OLD, NEW] {
        let other = NEW - side;
        let mut seen = HashSet::new();
        for photo in &both[side] {
            if same[other].contains(photo) && seen.insert(photo) {
                if side == NEW {
                    test.common.push(photo.clone());
                }
                continue;
            }
            let is_in_both = contents[other].contains(&*photo.hash) && !same[other].contains(photo);
            let why = if is_in_both { Other::Relabelled } else { Other::Alone };
            test.others[side].push((photo.clone(), why));
        }
    }
    match test.common.is_empty() {
        true => Err(format!(
            "{} and {} cannot be compared: they tested no photo in common",
            sides[OLD].id, sides[NEW].id
        )),
        false => Ok(test),
    }
}
