//! Features of photos named on the command line.

use anyhow::{Context, Result};

use super::out::{has_replaceable_line, replace_line};
use crate::config::Config;
use crate::dataset::{PhotoFile, Remarks, Unreadable};
use crate::features::{self, Cache, Extractor, Job, KeptFeatures, plain_row};
use crate::spec::Distort;
use crate::words::{grouped, progress};

/// Features of the photos that could be read, in order, and the numbers of those that could not.
pub struct Made<F = Vec<f32>> {
    pub features: F,
    pub unreadable: Vec<(usize, Unreadable)>,
}

/// Makes features of photos, any number of times.
pub struct FeatureStage {
    threads: usize,
    pub extractor: Extractor,
    /// Where they are kept.
    cache: Option<Cache>,
    /// What was unusual about the photos so far.
    pub remarks: Remarks,
}

impl FeatureStage {
    /// `keeps`: features are kept in the cache.
    pub fn open(config: &Config, extractor: Extractor, keeps: bool) -> Result<FeatureStage> {
        let open = || {
            let feature_len = extractor.backbone.feature_len();
            Cache::open(&config.cache, &extractor.feature_key(), feature_len)
        };
        let cache = keeps.then(open).transpose()?;
        Ok(FeatureStage { threads: config.threads, extractor, cache, remarks: Remarks::default() })
    }

    /// The features of `photos`, from the cache where they are there. `progress` hears how many of them
    /// are done.
    pub fn make(
        &mut self,
        photos: Vec<PhotoFile>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Made> {
        if self.cache.is_none() {
            return self.make_once(photos);
        }
        let Made { features, unreadable } = self.keep(photos, progress)?;
        Ok(Made { features: features.read(0..features.count())?, unreadable })
    }

    /// The same of features that stay in the cache; only where they are kept there.
    fn keep(
        &mut self,
        photos: Vec<PhotoFile>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Made<KeptFeatures>> {
        let cache = self.cache.as_mut().context("features are not kept")?;
        let jobs: Vec<Job> = photos.into_iter().map(|photo| Job { photo, variants: 0 }).collect();
        let filled = features::fill(
            &jobs,
            &self.extractor,
            &Distort::OFF,
            cache,
            self.threads,
            &|| false,
            &mut |filled| {
                progress(filled.done);
                Ok::<(), std::convert::Infallible>(())
            },
        )?;
        for (path, remark) in &filled.remarks {
            self.remarks.add(path, *remark);
        }
        let read = |number: &usize| !filled.unreadable.iter().any(|(bad, _)| bad == number);
        let rows = (0..jobs.len()).filter(read);
        let features = cache.kept(rows.map(|number| plain_row(&jobs[number].photo.hash)));
        Ok(Made { features, unreadable: filled.unreadable })
    }

    fn make_once(&mut self, photos: Vec<PhotoFile>) -> Result<Made> {
        let computed = features::compute_once(photos, &self.extractor, self.threads)?;
        for (path, remark) in &computed.remarks {
            self.remarks.add(path, *remark);
        }
        let mut made = Made { features: Vec::new(), unreadable: Vec::new() };
        for (number, feature) in computed.features.into_iter().enumerate() {
            match feature {
                Ok(feature) => made.features.extend(feature),
                Err(reason) => made.unreadable.push((number, reason)),
            }
        }
        Ok(made)
    }

    /// Says what was unusual about the photos.
    pub fn warn(&self) {
        for line in self.remarks.lines() {
            newsln!("warning: {line}");
        }
    }
}

/// The features of `photos`, from the cache where they are there, with progress on a terminal.
pub fn features(config: &Config, extractor: &Extractor, photos: Vec<PhotoFile>) -> Result<Made> {
    let Made { features, unreadable } = kept_features(config, extractor, photos)?;
    Ok(Made { features: features.read(0..features.count())?, unreadable })
}

/// The same of features that stay in the cache, of more photos than memory may hold.
pub fn kept_features(
    config: &Config,
    extractor: &Extractor,
    photos: Vec<PhotoFile>,
) -> Result<Made<KeptFeatures>> {
    let mut stage = FeatureStage::open(config, extractor.clone(), true)?;
    let total = photos.len();
    let kept = stage.keep(photos, &mut |done| show_count("features", done, total))?;
    stage.warn();
    Ok(kept)
}

/// Progress of reading on a terminal, on one line that is gone at the end.
pub fn show_reading(read: usize, found: usize) {
    show_count("reading", read, found);
}

/// How much of something is done, on a line that is gone at the end.
pub fn show_count(what: &str, done: usize, total: usize) {
    if has_replaceable_line() && total > 1 {
        match done == total {
            false => replace_line(&format!("{what} {}", progress(done, total))),
            true => replace_line(""),
        }
    }
}

/// The same where nobody knows how much there is; [`hide_count`] ends it.
pub fn show_count_so_far(what: &str, done: usize) {
    if has_replaceable_line() {
        replace_line(&format!("{what} {}", grouped(done)));
    }
}

/// Takes the line away before others are printed.
pub fn hide_count() {
    if has_replaceable_line() {
        replace_line("");
    }
}
