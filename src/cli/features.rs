//! `retrain features`: the features of an experiment's or a folder's photos, for other programs.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::{photos, typed};
use crate::config::Config;
use crate::dataset::{self, Skipped};
use crate::export::{self, FeatureRow};
use crate::features::Recipe;
use crate::nets::Place;
use crate::spec::{self, Experiment};
use crate::store::{shown, write_atomically};
use crate::words::{counted, grouped};

type Writer = fn(&[FeatureRow], &[String], &[f32]) -> Result<Vec<u8>>;

pub fn features(config: &Config, source: &Path, output: &Path) -> Result<ExitCode> {
    let write = writer(output)?;
    if output.symlink_metadata().is_ok() {
        bail!("{} exists already; remove it, or give another name", typed(output));
    }
    let experiment = experiment(source)?;
    let mut dataset =
        dataset::scan(&config.root, &experiment, &config.cache, &mut photos::show_reading)?;
    for skipped in &dataset.skipped {
        tell(skipped);
    }
    for warning in &dataset.warnings {
        newsln!("warning: {warning}");
    }
    let place = Place::open(&experiment.network)?;
    if let Some(note) = &place.note {
        newsln!("{note}");
    }
    let max_megapixels = experiment.data.max_megapixels;
    let (_, extractor) =
        Recipe::prepare(&experiment.network, max_megapixels, &config.root, &place)?;
    let files = dataset.photos.iter().map(|photo| dataset.file(photo)).collect();
    let made = photos::features(config, &extractor, files)?;
    let skipped = |(number, reason): (usize, _)| {
        let skipped = Skipped { path: dataset.photos[number].path.clone(), reason };
        tell(&skipped);
        skipped
    };
    let unreadable = made.unreadable.into_iter().map(skipped).collect();
    dataset.remove_unreadable(unreadable);
    let rows: Vec<FeatureRow> = dataset
        .photos
        .iter()
        .map(|photo| FeatureRow {
            file: shown(&photo.path),
            category: photo.category,
            set: photo.set,
        })
        .collect();
    write_atomically(output, &write(&rows, &dataset.categories, &made.features)?)?;
    newsln!(
        "{} of {} numbers in {}",
        counted(rows.len(), "feature"),
        grouped(extractor.backbone.feature_len()),
        typed(output)
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) fn tell(skipped: &Skipped) {
    newsln!("skipped {}: {}", shown(&skipped.path), skipped.reason);
}

fn writer(output: &Path) -> Result<Writer> {
    match output.extension().and_then(|ending| ending.to_str()) {
        Some("safetensors") => Ok(|r, c, f| Ok(export::features_safetensors(r, c, f)?)),
        Some("csv") => Ok(|r, c, f| Ok(export::features_csv(r, c, f)?)),
        _ => bail!("{}: expected a name that ends in .safetensors or .csv", typed(output)),
    }
}

/// The experiment, or, for a folder of photos, one with every default.
pub(super) fn experiment(source: &Path) -> Result<Experiment> {
    if !source.is_dir() {
        return Ok(spec::load(source)?.experiment);
    }
    let full = std::path::absolute(source)?;
    let Some(images) = full.to_str() else {
        bail!("{}: the folder's name is not UTF-8, which TOML needs; rename it", typed(source));
    };
    let text = spec::template(&spec::Draft { images, ..spec::Draft::default() });
    Ok(spec::parse(&text, source)?.experiment)
}
