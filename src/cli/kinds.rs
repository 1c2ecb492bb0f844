//! `retrain kinds`: which kinds of photos each category has, and which wrong ones are alike.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use super::out::print_json;
use super::photos::show_count;
use crate::config::Config;
use crate::insight::wilson;
use crate::kinds::{self, Kind, Kinds, Placed, WrongGroup};
use crate::store::{RunFolder, shown};
use crate::tui::{KINDS_KEY, MAP_KEY};
use crate::words::{counted, grouped, pad_left, pad_right, percent, percent_range, width};

/// How it is answered.
pub enum Form {
    Text,
    Json,
    Csv,
}

pub fn kinds(
    config: &Config,
    run: &RunFolder,
    category: Option<&str>,
    form: &Form,
) -> Result<ExitCode> {
    let mut found = kinds::kinds(config, run, &mut |done, all| show_count("categories", done, all))
        .map_err(|reason| anyhow!(reason))?;
    let only = category.map(|name| place(&found, name)).transpose()?;
    found.kinds.retain(|kind| only.is_none_or(|only| kind.category == only));
    found.wrong.retain(|group| only.is_none_or(|only| group.truth == only));
    match form {
        Form::Text => out!("{}", text(&run.id(), &found)),
        Form::Json => {
            let before = run.replay()?;
            let images = shown(&run.place(&before, &before.images));
            print_json(&json(&run.id(), &images, &found, only))?;
        }
        Form::Csv => out!("{}", csv(&found, only)?),
    }
    Ok(ExitCode::SUCCESS)
}

fn place(found: &Kinds, name: &str) -> Result<usize> {
    match found.categories.iter().position(|category| category == name) {
        Some(place) => Ok(place),
        None => {
            bail!("there is no category '{name}', expected one of {}", found.categories.join(", "))
        }
    }
}

/// `smoke 2`, and of a category that is one kind `smoke`.
fn name(found: &Kinds, kind: &Kind) -> String {
    let category = &found.categories[kind.category];
    match kind.strength {
        Some(_) => format!("{category} {}", kind.number + 1),
        None => category.clone(),
    }
}

fn text(run: &str, found: &Kinds) -> String {
    let mut text = format!("{}, {} tested ", counted(found.photos.len(), "photo"), found.tested);
    text += &match found.folds {
        0 => "(the test set)\n\n".to_owned(),
        folds => format!("(in {folds} folds)\n\n"),
    };
    text += &kinds_table(found);
    if !found.wrong.is_empty() {
        text += "\nwrong photos\n";
        let (alike, others): (Vec<&WrongGroup>, Vec<&WrongGroup>) =
            found.wrong.iter().partition(|group| group.are_alike);
        for group in &alike {
            text += &format!("{}\n", group_line(found, group));
        }
        let photos: usize = others.iter().map(|group| group.photos.len()).sum();
        if !others.is_empty() {
            text += &format!(
                "{}{}: no more alike than chance gives, by what they are and were taken for\n",
                if alike.is_empty() { "" } else { "the other " },
                grouped(photos),
            );
        }
    }
    text += "\n";
    if found.folds == 0 {
        text += "with split.folds = 5 in the experiment all photos are tested, and more is known of \
                 the wrong ones\n";
    }
    let run = super::in_shell(run);
    text + &format!(
        "'retrain' shows their photos: {KINDS_KEY} on this run, and {MAP_KEY} a map of all; \
         'retrain kinds {run} --csv' writes the kind and the place of each\n"
    )
}

/// Columns of `10 of 50 (11.2 to 33.0%)`.
const WRONG: usize = 24;

fn kinds_table(found: &Kinds) -> String {
    let names: Vec<String> = found.kinds.iter().map(|kind| name(found, kind)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0).max("KIND".len());
    // With folds every photo is both trained on and tested.
    let sets_title = if found.folds == 0 { "  TRAIN/VAL/TEST" } else { "" };
    let mut text = format!(
        "{}  PHOTOS   SHARE{sets_title}  {}  MIDDLE PHOTO\n",
        pad_right("KIND", widest),
        pad_right("WRONG (95% INTERVAL)", WRONG)
    );
    for (kind, name) in found.kinds.iter().zip(&names) {
        let all: usize = found
            .kinds
            .iter()
            .filter(|other| other.category == kind.category)
            .map(|other| other.photos.len())
            .sum();
        let share = percent(kind.photos.len() as f64 / all as f64);
        let sets = match found.folds {
            0 => format!("  {}", pad_right(&kind.sets.map(|n| n.to_string()).join("/"), 14)),
            _ => String::new(),
        };
        let wrong = match wilson(kind.wrong, kind.tested) {
            Some((low, high)) => {
                format!("{} of {} ({})", kind.wrong, kind.tested, percent_range(low, high))
            }
            None => "none tested".to_owned(),
        };
        text += &format!(
            "{}  {}  {}{sets}  {}  {}{}\n",
            pad_right(name, widest),
            pad_left(&grouped(kind.photos.len()), 6),
            pad_left(&share, 6),
            pad_right(&wrong, WRONG),
            kind.photos.first().map_or(String::new(), |&at| shown(&found.photos[at].file)),
            remark(found, kind),
        );
    }
    text
}

