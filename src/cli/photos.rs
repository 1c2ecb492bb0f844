//! Photos named on the command line, and their features.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::out::replace_line;
use crate::config::Config;
use crate::dataset::{self, Unreadable};
use crate::features::{self, Cache, Extractor, Job, Progress};
use crate::spec::Distort;

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

/// The features of `files`, from the cache where they are there, with progress on a terminal.
pub fn features(
    config: &Config,
    extractor: &Extractor,
    files: &[(PathBuf, blake3::Hash)],
) -> Result<Made> {
    let mut cache =
        Cache::open(&config.cache, &extractor.feature_key(), extractor.backbone.feature_len())?;
    let jobs: Vec<Job> = files
        .iter()
        .map(|(file, hash)| Job { file: file.clone(), hash: *hash, variants: 0 })
        .collect();
    let filled = features::fill(
        &jobs,
        extractor,
        &Distort::OFF,
        &mut cache,
        config.threads,
        &|| false,
        &mut |progress| {
            show(progress);
            Ok::<(), std::convert::Infallible>(())
        },
    )?;
    let read = |number: &usize| !filled.unreadable.iter().any(|(bad, _)| bad == number);
    let rows: Vec<_> =
        (0..jobs.len()).filter(read).flat_map(|number| jobs[number].rows(&Distort::OFF)).collect();
    Ok(Made { features: cache.read(&rows)?, unreadable: filled.unreadable })
}

fn show(progress: Progress) {
    if io::stderr().is_terminal() && progress.total > 1 {
        match progress.done == progress.total {
            false => replace_line(&format!("features {}/{}", progress.done, progress.total)),
            true => replace_line(""),
        }
    }
}

/// Reads and hashes one photo.
pub fn hash(file: &Path) -> Result<blake3::Hash, Unreadable> {
    Ok(blake3::hash(&dataset::read_file(file)?))
}
