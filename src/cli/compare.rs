//! `retrain compare`: two runs photo by photo.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::args::OutcomeName;
use super::out::print_json;
use crate::compare::{PhotoChanges, TwoRuns};
use crate::insight::{Outcome, Pair, final_test_accuracy};
use crate::spec::differing_settings;
use crate::store::{ListedPhoto, RunFolder, Summary, shown};
use crate::words::grouped;

/// Photos of each outcome in the short list.
const LARGEST: usize = 5;

pub fn compare(
    first: &RunFolder,
    second: &RunFolder,
    list: Option<OutcomeName>,
    as_json: bool,
) -> Result<ExitCode> {
    let ids = [first.id(), second.id()];
    let summaries = [first.summary()?, second.summary()?];
    let two = TwoRuns::read(first, second).map_err(|reason| anyhow!(reason))?;
    let wanted = list.map(outcome);
    if as_json {
        print_json(&json(&ids, &summaries, &two, wanted))?;
    } else {
        out!("{}", text(&ids, &summaries, &two, wanted));
    }
    Ok(ExitCode::SUCCESS)
}

fn outcome(name: OutcomeName) -> Outcome {
    match name {
        OutcomeName::Fixed => Outcome::Fixed,
        OutcomeName::Broken => Outcome::Broken,
        OutcomeName::BothWrong => Outcome::BothWrong,
        OutcomeName::BothRight => Outcome::BothRight,
    }
}

fn text(
    ids: &[String; 2],
    summaries: &[Summary; 2],
    two: &TwoRuns,
    wanted: Option<Outcome>,
) -> String {
    let mut text = String::new();
    for ((name, id), summary) in ["first", "second"].into_iter().zip(ids).zip(summaries) {
        let result = summary
            .test
            .as_ref()
            .map_or("no result".to_owned(), |test| final_test_accuracy(test.correct, test.n));
        text += &format!("{name:7} {id}  {result}\n");
    }
    let [before, after] = summaries.each_ref().map(|summary| &summary.settings);
    let differing = differing_settings(before, after);
    if !differing.is_empty() {
        text += "\nsettings that differ\n";
        for (key, [first, second]) in differing {
            text += &format!("  {key} = {first}, then {second}\n");
        }
    }
    if !two.photos.is_empty() {
        text += &format!("\nphotos: {}\n", two.photos.in_words());
    }
    let comparison = two.pairs.comparison();
    text += &format!("\n{}\n{}\n", two.ground(), comparison.in_words());
    let counts = Outcome::ALL
        .map(|outcome| format!("{} {}", grouped(two.pairs.of(outcome).len()), outcome.name()));
    text += &format!("{}\n", counts.join(", "));
    let shown: Vec<(Outcome, usize)> = match wanted {
        Some(outcome) => vec![(outcome, usize::MAX)],
        None => vec![(Outcome::Fixed, LARGEST), (Outcome::Broken, LARGEST)],
    };
    for (outcome, most) in shown {
        let pairs = two.pairs.of(outcome);
        if pairs.is_empty() {
            continue;
        }
        let title = match most < pairs.len() {
            true => format!("{}, the {most} largest changes of {}", outcome.name(), pairs.len()),
            false => outcome.name().to_owned(),
        };
        text += &format!("\n{title}\n");
        for pair in pairs.iter().take(most) {
            text += &format!("  {}\n", line(two, pair));
        }
    }
    text
}

/// `smoke/7.jpg  smoke: fire 0.61234, then smoke 0.80120`
fn line(two: &TwoRuns, pair: &Pair) -> String {
    let [before, after] = two.predictions(pair);
    let said = |(category, score): (String, f32)| format!("{category} {score:.5}");
    format!("{}  {}: {}, then {}", two.file(pair), two.truth(pair), said(before), said(after))
}

fn json(
    ids: &[String; 2],
    summaries: &[Summary; 2],
    two: &TwoRuns,
    wanted: Option<Outcome>,
) -> Value {
    let [before, after] = summaries.each_ref().map(|summary| &summary.settings);
    let settings: Vec<Value> = differing_settings(before, after)
        .into_iter()
        .map(|(key, [first, second])| json!({"setting": key, "first": first, "second": second}))
        .collect();
    let comparison = two.pairs.comparison();
    let photos: Vec<Value> = two
        .pairs
        .pairs
        .iter()
        .filter(|pair| wanted.is_none_or(|outcome| pair.outcome == outcome))
        .map(|pair| {
            let [(first, first_score), (second, second_score)] = two.predictions(pair);
            json!({
                "file": two.file(pair),
                "category": two.truth(pair),
                "outcome": pair.outcome.name(),
                "change": pair.change,
                "first": {"predicted": first, "score": first_score},
                "second": {"predicted": second, "score": second_score},
            })
        })
        .collect();
    json!({
        "first": ids[0],
        "second": ids[1],
        "settings": settings,
        "photos_that_differ": photos_that_differ(&two.photos),
        "images": comparison.images(),
        "only_first": two.pairs.only_first,
        "only_second": two.pairs.only_second,
        "relabelled": two.pairs.relabelled,
        "fixed": comparison.only_second_right,
        "broken": comparison.only_first_right,
        "both_wrong": comparison.both_wrong,
        "both_right": comparison.both_right,
        "difference": comparison.difference(),
        "interval_95": comparison.difference_interval().map(|(low, high)| [low, high]),
        "p_value": comparison.p_value(),
        "in_words": comparison.in_words(),
        "photos": photos,
    })
}

fn photos_that_differ(changes: &PhotoChanges) -> Value {
    let photo = |photo: &ListedPhoto| {
        json!({
            "file": shown(&photo.file),
            "set": photo.set.name(),
            "category": photo.category,
            "blake3": photo.hash,
        })
    };
    let with = |listed: &ListedPhoto, key: &str, before: &str| {
        let mut value = photo(listed);
        value[key] = before.into();
        value
    };
    let plain = |photos: &[ListedPhoto]| photos.iter().map(photo).collect::<Vec<Value>>();
    let moved = changes.moved.iter().map(|(photo, was)| with(photo, "set_before", was.name()));
    let relabelled =
        changes.relabelled.iter().map(|(photo, was)| with(photo, "category_before", was));
    json!({
        "added": plain(&changes.added),
        "removed": plain(&changes.removed),
        "moved": moved.collect::<Vec<Value>>(),
        "relabelled": relabelled.collect::<Vec<Value>>(),
    })
}
