//! `retrain show`: one run.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use super::named_head::kept_in_words;
use super::out::print_json;
use super::result;
use crate::insight::{MOST_ROWS, overfitting};
use crate::spec::{self, Priors};
use crate::store::{Counts, End, FoldResult, Run, RunFolder, State};
use crate::words::{counted, grouped, percent, smallest_to_largest};

pub fn show(folder: &RunFolder, json: bool) -> Result<ExitCode> {
    let summary = folder.summary()?;
    let run = folder.replay()?;
    if json {
        let mut value = serde_json::to_value(&summary)?;
        value["evaluation"] = result::result_json(folder, &run).unwrap_or_else(|err| {
            newsln!("retrain: {err:#}");
            Value::Null
        });
        value["kept_heads"] = folder.kept_heads().into();
        print_json(&value)?;
        return Ok(ExitCode::SUCCESS);
    }
    outln!("run         {}", folder.id());
    outln!("experiment  {}", super::typed(&run.source));
    outln!("state       {}", state_line(folder, &run, summary.state));
    out!("{}", facts(folder, &run));
    if let Some(refusal) = &run.refusal {
        outln!("refused     {refusal}");
    }
    for warning in &run.warnings {
        outln!("warning     {warning}");
    }
    if let Some(trouble) = overfitting(&run).filter(|_| run.test().is_none()) {
        outln!("trouble     {trouble}");
    }
    if run.test().is_some() {
        outln!("\n{}", result::result(folder, &run)?.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

fn state_line(folder: &RunFolder, run: &Run, state: State) -> String {
    let at = match run.stage {
        Some(stage) if state.is_live() || state == State::Lost => format!(", {}", stage.name()),
        _ => String::new(),
    };
    let why = match (&run.end, state) {
        (Some(End::Failed(message)), _) => format!(": {message}"),
        (Some(End::Paused), _) => {
            let id = super::in_shell(&folder.id());
            format!(", continue with: {} resume {id}", super::program())
        }
        (_, State::Lost) => {
            format!(
                ": its worker is gone; the last line in its worker.log: {}",
                folder.last_words()
            )
        }
        _ => String::new(),
    };
    format!("{}{at}{why}", state.name())
}

/// For which shares of the categories its scores are, where the folders' are not all the same.
fn priors(folder: &RunFolder, run: &Run) -> Option<String> {
    let sizes = || run.counts.iter().map(Counts::total);
    if sizes().min() == sizes().max() {
        return None;
    }
    let experiment = spec::load(&folder.experiment()).ok()?.experiment;
    let said = match experiment.train.priors() {
        Priors::Equal => {
            "for categories that are equally frequent; 'predict --priors folders' takes the folders' \
             shares"
        }
        Priors::Folders => "for categories as frequent as in the folders",
        Priors::Given => "for categories as frequent as train.class_weights has it",
    };
    Some(said.to_owned())
}

/// The heads that were kept on the way.
fn heads(folder: &RunFolder) -> String {
    let kept = folder.kept_heads();
    let Some(last) = kept.last() else { return String::new() };
    format!(
        "heads       kept of {}; use one with: {} predict {}@{last} PHOTO\n",
        kept_in_words(&kept),
        super::program(),
        super::in_shell(&folder.id())
    )
}

fn facts(folder: &RunFolder, run: &Run) -> String {
    let mut text = String::new();
    let changed: Vec<String> = folder
        .settings(run)
        .into_iter()
        .filter(|setting| setting.is_chosen)
        .map(|setting| format!("{} = {}", setting.key, setting.value))
        .collect();
    text += &format!("settings    {}\n", changed.join("\n            "));
    let sums = |of: fn(&Counts) -> usize| run.counts.iter().map(of).sum::<usize>();
    let folds = spec::folds(&run.settings);
    if run.counts.len() > MOST_ROWS && folds > 0 {
        text += &format!(
            "photos      {} categories: {}, each tested in one of {folds} folds\n",
            grouped(run.counts.len()),
            counted(sums(Counts::total), "photo")
        );
    } else if run.counts.len() > MOST_ROWS {
        text += &format!(
            "photos      {} categories: {} training, {} validation, {} test\n",
            grouped(run.counts.len()),
            grouped(sums(|counts| counts.training)),
            grouped(sums(|counts| counts.validation)),
            grouped(sums(|counts| counts.test))
        );
    } else {
        for (number, counts) in run.counts.iter().enumerate() {
            if folds > 0 {
                text += &format!(
                    "{:12}{}: {}, {} in each of {folds} folds\n",
                    if number == 0 { "photos" } else { "" },
                    counts.category,
                    counted(counts.total(), "photo"),
                    smallest_to_largest(&counts.folds)
                );
                continue;
            }
            text += &format!(
                "{:12}{}: {} training, {} validation, {} test\n",
                if number == 0 { "photos" } else { "" },
                counts.category,
                grouped(counts.training),
                grouped(counts.validation),
                grouped(counts.test)
            );
        }
    }
    text += &priors(folder, run).map_or(String::new(), |said| format!("scores      {said}\n"));
    if run.skipped > 0 {
        text += &format!("skipped     {}; skipped.csv says why\n", counted(run.skipped, "file"));
    }
    if let Some(network) = &run.network {
        let properties: Vec<String> =
            network.properties.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        text += &format!("network     {}\n", properties.join("\n            "));
    }
    if let Some(tested) = &run.folds {
        for FoldResult { fold, correct, n, step, .. } in &tested.tested {
            let (step, n) = (grouped(step), counted(*n, "photo"));
            text +=
                &format!("fold {fold:<7}{} of {n} right, {step} iterations\n", grouped(correct));
        }
    }
    if let Some(best) = run.best {
        text += &format!(
            "training    iteration {} of {}; highest validation accuracy {} at iteration {}\n",
            grouped(run.step()),
            grouped(run.iterations),
            percent(best.validation_accuracy),
            grouped(best.step)
        );
    }
    if let Some(kept) = run.kept() {
        text += &format!(
            "kept        the head of iteration {}: validation accuracy {}, loss {:.4}\n",
            grouped(kept.step),
            percent(kept.validation_accuracy),
            kept.validation_loss
        );
    }
    text += &heads(folder);
    text
}
