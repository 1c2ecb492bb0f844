//! Which kinds of photos each category of a run has, which of its wrong photos are alike, and a map of
//! all photos; from the features in the cache alone.
//!
//! Not here: the formulas (`insight`), how features become places (`likeness`), how it is shown.
//! `docs/kinds.md` has what was measured.

mod of_category;
mod wrong;

use std::collections::HashMap;
use std::path::PathBuf;

use crate::config::Config;
use crate::features::{RowKey, plain_row};
use crate::insight::predict;
use crate::likeness::{MOST_IN_SPACE, Photos, Space, contrast, spread};
use crate::past::{Features, PastRun, hash, on_all_cores};
use crate::spec::Set;
use crate::store::{RunFolder, read_scores};

pub use of_category::{LEAST_STRENGTH, MOST_KINDS, MOST_SOUGHT_IN};
pub use wrong::WrongGroup;

/// Features that are prepared at a time, so that memory holds them once.
const CHUNK: usize = 2000;

/// What was found about the photos of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Kinds {
    /// In the order of the head.
    pub categories: Vec<String>,
    /// In the order in which the run trained on them.
    pub photos: Vec<Placed>,
    /// By category, the largest kind first; a category without photos has none.
    pub kinds: Vec<Kind>,
    /// Wrong photos by what they are and what they were taken for, the largest group first.
    pub wrong: Vec<WrongGroup>,
    /// The share of the photos' variance that each direction of the map has.
    pub explained: [f64; 2],
    /// The map's directions were found in so many photos.
    pub mapped_by: usize,
    /// Photos that were tested by a head that was not trained on them.
    pub tested: usize,
    /// In so many folds; 0: they are the test set.
    pub folds: usize,
}

/// A photo, and where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Relative to the run's folder of images.
    pub file: PathBuf,
    /// The set that it was in.
    pub set: Set,
    /// Place of its category.
    pub category: usize,
    /// Number of its kind within the category, from 0.
    pub kind: usize,
    /// What it was taken for, where it was tested.
    pub predicted: Option<usize>,
    /// Where it stands on the map.
    pub place: [f64; 2],
}

impl Placed {
    /// It was tested and taken for another category.
    pub fn is_wrong(&self) -> bool {
        self.predicted.is_some_and(|predicted| predicted != self.category)
    }
}

/// Photos of a category that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// Place of the category.
    pub category: usize,
    /// Within the category, from 0.
    pub number: usize,
    /// Places of its photos, that in the middle first.
    pub photos: Vec<usize>,
    /// Of these the training, validation and test photos; with folds all are test photos.
    pub sets: [usize; 3],
    /// Of these, tested by a head that was not trained on them.
    pub tested: usize,
    /// Of the tested, taken for another category.
    pub wrong: usize,
    /// How well the kinds of this category are found again in random halves, 0 to 1; none of a category
    /// that is one kind.
    pub strength: Option<f64>,
    /// The probability that so many of so many are wrong by chance, as the whole category is.
    pub by_chance: f64,
    /// More of it are wrong than chance gives, with all kinds looked at.
    pub is_harder: bool,
}

/// Looks at the photos of a run; `progress` is told how many of how many categories are done.
///
/// The error is a sentence that says why it cannot be done.
pub fn kinds(
    config: &Config,
    run: &RunFolder,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Kinds, String> {
    let past = PastRun::read(run)?;
    let labels: Vec<u32> = past.labels()?.into_iter().map(|label| label as u32).collect();
    let (space, places) = places(config, &past, &labels)?;
    let predicted = predicted(run)?;
    let categories = past.categories.len();
    let found = on_all_cores(
        config.threads,
        categories,
        |category| {
            let own = contrast(&places, &labels, category as u32);
            Ok::<_, String>(of_category::divide(&own))
        },
        progress,
    )?;
    let mut photos: Vec<Placed> = past
        .photos
        .iter()
        .zip(&labels)
        .zip(&places)
        .map(|((photo, &label), place)| Placed {
            file: photo.file.clone(),
            set: photo.set,
            category: label as usize,
            kind: 0,
            predicted: predicted.get(&photo.file).copied(),
            place: [place[0], place.get(1).copied().unwrap_or(0.0)],
        })
        .collect();
    let mut kinds = Vec::new();
    for (category, divided) in found.into_iter().enumerate() {
        let own: Vec<usize> =
            (0..photos.len()).filter(|&at| photos[at].category == category).collect();
        for (number, members) in divided.members.iter().enumerate() {
            let members: Vec<usize> = members.iter().map(|&at| own[at]).collect();
            members.iter().for_each(|&at| photos[at].kind = number);
            kinds.push(Kind::of(category, number, members, divided.strength, &photos));
        }
    }
    of_category::judge(&mut kinds);
    let explained = space.explained();
    Ok(Kinds {
        categories: past.categories.clone(),
        wrong: wrong::groups(&photos, &places),
        kinds,
        explained: [explained[0], explained.get(1).copied().unwrap_or(0.0)],
        mapped_by: spread(&labels, MOST_IN_SPACE).len(),
        tested: photos.iter().filter(|photo| photo.predicted.is_some()).count(),
        folds: past.test.folds,
        photos,
    })
}

/// The space of a run's photos, and the place of each in it.
fn places(
    config: &Config,
    past: &PastRun,
    labels: &[u32],
) -> Result<(Space, Vec<Vec<f64>>), String> {
    let keys: Vec<RowKey> = past
        .photos
        .iter()
        .map(|photo| Ok(plain_row(&hash(&photo.hash)?)))
        .collect::<Result<_, String>>()?;
    let features = Features::find(config, past, keys.clone())?
        .map_err(|missing| past.without_features(missing))?;
    let numbers = |keys: &[RowKey]| features.read(keys);
    let chosen = spread(labels, MOST_IN_SPACE);
    let chosen_keys: Vec<RowKey> = chosen.iter().map(|&row| keys[row]).collect();
    let chosen_labels: Vec<u32> = chosen.iter().map(|&row| labels[row]).collect();
    let space = Space::fit(&Photos {
        features: &numbers(&chosen_keys)?,
        feature_len: past.feature_len,
        labels: &chosen_labels,
    });
    let space = space.map_err(|err| err.to_string())?.ok_or_else(|| {
        format!("{} has too few photos that differ to find kinds among them", past.id)
    })?;
    let mut places = Vec::with_capacity(keys.len());
    for keys in keys.chunks(CHUNK) {
        places.extend(space.places(&numbers(keys)?).map_err(|err| err.to_string())?);
    }
    Ok((space, places))
}

/// What the tested photos of a run were taken for, by file.
fn predicted(run: &RunFolder) -> Result<HashMap<PathBuf, usize>, String> {
    let (_, rows) = read_scores(&run.scores()).map_err(|err| err.to_string())?;
    let tested = rows.into_iter().filter(|row| row.set == Set::Test);
    Ok(tested.map(|row| (row.file, predict(&row.scores))).collect())
}

impl Kind {
    fn of(
        category: usize,
        number: usize,
        members: Vec<usize>,
        strength: Option<f64>,
        photos: &[Placed],
    ) -> Kind {
        let count =
            |is: &dyn Fn(&Placed) -> bool| members.iter().filter(|&&at| is(&photos[at])).count();
        Kind {
            category,
            number,
            sets: Set::ALL.map(|set| count(&|photo| photo.set == set)),
            tested: count(&|photo| photo.predicted.is_some()),
            wrong: count(&Placed::is_wrong),
            photos: members,
            strength,
            by_chance: 1.0,
            is_harder: false,
        }
    }
}