/// What stands out of a kind.
fn remark(found: &Kinds, kind: &Kind) -> String {
    let [training, ..] = kind.sets;
    let mut remarks = Vec::new();
    if kind.is_harder {
        remarks.push("more wrong than chance gives");
    }
    if found.folds == 0 && training == 0 {
        remarks.push("none to train on");
    }
    match remarks.is_empty() {
        true => String::new(),
        false => format!("  ! {}", remarks.join(", ")),
    }
}

fn group_line(found: &Kinds, group: &WrongGroup) -> String {
    let [truth, predicted] = [group.truth, group.predicted].map(|place| &found.categories[place]);
    let middle = group.photos.first().map_or(String::new(), |&at| shown(&found.photos[at].file));
    format!(
        "{} of {} are alike: taken for {predicted} ({}), such as {middle}",
        group.photos.len(),
        counted(group.of_wrong, &format!("wrong {truth} photo")),
        probability(group.by_chance.unwrap_or(1.0)),
    )
}

fn probability(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

fn json(run: &str, images: &str, found: &Kinds, only: Option<usize>) -> Value {
    let category = |place: usize| found.categories[place].as_str();
    let file = |at: &usize| shown(&found.photos[*at].file);
    let kinds: Vec<Value> = found
        .kinds
        .iter()
        .map(|kind| {
            let [training, validation, test] = kind.sets;
            json!({
                "category": category(kind.category),
                "kind": kind.number + 1,
                "photos": kind.photos.len(),
                "sets": {"training": training, "validation": validation, "test": test},
                "tested": kind.tested,
                "wrong": kind.wrong,
                "strength": kind.strength,
                "by_chance": kind.by_chance,
                "is_harder": kind.is_harder,
                "files": kind.photos.iter().map(file).collect::<Vec<String>>(),
            })
        })
        .collect();
    let wrong: Vec<Value> = found
        .wrong
        .iter()
        .map(|group| {
            json!({
                "category": category(group.truth),
                "predicted": category(group.predicted),
                "photos": group.photos.len(),
                "of_wrong": group.of_wrong,
                "by_chance": group.by_chance,
                "are_alike": group.are_alike,
                "files": group.photos.iter().map(file).collect::<Vec<String>>(),
            })
        })
        .collect();
    let map: Vec<Value> = rows(found, only)
        .map(|photo| {
            json!({
                "file": shown(&photo.file),
                "set": photo.set.name(),
                "category": category(photo.category),
                "kind": photo.kind + 1,
                "predicted": photo.predicted.map(category),
                "x": photo.place[0],
                "y": photo.place[1],
            })
        })
        .collect();
    json!({
        "run": run,
        "images": images,
        "categories": found.categories,
        "tested": found.tested,
        "folds": found.folds,
        "kinds": kinds,
        "wrong": wrong,
        "explained": found.explained,
        "mapped_by": found.mapped_by,
        "map": map,
    })
}

fn rows(found: &Kinds, only: Option<usize>) -> impl Iterator<Item = &Placed> {
    found.photos.iter().filter(move |photo| only.is_none_or(|only| photo.category == only))
}

fn csv(found: &Kinds, only: Option<usize>) -> Result<String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["file", "set", "category", "kind", "predicted", "x", "y"])?;
    for photo in rows(found, only) {
        csv.write_record([
            shown(&photo.file).as_str(),
            photo.set.name(),
            &found.categories[photo.category],
            &(photo.kind + 1).to_string(),
            photo.predicted.map_or("", |predicted| &found.categories[predicted]),
            &photo.place[0].to_string(),
            &photo.place[1].to_string(),
        ])?;
    }
    Ok(String::from_utf8(csv.into_inner()?)?)
}
