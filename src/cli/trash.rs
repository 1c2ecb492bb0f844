//! `retrain trash`: what is in the trash, and what goes there, comes back, or is deleted for good.

use std::process::ExitCode;

use anyhow::Result;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::args::Trash;
use super::ask::{is_yes, told};
use super::out::print_json;
use super::{EXIT_FAILED, EXIT_MISTAKE, find, in_shell, program, typed};
use crate::config::Config;
use crate::store::trash::{self, InTrash, Kind};
use crate::store::{RunFolder, shown};
use crate::words::{counted, in_bytes, moment, pad_right, short_size, width};

pub fn trash(config: &Config, wanted: &Trash) -> Result<ExitCode> {
    if !wanted.runs.is_empty() {
        return move_there(config, &wanted.runs);
    }
    let all = trash::list(config)?;
    if !wanted.restore.is_empty() {
        return bring_back(&all, &wanted.restore);
    }
    if wanted.empty {
        return empty(config, &all, wanted.yes);
    }
    if wanted.json {
        let list: Vec<Value> = all.iter().map(as_json).collect();
        print_json(&list)?;
    } else if all.is_empty() {
        newsln!("the trash is empty; 'retrain trash RUN' moves a run there");
    } else {
        out!("{}", table(&all));
    }
    Ok(ExitCode::SUCCESS)
}

fn move_there(config: &Config, names: &[String]) -> Result<ExitCode> {
    // All names first: a wrong one moves nothing.
    let mut runs: Vec<RunFolder> =
        names.iter().map(|name| find(config, name)).collect::<Result<_>>()?;
    runs.sort();
    runs.dedup();
    let mut code = ExitCode::SUCCESS;
    for run in runs {
        match trash::move_run(&run, &config.trash) {
            Ok(trashed) => {
                outln!("{}", typed(&trashed.to));
                let name = in_shell(&RunFolder::at(&trashed.to).id());
                newsln!("bring it back with: {} trash --restore {name}", program());
            }
            Err(err) => {
                newsln!("retrain: {err}");
                code = ExitCode::from(EXIT_MISTAKE);
            }
        }
    }
    Ok(code)
}

fn bring_back(all: &[InTrash], names: &[String]) -> Result<ExitCode> {
    let things: Vec<&InTrash> =
        names.iter().map(|name| trash::find(all, name)).collect::<Result<_, _>>()?;
    let mut code = ExitCode::SUCCESS;
    for thing in things {
        match thing.restore() {
            Ok(place) => outln!("{}", typed(place)),
            Err(err) => {
                newsln!("retrain: {err}");
                code = ExitCode::from(EXIT_MISTAKE);
            }
        }
    }
    Ok(code)
}

fn empty(config: &Config, all: &[InTrash], yes: bool) -> Result<ExitCode> {
    trash::check_apart(config)?;
    let (doomed, left): (Vec<&InTrash>, Vec<&InTrash>) =
        all.iter().partition(|thing| thing.kind != Kind::Other);
    for thing in left {
        newsln!("{} is neither a run nor an experiment; it is left", typed(&thing.path));
    }
    if doomed.is_empty() {
        newsln!("there is nothing to delete in the trash");
        return Ok(ExitCode::SUCCESS);
    }
    for thing in &doomed {
        outln!("{}  {}  {}", typed(&thing.path), thing.kind.name(), short_size(thing.bytes));
    }
    let bytes = doomed.iter().map(|thing| thing.bytes).sum();
    let count = |kind| doomed.iter().filter(|thing| thing.kind == kind).count();
    newsln!(
        "{} and {} would be deleted for good, which frees {}",
        counted(count(Kind::Run), "run"),
        counted(count(Kind::Experiment), "experiment"),
        in_bytes(bytes)
    );
    if !is_yes(yes)? {
        return Ok(ExitCode::SUCCESS);
    }
    delete(&doomed)
}

fn delete(doomed: &[&InTrash]) -> Result<ExitCode> {
    let (mut bytes, mut deleted, mut is_whole) = (0, 0, true);
    for thing in doomed {
        let (freed, is_gone) = told(thing.delete());
        bytes += freed;
        deleted += usize::from(is_gone);
        is_whole &= is_gone;
    }
    outln!("{} deleted, {} freed", counted(deleted, "item"), in_bytes(bytes));
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) })
}

fn table(all: &[InTrash]) -> String {
    let names: Vec<String> = all.iter().map(InTrash::name).collect();
    let columns = names.iter().map(|name| width(name)).max().unwrap_or(0).max(4);
    let mut text = format!(
        "{:columns$}  {:14}  {:16}  {:>9}  BACK TO\n",
        "NAME", "KIND", "MOVED THERE", "SIZE"
    );
    let zone = TimeZone::system();
    for (name, thing) in names.iter().zip(all) {
        let moved = moment(thing.moved, &zone);
        let origin = thing.origin.as_deref().map_or("-".to_owned(), typed);
        text += &format!(
            "{}  {:14}  {moved:16}  {:>9}  {origin}\n",
            pad_right(name, columns),
            thing.kind.name(),
            short_size(thing.bytes)
        );
    }
    let bytes = all.iter().map(|thing| thing.bytes).sum();
    text + &format!("total: {}, {}\n", counted(all.len(), "item"), in_bytes(bytes))
}

fn as_json(thing: &InTrash) -> Value {
    json!({
        "name": thing.name(),
        "kind": thing.kind.name(),
        "moved": thing.moved,
        "bytes": thing.bytes,
        "path": shown(&thing.path),
        "back_to": thing.origin.as_deref().map(shown),
    })
}
