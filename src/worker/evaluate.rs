//! The last stage: every image scored once, the head and its result written.

use anyhow::Result;
use candle_core::{Device, Tensor};

use super::train::Trained;
use super::work::{Prepared, Work};
use crate::dataset::Photo;
use crate::features::plain_row;
use crate::insight::{Evaluation, Scored};
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
        self.reporter.check_lease()?;
        self.write_head(prepared, &trained)?;
        self.reporter.turn(Event::Finished {
            ending: trained.ending,
            step: trained.step,
            kept_step: trained.kept_step,
            test: test_result(prepared, &scored),
        })
    }

    /// The head and everything that `predict` needs to feed it rightly.
    fn write_head(&self, prepared: &Prepared, trained: &Trained) -> Result<()> {
        let file = HeadFile {
            labels: prepared.dataset.categories.clone(),
            head: trained.head.clone(),
            context: serde_json::json!({
                "recipe": prepared.recipe,
                "experiment": self.reporter.run().experiment,
                "run": self.folder.id(),
                "program": env!("CARGO_PKG_VERSION"),
            }),
        };
        Ok(write_atomically(&self.folder.head(), &file.to_bytes()?)?)
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
    }
}

fn lines(labels: &[String]) -> String {
    labels.iter().map(|label| format!("{label}\n")).collect()
}
