//! The last stage: every image scored once, the head and its result written.

use std::collections::HashSet;

use anyhow::Result;
use candle_core::{Device, Tensor};

use super::train::Trained;
use super::work::{Prepared, Work};
use crate::dataset::Photo;
use crate::features::plain_row;
use crate::insight::{Evaluation, Scored};
use crate::likeness::{self, Likeness, Photos};
use crate::spec::Set;
use crate::store::{self, Event, ImageScore, Stage, TestResult, write_atomically};
use crate::train::{Head, HeadFile, evaluate};

/// Photos whose features are in memory at a time.
const CHUNK: usize = 4096;

impl Work<'_> {
    pub(super) fn evaluate(&mut self, prepared: &Prepared, trained: Trained) -> Result<()> {
        self.reporter.turn(Event::Stage { stage: Stage::Evaluation })?;
        let scored = match prepared.dataset.folds {
            Some(folds) => self.scores_of_folds(prepared, folds)?,
            None => {
                let photos: Vec<&Photo> = prepared.dataset.photos.iter().collect();
                score(prepared, &trained.head, &photos)?
            }
        };
        let categories = &prepared.dataset.categories;
        self.reporter.check_lease()?;
        store::write_scores(&self.folder.scores(), categories, &scored)?;
        write_atomically(&self.folder.labels(), lines(categories).as_bytes())?;
        let (likeness, would_notice) = self.likeness(prepared)?;
        self.reporter.check_lease()?;
        let file = self.head_file(prepared, trained.head, likeness);
        write_atomically(&self.folder.head(), &file.to_bytes()?)?;
        self.reporter.turn(Event::Finished {
            ending: trained.ending,
            step: trained.step,
            kept_step: trained.kept_step,
            test: TestResult { would_notice, ..test_result(prepared, &scored) },
        })
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
        let mut seen = HashSet::new();
        let photos: Vec<&Photo> = dataset
            .photos
            .iter()
            .filter(|photo| dataset.set(photo, None) == Set::Training && seen.insert(photo.hash))
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

/// The scores of `photos`, in their order.
pub(super) fn score(
    prepared: &Prepared,
    head: &Head,
    photos: &[&Photo],
) -> Result<Vec<ImageScore>> {
    let mut scored = Vec::with_capacity(photos.len());
    for photos in photos.chunks(CHUNK) {
        let rows: Vec<_> = photos.iter().map(|photo| plain_row(&photo.hash)).collect();
        let features = prepared.cache.read(&rows)?;
        let shape = (rows.len(), prepared.feature_len);
        let features = Tensor::from_vec(features, shape, &Device::Cpu)?;
        let scores = evaluate(head, &features)?;
        scored.extend(photos.iter().zip(scores).map(|(photo, scores)| ImageScore {
            file: photo.path.clone(),
            set: photo.set,
            category: photo.category,
            scores,
        }));
    }
    Ok(scored)
}

/// Of the images that were tested.
pub(super) fn evaluation_of(scored: &[ImageScore], categories: usize) -> Evaluation {
    let test = scored
        .iter()
        .filter(|image| image.set == Set::Test)
        .map(|image| Scored { truth: image.category, scores: &image.scores });
    Evaluation::of(test, categories)
}

fn test_result(prepared: &Prepared, scored: &[ImageScore]) -> TestResult {
    let evaluation = evaluation_of(scored, prepared.dataset.categories.len());
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
