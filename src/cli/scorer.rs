//! The network before a run's head: from photos to scores.

use anyhow::{Context, Result, bail};
use candle_core::{Device, Tensor};
use image::RgbImage;

use super::photos::FeatureStage;
use crate::config::Config;
use crate::dataset::{PhotoFile, Unreadable};
use crate::features::Recipe;
use crate::spec::DeviceChoice;
use crate::store::RunFolder;
use crate::train::{HeadFile, evaluate};

/// Photos that are scored together: so many for each thread, or for each picture that the network takes
/// at a time. While the last of them are computed some threads have nothing to do.
const ROUNDS: usize = 16;
/// At least so many: what a shard of the cache holds.
pub const FEWEST_TOGETHER: usize = 64;

/// What makes the features that the head takes.
pub fn read_recipe(run: &RunFolder, head: &HeadFile) -> Result<Recipe> {
    let mut recipe: Recipe = serde_json::from_value(head.context["recipe"].clone())
        .with_context(|| format!("{} says nothing of its network", run.head().display()))?;
    if let Some(file) = &mut recipe.weights_file {
        *file = run.place(&run.replay()?, file);
    }
    Ok(recipe)
}

/// One score for each category, or why there is none.
pub type Scores = Result<Vec<f32>, Unreadable>;

/// Scores photos by the head of a run.
pub struct Scorer<'a> {
    head: &'a HeadFile,
    pub stage: FeatureStage,
    threads: usize,
}

impl<'a> Scorer<'a> {
    /// Opens the network. `keeps`: features are kept in the cache. Errors also when the network's features
    /// are not what the head takes.
    pub fn open(
        config: &Config,
        run: &RunFolder,
        head: &'a HeadFile,
        recipe: &Recipe,
        device: DeviceChoice,
        keeps: bool,
    ) -> Result<Scorer<'a>> {
        let extractor = recipe.open(device)?;
        let (taken, made) = (head.head.weights.dims()[1], extractor.backbone.feature_len());
        if taken != made {
            bail!(
                "cannot use {}: its head takes features of {taken} numbers, its network makes {made}; \
                 train again",
                run.head().display()
            );
        }
        let stage = FeatureStage::open(config, extractor, keeps)?;
        Ok(Scorer { head, stage, threads: config.threads })
    }

    /// Runs the network once: the first time it takes seconds longer than later.
    pub fn warm_up(&self) {
        let extractor = &self.stage.extractor;
        // What is wrong with it, a photo will say.
        let _ = extractor.features(&[&extractor.picture(&RgbImage::new(8, 8))], 1);
    }

    /// So many photos are at work at once.
    pub fn photos_at_a_time(&self) -> usize {
        self.threads.max(self.stage.extractor.backbone.batch())
    }

    /// So many photos take no noticeably longer than the same ones among many.
    pub fn photos_together(&self) -> usize {
        (ROUNDS * self.photos_at_a_time()).max(FEWEST_TOGETHER)
    }

    /// The scores of each photo, or why it has none, and the features of those that have scores, row by
    /// row. `progress` hears how many photos are done.
    pub fn score(
        &mut self,
        photos: Vec<PhotoFile>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<(Vec<Scores>, Vec<f32>)> {
        let count = photos.len();
        let made = self.stage.make(photos, progress)?;
        let mut features = made.features.chunks_exact(self.stage.extractor.backbone.feature_len());
        let mut scores = Vec::new();
        for number in 0..count {
            if let Some((_, reason)) = made.unreadable.iter().find(|(bad, _)| *bad == number) {
                scores.push(Err(reason.clone()));
                continue;
            }
            let feature = features.next().expect("each photo that was read has a feature");
            // One by one: of many at a time the last bits depend on how many there are.
            let feature = Tensor::from_slice(feature, (1, feature.len()), &Device::Cpu)?;
            scores.extend(evaluate(&self.head.head, &feature)?.into_iter().map(Ok));
        }
        Ok((scores, made.features))
    }
}
