//! `retrain label`: decides what photos show, over what their folders say.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::args::Label;
use crate::config::{Config, expand_home, nearest};
use crate::dataset::{list_categories, read_file};
use crate::spec::{self, Experiment};
use crate::store::{Corrections, Verdict, shown};
use crate::words::counted;

pub fn label(config: &Config, path: &Path, asked: &Label) -> Result<ExitCode> {
    let experiment = spec::load(path)?.experiment;
    let images = config.root.join(expand_home(&experiment.images));
    let verdict = match (&asked.category, asked.none_of_these, asked.leave_out) {
        (Some(name), ..) => Some(Verdict::Category(category(&experiment, &images, name)?)),
        (_, true, _) => Some(Verdict::NoneOfThese),
        (.., true) => Some(Verdict::LeaveOut),
        _ => None,
    };
    let mut corrections = Corrections::read(&spec::labels_path(path))?;
    // All of them are read before anything is decided.
    let photos =
        asked.photos.iter().map(|photo| hashed(&images, photo)).collect::<Result<Vec<_>>>()?;
    for (hash, file) in &photos {
        corrections.decide(*hash, file, verdict.clone());
    }
    let file = shown(corrections.path());
    corrections.write().with_context(|| format!("cannot write {file}"))?;
    let what = match &verdict {
        Some(verdict) => format!("{verdict}"),
        None => "as their folders say".to_owned(),
    };
    outln!("{}: {what} (in {file}); the next run of it takes that", counted(photos.len(), "photo"));
    Ok(ExitCode::SUCCESS)
}

/// The category of this name, as the experiment or its folders have it.
fn category(experiment: &Experiment, images: &Path, name: &str) -> Result<String> {
    let names = match experiment.categories.is_empty() {
        false => experiment.categories.clone(),
        true => list_categories(images)?.categories.into_iter().map(|(name, _)| name).collect(),
    };
    if names.iter().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    let near = nearest(name, names.iter().map(String::as_str));
    let near = near.map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
    bail!("there is no category '{name}'{near}; expected one of {}", names.join(", "))
}

/// The hash of a photo, and its path in the folder of images; it may be given from here or from there.
fn hashed(images: &Path, photo: &Path) -> Result<(blake3::Hash, PathBuf)> {
    let inside = images.join(photo);
    let path = if photo.exists() || !inside.exists() { photo.to_owned() } else { inside };
    let bytes = read_file(&path).with_context(|| format!("cannot read {}", shown(&path)))?;
    let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (full, folder) = (whole(&path), whole(images));
    let file = full.strip_prefix(&folder).map(Path::to_owned).unwrap_or(full);
    Ok((blake3::hash(&bytes), file))
}
