//! Photos named on the command line, and their features.

use std::path::PathBuf;

use anyhow::Result;

use super::out::{has_replaceable_line, replace_line};
use crate::config::Config;
use crate::dataset::{self, PhotoFile, Unreadable};
use crate::features::{self, Cache, Extractor, Job, plain_row};
use crate::spec::Distort;
use crate::words::progress;

/// Files as named, folders replaced by the photos in and below them, in the order of their names.
pub fn expand(named: &[PathBuf]) -> Vec<PathBuf> {
    let expand_one = |path: &PathBuf| {
        if path.is_dir() { dataset::photos_below(path) } else { vec![path.clone()] }
    };
    named.iter().flat_map(expand_one).collect()
}

/// Features of the photos that could be read, in order, and the numbers of those that could not.
pub struct Made {
    pub features: Vec<f32>,
    pub unreadable: Vec<(usize, Unreadable)>,
}

/// The features of `photos`, from the cache where they are there, with progress on a terminal.
pub fn features(config: &Config, extractor: &Extractor, photos: Vec<PhotoFile>) -> Result<Made> {
    let mut cache =
        Cache::open(&config.cache, &extractor.feature_key(), extractor.backbone.feature_len())?;
    let jobs: Vec<Job> = photos.into_iter().map(|photo| Job { photo, variants: 0 }).collect();
    let filled = features::fill(
        &jobs,
        extractor,
        &Distort::OFF,
        &mut cache,
        config.threads,
        &|| false,
        &mut |progress| {
            show_count("features", progress.done, progress.total);
            Ok::<(), std::convert::Infallible>(())
        },
    )?;
    let remarks = filled.remarks.iter().map(|(path, remark)| (path.as_path(), *remark));
    for line in dataset::remark_lines(remarks) {
        newsln!("warning: {line}");
    }
    let read = |number: &usize| !filled.unreadable.iter().any(|(bad, _)| bad == number);
    let rows: Vec<_> =
        (0..jobs.len()).filter(read).map(|number| plain_row(&jobs[number].photo.hash)).collect();
    Ok(Made { features: cache.read(&rows)?, unreadable: filled.unreadable })
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
