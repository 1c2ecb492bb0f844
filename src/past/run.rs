//! A run with a result, as it can be trained again.

use crate::spec::{self, Experiment, Set};
use crate::store::{Horizon, ListedPhoto, RunFolder, TestResult, read_photos};
use crate::words::counted;

/// A run with a result: what it trained on and how.
#[derive(Clone, Debug)]
pub struct PastRun {
    /// Its name.
    pub id: String,
    /// With as many iterations as were done.
    pub experiment: Experiment,
    /// For a schedule that falls to the end.
    pub horizons: Vec<Horizon>,
    /// In the order of the head.
    pub categories: Vec<String>,
    /// In the order in which it trained on them.
    pub photos: Vec<ListedPhoto>,
    /// Name of the feature cache's folder.
    pub feature_key: String,
    /// Numbers of one feature.
    pub feature_len: usize,
    /// What it reported.
    pub test: TestResult,
}

impl PastRun {
    /// The error is a sentence.
    pub fn read(folder: &RunFolder) -> Result<PastRun, String> {
        let id = folder.id();
        let run = folder.replay().map_err(|err| err.to_string())?;
        let Some(test) = run.test().cloned() else {
            return Err(format!("{id} has no result: it has one at its end"));
        };
        let Some(network) = &run.network else {
            return Err(format!("{id} does not say which network made its features"));
        };
        let mut experiment =
            spec::load(&folder.experiment()).map_err(|err| err.to_string())?.experiment;
        experiment.iterations = run.step();
        Ok(PastRun {
            experiment,
            horizons: run.horizons.clone(),
            categories: run.categories().map(str::to_owned).collect(),
            photos: read_photos(folder)?,
            feature_key: network.feature_key.clone(),
            feature_len: network.feature_len,
            test,
            id,
        })
    }

    /// The label of each photo, a place among the categories. The error is a sentence.
    pub fn labels(&self) -> Result<Vec<usize>, String> {
        let place = |name: &String| self.categories.iter().position(|category| category == name);
        self.photos
            .iter()
            .map(|photo| {
                place(&photo.category).ok_or_else(|| {
                    format!(
                        "{}: photos.csv has a category '{}' that the run has not",
                        self.id, photo.category
                    )
                })
            })
            .collect()
    }

    /// How many photos of each category the head that was kept was trained on: with folds all.
    pub fn training_counts(&self) -> Vec<usize> {
        let is_seen = |set: Set| self.test.folds > 0 || set == Set::Training;
        let count = |name: &String| {
            self.photos.iter().filter(|photo| photo.category == *name && is_seen(photo.set)).count()
        };
        self.categories.iter().map(count).collect()
    }

    /// That the features of so many of its photos are gone, and what to do.
    pub fn without_features(&self, count: usize) -> String {
        format!(
            "the features of {} of {} are not in the cache any more; 'retrain run' of its experiment \
             with images = \"{}\" computes them",
            counted(count, "photo"),
            self.id,
            self.experiment.images.display()
        )
    }
}
