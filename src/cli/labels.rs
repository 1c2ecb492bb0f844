//! `retrain labels`: the photos of a run by how probably their label is wrong.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::out::print_json;
use super::photos::show_count;
use crate::config::Config;
use crate::doubts::{self, DoubtedPhoto, Doubts};
use crate::spec;
use crate::store::{Corrections, RunFolder, Verdict, shown};
use crate::words::{counted, pad_right, width};

pub fn labels(config: &Config, run: &RunFolder, count: usize, as_json: bool) -> Result<ExitCode> {
    let found = doubts::doubts(config, run, &mut |done, all| show_count("heads", done, all))
        .map_err(|reason| anyhow!(reason))?;
    let before = run.replay()?;
    let experiment = run.place(&before, &before.source);
    let decided = Corrections::read(&spec::labels_path(&experiment))?;
    let verdict = |photo: &DoubtedPhoto| {
        let hash = blake3::Hash::from_hex(&photo.hash).ok()?;
        decided.of(&hash, &photo.file).map(|decision| decision.verdict.clone())
    };
    let open: Vec<&DoubtedPhoto> =
        found.photos.iter().filter(|photo| verdict(photo).is_none()).collect();
    if as_json {
        let rows: Vec<Value> =
            found.photos.iter().map(|photo| row(&found, photo, verdict(photo).as_ref())).collect();
        print_json(&json!({
            "run": run.id(),
            "images": shown(&run.place(&before, &before.images)),
            "file": shown(decided.path()),
            "categories": found.categories,
            "photos": found.photos.len(),
            "folds": found.folds,
            "taken_for_wrong": open.iter().filter(|photo| photo.is_wrong).count(),
            "decided": found.photos.len() - open.len(),
            "labels": rows,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    out!("{}", text(&found, &open, count, &experiment_name(&before.experiment), decided.path()));
    Ok(ExitCode::SUCCESS)
}

/// As it is typed in a command.
fn experiment_name(name: &str) -> String {
    super::in_shell(name)
}

fn text(
    found: &Doubts,
    open: &[&DoubtedPhoto],
    count: usize,
    experiment: &str,
    decided: &std::path::Path,
) -> String {
    let wrong = open.iter().filter(|photo| photo.is_wrong).count();
    let mut text = format!(
        "{}, each scored by a head that was not trained on it ({} folds)\n{} probably wrong",
        counted(found.photos.len(), "photo"),
        found.folds,
        match wrong {
            1 => "1 label is".to_owned(),
            wrong => format!("{} are", counted(wrong, "label")),
        },
    );
    let already = found.photos.len() - open.len();
    if already > 0 {
        text += &format!("; {} in {} not asked again", counted(already, "photo"), shown(decided));
    }
    text += "\n\n";
    let name = |place: usize| found.categories[place].as_str();
    let widest = found.categories.iter().map(|name| width(name)).max().unwrap_or(0).max(10);
    text += &format!(
        "{}  {}  QUALITY    PHOTO\n",
        pad_right("LABEL", widest),
        pad_right("SUGGESTION", widest)
    );
    for photo in open.iter().take(count) {
        let suggestion = if photo.suggestion == photo.label { "-" } else { name(photo.suggestion) };
        text += &format!(
            "{}  {}    {:.3}  {} {}\n",
            pad_right(name(photo.label), widest),
            pad_right(suggestion, widest),
            photo.quality,
            if photo.is_wrong { "!" } else { " " },
            shown(&photo.file)
        );
    }
    if open.len() > count {
        text += &format!("and {} more, trusted more\n", open.len() - count);
    }
    text + &format!(
        "\n'retrain label {experiment} PHOTO --as CATEGORY' puts one under another category; the \
         photo stays where it is\n"
    )
}

fn row(found: &Doubts, photo: &DoubtedPhoto, decided: Option<&Verdict>) -> Value {
    json!({
        "file": shown(&photo.file),
        "blake3": photo.hash,
        "set": photo.set.name(),
        "label": found.categories[photo.label],
        "suggestion": found.categories[photo.suggestion],
        "quality": photo.quality,
        "is_wrong": photo.is_wrong,
        "decided": decided,
        "scores": found
            .categories
            .iter()
            .cloned()
            .zip(photo.scores.iter().map(|&score| json!(score)))
            .collect::<serde_json::Map<String, Value>>(),
    })
}
