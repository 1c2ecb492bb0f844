//! The last stage: every image scored once, the head and its result written.

use anyhow::Result;
use candle_core::{Device, Tensor};

use super::train::Trained;
use super::work::{Prepared, Work};
use crate::features::plain_row;
use crate::insight::{Evaluation, Scored};
use crate::spec::Set;
use crate::store::{self, Event, ImageScore, Stage, TestResult, write_atomically};
use crate::train::{HeadFile, evaluate};

/// Photos whose features are in memory at a time.
const CHUNK: usize = 4096;

impl Work<'_> {
    pub(super) fn evaluate(&mut self, prepared: &Prepared, trained: Trained) -> Result<()> {
        self.reporter.turn(Event::Stage { stage: Stage::Evaluation })?;
        let scored = score_all(prepared, &trained)?;
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
            test: test_result(&scored, categories.len()),
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

fn score_all(prepared: &Prepared, trained: &Trained) -> Result<Vec<ImageScore>> {
    let mut scored = Vec::with_capacity(prepared.dataset.photos.len());
    for photos in prepared.dataset.photos.chunks(CHUNK) {
        let rows: Vec<_> = photos.iter().map(|photo| plain_row(&photo.hash)).collect();
        let features = prepared.cache.read(&rows)?;
        let shape = (rows.len(), features.len() / rows.len());
        let features = Tensor::from_vec(features, shape, &Device::Cpu)?;
        let scores = evaluate(&trained.head, &features)?;
        scored.extend(photos.iter().zip(scores).map(|(photo, scores)| ImageScore {
            file: photo.path.clone(),
            set: photo.set,
            category: photo.category,
            scores,
        }));
    }
    Ok(scored)
}

fn test_result(scored: &[ImageScore], categories: usize) -> TestResult {
    let test = scored
        .iter()
        .filter(|image| image.set == Set::Test)
        .map(|image| Scored { truth: image.category, scores: &image.scores });
    let evaluation = Evaluation::of(test, categories);
    let (low, high) = evaluation.accuracy_interval().expect("no set is empty");
    TestResult {
        correct: evaluation.correct,
        n: evaluation.images,
        accuracy: evaluation.accuracy(),
        low,
        high,
        log_loss: evaluation.log_loss,
    }
}

fn lines(labels: &[String]) -> String {
    labels.iter().map(|label| format!("{label}\n")).collect()
}
