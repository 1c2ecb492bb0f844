//! `retrain predict`: scores photos that a run never saw.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::EXIT_FAILED;
use super::out::print_json;
use super::photos;
use crate::config::{Config, read_plain};
use crate::dataset::PhotoFile;
use crate::features::Recipe;
use crate::insight::{self, label_lines};
use crate::spec::DeviceChoice;
use crate::store::{RunFolder, shown};
use crate::train::{HeadFile, evaluate};

/// Of fewer photos the CPU has the scores before a GPU is awake.
const FEW_PHOTOS: usize = 64;

pub fn predict(
    config: &Config,
    run: &RunFolder,
    named: &[PathBuf],
    json: bool,
) -> Result<ExitCode> {
    let head = read_head(run)?;
    let mut recipe: Recipe = serde_json::from_value(head.context["recipe"].clone())
        .with_context(|| format!("{} says nothing of its network", run.head().display()))?;
    if let Some(file) = &mut recipe.weights_file {
        *file = run.place(&run.replay()?, file);
    }
    let files = photos::expand(named);
    let mut answers: Vec<(PathBuf, Result<Vec<f32>, String>)> = Vec::new();
    let mut readable = Vec::new();
    for file in files {
        match PhotoFile::hash(file.clone()) {
            Ok(photo) => {
                readable.push(photo);
                answers.push((file, Ok(Vec::new())));
            }
            Err(reason) => answers.push((file, Err(reason.to_string()))),
        }
    }
    score(config, run, &head, &recipe, readable, &mut answers)?;
    let scored = answers.iter().filter(|(_, answer)| answer.is_ok()).count();
    if json {
        print_json(&as_json(&head.labels, &answers))?;
    } else {
        print(&head.labels, &answers);
    }
    if scored == 0 {
        newsln!("retrain: no photo could be scored");
        return Ok(ExitCode::from(EXIT_FAILED));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn read_head(run: &RunFolder) -> Result<HeadFile> {
    let path = run.head();
    match read_plain(&path) {
        Ok(bytes) => {
            HeadFile::from_bytes(&bytes).with_context(|| format!("cannot use {}", path.display()))
        }
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => bail!(
            "run {} has no trained head (state: {}); 'retrain list' shows those that are done",
            run.id(),
            run.summary()?.state.name()
        ),
        Err(err) => Err(err).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Fills in the scores of the answers that are `Ok`, which stand in the order of `readable`.
pub(super) fn score(
    config: &Config,
    run: &RunFolder,
    head: &HeadFile,
    recipe: &Recipe,
    readable: Vec<PhotoFile>,
    answers: &mut [(PathBuf, Result<Vec<f32>, String>)],
) -> Result<()> {
    if readable.is_empty() {
        return Ok(());
    }
    let few = readable.len() < FEW_PHOTOS;
    let extractor = recipe.open(if few { DeviceChoice::Cpu } else { DeviceChoice::Auto })?;
    let (taken, made) = (head.head.weights.dims()[1], extractor.backbone.feature_len());
    if taken != made {
        bail!(
            "cannot use {}: its head takes features of {taken} numbers, its network makes {made}; \
             train again",
            run.head().display()
        );
    }
    let count = readable.len();
    let made = photos::features(config, &extractor, readable)?;
    let mut pending: Vec<_> = answers.iter_mut().filter(|(_, answer)| answer.is_ok()).collect();
    for (number, reason) in &made.unreadable {
        pending[*number].1 = Err(reason.to_string());
    }
    let n = count - made.unreadable.len();
    let shape = (n, extractor.backbone.feature_len());
    let features = candle_core::Tensor::from_vec(made.features, shape, &candle_core::Device::Cpu)?;
    let scores = evaluate(&head.head, &features)?;
    let answered = pending.into_iter().filter(|(_, answer)| answer.is_ok());
    for ((_, answer), scores) in answered.zip(scores) {
        *answer = Ok(scores);
    }
    Ok(())
}

fn print(labels: &[String], answers: &[(PathBuf, Result<Vec<f32>, String>)]) {
    for (number, (file, answer)) in answers.iter().enumerate() {
        match answer {
            Ok(scores) => {
                if answers.len() > 1 {
                    let gap = if number == 0 { "" } else { "\n" };
                    outln!("{gap}{}", shown(file));
                }
                for line in label_lines(labels, scores) {
                    outln!("{line}");
                }
            }
            Err(reason) => newsln!("skipped {}: {reason}", shown(file)),
        }
    }
}

fn as_json(labels: &[String], answers: &[(PathBuf, Result<Vec<f32>, String>)]) -> Value {
    let one = |(file, answer): &(PathBuf, Result<Vec<f32>, String>)| match answer {
        Ok(scores) => {
            let named: Map<String, Value> =
                labels.iter().cloned().zip(scores.iter().map(|&score| json!(score))).collect();
            json!({"file": shown(file), "predicted": labels[insight::predict(scores)], "scores": named})
        }
        Err(reason) => json!({"file": shown(file), "error": reason}),
    };
    answers.iter().map(one).collect()
}
