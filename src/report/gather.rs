//! From run folders to the facts of a report.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::curves::{Curves, trouble};
use super::facts::{Difference, Guess, PhotoCard, Report, RunFacts, TestScores, Versus};
use super::picture::Picture;
use crate::compare::TwoRuns;
use crate::insight::{Evaluation, Outcome, Pair, Scored};
use crate::spec::{Experiment, Set};
use crate::store::{
    ImageScore, LogError, Queue, Run, RunFolder, TestedPhotos, Timestamp, read_scores,
    read_skipped, shown, tested_photos,
};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// More runs than [`MOST_RUNS`].
    #[error("{0} runs are given, expected at most {MOST_RUNS}: the curves of more look the same")]
    TooMany(usize),
    /// The log of a run cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The curves of more runs in one chart cannot be told apart.
pub const MOST_RUNS: usize = 8;
/// Pictures in one report, about, and those of one list. With at most 13 kB each they keep a
/// report below 2 MB.
const MOST_PICTURES: usize = 60;
const LONGEST_LIST: usize = 24;
/// Where a run has fewer wrong photos, the right ones that it was least sure of fill up the list.
const FEW: usize = 12;
/// Files listed of those that were left out.
const MOST_SKIPPED: usize = 20;

impl Report {
    /// Gathers what there is of these runs, of which the first is the baseline. What a run lacks, be
    /// it scores or photos that have gone, is said in its place.
    ///
    /// Errors when a run's log cannot be read, and for more than [`MOST_RUNS`].
    ///
    /// # Panics
    /// Without runs.
    pub fn of(folders: &[RunFolder]) -> Result<Report, ReportError> {
        if folders.len() > MOST_RUNS {
            return Err(ReportError::TooMany(folders.len()));
        }
        let (first, others) = folders.split_first().expect("a report is of a run at least");
        let each = pictures_a_list(folders.len());
        let runs =
            folders.iter().map(|folder| facts(folder, each)).collect::<Result<_, LogError>>()?;
        let versus = others.iter().map(|other| versus(first, other, each)).collect();
        Ok(Report { runs, versus, at: Timestamp::now(), zone: TimeZone::system() })
    }
}

/// Pictures in each list of a report of so many runs: one list for each, two for each comparison.
pub(super) fn pictures_a_list(runs: usize) -> usize {
    (MOST_PICTURES / (3 * runs - 2)).clamp(3, LONGEST_LIST)
}

fn facts(folder: &RunFolder, pictures: usize) -> Result<RunFacts, LogError> {
    let mut summary = folder.summary()?;
    let queue = folder.path().parent().map(Queue::read);
    queue.and_then(Result::ok).unwrap_or_default().mark(folder, &mut summary);
    let run = folder.replay()?;
    let points = folder.points()?;
    let tested = tested(folder);
    let photos = match &tested {
        Ok(tested) => worst(&Album::of(folder, &run), tested, pictures),
        Err(_) => Vec::new(),
    };
    let scores = tested.map(|tested| TestScores {
        evaluation: Evaluation::of(tested.photos.iter().map(scored), tested.categories.len()),
        categories: tested.categories,
    });
    let mut skipped = read_skipped(&folder.skipped()).unwrap_or_default();
    skipped.truncate(MOST_SKIPPED);
    Ok(RunFacts {
        id: folder.id(),
        question: question(&run),
        state: summary.state,
        settings: folder.settings(&run),
        curves: Curves::of(&points),
        trouble: trouble(&run, &points),
        scores,
        photos,
        skipped,
        run,
    })
}

/// The test photos with their scores; those of a run that kept no hashes, without.
fn tested(folder: &RunFolder) -> Result<TestedPhotos, String> {
    tested_photos(folder).or_else(|reason| {
        let (categories, mut photos) = read_scores(&folder.scores()).map_err(|_| reason.clone())?;
        photos.retain(|photo| photo.set == Set::Test);
        if photos.is_empty() {
            return Err(reason);
        }
        Ok(TestedPhotos { categories, photos, ..TestedPhotos::default() })
    })
}

