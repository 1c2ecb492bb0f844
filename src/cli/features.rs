//! `retrain features`: the features of an experiment's or a folder's photos, for other programs.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::{photos, typed};
use crate::config::Config;
use crate::dataset::{self, Skipped};
use crate::export::{FeatureRow, FeatureTable};
use crate::features::Recipe;
use crate::nets::Place;
use crate::spec::{self, Experiment};
use crate::store::{AtomicFile, shown};
use crate::words::{counted, grouped};

type Writer = fn(&FeatureTable, &mut dyn Write) -> io::Result<()>;

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
    let kept = photos::kept_features(config, &extractor, files)?;
    let skipped = |(number, reason): (usize, _)| {
        let skipped = Skipped { path: dataset.photos[number].path.clone(), reason };
        tell(&skipped);
        skipped
    };
    let unreadable = kept.unreadable.into_iter().map(skipped).collect();
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
    let table =
        FeatureTable { rows: &rows, categories: &dataset.categories, features: &kept.features };
    let mut file = AtomicFile::begin(output)?;
    write(&table, &mut file)?;
    file.finish()?;
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
        Some("safetensors") => Ok(|table, to| table.write_safetensors(to)),
        Some("csv") => Ok(|table, to| table.write_csv(to)),
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
