//! `retrain predict`: scores photos that a run never saw, and says which are none of its categories.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::EXIT_FAILED;
use super::args::PriorsName;
use super::out::print_json;
use super::photos;
use super::sure::Answering;
use crate::config::{Config, read_plain};
use crate::dataset::PhotoFile;
use crate::features::Recipe;
use crate::insight::{self, label_lines};
use crate::likeness::{Judgement, Trained};
use crate::spec::DeviceChoice;
use crate::store::{ListedPhoto, RunFolder, explain, shown};
use crate::train::{HeadFile, evaluate};

/// Of fewer photos the CPU has the scores before a GPU is awake.
const FEW_PHOTOS: usize = 64;
/// Training photos that are named as most like a photo.
const NEAREST: usize = 5;
/// Of more photos than this the nearest are not looked for: it could take hours.
const MOST_WITH_NEAREST: usize = 1000;

/// What is said of one file: its scores, or why it has none.
type Answer = (PathBuf, Result<Vec<f32>, String>);

/// What is said of a photo beside its scores.
#[derive(Default)]
struct Beside {
    judgement: Option<Judgement>,
    /// As JSON; `null` where the features of the training photos are not there.
    nearest: Value,
}

pub fn predict(
    config: &Config,
    run: &RunFolder,
    named: &[PathBuf],
    sure: Option<f64>,
    priors: PriorsName,
    json: bool,
) -> Result<ExitCode> {
    let head = read_head(run)?;
    let recipe = read_recipe(run, &head)?;
    if head.temperature() != 1.0 {
        newsln!("calibrated at temperature {:.3}", head.temperature());
    }
    let answering = Answering::new(config, run, &head, sure, priors)?;
    let files = photos::expand(named);
    let mut answers: Vec<Answer> = Vec::new();
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
    let features = score(config, run, &head, &recipe, readable, &mut answers)?;
    answering.rescale(&mut answers);
    let scored = answers.iter().filter(|(_, answer)| answer.is_ok()).count();
    let mut beside: Vec<Beside> = (0..scored).map(|_| Beside::default()).collect();
    if let Some(likeness) = &head.likeness {
        for (beside, judgement) in beside.iter_mut().zip(likeness.judge(&features)?) {
            beside.judgement = Some(judgement);
        }
    }
    if json {
        add_nearest(config, run, &features, &mut beside);
        print_json(&as_json(&head.labels, &answers, beside, &answering))?;
    } else {
        print(&head.labels, &answers, &beside, &answering);
    }
    if let Some(summary) = answering.summary(&answers) {
        newsln!("{summary}");
    }
    if scored > 0 && head.likeness.is_none() {
        newsln!("retrain: {} cannot tell photos that are none of these: {NO_LIKENESS}", run.id());
    }
    if scored == 0 {
        newsln!("retrain: no photo could be scored");
        return Ok(ExitCode::from(EXIT_FAILED));
    }
    Ok(ExitCode::SUCCESS)
}

/// Why a head has none, and what to do.
const NO_LIKENESS: &str = "its head is of an older version, or was trained on fewer than 20 photos; train again with more";

/// Looks for the training photos that are most like each photo. Says once where it cannot.
fn add_nearest(config: &Config, run: &RunFolder, features: &[f32], beside: &mut [Beside]) {
    if beside.is_empty() {
        return;
    }
    if beside.len() > MOST_WITH_NEAREST {
        newsln!("retrain: nearest is null: it is given for up to {MOST_WITH_NEAREST} photos");
        return;
    }
    let trained = run
        .replay()
        .map_err(anyhow::Error::from)
        .and_then(|replayed| Trained::read(run, &replayed, &config.cache));
    match trained {
        Ok(trained) => {
            let rows = features.chunks_exact(features.len() / beside.len());
            for (beside, feature) in beside.iter_mut().zip(rows) {
                beside.nearest = nearest_json(&trained.nearest(feature, NEAREST));
            }
        }
        Err(err) => newsln!("retrain: nearest is null: {}", explain(err.as_ref(), "try again")),
    }
}

/// What makes the features that the head takes.
pub(super) fn read_recipe(run: &RunFolder, head: &HeadFile) -> Result<Recipe> {
    let mut recipe: Recipe = serde_json::from_value(head.context["recipe"].clone())
        .with_context(|| format!("{} says nothing of its network", run.head().display()))?;
    if let Some(file) = &mut recipe.weights_file {
        *file = run.place(&run.replay()?, file);
    }
    Ok(recipe)
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

/// Fills in the scores of the answers that are `Ok`, which stand in the order of `readable`. Gives the
/// features of those that were scored, row by row.
pub(super) fn score(
    config: &Config,
    run: &RunFolder,
    head: &HeadFile,
    recipe: &Recipe,
    readable: Vec<PhotoFile>,
    answers: &mut [Answer],
) -> Result<Vec<f32>> {
    if readable.is_empty() {
        return Ok(Vec::new());
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
    let features =
        candle_core::Tensor::from_slice(&made.features, shape, &candle_core::Device::Cpu)?;
    let scores = evaluate(&head.head, &features)?;
    let answered = pending.into_iter().filter(|(_, answer)| answer.is_ok());
    for ((_, answer), scores) in answered.zip(scores) {
        *answer = Ok(scores);
    }
    Ok(made.features)
}

fn print(labels: &[String], answers: &[Answer], beside: &[Beside], answering: &Answering) {
    let mut beside = beside.iter();
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
                if let Some(line) = answering.line(labels, scores) {
                    outln!("{line}");
                }
                let judgement = beside.next().and_then(|beside| beside.judgement);
                if let Some(judgement) = judgement.filter(|judgement| judgement.is_none_of_these) {
                    outln!("{}", insight::likeness_in_words(judgement.less_like_than, true));
                }
            }
            Err(reason) => newsln!("skipped {}: {reason}", shown(file)),
        }
    }
}

fn as_json(
    labels: &[String],
    answers: &[Answer],
    beside: Vec<Beside>,
    answering: &Answering,
) -> Value {
    let mut beside = beside.into_iter();
    let one = |(file, answer): &Answer| match answer {
        Ok(scores) => {
            let named: Map<String, Value> =
                labels.iter().cloned().zip(scores.iter().map(|&score| json!(score))).collect();
            let Beside { judgement, nearest } = beside.next().unwrap_or_default();
            let verdict = judgement.map(|judgement| match judgement.is_none_of_these {
                true => "none of these",
                false => "one of these",
            });
            let mut row = json!({
                "file": shown(file),
                "predicted": labels[insight::predict(scores)],
                "scores": named,
                "likeness": judgement.map(|judgement| 1.0 - judgement.less_like_than),
                "verdict": verdict,
                "nearest": nearest,
            });
            answering.complete(&mut row, labels, scores);
            row
        }
        Err(reason) => json!({"file": shown(file), "error": reason}),
    };
    answers.iter().map(one).collect()
}

/// The training photos that are most like a photo, the nearest first.
pub(super) fn nearest_json(found: &[(&ListedPhoto, f32)]) -> Value {
    let one = |(photo, distance): &(&ListedPhoto, f32)| {
        json!({
            "file": shown(&photo.file),
            "category": photo.category,
            "set": photo.set.name(),
            "distance": distance,
        })
    };
    found.iter().map(one).collect()
}
