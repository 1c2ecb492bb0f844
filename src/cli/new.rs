//! `retrain new FOLDER`: a commented experiment file for a folder with one folder a category.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::{in_shell, program, typed};
use crate::config::Config;
use crate::dataset::{self, DatasetError, Listing};
use crate::spec;
use crate::store::write_atomically;
use crate::words::{counted, grouped};

pub fn new(config: &Config, folder: &Path, output: Option<&Path>) -> Result<ExitCode> {
    let full = std::path::absolute(folder)?;
    let Listing { has_set_folders, mut categories } = dataset::list_categories(&full)?;
    // Photos that lie in the project folder itself have the program's own folders beside them.
    categories.retain(|(name, _)| !config.own_folders().contains(&&*full.join(name)));
    if categories.len() < 2 {
        let found = categories
            .first()
            .map_or("no folder of photos".to_owned(), |(only, _)| format!("only '{only}'"));
        let hint = String::new();
        return Err(DatasetError::TooFewCategories { folder: full, found, hint }.into());
    }
    let (names, counts): (Vec<String>, Vec<usize>) = categories.into_iter().unzip();
    let output = match output {
        Some(path) => path.to_owned(),
        None => default_output(config, &full)?,
    };
    spec::name(&output)?;
    if output.exists() {
        bail!("{} is there already; give another name with --output", typed(&output));
    }
    // Photos inside the project are named relative to it: the whole project can be moved.
    let images = full.strip_prefix(&config.root).unwrap_or(&full);
    let images = if images.as_os_str().is_empty() { Path::new(".") } else { images };
    let Some(images) = images.to_str() else {
        bail!("{}: the folder's name is not UTF-8, which TOML needs; rename it", typed(&full));
    };
    if let Some(parent) = output.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", typed(parent)))?;
    }
    let text = spec::template(images, &names, &counts, has_set_folders);
    write_atomically(&output, text.as_bytes())?;
    println!("{}", typed(&output));
    if has_set_folders {
        eprintln!(
            "the folders in {} are sets with the categories in them: split.by = \"folders\"",
            typed(&full)
        );
    }
    eprintln!(
        "{} categories, {}; next: {} check {}",
        grouped(names.len()),
        counted(counts.iter().sum(), "photo"),
        program(),
        in_shell(&typed(&output))
    );
    Ok(ExitCode::SUCCESS)
}

fn default_output(config: &Config, folder: &Path) -> Result<PathBuf> {
    let name = folder
        .file_name()
        .with_context(|| format!("{} has no name; give one with --output", typed(folder)))?;
    let mut file = name.to_owned();
    file.push(".toml");
    Ok(config.experiments.join(file))
}
