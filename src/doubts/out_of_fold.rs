//! Scores of all photos of a run by heads that were not trained on them.

use std::os::unix::ffi::OsStrExt;

use crate::config::Config;
use crate::dataset::{Fold, deal_folds};
use crate::features::{RowKey, plain_row};
use crate::past::{Features, PastRun, hash, on_all_cores};
use crate::spec::{Set, Split};
use crate::train::{Ended, Problem, Samples, evaluate, fit};

/// Each photo is scored by a head trained on four fifths of the others.
pub const FOLDS: usize = 5;

/// One score a category for each photo, in their order. The photos are taken as they are, without
/// distorted copies. The error is a sentence.
pub fn scores(
    config: &Config,
    past: &PastRun,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Vec<f32>>, String> {
    let keys = past
        .photos
        .iter()
        .map(|photo| Ok(plain_row(&hash(&photo.hash)?)))
        .collect::<Result<Vec<RowKey>, String>>()?;
    let features = Features::read(config, past, keys.clone())?
        .map_err(|missing| past.without_features(missing))?;
    let folds = folds(past)?;
    let trained = on_all_cores(
        config.threads,
        FOLDS,
        |fold| of_fold(past, &features, &keys, &folds, fold),
        progress,
    )?;
    let mut scores = vec![Vec::new(); keys.len()];
    for (place, of_photo) in trained.into_iter().flatten() {
        scores[place] = of_photo;
    }
    Ok(scores)
}

fn folds(past: &PastRun) -> Result<Vec<Fold>, String> {
    let rule = Split { folds: FOLDS, seed: 0, ..past.experiment.split.clone() };
    let photos = past
        .photos
        .iter()
        .map(|photo| Ok((&*photo.category, photo.file.as_os_str().as_bytes(), hash(&photo.hash)?)))
        .collect::<Result<Vec<_>, String>>()?;
    Ok(deal_folds(&rule, &photos))
}

/// Trains on the other folds, and scores the photos of this one, each by its place.
fn of_fold(
    past: &PastRun,
    features: &Features,
    keys: &[RowKey],
    folds: &[Fold],
    fold: usize,
) -> Result<Vec<(usize, Vec<f32>)>, String> {
    let is_watched = past.experiment.train.early_stop > 0;
    let set = |place: &usize| match folds[*place] {
        Fold { number, .. } if number == fold => Set::Test,
        Fold { watches: true, .. } if is_watched => Set::Validation,
        _ => Set::Training,
    };
    let places = |wanted: Set| (0..keys.len()).filter(move |place| set(place) == wanted);
    let labels = |places: &[usize]| {
        let label = |&place: &usize| {
            let own = &past.photos[place].category;
            past.categories.iter().position(|name| name == own).map(|at| at as u32)
        };
        places.iter().map(label).collect::<Option<Vec<u32>>>()
    };
    let samples = |wanted: Set| -> Result<Samples, String> {
        let places: Vec<usize> = places(wanted).collect();
        let own: Vec<RowKey> = places.iter().map(|&place| keys[place]).collect();
        let labels = labels(&places).ok_or("photos.csv has a category that the run has not")?;
        Ok(Samples { features: features.select(&own)?, labels })
    };
    let (training, validation) = (samples(Set::Training)?, samples(Set::Validation)?);
    let problem = Problem {
        training: &training,
        validation: &validation,
        categories: past.categories.len(),
        train: &past.experiment.train,
        iterations: past.experiment.iterations,
        horizons: &past.horizons,
        learning_rate: past.experiment.learning_rate,
    };
    let fitted = fit(&problem, None, &mut ()).map_err(|err| {
        format!("a head without one fifth of the photos cannot be trained: {err}")
    })?;
    if let Ended::Diverged(divergence) = fitted.ended {
        return Err(format!("training without one fifth of the photos fails: {divergence}"));
    }
    let tested = samples(Set::Test)?;
    let scores = evaluate(&fitted.head, &tested.features).map_err(|err| err.to_string())?;
    Ok(places(Set::Test).zip(scores).collect())
}
