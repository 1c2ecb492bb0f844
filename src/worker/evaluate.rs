//! The last stage: every image scored once, the head and its result written.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::folds::scores_of_folds;
use super::score::score;
use super::train::Trained;
use super::work::{Prepared, Work};
use crate::dataset::Photo;
use crate::features::plain_row;
use crate::insight::{Evaluation, Scored};
use crate::likeness::{self, Likeness, Photos};
use crate::spec::Set;
use crate::store::{Event, ImageScore, ScoresWriter, Stage, TestResult, write_atomically};
use crate::train::{Head, HeadFile};

impl Work<'_> {
    pub(super) fn evaluate(&mut self, prepared: &Prepared, trained: Trained) -> Result<()> {
        self.reporter.turn(Event::Stage { stage: Stage::Evaluation })?;
        let (categories, path) = (&prepared.dataset.categories, self.folder.scores());
        let evaluation = match prepared.dataset.folds {
            Some(folds) => {
                let tables = self.tables_of_folds(prepared, folds)?;
                self.keep_scores(&path, categories, scores_of_folds(prepared, &tables))?
            }
            None => {
                let photos = prepared.dataset.photos.iter();
                self.keep_scores(&path, categories, score(prepared, &trained.head, photos))?
            }
        };
        write_atomically(&self.folder.labels(), lines(categories).as_bytes())?;
        let (likeness, would_notice) = self.likeness(prepared)?;
        self.reporter.check_lease()?;
        let file = self.head_file(prepared, trained.head, likeness);
        write_atomically(&self.folder.head(), &file.to_bytes()?)?;
        self.reporter.turn(Event::Finished {
            ending: trained.ending,
            step: trained.step,
            kept_step: trained.kept_step,
            test: TestResult { would_notice, ..test_result(prepared, &evaluation) },
        })
    }

    /// Writes scores as they come, and says how good those of the images are that were tested.
    pub(super) fn keep_scores(
        &self,
        path: &Path,
        categories: &[String],
        scored: impl Iterator<Item = Result<ImageScore>>,
    ) -> Result<Evaluation> {
        let mut file = ScoresWriter::begin(path, categories)?;
        let (mut truths, mut scores) = (Vec::new(), Vec::new());
        for image in scored {
            let image = image?;
            file.add(&image)?;
            if image.set == Set::Test {
                truths.push(image.category);
                scores.extend(image.scores);
            }
        }
        self.reporter.check_lease()?;
        file.finish()?;
        let images = truths.into_iter().zip(scores.chunks_exact(categories.len()));
        let images = images.map(|(truth, scores)| Scored { truth, scores });
        Ok(Evaluation::of(images, categories.len()))
    }

    /// How unlike a photo is to those that the kept head was trained on, as they are, and the share of
    /// an unknown kind that it would notice. Photos with the same bytes count once: one that is held
    /// out would be known from the other.
    fn likeness(&self, prepared: &Prepared) -> Result<(Option<Likeness>, Option<f64>)> {
        let (features, labels) = self.trained_on(prepared)?;
        let photos =
            Photos { features: &features, feature_len: prepared.feature_len, labels: &labels };
        let likeness = Likeness::fit(&photos)?;
        let noticed = match likeness {
            Some(_) => likeness::share_noticed(&photos)?,
            None => None,
        };
        Ok((likeness, noticed))
    }

    /// Features and labels of the photos that a likeness is fitted to.
    pub(super) fn trained_on(&self, prepared: &Prepared) -> Result<(Vec<f32>, Vec<u32>)> {
        let dataset = &prepared.dataset;
        let copies: HashSet<&PathBuf> = dataset.duplicates.iter().map(|copy| &copy.path).collect();
        let is_first = |photo: &&Photo| !copies.contains(&photo.path);
        let photos: Vec<&Photo> = dataset
            .photos
            .iter()
            .filter(|photo| dataset.set(photo, None) == Set::Training)
            .filter(is_first)
            .collect();
        let labels: Vec<u32> = photos.iter().map(|photo| photo.category as u32).collect();
        let chosen = likeness::spread(&labels, likeness::MOST);
        let rows: Vec<_> = chosen.iter().map(|&place| plain_row(&photos[place].hash)).collect();
        let labels: Vec<u32> = chosen.iter().map(|&place| labels[place]).collect();
        Ok((prepared.cache.read(&rows)?, labels))
    }

    /// The head and everything that `predict` needs to feed it rightly.
    pub(super) fn head_file(
        &self,
        prepared: &Prepared,
        head: Head,
        likeness: Option<Likeness>,
    ) -> HeadFile {
        HeadFile {
            labels: prepared.dataset.categories.clone(),
            head,
            context: serde_json::json!({
                "recipe": prepared.recipe,
                "experiment": self.reporter.run().experiment,
                "run": self.folder.id(),
                "program": env!("CARGO_PKG_VERSION"),
            }),
            likeness,
        }
    }
}

fn test_result(prepared: &Prepared, evaluation: &Evaluation) -> TestResult {
    let (low, high) = evaluation.accuracy_interval().expect("no set is empty");
    TestResult {
        correct: evaluation.correct,
        n: evaluation.images,
        accuracy: evaluation.accuracy(),
        low,
        high,
        log_loss: evaluation.log_loss,
        folds: prepared.dataset.folds.map_or(0, |folds| folds.count),
        would_notice: None,
    }
}

fn lines(labels: &[String]) -> String {
    labels.iter().map(|label| format!("{label}\n")).collect()
}
