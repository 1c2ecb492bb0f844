//! `retrain check`: what a run would use and skip, and why. Trains nothing.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::near_copies::NearCopies;
use super::out::{has_replaceable_line, print_json, replace_line};
use super::shortcuts::Shortcuts;
use super::{EXIT_MISTAKE, photos};
use crate::config::Config;
use crate::dataset::{self, Dataset, Folds, KnownThumbnails};
use crate::nets::Place;
use crate::spec;
use crate::store::shown;
use crate::words::{self, counted, grouped, progress};

pub fn check(config: &Config, path: &Path, as_json: bool) -> Result<ExitCode> {
    let checked = spec::load(path)?;
    for warning in &checked.warnings {
        newsln!("warning: {warning}");
    }
    if let Some(sweep) = &checked.sweep {
        newsln!(
            "a sweep over {}: {}",
            sweep.keys().join(" and "),
            counted(sweep.members().len(), "run")
        );
    }
    let experiment = checked.experiment;
    let place = Place::open(&experiment.network)?;
    let mut dataset =
        dataset::scan(&config.root, &experiment, &config.cache, &mut photos::show_reading)?;
    let terminal = has_replaceable_line();
    let mut thumbnails = KnownThumbnails::load(&config.cache, &dataset.images);
    let traits = dataset::decode_all(
        &mut dataset,
        &mut thumbnails,
        experiment.data.max_megapixels,
        config.threads,
        &mut |done, total| {
            if terminal {
                replace_line(&format!("decoding {}", progress(done, total)));
            }
        },
    );
    if terminal {
        replace_line("");
    }
    if let Err(err) = thumbnails.save(dataset.photos.iter().map(|photo| photo.hash)) {
        newsln!("warning: {err}; the thumbnails of the photos are made again the next time");
    }
    let near = NearCopies::find(config, path, &dataset, &thumbnails)?;
    let shortcuts = Shortcuts::find(&dataset, &traits);
    let seconds = spec::expected_seconds(
        &experiment.network,
        &config.root,
        &experiment.distort,
        dataset.photos.len(),
        dataset.trained_on(),
        config.threads,
    )?;
    let seconds = seconds.filter(|_| place.device.is_cpu());
    let refusal = dataset
        .check_unreadable(experiment.data.max_unreadable_percent)
        .and_then(|()| dataset.check_sets())
        .err()
        .map(|err| err.to_string());
    if as_json {
        let mut answer = json(&dataset, &place, seconds, refusal.as_deref());
        near.add_to(&mut answer);
        shortcuts.add_to(&mut answer);
        print_json(&answer)?;
    } else {
        let shortcuts = shortcuts.text(near.accuracy());
        out!("{}{}{shortcuts}", text(&dataset, &place, seconds), near.text());
    }
    match refusal {
        None => Ok(ExitCode::SUCCESS),
        Some(refusal) => {
            newsln!("retrain: {refusal}");
            Ok(ExitCode::from(EXIT_MISTAKE))
        }
    }
}

fn text(dataset: &Dataset, place: &Place, seconds: Option<f64>) -> String {
    let width = dataset.categories.iter().map(|name| words::width(name)).max().unwrap_or(0).max(8);
    let mut text = format!("images in {}\n\n", shown(&dataset.images));
    text += &match dataset.folds {
        Some(folds) => fold_table(dataset, folds, width),
        None => set_table(dataset, width),
    };
    let device = if place.device.is_cpu() { "the CPU" } else { place.name.as_str() };
    text += &format!("\nthe network runs on {device}\n");
    text += &place.note.iter().map(|note| format!("  {note}\n")).collect::<String>();
    if let Some(seconds) = seconds {
        text += &format!("{}\n", spec::expected_in_words(seconds));
    }
    text += &list(&skipped(dataset), |count| format!("{} skipped", grouped(count)));
    text += &list(&left_out(dataset), |count| format!("{} left out, as decided", grouped(count)));
    if dataset.relabelled > 0 {
        let photos = counted(dataset.relabelled, "photo");
        text += &format!("\n{photos} under another category than their folder's, as decided\n");
    }
    text += &list(&duplicates(dataset), |count| {
        let duplicates = counted(count, "duplicate");
        format!("{duplicates}, each in the {} of the first", dataset.part_name())
    });
    text += &list(&dataset.warnings, |count| counted(count, "warning"));
    text
}

