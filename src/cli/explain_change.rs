//! `retrain explain-change`: the change from one run to another, taken apart.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::out::print_json;
use super::photos::show_count;
use crate::config::Config;
use crate::explain::{self, Explanation, LUCK, SEEDS};
use crate::store::RunFolder;
use crate::words::{pad_right, percent, points, width};

pub fn explain_change(
    config: &Config,
    first: &RunFolder,
    second: &RunFolder,
    as_json: bool,
) -> Result<ExitCode> {
    let explained = explain::explain_change(config, first, second, &mut |done, all| {
        show_count("heads", done, all);
    })
    .map_err(|reason| anyhow!(reason))?;
    let ids = [first.id(), second.id()];
    if as_json {
        print_json(&json(&ids, &explained))?;
    } else {
        out!("{}", text(&ids, &explained));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(ids: &[String; 2], explained: &Explanation) -> String {
    let mut text = String::new();
    let runs = ["first", "second"].into_iter().zip(ids).zip(explained.reported);
    for ((name, id), accuracy) in runs {
        text += &format!("{name:7} {id}  {}\n", percent(accuracy));
    }
    text += &format!("\n{}\n\n", explained.in_words());
    let tenths = explained.tenths();
    let names: Vec<&str> =
        explained.parts.iter().map(|part| &*part.in_words).chain([LUCK]).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    for (number, (name, tenths)) in names.iter().zip(&tenths).enumerate() {
        let part = points(*tenths as f64 / 1000.0);
        let reach = explained.parts.get(number).map(|part| part.reach * 100.0);
        let reach = reach.map(|reach| format!("±{reach:.1}")).unwrap_or_default();
        text += format!("  {part:>6}  {}  {reach}", pad_right(name, widest)).trim_end();
        text += "\n";
    }
    text += "\n";
    for note in explained.notes(ids) {
        text += &format!("{note}\n");
    }
    text
}

fn json(ids: &[String; 2], explained: &Explanation) -> Value {
    let points: Vec<f64> =
        explained.tenths().into_iter().map(|tenths| tenths as f64 / 10.0).collect();
    let parts: Vec<Value> = explained
        .parts
        .iter()
        .zip(&points)
        .map(|(part, points)| {
            json!({
                "name": part.name,
                "in_words": part.in_words,
                "change": part.change,
                "points": points,
                "reach_95": part.reach,
            })
        })
        .collect();
    json!({
        "first": ids[0],
        "second": ids[1],
        "accuracy": explained.reported,
        "accuracy_again": explained.again,
        "change": explained.change(),
        "parts": parts,
        "luck": explained.luck,
        "luck_points": points.last(),
        "luck_in_words": LUCK,
        "chance_95": explained.chance,
        "common_test_photos": explained.common,
        "heads": explained.heads,
        "seeds": SEEDS,
        "in_words": explained.in_words(),
        "notes": explained.notes(ids),
    })
}
