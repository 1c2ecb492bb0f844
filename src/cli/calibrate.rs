//! `retrain calibrate`: whether scores mean what they say, and the temperature at which they do.

use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use super::named_head::read_head;
use super::out::print_json;
use super::result::scored;
use crate::config::read_plain;
use crate::insight::{Calibrated, Evaluation, FitOn, Scored, reliability_table};
use crate::spec::Set;
use crate::store::{RunFolder, read_scores, write_atomically};
use crate::train::HeadFile;
use crate::words::pad_left;

/// What to do with the head.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Nothing,
    Save,
    Undo,
}

pub fn calibrate(run: &RunFolder, keep: Keep, as_json: bool) -> Result<ExitCode> {
    let head = read_head(run)?;
    if keep == Keep::Undo {
        return undo(run, &head);
    }
    let fitted = fit(run)?;
    let used = match keep {
        Keep::Save => {
            save(run, &head, fitted.temperature)?;
            fitted.temperature
        }
        _ => head.temperature(),
    };
    if as_json {
        print_json(&json(&fitted, &run.id(), used))?;
        return Ok(ExitCode::SUCCESS);
    }
    out!("{}", text(&fitted));
    let id = super::in_shell(&run.id());
    outln!(
        "\n{}",
        match (keep, used) {
            (Keep::Save, _) => format!(
                "saved in the head: 'retrain predict {id} PHOTO' uses it, in the screens, too; 'retrain \
                 calibrate {id} --undo' takes it out"
            ),
            (_, 1.0) => fitted.advice(&id),
            (_, used) => format!("the head has the temperature {used:.3}"),
        }
    );
    Ok(ExitCode::SUCCESS)
}

fn fit(run: &RunFolder) -> Result<Calibrated> {
    let before = run.replay()?;
    let test = before.test().ok_or_else(|| anyhow!("{} has no result yet", run.id()))?;
    let (labels, rows) = read_scores(&run.scores())?;
    let of = |wanted: Set| -> Vec<Scored<'_>> {
        rows.iter().filter(|row| row.set == wanted).map(scored).collect()
    };
    let validation = of(Set::Validation);
    let on = if test.folds > 0 { FitOn::Folds } else { FitOn::Validation(&validation) };
    Calibrated::of(on, &of(Set::Test), labels.len())
        .ok_or_else(|| anyhow!(Calibrated::missing(&run.id())))
}

fn text(fitted: &Calibrated) -> String {
    let mut text = format!("{}\n{}\n", fitted.in_words(), fitted.effect_in_words());
    if fitted.as_trained.images == 0 {
        return text;
    }
    text += &format!("\n{:20}as trained  calibrated\n", "");
    for (name, before, after) in fitted.measures() {
        text += &format!("{name:20}{}  {}\n", pad_left(&before, 10), pad_left(&after, 10));
    }
    for (name, evaluation) in
        [("as trained", &fitted.as_trained), ("calibrated", &fitted.calibrated)]
    {
        text += &format!("\n{name}\n{}", reliability_table(&evaluation.calibration));
    }
    text + "the bar shows how many are right, | where it would end if the scores meant what they say\n"
}

fn json(fitted: &Calibrated, run: &str, used: f64) -> Value {
    let of = |evaluation: &Evaluation| {
        let bins = evaluation.calibration.bins.iter().map(|bin| {
            json!({"low": bin.low, "high": bin.high, "images": bin.images,
                "mean_score": bin.confidence(), "accuracy": bin.accuracy()})
        });
        json!({
            "images": evaluation.images,
            "accuracy": evaluation.accuracy(),
            "cross_entropy": evaluation.log_loss,
            "calibration_error": evaluation.calibration.ece(),
            "mean_highest_score": evaluation.calibration.mean_confidence(),
            "calibration": bins.collect::<Vec<_>>(),
        })
    };
    json!({
        "run": run,
        "temperature": fitted.temperature,
        "fitted_on": fitted.fitted_on,
        "in_the_head": used,
        "as_trained": of(&fitted.as_trained),
        "calibrated": of(&fitted.calibrated),
    })
}

fn refuse_while_at_work(run: &RunFolder) -> Result<()> {
    if super::is_at_work(run) {
        bail!("{} is at work and may write its head; wait for its end", run.id());
    }
    Ok(())
}

/// The head as it was trained is kept beside it, so that it can come back to the bit.
fn save(run: &RunFolder, head: &HeadFile, temperature: f64) -> Result<()> {
    refuse_while_at_work(run)?;
    let trained = match head.temperature() {
        1.0 => {
            write_atomically(&run.head_as_trained(), &read_plain(&run.head())?)?;
            head.clone()
        }
        _ => HeadFile::from_bytes(&head_as_trained(run)?)?,
    };
    Ok(write_atomically(&run.head(), &trained.calibrated(temperature)?.to_bytes()?)?)
}

fn undo(run: &RunFolder, head: &HeadFile) -> Result<ExitCode> {
    refuse_while_at_work(run)?;
    if head.temperature() == 1.0 {
        bail!("the head of {} is as it was trained", run.id());
    }
    write_atomically(&run.head(), &head_as_trained(run)?)?;
    newsln!("the head of {} is as it was trained", run.id());
    Ok(ExitCode::SUCCESS)
}

fn head_as_trained(run: &RunFolder) -> Result<Vec<u8>> {
    let path = run.head_as_trained();
    read_plain(&path).with_context(|| format!("cannot read {}", path.display()))
}
