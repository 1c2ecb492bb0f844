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
use crate::store::write_atomically;
use crate::words::{counted, duration, grouped};

pub fn new(
    config: &Config,
    folder: &Path,
    output: Option<&Path>,
    backbone: Option<&str>,
) -> Result<ExitCode> {
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
    let backbone = match backbone {
        Some(name) => Some(named(name)?.name),
        None if io::stdin().is_terminal() && io::stderr().is_terminal() => {
            Some(ask(config, counts.iter().sum())?.name)
        }
        None => None,
    };
    let text = spec::template(&Draft {
        images,
        categories: &names,
        counts: &counts,
        has_set_folders,
        backbone,
    });
    write_atomically(&output, text.as_bytes())?;
    outln!("{}", typed(&output));
    if has_set_folders {
        newsln!(
            "the folders in {} are sets with the categories in them: split.by = \"folders\"",
            typed(&full)
        );
    }
    newsln!(
        "{} categories, {}; next: {} check {}",
        grouped(names.len()),
        counted(counts.iter().sum(), "photo"),
        program(),
        in_shell(&typed(&output))
    );
    Ok(ExitCode::SUCCESS)
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