fn set_table(dataset: &Dataset, width: usize) -> String {
    let mut text = format!("{:width$}  TRAINING  VALIDATION  TEST  TOTAL\n", "CATEGORY");
    let mut row = |name: &str, counts: [usize; 3]| {
        let [training, validation, test] = counts;
        let total: usize = counts.iter().sum();
        let name = words::pad_right(name, width);
        text += &format!("{name}  {training:8}  {validation:10}  {test:4}  {total:5}\n");
    };
    for (name, counts) in dataset.categories.iter().zip(dataset.counts()) {
        row(name, counts);
    }
    row("", dataset.totals());
    text
}

/// Photos of each category, those that watch the training of other folds, and those in each fold.
fn fold_table(dataset: &Dataset, folds: Folds, width: usize) -> String {
    let mut text = format!("{:width$}  TOTAL  WATCHING  IN EACH FOLD\n", "CATEGORY");
    let mut row = |name: &str, in_folds: &[usize], watching: usize| {
        let total: usize = in_folds.iter().sum();
        let each: Vec<String> = in_folds.iter().map(|count| format!("{count:3}")).collect();
        let name = words::pad_right(name, width);
        text += &format!("{name}  {total:5}  {watching:8}  {}\n", each.join(" "));
    };
    let (mut sums, mut watch) = (vec![0; folds.count], 0);
    for (name, (in_folds, watching)) in dataset.categories.iter().zip(dataset.fold_counts()) {
        row(name, &in_folds, watching);
        sums.iter_mut().zip(&in_folds).for_each(|(sum, count)| *sum += count);
        watch += watching;
    }
    row("", &sums, watch);
    text + &format!("\n{}\n", spec::heads_in_words(folds.count))
}

/// A title that says how many there are, then each in a line.
fn list(items: &[String], title: impl Fn(usize) -> String) -> String {
    if items.is_empty() {
        return String::new();
    }
    format!("\n{}:\n  {}\n", title(items.len()), items.join("\n  "))
}

fn skipped(dataset: &Dataset) -> Vec<String> {
    dataset.skipped.iter().map(|s| format!("{}: {}", shown(&s.path), s.reason)).collect()
}

fn left_out(dataset: &Dataset) -> Vec<String> {
    dataset.left_out.iter().map(|out| format!("{}: {}", shown(&out.path), out.verdict)).collect()
}

fn duplicates(dataset: &Dataset) -> Vec<String> {
    dataset
        .duplicates
        .iter()
        .map(|d| {
            let other = if d.same_category { "" } else { " in another category" };
            format!("{} is {}{other}", shown(&d.path), shown(&d.of))
        })
        .collect()
}

fn json(dataset: &Dataset, place: &Place, seconds: Option<f64>, refusal: Option<&str>) -> Value {
    let counts: Vec<Value> = dataset
        .categories
        .iter()
        .zip(dataset.counts())
        .map(|(name, [training, validation, test])| {
            json!({"category": name, "training": training, "validation": validation, "test": test})
        })
        .collect();
    let folds: Vec<Value> = dataset
        .categories
        .iter()
        .zip(dataset.fold_counts())
        .map(|(name, (each, watching))| {
            json!({"category": name, "each": each, "watching": watching})
        })
        .collect();
    let skipped: Vec<Value> = dataset
        .skipped
        .iter()
        .map(|s| json!({"file": shown(&s.path), "reason": s.reason.to_string()}))
        .collect();
    let left_out: Vec<Value> = dataset
        .left_out
        .iter()
        .map(|out| json!({"file": shown(&out.path), "verdict": out.verdict.to_string()}))
        .collect();
    let duplicates: Vec<Value> = dataset
        .duplicates
        .iter()
        .map(|d| json!({"file": shown(&d.path), "of": shown(&d.of)}))
        .collect();
    json!({
        "images": shown(&dataset.images),
        "categories": counts,
        "folds": folds,
        "skipped": skipped,
        "left_out": left_out,
        "relabelled": dataset.relabelled,
        "duplicates": duplicates,
        "warnings": dataset.warnings,
        "device": place.name,
        "device_note": place.note,
        "feature_seconds": seconds,
        "refused": refusal,
    })
}
