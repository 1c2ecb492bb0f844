//! `retrain check`: what a run would use and skip, and why. Trains nothing.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::out::{has_replaceable_line, print_json, replace_line};
use super::{EXIT_MISTAKE, photos};
use crate::config::Config;
use crate::dataset::{self, Dataset};
use crate::nets::Place;
use crate::spec;
use crate::store::shown;
use crate::words::{self, counted, grouped, progress};

pub fn check(config: &Config, experiment: &Path, as_json: bool) -> Result<ExitCode> {
    let checked = spec::load(experiment)?;
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
    dataset::decode_all(
        &mut dataset,
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
    let seconds = spec::expected_seconds(
        &experiment.network,
        &config.root,
        &experiment.distort,
        dataset.totals(),
        config.threads,
    )?;
    let seconds = seconds.filter(|_| place.device.is_cpu());
    let refusal = dataset
        .check_unreadable(experiment.data.max_unreadable_percent)
        .and_then(|()| dataset.check_sets())
        .err()
        .map(|err| err.to_string());
    if as_json {
        print_json(&json(&dataset, &place, seconds, refusal.as_deref()))?;
    } else {
        out!("{}", text(&dataset, &place, seconds));
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
    text += &format!("{:width$}  TRAINING  VALIDATION  TEST  TOTAL\n", "CATEGORY");
    for (name, counts) in dataset.categories.iter().zip(dataset.counts()) {
        let [training, validation, test] = counts;
        let total: usize = counts.iter().sum();
        let name = words::pad_right(name, width);
        text += &format!("{name}  {training:8}  {validation:10}  {test:4}  {total:5}\n");
    }
    let [training, validation, test] = dataset.totals();
    let total = training + validation + test;
    text += &format!("{:width$}  {training:8}  {validation:10}  {test:4}  {total:5}\n", "");
    let device = if place.device.is_cpu() { "the CPU" } else { place.name.as_str() };
    text += &format!("\nthe network runs on {device}\n");
    text += &place.note.iter().map(|note| format!("  {note}\n")).collect::<String>();
    if let Some(seconds) = seconds {
        text += &format!("{}\n", spec::expected_in_words(seconds));
    }
    text += &list(&skipped(dataset), |count| format!("{} skipped", grouped(count)));
    text += &list(&duplicates(dataset), |count| {
        format!("{}, each in the set of the first", counted(count, "duplicate"))
    });
    text += &list(&dataset.warnings, |count| counted(count, "warning"));
    text
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
    let skipped: Vec<Value> = dataset
        .skipped
        .iter()
        .map(|s| json!({"file": shown(&s.path), "reason": s.reason.to_string()}))
        .collect();
    let duplicates: Vec<Value> = dataset
        .duplicates
        .iter()
        .map(|d| json!({"file": shown(&d.path), "of": shown(&d.of)}))
        .collect();
    json!({
        "images": shown(&dataset.images),
        "categories": counts,
        "skipped": skipped,
        "duplicates": duplicates,
        "warnings": dataset.warnings,
        "device": place.name,
        "device_note": place.note,
        "feature_seconds": seconds,
        "refused": refusal,
    })
}
