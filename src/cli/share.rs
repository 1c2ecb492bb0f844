//! `retrain features --share`: the features of a part of the photos, into the cache that all runs share.

use std::convert::Infallible;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::ended::ended_by_signals;
use super::features::{experiment, tell};
use super::out::has_replaceable_line;
use super::{EXIT_INTERRUPTED, photos};
use crate::config::Config;
use crate::dataset::{self, Dataset, Share, Skipped};
use crate::features::{self, Cache, Filled, Progress, Recipe, RunJobs};
use crate::nets::Place;
use crate::spec::Experiment;
use crate::words::{counted, grouped, progress};

/// Time between two lines of progress where they cannot replace each other, as in a cluster's log.
const LINE_INTERVAL: Duration = Duration::from_secs(60);

/// What a run of the experiment needs of the photos in this share.
pub fn share(config: &Config, source: &Path, share: Share) -> Result<ExitCode> {
    let experiment = experiment(source)?;
    let (mut dataset, files) = find(config, &experiment, share)?;
    dataset.skipped.iter().for_each(tell);
    dataset.warnings.iter().for_each(|warning| newsln!("warning: {warning}"));
    newsln!(
        "share {share}: {}, of {} in all shares",
        counted(dataset.photos.len(), "photo"),
        counted(files, "file")
    );
    let place = Place::open(&experiment.network)?;
    let (_, extractor) =
        Recipe::prepare(&experiment.network, experiment.data.max_megapixels, &config.root, &place)?;
    for note in place.note.iter().chain(&extractor.backbone.warning()) {
        newsln!("{note}");
    }
    let feature_len = extractor.backbone.feature_len();
    let mut cache = Cache::open(&config.cache, &extractor.feature_key(), feature_len)?;
    // The scan before needs no order to end in.
    let ended = ended_by_signals()?;
    let jobs = RunJobs::of(&dataset, &experiment.distort);
    let mut line = Line { share, said: Instant::now() };
    let filled = features::fill(
        &jobs,
        &extractor,
        &experiment.distort,
        &mut cache,
        config.threads,
        &|| ended.load(Ordering::Relaxed),
        &mut |progress| {
            line.say(&progress);
            Ok::<(), Infallible>(())
        },
    )?;
    photos::hide_count();
    cache.damaged().iter().for_each(|damaged| newsln!("warning: {damaged}"));
    for (job, reason) in &filled.unreadable {
        let path = dataset.photos[jobs.photo(*job)].path.clone();
        tell(&Skipped { path, reason: reason.clone() });
    }
    dataset.add_remarks(&filled.remarks).iter().for_each(|line| newsln!("warning: {line}"));
    Ok(say_end(share, &filled))
}

/// The photos of the share, and how many files there are in all.
fn find(
    config: &Config,
    experiment: &Experiment,
    share: Share,
) -> Result<(Dataset, usize), dataset::DatasetError> {
    let (root, cache) = (&config.root, &config.cache);
    if experiment.distort.is_off() {
        return dataset::scan_share(root, experiment, cache, share, &mut photos::show_reading);
    }
    // Which photos are trained on, and so distorted, only the whole data set tells.
    let mut dataset = dataset::scan(root, experiment, cache, &mut photos::show_reading)?;
    let files = dataset.photos.len() + dataset.skipped.len();
    dataset.photos.retain(|photo| share.holds(&photo.path));
    dataset.skipped.retain(|skipped| share.holds(&skipped.path));
    Ok((dataset, files))
}

/// Progress on a terminal's last line, else a line a minute.
struct Line {
    share: Share,
    said: Instant,
}

impl Line {
    fn say(&mut self, filled: &Progress) {
        let Progress { done, total, images_per_second, .. } = *filled;
        if has_replaceable_line() {
            photos::show_count(&format!("share {}: features", self.share), done, total);
        } else if done < total && self.said.elapsed() >= LINE_INTERVAL {
            self.said = Instant::now();
            let done = progress(done, total);
            newsln!("share {}: features {done}, {images_per_second:.1} photos/s", self.share);
        }
    }
}

fn say_end(share: Share, filled: &Filled) -> ExitCode {
    let Progress { done, total, from_cache, skipped, .. } = filled.progress;
    let computed = grouped(done - from_cache - skipped);
    let counts = format!(
        "{computed} computed, {} were there, {} skipped",
        grouped(from_cache),
        grouped(skipped)
    );
    if filled.stopped {
        let done = progress(done, total);
        newsln!("share {share}: ended at {done} ({counts}); the same command goes on from there");
        return ExitCode::from(EXIT_INTERRUPTED);
    }
    newsln!("share {share} is done: {} ({counts})", counted(total, "photo"));
    ExitCode::SUCCESS
}
