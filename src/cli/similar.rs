//! `retrain similar`: the training photos that a photo is most like.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use super::named_head::read_head;
use super::nearest::nearest_json;
use super::out::print_json;
use super::photos;
use super::scorer::read_recipe;
use crate::config::Config;
use crate::dataset::PhotoFile;
use crate::likeness::Trained;
use crate::spec::DeviceChoice;
use crate::store::{ListedPhoto, RunFolder, shown};
use crate::words;

pub fn similar(
    config: &Config,
    run: &RunFolder,
    photo: &Path,
    count: usize,
    json: bool,
) -> Result<ExitCode> {
    // First what costs nothing: the photo may be none, and the features may be gone.
    let file = PhotoFile::hash(photo.to_owned())
        .map_err(|reason| anyhow!("cannot use {}: {reason}", super::typed(photo)))?;
    let trained = Trained::read(run, &run.replay()?, &config.cache)?;
    let recipe = read_recipe(run, &read_head(run)?)?;
    let extractor = recipe.open(DeviceChoice::Cpu)?;
    let made = photos::features(config, &extractor, vec![file])?;
    if let Some((_, reason)) = made.unreadable.first() {
        bail!("cannot use {}: {reason}", super::typed(photo));
    }
    let found = trained.nearest(&made.features, count)?;
    if json {
        print_json(&nearest_json(&found))?;
    } else {
        out!("{}", table(&found));
        let folder: PathBuf = std::path::absolute(&trained.images).context("no current folder")?;
        newsln!("files in {}", super::typed(&folder));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(found: &[(&ListedPhoto, f32)]) -> String {
    let categories = found.iter().map(|(photo, _)| words::width(&photo.category));
    let width = categories.max().unwrap_or(0).max("CATEGORY".len());
    let mut text = format!("DISTANCE  {:width$}  {:10}  FILE\n", "CATEGORY", "SET");
    for (photo, distance) in found {
        let category = words::pad_right(&photo.category, width);
        let (set, file) = (photo.set.name(), shown(&photo.file));
        text += &format!("{distance:8.4}  {category}  {set:10}  {file}\n");
    }
    text
}
