//! A run's head with its network as one ONNX file.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::check;
use crate::cli::named_head::NamedHead;
use crate::cli::scorer::read_recipe;
use crate::cli::typed;
use crate::config::{Config, read_plain};
use crate::export::{self, About};
use crate::features::Recipe;
use crate::nets;
use crate::spec::DeviceChoice;
use crate::store::write_new;
use crate::train::HeadFile;
use crate::words::short_size;

pub fn onnx(config: &Config, named: &NamedHead, file: &Path, is_checked: bool) -> Result<ExitCode> {
    let is_there = file.symlink_metadata().is_ok();
    if is_there && !is_checked {
        bail!("{} exists already; remove it, give another name, or --check it", typed(file));
    }
    let head = named.read()?;
    let recipe = read_recipe(&named.run, &head)?;
    if !is_there {
        write(named, &head, &recipe, file)?;
    }
    match is_checked {
        true => check::check(config, &named.run, &head, &recipe, file),
        false => Ok(ExitCode::SUCCESS),
    }
}

fn write(named: &NamedHead, head: &HeadFile, recipe: &Recipe, file: &Path) -> Result<()> {
    if file.extension().is_none_or(|ending| ending != "onnx") {
        bail!("{}: expected a name that ends in .onnx", typed(file));
    }
    // Its weights may be others by now.
    let extractor = recipe.open(DeviceChoice::Cpu)?;
    let (taken, made) = (head.head.weights.dims()[1], extractor.backbone.feature_len());
    if taken != made {
        bail!(
            "the head of {} takes features of {taken} numbers, its network makes {made}",
            named.name()
        );
    }
    drop(extractor);
    let settings = named.run.experiment();
    let settings = read_plain(&settings)
        .with_context(|| format!("cannot read {}", settings.display()))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())?;
    let licence = nets::licence(&recipe.network, recipe.weights_file.as_deref())?;
    let about = About {
        run: named.name(),
        settings,
        licence: licence.unwrap_or_else(|| "unknown".to_owned()),
    };
    let bytes = export::onnx(head, recipe, &about)?;
    write_new(file, &bytes)?;
    newsln!(
        "{} in {}: a picture to the scores of {}",
        short_size(bytes.len() as u64),
        typed(file),
        match head.labels.len() {
            1 => "1 category".to_owned(),
            n => format!("{n} categories"),
        }
    );
    newsln!("scores in this order: {}", head.labels.join(", "));
    newsln!("weights: {}", about.licence);
    Ok(())
}
