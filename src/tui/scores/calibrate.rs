//! The temperature of the scores that a table has.

use std::sync::Arc;

use super::{CalibratedNews, ScoreTable};
use crate::insight::{Calibrated, FitOn, Scored};
use crate::spec::Set;
use crate::store::RunFolder;

/// Fits it as `retrain calibrate` does; the error is a sentence.
pub fn calibrate(run: &RunFolder, table: Arc<ScoreTable>, has_folds: bool) -> CalibratedNews {
    let of = |set: Set| -> Vec<Scored<'_>> {
        let images = table.images().iter().enumerate().filter(|(_, image)| image.set == Some(set));
        let scored = images.filter_map(|(place, image)| {
            Some(Scored { truth: image.truth? as usize, scores: table.scores(place) })
        });
        scored.collect()
    };
    let validation = of(Set::Validation);
    let on = if has_folds { FitOn::Folds } else { FitOn::Validation(&validation) };
    let calibrated = Calibrated::of(on, &of(Set::Test), table.categories.len())
        .map(Arc::new)
        .ok_or_else(|| Calibrated::missing(&run.id()));
    CalibratedNews { table: table.clone(), calibrated }
}
