//! `retrain calibrate`: whether scores mean what they say, and the temperature at which they do.

use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use super::out::print_json;
use super::predict::read_head;
use super::result::scored;
use crate::config::read_plain;
use crate::insight::{Evaluation, Scored, at_temperature, fit_temperature, reliability_table};
use crate::spec::Set;
use crate::store::{ImageScore, RunFolder, read_scores, write_atomically};
use crate::train::HeadFile;
use crate::words::{counted, pad_left, percent};

/// Of a run with folds the effect is measured on so many parts of the photos, each at the temperature
/// of the others.
const PARTS: usize = 5;

/// What to do with the head.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Nothing,
    Save,
    Undo,
}

/// The temperature of a run's scores, and what it does to photos that had no part in it.
struct Fitted {
    temperature: f64,
    /// On so many photos.
    fitted_on: usize,
    has_folds: bool,
    as_trained: Evaluation,
    calibrated: Evaluation,
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
        print_json(&fitted.json(&run.id(), used))?;
        return Ok(ExitCode::SUCCESS);
    }
    out!("{}", fitted.text());
    let id = super::in_shell(&run.id());
    outln!(
        "\n{}",
        match (keep, used) {
            (Keep::Save, _) => format!(
                "saved in the head: 'retrain predict {id} PHOTO' uses it, in the screens, too; 'retrain \
                 calibrate {id} --undo' takes it out"
            ),
            (_, 1.0) => format!("'retrain calibrate {id} --save' saves it in the head"),
            (_, used) => format!("the head has the temperature {used:.3}"),
        }
    );
    Ok(ExitCode::SUCCESS)
}

fn fit(run: &RunFolder) -> Result<Fitted> {
    let before = run.replay()?;
    let test = before.test().ok_or_else(|| anyhow!("{} has no result yet", run.id()))?;
    let (labels, rows) = read_scores(&run.scores())?;
    let of =
        |wanted: Set| -> Vec<&ImageScore> { rows.iter().filter(|row| row.set == wanted).collect() };
    let has_folds = test.folds > 0;
    let (fitted_on, tested) = match has_folds {
        true => (of(Set::Test), of(Set::Test)),
        false => (of(Set::Validation), of(Set::Test)),
    };
    if fitted_on.is_empty() {
        bail!(
            "{} has no validation photos to fit a temperature on; run its experiment with \
             split.validation_percent or split.folds",
            run.id()
        );
    }
    let temperature = temperature_of(fitted_on.iter().copied());
    let rescaled: Vec<Vec<f32>> = match has_folds {
        false => tested.iter().map(|row| at_temperature(&row.scores, temperature)).collect(),
        true => at_that_of_the_others(&tested),
    };
    let calibrated =
        tested.iter().zip(&rescaled).map(|(row, scores)| Scored { truth: row.category, scores });
    Ok(Fitted {
        temperature,
        fitted_on: fitted_on.len(),
        has_folds,
        as_trained: Evaluation::of(tested.iter().map(|row| scored(row)), labels.len()),
        calibrated: Evaluation::of(calibrated, labels.len()),
    })
}

fn temperature_of<'a>(rows: impl Iterator<Item = &'a ImageScore>) -> f64 {
    fit_temperature(&rows.map(scored).collect::<Vec<_>>())
}

/// The scores of each part of the photos at the temperature of the other parts.
fn at_that_of_the_others(rows: &[&ImageScore]) -> Vec<Vec<f32>> {
    let temperatures: Vec<f64> = (0..PARTS)
        .map(|part| {
            let others = rows.iter().enumerate().filter(|(at, _)| at % PARTS != part);
            temperature_of(others.map(|(_, row)| *row))
        })
        .collect();
    let of =
        |(at, row): (usize, &&ImageScore)| at_temperature(&row.scores, temperatures[at % PARTS]);
    rows.iter().enumerate().map(of).collect()
}

impl Fitted {
    fn text(&self) -> String {
        let kind = if self.has_folds { "photo" } else { "validation photo" };
        let meaning = if self.temperature > 1.0 { "surer" } else { "less sure" };
        let mut text = format!(
            "temperature {:.3}, fitted on {}: as trained the scores are {meaning} than they should be\n",
            self.temperature,
            counted(self.fitted_on, kind)
        );
        let photos = self.as_trained.images;
        if photos == 0 {
            return text + "no test photos to show what it does to others\n";
        }
        text += &match self.has_folds {
            true => format!(
                "its effect on {}, each at the temperature of the other fifths\n\n",
                counted(photos, "photo")
            ),
            false => format!("its effect on {}\n\n", counted(photos, "test photo")),
        };
        text += &format!("{:20}as trained  calibrated\n", "");
        for (name, of) in MEASURES {
            let [before, after] = [&self.as_trained, &self.calibrated].map(of);
            text += &format!("{name:20}{}  {}\n", pad_left(&before, 10), pad_left(&after, 10));
        }
        for (name, evaluation) in
            [("as trained", &self.as_trained), ("calibrated", &self.calibrated)]
        {
            text += &format!("\n{name}\n{}", reliability_table(&evaluation.calibration));
        }
        text + "the bar shows how many are right, | where it would end if the scores meant what they say\n"
    }

    fn json(&self, run: &str, used: f64) -> Value {
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
            "temperature": self.temperature,
            "fitted_on": self.fitted_on,
            "in_the_head": used,
            "as_trained": of(&self.as_trained),
            "calibrated": of(&self.calibrated),
        })
    }
}

/// A line of the table: what, and how it is written.
type Measure = (&'static str, fn(&Evaluation) -> String);

const MEASURES: [Measure; 4] = [
    ("cross-entropy", |of| format!("{:.4}", of.log_loss)),
    ("calibration error", |of| percent(of.calibration.ece())),
    ("mean highest score", |of| percent(of.calibration.mean_confidence())),
    ("accuracy", |of| percent(of.accuracy())),
];

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
