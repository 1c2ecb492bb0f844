//! What a change from one run to another comes from: heads are trained again on the old and the new
//! photos with the old and the new settings, so that each cause has its part of the change.
//!
//! Everything is computed from features that are in the cache. Not here: the fair division itself
//! (`insight::shapley`), and how it is shown.

mod causes;
mod mixture;
mod parts;
#[cfg(test)]
mod tests;
mod trials;

use crate::config::Config;
use crate::past::PastRun;
use crate::store::RunFolder;

pub use causes::Cause;
pub use parts::{Explanation, LUCK, Part};

use causes::Causes;
use mixture::Bench;

/// Training seeds over which every part is a mean.
pub const SEEDS: usize = 5;

/// Takes the change of the final test accuracy from `first` to `second` apart.
///
/// `progress` is told how many heads of how many are trained. The error is a sentence that says why
/// it cannot be done.
pub fn explain_change(
    config: &Config,
    first: &RunFolder,
    second: &RunFolder,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Explanation, String> {
    let sides = [PastRun::read(first)?, PastRun::read(second)?];
    if let Some(PastRun { id, test, .. }) = sides.iter().find(|side| side.test.folds > 0) {
        return Err(format!(
            "{id} tested every photo in {} folds, by other heads than the one it kept; what a change \
             comes from is told only of runs with one test set (split.folds = 0)",
            test.folds
        ));
    }
    explain(config, &sides, progress)
}

fn explain(
    config: &Config,
    sides: &[PastRun; 2],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Explanation, String> {
    let mut causes = Causes::between(sides);
    let bench = match Bench::open(config, sides, &causes)? {
        Ok(bench) => bench,
        // Not every mixture of photos and networks has its features: then they are one cause.
        Err(_) => {
            causes.join_photos_and_features();
            Bench::open(config, sides, &causes)?.map_err(|missing| missing.in_words(sides))?
        }
    };
    let trials = match trials::measure(&bench, &causes, config.threads, progress) {
        Err(trials::Unsolvable(_)) if causes.join_settings() => {
            trials::measure(&bench, &causes, config.threads, progress)
        }
        measured => measured,
    };
    let trials = trials.map_err(|trials::Unsolvable(why)| why)?;
    Ok(parts::explanation(sides, &bench, causes, &trials))
}
