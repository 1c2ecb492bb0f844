//! Heads that are trained on folds of a run's photos, so that each photo is scored by one that never saw
//! it.

use std::os::unix::ffi::OsStrExt;

use super::{Features, PastRun, hash};
use crate::config::Config;
use crate::dataset::{Fold, deal_folds};
use crate::features::{RowKey, plain_row};
use crate::spec::{Set, Split};
use crate::train::{Ended, Problem, Samples, fit};

/// Each photo is scored by a head trained on four fifths of the others.
pub const FOLDS: usize = 5;

/// A run's photos in folds, with their features.
#[derive(Debug)]
pub struct Folded<'a> {
    past: &'a PastRun,
    features: Features,
    /// Of each photo as it is, without distorted copies.
    keys: Vec<RowKey>,
    folds: Vec<Fold>,
    /// Of each photo, a place among the categories.
    labels: Vec<u32>,
}

impl Folded<'_> {
    /// Finds the features. The error is a sentence.
    pub fn read<'a>(config: &Config, past: &'a PastRun) -> Result<Folded<'a>, String> {
        let hashes = past
            .photos
            .iter()
            .map(|photo| hash(&photo.hash))
            .collect::<Result<Vec<blake3::Hash>, String>>()?;
        let keys: Vec<RowKey> = hashes.iter().map(plain_row).collect();
        let features = Features::find(config, past, keys.clone())?
            .map_err(|missing| past.without_features(missing))?;
        let rule = Split { folds: FOLDS, seed: 0, ..past.experiment.split.clone() };
        let named = past
            .photos
            .iter()
            .zip(&hashes)
            .map(|(photo, hash)| (&*photo.category, photo.file.as_os_str().as_bytes(), *hash));
        let folds = deal_folds(&rule, &named.collect::<Vec<_>>());
        let labels = past.labels()?.into_iter().map(|label| label as u32).collect();
        Ok(Folded { past, features, keys, folds, labels })
    }

    /// Trains on the other folds, with this seed, on those of their photos that are used, by their
    /// places; scores the photos of this fold, each by its place. The error is a sentence.
    pub fn scores(
        &self,
        fold: usize,
        seed: u64,
        is_used: impl Fn(usize) -> bool,
    ) -> Result<Vec<(usize, Vec<f32>)>, String> {
        let is_watched = self.past.experiment.train.early_stop > 0;
        let set = |place: usize| match self.folds[place] {
            Fold { number, .. } if number == fold => Some(Set::Test),
            Fold { watches: true, .. } if is_watched => Some(Set::Validation),
            _ => is_used(place).then_some(Set::Training),
        };
        let of = |wanted: Set| -> Vec<usize> {
            (0..self.keys.len()).filter(|&place| set(place) == Some(wanted)).collect()
        };
        let (training, validation) = (of(Set::Training), of(Set::Validation));
        let (training, validation) = (self.samples(&training)?, self.samples(&validation)?);
        let mut train = self.past.experiment.train.clone();
        train.seed = seed;
        let problem = Problem {
            training: &training,
            validation: &validation,
            categories: self.past.categories.len(),
            train: &train,
            iterations: self.past.experiment.iterations,
            horizons: &self.past.horizons,
            learning_rate: self.past.experiment.learning_rate,
        };
        let fitted = fit(&problem, None, &mut ()).map_err(|err| {
            format!("a head without a part of the photos cannot be trained: {err}")
        })?;
        if let Ended::Diverged(divergence) = fitted.ended {
            return Err(format!("training without a part of the photos fails: {divergence}"));
        }
        let tested = of(Set::Test);
        let samples = self.samples(&tested)?;
        let scores = samples.features.scores(&fitted.head).map_err(|err| err.to_string())?;
        Ok(tested.into_iter().zip(scores).collect())
    }

    /// The folds in which photos are scored, by their places.
    pub fn folds(&self) -> &[Fold] {
        &self.folds
    }

    /// The label of each photo, a place among the categories.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn samples(&self, places: &[usize]) -> Result<Samples, String> {
        let keys: Vec<RowKey> = places.iter().map(|&place| self.keys[place]).collect();
        let labels = places.iter().map(|&place| self.labels[place]).collect();
        Ok(Samples { features: self.features.of(&keys)?, labels })
    }
}
