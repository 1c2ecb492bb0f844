//! `retrain scores`: a run's images with their scores.

use std::cmp::Ordering;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::args::{Scores, SetName, SortBy};
use super::out::print_json;
use super::result::scored;
use crate::spec::Set;
use crate::store::{self, ImageScore, RunFolder, shown};
use crate::words;

pub fn scores(folder: &RunFolder, wanted: &Scores) -> Result<ExitCode> {
    if !folder.scores().exists() {
        let state = folder.summary()?.state.name();
        bail!("run {} has no scores (state: {state}); they are written at its end", folder.id());
    }
    let (labels, mut rows) = store::read_scores(&folder.scores())?;
    let set = wanted.set.map(|set| match set {
        SetName::Training => Set::Training,
        SetName::Validation => Set::Validation,
        SetName::Test => Set::Test,
    });
    rows.retain(|row| {
        set.is_none_or(|set| row.set == set) && !(wanted.wrong && scored(row).is_correct())
    });
    // Stable: of equals the order of the file stays.
    rows.sort_by(|a, b| order(wanted.sort, a, b));
    if wanted.json {
        let list: Vec<Value> = rows.iter().map(|row| as_json(&labels, row)).collect();
        print_json(&list)?;
    } else {
        out!("{}", table(&labels, &rows));
    }
    Ok(ExitCode::SUCCESS)
}

fn order(by: SortBy, a: &ImageScore, b: &ImageScore) -> Ordering {
    let highest = |row: &ImageScore| row.scores[scored(row).predicted()];
    match by {
        SortBy::Loss => scored(b).loss().total_cmp(&scored(a).loss()),
        SortBy::Margin => scored(a).margin().total_cmp(&scored(b).margin()),
        SortBy::Confidence => highest(a).total_cmp(&highest(b)),
        SortBy::File => a.file.cmp(&b.file),
    }
}

fn table(labels: &[String], rows: &[ImageScore]) -> String {
    let width = labels.iter().map(|label| words::width(label)).max().unwrap_or(0).max(9);
    let mut text = format!(
        "{:>8}  {:>8}  {:10}  {:width$}  {:width$}  {:>7}  FILE\n",
        "LOSS", "MARGIN", "SET", "CATEGORY", "PREDICTED", "SCORE"
    );
    for row in rows {
        let image = scored(row);
        text += &format!(
            "{:8.4}  {:8.4}  {:10}  {}  {}  {:7.5}  {}\n",
            image.loss(),
            image.margin(),
            row.set.name(),
            words::pad_right(&labels[row.category], width),
            words::pad_right(&labels[image.predicted()], width),
            row.scores[image.predicted()],
            shown(&row.file)
        );
    }
    text
}

fn as_json(labels: &[String], row: &ImageScore) -> Value {
    let image = scored(row);
    let named: Map<String, Value> =
        labels.iter().cloned().zip(row.scores.iter().map(|&score| json!(score))).collect();
    json!({
        "file": shown(&row.file),
        "set": row.set,
        "category": labels[row.category],
        "predicted": labels[image.predicted()],
        "correct": image.is_correct(),
        "loss": image.loss(),
        "margin": image.margin(),
        "scores": named,
    })
}
