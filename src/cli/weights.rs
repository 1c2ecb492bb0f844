//! `retrain weights`: the weights that there are, and what a file of weights is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use candle_core::{Device, Tensor};
use serde_json::{Value, json};

use super::EXIT_MISTAKE;
use super::out::print_json;
use super::speed::seconds_a_photo;
use crate::config::Config;
use crate::nets::{self, Crop, Inspected, NETWORKS, Preprocess};
use crate::setting::quoted;
use crate::store::shown;
use crate::words::{duration, grouped, short_size};

/// The folder of the project where weights are looked for.
pub const FOLDER: &str = "weights";

/// Levels below it that are looked at: a network may have a folder of its own.
const DEEPEST: usize = 2;

/// How the names of weights files end.
const ENDINGS: [&str; 10] =
    ["safetensors", "pth", "pt", "bin", "pb", "tgz", "gz", "h5", "hdf5", "keras"];

pub fn weights(config: &Config, file: Option<&Path>, as_json: bool) -> Result<ExitCode> {
    match file {
        Some(file) => one(config, file, as_json),
        None => all(config, as_json),
    }
}

/// Checks a file to the last number.
fn one(config: &Config, file: &Path, as_json: bool) -> Result<ExitCode> {
    // As typed in the present folder; in an experiment it is relative to the project.
    let full = std::path::absolute(file)?;
    if full.to_str().is_none() {
        bail!("{}: its name is not UTF-8, which TOML needs; rename it", shown(file));
    }
    let inspected = nets::inspect(&full, Path::new(""))?;
    let net = &*inspected.backbone;
    let preprocess = net.identity().preprocess;
    let picture = nets::calibration_pictures(&preprocess).remove(0);
    let shape = (1, 3, preprocess.side, preprocess.side);
    let feature = net.features(&Tensor::from_vec(picture, shape, &Device::Cpu)?)?;
    let feature: Vec<f32> = feature.flatten_all()?.to_vec1()?;
    let says_nothing = feature.iter().all(|number| *number == feature[0]);
    if says_nothing || !feature.iter().all(|number| number.is_finite()) {
        newsln!(
            "retrain: {}: the feature of a drawn picture is {}, so nothing can be learned from it; fetch \
             or copy the file again",
            shown(file),
            if says_nothing { "the same number throughout" } else { "not of finite numbers" }
        );
        return Ok(ExitCode::from(EXIT_MISTAKE));
    }
    let seconds = seconds_a_photo(net)?;
    let written = full.strip_prefix(&config.root).unwrap_or(&full);
    let lines = settings(&inspected, written);
    if as_json {
        let mut json = json(Some(file), &inspected);
        json["seconds_a_photo"] = json!(seconds);
        json["settings"] = json!(lines);
        print_json(&json)?;
        return Ok(ExitCode::SUCCESS);
    }
    outln!("{}: {}", shown(file), summary(&inspected));
    for (name, value) in facts(&inspected) {
        outln!("  {name:22} {value}");
    }
    outln!("\nA photo takes some {} here. To use it, in an experiment:\n", short(seconds));
    for line in lines {
        outln!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

fn all(config: &Config, as_json: bool) -> Result<ExitCode> {
    let mut built_in = Vec::new();
    for network in NETWORKS {
        if let Some(inspected) = nets::inspect_built_in(network) {
            built_in.push(inspected?);
        }
    }
    let folder = config.root.join(FOLDER);
    let mut files = Vec::new();
    if fs::symlink_metadata(&folder).is_ok() {
        find(&folder, DEEPEST, &mut files)
            .with_context(|| format!("cannot read {}", shown(&folder)))?;
    }
    files.sort();
    let short = |file: &Path| file.strip_prefix(&config.root).unwrap_or(file).to_owned();
    if as_json {
        let of_files = files.iter().map(|file| match nets::inspect(file, Path::new("")) {
            Ok(inspected) => json(Some(&short(file)), &inspected),
            Err(error) => json!({"file": shown(&short(file)), "error": error.to_string()}),
        });
        let all: Vec<Value> =
            built_in.iter().map(|inspected| json(None, inspected)).chain(of_files).collect();
        print_json(&all)?;
        return Ok(ExitCode::SUCCESS);
    }
    outln!("In the program:");
    for inspected in &built_in {
        tell(inspected.network.name, inspected);
    }
    outln!("\nIn {}:", shown(&short(&folder)));
    let root = format!("{}/", config.root.display());
    for file in &files {
        match nets::inspect(file, Path::new("")) {
            Ok(inspected) => tell(&shown(&short(file)), &inspected),
            Err(error) => outln!("  {}", error.to_string().replace(&root, "")),
        }
    }
    match files.is_empty() {
        true => {
            outln!(
                "  nothing; docs/weights.md says which files are read, and where there are some"
            );
        }
        false => outln!(
            "\n'{} weights FILE' checks one to the last number, and says how to use it.",
            super::program()
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// Two lines of the list.
fn tell(name: &str, inspected: &Inspected) {
    let licence = inspected.licence.as_deref().unwrap_or("licence unknown");
    outln!("  {name}");
    outln!("      {}; {licence}", summary(inspected));
}

/// Files of weights in a folder and its folders. Errors when the folder itself cannot be read.
fn find(folder: &Path, levels: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() {
            if levels > 1 {
                find(&path, levels - 1, files)?;
            }
        } else if ending
            .is_some_and(|ending| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// A time that may be far below a second.
fn short(seconds: f64) -> String {
    match seconds < 1.0 {
        true => format!("{:.0} ms", seconds * 1000.0),
        false => duration(seconds),
    }
}

/// On one line: what they are, and what they cost.
fn summary(inspected: &Inspected) -> String {
    let net = &*inspected.backbone;
    let Preprocess { side, crop, .. } = net.identity().preprocess;
    let cut = match crop {
        Crop::Squash => "squashed",
        Crop::Centre { .. } => "cut",
    };
    format!(
        "{}, {}, {}; photos {cut} to {side} x {side}, {} numbers",
        inspected.recognized.name,
        inspected.format.name(),
        short_size(inspected.bytes as u64),
        grouped(net.feature_len())
    )
}

/// What a run would state of them, with where it is known from.
fn facts(inspected: &Inspected) -> Vec<(String, String)> {
    let identity = inspected.backbone.identity();
    let unknown = || "nothing says it".to_owned();
    let mut facts = vec![
        ("licence".to_owned(), inspected.licence.clone().unwrap_or_else(unknown)),
        ("origin".to_owned(), inspected.origin.clone().unwrap_or_else(unknown)),
    ];
    facts.extend(identity.lines());
    facts.push(("resize".to_owned(), identity.preprocess.resize.name().to_owned()));
    facts
}

/// The lines of an experiment with which a run takes them.
fn settings(inspected: &Inspected, file: &Path) -> Vec<String> {
    vec![
        "[network]".to_owned(),
        format!("backbone = {}", quoted(inspected.network.name)),
        format!("weights = {}", quoted(&file.to_string_lossy())),
    ]
}

fn json(file: Option<&Path>, inspected: &Inspected) -> Value {
    let identity = inspected.backbone.identity();
    json!({
        "file": file.map(shown),
        "network": inspected.network.name,
        "recognized": inspected.recognized.name,
        "format": inspected.format.name(),
        "bytes": inspected.bytes,
        "licence": inspected.licence,
        "origin": inspected.origin,
        "feature_len": inspected.backbone.feature_len(),
        "identity": identity,
    })
}