fn question(run: &Run) -> String {
    let written = run.settings.get("description").and_then(|value| {
        let table: toml::Table = toml::from_str(&format!("description = {value}")).ok()?;
        Some(table.get("description")?.as_str()?.trim().to_owned())
    });
    written.filter(|text| !text.is_empty()).unwrap_or_else(|| run.experiment.clone())
}

fn scored(photo: &ImageScore) -> Scored<'_> {
    Scored { truth: photo.category, scores: &photo.scores }
}

/// Where the photos of a run are.
struct Album {
    images: PathBuf,
    max_megapixels: usize,
}

impl Album {
    fn of(folder: &RunFolder, run: &Run) -> Album {
        let limit = run.settings.get("data.max_megapixels").and_then(|value| value.parse().ok());
        Album {
            images: folder.place(run, &run.images),
            max_megapixels: limit.unwrap_or_else(|| Experiment::default().data.max_megapixels),
        }
    }

    fn picture(&self, file: &Path, hash: Option<&String>) -> Result<Picture, String> {
        Picture::read(&self.images.join(file), hash.map(String::as_str), self.max_megapixels)
    }
}

/// Wrong ones first, of these the one with the highest wrong score; then, where these are few, the
/// right ones that the run was least sure of.
fn worst(album: &Album, tested: &TestedPhotos, most: usize) -> Vec<PhotoCard> {
    let guesses: Vec<Guess> =
        tested.photos.iter().map(|photo| guess(&tested.categories, photo)).collect();
    let margin = |place: usize| scored(&tested.photos[place]).margin();
    let mut places: Vec<usize> = (0..tested.photos.len()).collect();
    places.sort_by(|&a, &b| match (guesses[a].is_right, guesses[b].is_right) {
        (false, false) => guesses[b].score.total_cmp(&guesses[a].score),
        (true, true) => margin(a).total_cmp(&margin(b)),
        (is_right, _) => {
            if is_right {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
    });
    let wrong = guesses.iter().filter(|guess| !guess.is_right).count();
    places.truncate(wrong.max(FEW).min(most));
    let card = |place: usize| PhotoCard {
        file: shown(&tested.photos[place].file),
        truth: tested.categories[tested.photos[place].category].clone(),
        guesses: vec![guesses[place].clone()],
        picture: album.picture(&tested.photos[place].file, tested.hashes.get(place)),
    };
    places.into_iter().map(card).collect()
}

fn guess(categories: &[String], photo: &ImageScore) -> Guess {
    let scored = scored(photo);
    let predicted = scored.predicted();
    Guess {
        category: categories[predicted].clone(),
        score: f64::from(photo.scores[predicted]),
        true_score: scored.true_score(),
        is_right: scored.is_correct(),
    }
}

fn versus(first: &RunFolder, other: &RunFolder, pictures: usize) -> Versus {
    let difference = TwoRuns::read(first, other).and_then(|two| {
        let run = other.replay().map_err(|err| err.to_string())?;
        let album = Album::of(other, &run);
        let cards = |outcome| -> Vec<PhotoCard> {
            let pairs = two.pairs.of(outcome);
            pairs.iter().take(pictures).map(|pair| pair_card(&album, &two, pair)).collect()
        };
        Ok(Difference {
            comparison: two.pairs.comparison(),
            ground: two.ground(),
            photos: if two.photos.is_empty() { String::new() } else { two.photos.in_words() },
            fixed: cards(Outcome::Fixed),
            broken: cards(Outcome::Broken),
        })
    });
    Versus { difference }
}

fn pair_card(album: &Album, two: &TwoRuns, pair: &Pair) -> PhotoCard {
    let [before, after] = two.scores(pair);
    PhotoCard {
        file: two.file(pair),
        truth: two.truth(pair).to_owned(),
        guesses: vec![guess(&two.first.categories, before), guess(&two.second.categories, after)],
        picture: album.picture(&after.file, two.second.hashes.get(pair.second)),
    }
}
