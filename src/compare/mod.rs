//! Two runs: what both tested, what became of each photo, and how their photos differ.
//!
//! Not here: the statistics (`insight` has them), and how it is shown.

mod photos;
mod repeats;
mod sweep;

pub use photos::PhotoChanges;
pub use repeats::{
    Repeat, RepeatKey, Repeats, SEEDS, accuracies_of, is_repeat, repeats_in_brief, seeds,
};
pub use sweep::{Combination, Effect, SweepResult};

use crate::insight::{Pair, Pairs, Scored, Tested, pair};
use crate::store::{ImageScore, RunFolder, TestedPhotos, shown, tested_photos};
use crate::words::{counted, grouped};

/// The photos that two runs tested, the second being the one that is asked about.
#[derive(Clone, Debug)]
pub struct TwoRuns {
    /// What the first tested.
    pub first: TestedPhotos,
    /// What the second tested.
    pub second: TestedPhotos,
    /// The photos that both did.
    pub pairs: Pairs,
    /// How the photos of all their sets differ.
    pub photos: PhotoChanges,
}

impl TwoRuns {
    /// Reads what both tested. The error is a sentence that says why there is nothing to compare.
    pub fn read(first: &RunFolder, second: &RunFolder) -> Result<TwoRuns, String> {
        let (before, after) = (tested_photos(first)?, tested_photos(second)?);
        let pairs = pair(&views(&before), &views(&after));
        if pairs.pairs.is_empty() {
            let why = match pairs.relabelled {
                0 => "they tested no photo in common".to_owned(),
                relabelled => format!(
                    "of the photos that both tested ({}), each has another category in one of them",
                    grouped(relabelled)
                ),
            };
            return Err(format!("{} and {} cannot be compared: {why}", first.id(), second.id()));
        }
        let photos = PhotoChanges::of(&before.listed, &after.listed);
        Ok(TwoRuns { first: before, second: after, pairs, photos })
    }

    /// On which photos the two are compared, with what is left out of their test sets.
    pub fn ground(&self) -> String {
        let Pairs { pairs, only_first, only_second, relabelled } = &self.pairs;
        if only_first + only_second + relabelled == 0 {
            return format!("on the same {}", counted(pairs.len(), "test photo"));
        }
        let mut left_out = Vec::new();
        if *only_first > 0 {
            left_out.push(format!("{} only the first tested", grouped(*only_first)));
        }
        if *only_second > 0 {
            left_out.push(format!("{} only the second", grouped(*only_second)));
        }
        if *relabelled > 0 {
            left_out.push(format!("{} of another category in each", grouped(*relabelled)));
        }
        format!(
            "on the {} of both; left out: {}",
            counted(pairs.len(), "test photo"),
            left_out.join(", ")
        )
    }

    /// The photo of a pair, as each run scored it.
    pub fn scores(&self, pair: &Pair) -> [&ImageScore; 2] {
        [&self.first.photos[pair.first], &self.second.photos[pair.second]]
    }

    /// The file of a pair, as the second run names it.
    pub fn file(&self, pair: &Pair) -> String {
        shown(&self.second.photos[pair.second].file)
    }

    /// The name of the true category of a pair.
    pub fn truth(&self, pair: &Pair) -> &str {
        &self.second.categories[self.second.photos[pair.second].category]
    }

    /// What each run predicted of a pair, with its score.
    pub fn predictions(&self, pair: &Pair) -> [(String, f32); 2] {
        let [before, after] = self.scores(pair);
        let of = |tested: &TestedPhotos, photo: &ImageScore| {
            let predicted = scored(photo).predicted();
            (tested.categories[predicted].clone(), photo.scores[predicted])
        };
        [of(&self.first, before), of(&self.second, after)]
    }
}

fn scored(photo: &ImageScore) -> Scored<'_> {
    Scored { truth: photo.category, scores: &photo.scores }
}

fn views(tested: &TestedPhotos) -> Vec<Tested<'_>> {
    tested
        .photos
        .iter()
        .zip(&tested.hashes)
        .map(|(photo, hash)| {
            let image = scored(photo);
            Tested {
                content: hash,
                truth: &tested.categories[photo.category],
                is_right: image.is_correct(),
                true_score: image.true_score(),
            }
        })
        .collect()
}
