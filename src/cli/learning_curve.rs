//! `retrain learning-curve`: what more photos would bring.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::out::print_json;
use super::photos::show_count;
use crate::config::Config;
use crate::growth::{self, Gain, Growth, Size};
use crate::store::RunFolder;
use crate::words::{grouped, pad_left, percent, points};

pub fn learning_curve(config: &Config, run: &RunFolder, as_json: bool) -> Result<ExitCode> {
    let found = growth::growth(config, run, &mut |done, all| show_count("heads", done, all))
        .map_err(|reason| anyhow!(reason))?;
    if as_json {
        print_json(&json(&run.id(), &found))?;
    } else {
        out!("{}", text(&found));
    }
    Ok(ExitCode::SUCCESS)
}

/// Cells of the longest bar.
const BAR: f64 = 40.0;

fn text(found: &Growth) -> String {
    let mut text = format!("{}\n\nTRAINING PHOTOS  ACCURACY\n", found.measured_in_words());
    for size in &found.sizes {
        let (low, high) = range(&size.accuracies);
        let bar = "█".repeat((size.mean() * BAR).round() as usize);
        let number = pad_left(&grouped(size.photos.round() as usize), 15);
        let accuracy = pad_left(&percent(size.mean()), 8);
        text += &format!("{number}  {accuracy}  {bar} ({} to {})\n", percent(low), percent(high));
    }
    text += &format!("\ntwice as many photos of all categories: {}\n", found.of_all.in_words());
    for (name, more, gain) in &found.of_categories {
        text += &format!("{} more of {name}: {}\n", grouped(*more), gain.in_words());
    }
    text + &format!("\n{}\n", found.notes())
}

fn range(numbers: &[f64]) -> (f64, f64) {
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    (least, numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

fn json(run: &str, found: &Growth) -> Value {
    let gain = |gain: &Gain| {
        json!({"points": points(gain.mean).parse::<f64>().unwrap_or(0.0), "gain": gain.mean,
               "reach_95": gain.reach, "is_seen": gain.is_seen(), "in_words": gain.in_words()})
    };
    let sizes = |sizes: &[Size]| -> Vec<Value> {
        let size = |size: &Size| {
            json!({"share": size.share, "photos": size.photos, "accuracy": size.mean(),
                   "accuracies": size.accuracies})
        };
        sizes.iter().map(size).collect()
    };
    let of_categories: Vec<Value> = found
        .of_categories
        .iter()
        .map(|(name, more, of)| json!({"category": name, "more": more, "gain": gain(of)}))
        .collect();
    json!({
        "run": run,
        "photos": found.photos,
        "in_words": found.in_words(),
        "measured": found.measured_in_words(),
        "notes": found.notes(),
        "sizes": sizes(&found.sizes),
        "continued": sizes(&found.continued),
        "twice_as_many": gain(&found.of_all),
        "twice_as_many_of": of_categories,
        "heads": found.heads,
    })
}
