//! `retrain new FOLDER`: a commented experiment file for a folder with one folder a category.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use candle_core::Device;

use super::speed::seconds_a_photo;
use super::{in_shell, program, typed};
use crate::config::Config;
use crate::dataset::{self, DatasetError, Listing};
use crate::nets::{self, NETWORKS, Network, NetworkSettings};
use crate::spec::{self, Draft};
use crate::store::write_new;
use crate::words::{counted, duration, grouped};

pub fn new(
    config: &Config,
    folder: &Path,
    output: Option<&Path>,
    backbone: Option<&str>,
) -> Result<ExitCode> {
    let found = Found::below(config, folder)?;
    let output = free_file(config, &found.folder, output)?;
    // Photos inside the project are named relative to it: the whole project can be moved.
    let images = found.folder.strip_prefix(&config.root).unwrap_or(&found.folder);
    let images = if images.as_os_str().is_empty() { Path::new(".") } else { images };
    let images = utf8(images)?;
    let backbone = match backbone {
        Some(name) => Some(named(name)?.name),
        None if io::stdin().is_terminal() && io::stderr().is_terminal() => {
            Some(ask(config, found.counts.iter().sum())?.name)
        }
        None => None,
    };
    write(&output, &spec::template(&Draft { backbone, ..found.draft(images) }))?;
    outln!("{}", typed(&output));
    if found.has_set_folders {
        newsln!(
            "the folders in {} are sets with the categories in them: split.by = \"folders\"",
            typed(&found.folder)
        );
    }
    newsln!("{}; next: {} check {}", found.in_words(), program(), in_shell(&typed(&output)));
    Ok(ExitCode::SUCCESS)
}

/// A folder of photos that a new experiment is for.
pub(super) struct Found {
    /// From the root.
    pub folder: PathBuf,
    /// Its folders are sets with the categories in them.
    pub has_set_folders: bool,
    names: Vec<String>,
    counts: Vec<usize>,
}

impl Found {
    /// Errors with fewer than two categories.
    pub fn below(config: &Config, folder: &Path) -> Result<Found> {
        let folder = std::path::absolute(folder)?;
        let Listing { has_set_folders, mut categories } = dataset::list_categories(&folder)?;
        // Photos that lie in the project folder itself have the program's own folders beside them.
        categories.retain(|(name, _)| !config.own_folders().contains(&&*folder.join(name)));
        if categories.len() < 2 {
            let found = categories
                .first()
                .map_or("no folder of photos".to_owned(), |(only, _)| format!("only '{only}'"));
            let hint = String::new();
            return Err(DatasetError::TooFewCategories { folder, found, hint }.into());
        }
        let (names, counts) = categories.into_iter().unzip();
        Ok(Found { folder, has_set_folders, names, counts })
    }

    /// A first experiment for it, in which the folder is named `images`.
    pub fn draft<'a>(&'a self, images: &'a str) -> Draft<'a> {
        Draft {
            images,
            categories: &self.names,
            counts: &self.counts,
            has_set_folders: self.has_set_folders,
            ..Draft::default()
        }
    }

    /// How many categories and photos.
    pub fn in_words(&self) -> String {
        let photos = counted(self.counts.iter().sum(), "photo");
        format!("{} categories, {photos}", grouped(self.names.len()))
    }
}

/// Where the new experiment is to stand: nothing is there yet.
pub(super) fn free_file(config: &Config, folder: &Path, output: Option<&Path>) -> Result<PathBuf> {
    let output = match output {
        Some(path) => path.to_owned(),
        None => default_output(config, folder)?,
    };
    spec::name(&output)?;
    if output.exists() {
        bail!("{}", is_there(&output));
    }
    Ok(output)
}

fn is_there(output: &Path) -> String {
    format!("{} is there already; give another name with --output", typed(output))
}

/// A path as it is written in an experiment.
pub(super) fn utf8(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| {
        format!("{}: the folder's name is not UTF-8, which TOML needs; rename it", typed(path))
    })
}

/// Writes a new experiment, never over a file.
pub(super) fn write(output: &Path, text: &str) -> Result<()> {
    if let Some(parent) = output.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", typed(parent)))?;
    }
    match write_new(output, text.as_bytes()) {
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => bail!("{}", is_there(output)),
        written => Ok(written?),
    }
}

/// Those that need no file of weights.
fn built_in() -> Vec<&'static Network> {
    NETWORKS.iter().filter(|network| network.has_weights()).collect()
}

/// The network of that name.
fn named(name: &str) -> Result<&'static Network> {
    let known: Vec<&str> = built_in().into_iter().map(|network| network.name).collect();
    let named = built_in().into_iter().find(|network| network.name == name);
    named.with_context(|| {
        let elsewhere = match nets::network(name) {
            Some(_) => {
                "; others need a file of weights: write network.backbone and network.weights"
            }
            None => "",
        };
        format!("--backbone is '{name}', expected {}{elsewhere}", known.join(" or "))
    })
}

/// Asks which network the experiment is to use, for so many photos.
fn ask(config: &Config, photos: usize) -> Result<&'static Network> {
    newsln!("Which network?");
    let networks = built_in();
    for (network, number) in networks.iter().zip(1..) {
        let time = match seconds(config, network, photos) {
            Ok(seconds) => format!("; the first run takes some {} here", duration(seconds)),
            // What cannot be measured cannot be used either, which the run will say.
            Err(_) => String::new(),
        };
        let measured = network.measured.unwrap_or(network.meaning);
        newsln!("  {number}  {:20} {measured}{time}", network.name);
    }
    loop {
        news!("1 to {}, or enter for 1: ", networks.len());
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            bail!("no network was chosen; name one with --backbone");
        }
        let answer = line.trim();
        let number = if answer.is_empty() { Some(1) } else { answer.parse::<usize>().ok() };
        let chosen = number.and_then(|number| networks.get(number.checked_sub(1)?));
        let named = networks.iter().find(|network| network.name == answer);
        if let Some(network) = chosen.or(named) {
            return Ok(network);
        }
    }
}

/// About how long the features of so many photos take on this machine's CPU, measured now.
fn seconds(config: &Config, backbone: &'static Network, photos: usize) -> Result<f64> {
    let settings = NetworkSettings { backbone, ..NetworkSettings::default() };
    let net = nets::load(&settings, &config.root, &Device::Cpu)?;
    Ok(seconds_a_photo(&*net)? * photos as f64)
}

fn default_output(config: &Config, folder: &Path) -> Result<PathBuf> {
    let name = folder
        .file_name()
        .with_context(|| format!("{} has no name; give one with --output", typed(folder)))?;
    let mut file = name.to_owned();
    file.push(".toml");
    Ok(config.experiments.join(file))
}
